package rustfs

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/declared"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// applier makes the changes of a plan, one after the other.
type applier struct {
	*plugin
	t         *target
	secretsTo string // namespace for Secrets that the document does not name

	credentials map[string]credential // of what is created, by its id
}

// credential is a secret that a new user or key gets.
type credential struct {
	value secret.Value
	write *declared.SecretRef // where it is written before it is used
}

// apply checks whether the changes can be made, and makes them. What was made
// before an interruption stays; the next plan goes on from there.
func (a *applier) apply(ctx context.Context, changes []declared.Change) error {
	if err := a.prepare(ctx, changes); err != nil {
		return err
	}
	for _, c := range changes {
		what := c.ID()
		if c.Field != "" {
			what += " " + c.Field
		}
		a.ShowDiff(what, c.Before, c.After)
		if a.Rehearsing() == cli.DryRunNone {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := a.change(ctx, c); err != nil {
				return cli.Hintf(fmt.Errorf("%s: %w", what, err), "what is done is done; the same command goes on from here")
			}
		}
		if err := cli.Report(a.UI, kindWord(c.Kind), c.Name, done(c), newChangeView(c)); err != nil {
			return err
		}
	}
	return nil
}

func kindWord(k declared.Kind) string { return strings.ToUpper(string(k[:1])) + string(k[1:]) }

// prepare looks for everything that could stop a change in the middle.
func (a *applier) prepare(ctx context.Context, changes []declared.Change) error {
	a.credentials = map[string]credential{}
	places := map[declared.SecretRef]string{}
	for _, c := range changes {
		var err error
		switch {
		case c.Verb == declared.Create && c.Kind == declared.KindUser:
			err = a.resolve(ctx, c, c.User.Secret, c.User.SecretFrom)
		case c.Verb == declared.Create && c.Kind == declared.KindKey:
			err = a.resolve(ctx, c, c.Key.Secret, c.Key.SecretFrom)
		case c.Verb == declared.Delete && c.Kind == declared.KindBucket:
			err = a.emptyBucket(ctx, c.Name)
		}
		if err != nil {
			return err
		}
		if w := a.credentials[c.ID()].write; w != nil && c.Verb == declared.Create {
			if before, ok := places[*w]; ok {
				return fmt.Errorf("%s and %s are to go into the same Secret %s/%s", before, c.ID(), w.Namespace, w.Name)
			}
			places[*w] = c.ID()
		}
	}
	return nil
}

// emptyBucket refuses to delete a bucket with anything in it.
func (a *applier) emptyBucket(ctx context.Context, name string) error {
	for o, err := range a.t.s3.Objects(ctx, name, s3.List{Versions: true}) {
		if err != nil {
			return err
		}
		return cli.Hintf(&bucketError{name, fmt.Sprintf("holds objects (%q), and only empty buckets are pruned; nothing was changed", o.Key)},
			"name it in the document, or delete it with: kubectl rustfs bucket delete %s", name)
	}
	return nil
}

// resolve finds the secret of a new user or key: where the document says, or
// a new one that has a place to go.
func (a *applier) resolve(ctx context.Context, c declared.Change, to *declared.SecretRef, from *declared.SecretFromRef) error {
	if from != nil {
		return a.given(ctx, c, *from)
	}
	if to == nil {
		if a.secretsTo == "" {
			return cli.Hintf(fmt.Errorf("%s: it is new, and its secret needs a place to go; nothing was changed", c.ID()),
				"give it a secret: {namespace: NAMESPACE, name: NAME} in the document, or add --secrets-to NAMESPACE")
		}
		to = &declared.SecretRef{Namespace: a.secretsTo, Name: secretFor(c.Kind, c.Name)}
	}
	value, found, err := a.kept(ctx, c, *to)
	if err != nil || found {
		a.credentials[c.ID()] = credential{value: value}
		return err
	}
	text, err := iam.GenerateSecret(rand.Reader)
	if err != nil {
		return err
	}
	a.credentials[c.ID()] = credential{secret.New(text), to}
	return a.keep(ctx, c.Name, a.credentials[c.ID()], true)
}

// given reads a secret that somebody else looks after.
func (a *applier) given(ctx context.Context, c declared.Change, from declared.SecretFromRef) error {
	key := from.Key
	if key == "" {
		key = declared.SecretKeyField
	}
	k, err := a.kube(ctx)
	if err != nil {
		return err
	}
	where := from.Namespace + "/" + from.Name
	value, _, err := k.SecretValue(ctx, where, key)
	if err == nil {
		value = secret.New(strings.TrimSpace(value.Reveal()))
		err = iam.ValidateSecret(value.Reveal())
	}
	if err != nil {
		return fmt.Errorf("%s: Secret %s, key %s: %w", c.ID(), where, key, err)
	}
	a.credentials[c.ID()] = credential{value: value}
	return nil
}

