package rustfs

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// askersAtOnce is how many questions a server gets at a time.
const askersAtOnce = 8

// loadIAM reads all that decides who may do what. It needs the rights to read
// users, groups, policies, access keys and the policies of all buckets.
func loadIAM(ctx context.Context, t *target) (iam.Snapshot, error) {
	s := iam.Snapshot{At: time.Now()}
	g, inner := errgroup.WithContext(ctx)
	for _, load := range []func(context.Context, *target, *iam.Snapshot) error{loadUsers, loadGroups, loadPolicies, loadKeys, loadBuckets} {
		g.Go(func() error { return load(inner, t, &s) })
	}
	if err := g.Wait(); err != nil {
		return s, err
	}
	var err error
	s.Root, err = rootOf(ctx, t, s)
	return s, err
}

// many does something to each of items, some at a time.
func many[T any](ctx context.Context, items []T, do func(context.Context, int, T) error) error {
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(askersAtOnce)
	for i, item := range items {
		g.Go(func() error { return do(inner, i, item) })
	}
	return g.Wait()
}

// rootOf finds root's access key: the key in use, or the parent of keys that
// is no user.
func rootOf(ctx context.Context, t *target, s iam.Snapshot) (string, error) {
	if t.server != nil && t.credential.Origin != "--access-key" {
		return t.credential.AccessKey, nil
	}
	me, err := t.admin.WhoAmI(ctx)
	if err != nil {
		return "", err
	}
	if me.Type == "root" || me.Type == "" && me.Admin && me.Account == "" {
		return t.credential.AccessKey, nil
	}
	for _, k := range s.Keys {
		if _, ok := s.User(k.Parent); !ok && k.Parent != "" {
			return k.Parent, nil
		}
	}
	if _, ok := s.User(t.credential.AccessKey); !ok {
		if _, ok := s.Key(t.credential.AccessKey); !ok {
			return t.credential.AccessKey, nil
		}
	}
	return "", nil
}

func loadUsers(ctx context.Context, t *target, s *iam.Snapshot) error {
	users, err := t.admin.Users(ctx)
	for _, u := range users {
		s.Users = append(s.Users, iam.UserState{Name: u.Name, Enabled: u.Enabled, Policies: u.Policies, Groups: u.Groups})
	}
	return err
}

func loadGroups(ctx context.Context, t *target, s *iam.Snapshot) error {
	names, err := t.admin.Groups(ctx)
	if err != nil {
		return err
	}
	groups := make([]iam.GroupState, len(names))
	err = many(ctx, names, func(ctx context.Context, i int, name string) error {
		g, err := t.admin.Group(ctx, name)
		if admin.IsNotFound(err) {
			return nil // only a leftover of it is there
		}
		groups[i] = iam.GroupState{Name: name, Enabled: g.Enabled, Members: g.Members, Policies: g.Policies}
		return err
	})
	s.Groups = slices.DeleteFunc(groups, func(g iam.GroupState) bool { return g.Name == "" })
	return err
}

func loadPolicies(ctx context.Context, t *target, s *iam.Snapshot) error {
	policies, err := t.admin.Policies(ctx)
	for _, p := range policies {
		s.Policies = append(s.Policies, iam.PolicyState{Name: p.Name, Document: p.Document})
	}
	return err
}

func loadKeys(ctx context.Context, t *target, s *iam.Snapshot) error {
	keys, err := t.admin.Keys(ctx)
	if err != nil {
		return err
	}
	states := make([]iam.KeyState, len(keys))
	err = many(ctx, keys, func(ctx context.Context, i int, k admin.Key) error {
		states[i] = iam.KeyState{AccessKey: k.AccessKey, Name: k.Name, Parent: k.Parent, Enabled: k.Enabled, Own: k.Own, Expires: k.Expires}
		if !k.Own {
			return nil
		}
		full, err := t.admin.Key(ctx, k.AccessKey)
		if admin.IsNotFound(err) {
			states[i].AccessKey = "" // it went away in the meantime
			return nil
		}
		states[i].Policy = full.Policy
		return err
	})
	s.Keys = slices.DeleteFunc(states, func(k iam.KeyState) bool { return k.AccessKey == "" })
	return err
}

func loadBuckets(ctx context.Context, t *target, s *iam.Snapshot) error {
	buckets, err := t.s3.Buckets(ctx)
	if err != nil {
		return err
	}
	states := make([]iam.BucketState, len(buckets))
	err = many(ctx, buckets, func(ctx context.Context, i int, b s3.Bucket) error {
		text, err := t.s3.Policy(ctx, b.Name)
		if s3.IsCode(err, "NoSuchBucketPolicy", "NoSuchBucket") {
			err = nil
		}
		states[i] = iam.BucketState{Name: b.Name}
		if text != "" {
			states[i].Policy = []byte(text)
		}
		return err
	})
	s.Buckets = states
	return err
}