// kept looks whether the place already holds the secret of this user or key:
// an interrupted apply has written it, or somebody has.
func (a *applier) kept(ctx context.Context, c declared.Change, to declared.SecretRef) (value secret.Value, found bool, err error) {
	k, err := a.kube(ctx)
	if err != nil {
		return value, false, err
	}
	where := to.Namespace + "/" + to.Name
	name, _, err := k.SecretValue(ctx, where, "access-key")
	var status apierrors.APIStatus
	switch {
	case apierrors.IsNotFound(err):
		return value, false, nil
	case errors.As(err, &status):
		return value, false, fmt.Errorf("%s: Secret %s: %w", c.ID(), where, err)
	case err != nil:
		return value, false, nil //nolint:nilerr // it is there and empty; writing to it says whether it may be
	case name.Reveal() != c.Name:
		return value, false, cli.Hintf(fmt.Errorf("%s: Secret %s holds access key %q", c.ID(), where, name.Reveal()), "choose another Secret for it, or delete that one")
	}
	if value, _, err = k.SecretValue(ctx, where, declared.SecretKeyField); err == nil {
		err = iam.ValidateSecret(value.Reveal())
	}
	if err != nil {
		return value, false, fmt.Errorf("%s: Secret %s: %w", c.ID(), where, err)
	}
	return value, true, nil
}

// keep writes a secret to its place.
func (a *applier) keep(ctx context.Context, name string, c credential, rehearse bool) error {
	if c.write == nil {
		return nil
	}
	k, err := a.kube(ctx)
	if err != nil {
		return err
	}
	_, err = k.WriteKeySecret(ctx, kube.KeySecret{Namespace: c.write.Namespace, Name: c.write.Name, Owner: owner, AccessKey: name, SecretKey: c.value}, rehearse)
	if err == nil && !rehearse {
		a.Remarkf("Secret %s/%s holds the key of %s as access-key and secret-key", c.write.Namespace, c.write.Name, name)
	}
	return err
}

// secretFor is the name of a Secret for a user or key that has none in the
// document. Names that no Secret can have get a number of their own.
func secretFor(kind declared.Kind, name string) string {
	const longest = 40
	plain := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name)), "-")
	if len(plain) > longest {
		plain = strings.Trim(plain[:longest], "-")
	}
	if plain != name {
		sum := sha256.Sum256([]byte(name))
		plain += "-" + hex.EncodeToString(sum[:4])
	}
	return "rustfs-" + string(kind) + "-" + strings.TrimPrefix(plain, "-")
}

// change makes one change.
func (a *applier) change(ctx context.Context, c declared.Change) error {
	switch c.Kind {
	case declared.KindBucket:
		return a.bucket(ctx, c)
	case declared.KindPolicy:
		return a.policy(ctx, c)
	case declared.KindGroup:
		return a.group(ctx, c)
	case declared.KindUser:
		return a.user(ctx, c)
	case declared.KindKey:
		return a.key(ctx, c)
	}
	return fmt.Errorf("unknown kind %q", c.Kind)
}

func (a *applier) bucket(ctx context.Context, c declared.Change) error {
	switch c.Verb {
	case declared.Create:
		return a.t.s3.CreateBucket(ctx, c.Name, c.Bucket.Lock != nil)
	case declared.Delete:
		return a.t.s3.DeleteBucket(ctx, c.Name)
	case declared.Set:
	}
	s := c.Bucket.Settings
	switch c.Field {
	case "versioning":
		return a.t.s3.SetVersioning(ctx, c.Name, s3.Versioning(s.Versioning))
	case "lock":
		if s.Lock == nil {
			return a.t.s3.SetLock(ctx, c.Name, bucket.Lock{})
		}
		return a.t.s3.SetLock(ctx, c.Name, *s.Lock)
	case "encryption":
		return a.t.s3.SetDefaultEncryption(ctx, c.Name, s.Encryption)
	case "policy":
		return a.t.s3.SetPolicy(ctx, c.Name, string(s.Policy))
	case "lifecycle":
		return a.t.s3.SetLifecycle(ctx, c.Name, s.Lifecycle)
	case "tags":
		return a.t.s3.SetTags(ctx, c.Name, s.Tags)
	case "cors":
		return a.t.s3.SetCORS(ctx, c.Name, s.CORS)
	case "quota":
		if s.Quota == 0 {
			return a.t.admin.ClearQuota(ctx, c.Name)
		}
		return a.t.admin.SetQuota(ctx, c.Name, s.Quota)
	}
	return fmt.Errorf("unknown setting %q", c.Field)
}

func (a *applier) policy(ctx context.Context, c declared.Change) error {
	if c.Verb != declared.Delete {
		return a.t.admin.PutPolicy(ctx, c.Name, c.Policy.Document.JSON())
	}
	use, err := a.t.admin.PolicyUse(ctx)
	if err != nil {
		return err
	}
	for _, n := range use[c.Name].Users {
		if err := a.t.admin.DetachPolicies(ctx, admin.Holder{Name: n}, c.Name); err != nil {
			return err
		}
	}
	for _, n := range use[c.Name].Groups {
		if err := a.t.admin.DetachPolicies(ctx, admin.Holder{Name: n, Group: true}, c.Name); err != nil {
			return err
		}
	}
	return a.t.admin.RemovePolicy(ctx, c.Name)
}

func (a *applier) group(ctx context.Context, c declared.Change) error {
	switch {
	case c.Verb == declared.Create:
		return a.t.admin.AddMembers(ctx, c.Name)
	case c.Verb == declared.Delete:
		g, err := a.t.admin.Group(ctx, c.Name)
		if err != nil {
			return err
		}
		if err := a.t.admin.RemoveMembers(ctx, c.Name, g.Members...); err != nil {
			return err
		}
		return a.t.admin.RemoveGroup(ctx, c.Name)
	case c.Field == "status":
		return a.t.admin.SetGroupStatus(ctx, c.Name, c.Group.Status != declared.Disabled)
	}
	return a.attach(ctx, admin.Holder{Name: c.Name, Group: true}, c)
}

func (a *applier) attach(ctx context.Context, h admin.Holder, c declared.Change) error {
	if err := a.t.admin.AttachPolicies(ctx, h, c.Add...); err != nil {
		return err
	}
	return a.t.admin.DetachPolicies(ctx, h, c.Remove...)
}

func (a *applier) user(ctx context.Context, c declared.Change) error {
	switch {
	case c.Verb == declared.Create:
		own := a.credentials[c.ID()]
		if err := a.keep(ctx, c.Name, own, false); err != nil {
			return err
		}
		return a.t.admin.AddUser(ctx, c.Name, own.value)
	case c.Verb == declared.Delete:
		return a.t.admin.RemoveUser(ctx, c.Name)
	case c.Field == "status":
		return a.t.admin.SetUserStatus(ctx, c.Name, c.User.Status != declared.Disabled)
	case c.Field == "policies":
		return a.attach(ctx, admin.Holder{Name: c.Name}, c)
	}
	for _, g := range c.Add {
		if err := a.t.admin.AddMembers(ctx, g, c.Name); err != nil {
			return err
		}
	}
	for _, g := range c.Remove {
		if err := a.t.admin.RemoveMembers(ctx, g, c.Name); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) key(ctx context.Context, c declared.Change) error {
	switch c.Verb {
	case declared.Create:
		return a.newKey(ctx, c)
	case declared.Delete:
		return a.t.admin.RemoveKey(ctx, c.Name)
	case declared.Set:
	}
	k := *c.Key
	var change admin.KeyChange
	switch c.Field {
	case "name":
		change.Name = &k.Name
	case "description":
		change.Description = &k.Description
	case "expires":
		change.Expires = &time.Time{} // never
		if k.Expires != nil {
			change.Expires = k.Expires
		}
	case "policy":
		change.Policy = admin.InheritPolicy()
		if k.Policy != nil {
			change.Policy = k.Policy.JSON()
		}
	case "status":
		return a.t.admin.SetKeyStatus(ctx, c.Name, k.Status != declared.Disabled)
	}
	return a.t.admin.UpdateKey(ctx, c.Name, change)
}

func (a *applier) newKey(ctx context.Context, c declared.Change) error {
	own, k := a.credentials[c.ID()], c.Key
	if err := a.keep(ctx, c.Name, own, false); err != nil {
		return err
	}
	fresh := admin.NewKey{AccessKey: c.Name, SecretKey: own.value, Parent: k.User, Name: k.Name, Description: k.Description}
	if k.Expires != nil {
		fresh.Expires = *k.Expires
	}
	if k.Policy != nil {
		fresh.Policy = k.Policy.JSON()
	}
	if err := a.t.admin.AddKey(ctx, fresh); err != nil {
		return err
	}
	if k.Status == declared.Disabled {
		return a.t.admin.SetKeyStatus(ctx, c.Name, false)
	}
	return nil
}

// losses counts what a plan deletes, in words: "2 users, 1 bucket".
func losses(changes []declared.Change) string {
	var out []string
	for _, k := range declared.Kinds() {
		n := len(slices.DeleteFunc(slices.Clone(changes), func(c declared.Change) bool { return c.Kind != k || c.Verb != declared.Delete }))
		if n == 1 {
			out = append(out, "1 "+string(k))
		} else if n > 1 {
			word := map[declared.Kind]string{declared.KindPolicy: "policies"}[k]
			if word == "" {
				word = string(k) + "s"
			}
			out = append(out, fmt.Sprintf("%d %s", n, word))
		}
	}
	return strings.Join(out, ", ")
}
