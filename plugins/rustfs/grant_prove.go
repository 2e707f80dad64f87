package rustfs

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// as is the same server, spoken to with another key.
func (t *target) as(accessKey string, s secret.Value) (*target, error) {
	other := *t
	other.credential = kube.Credential{AccessKey: accessKey, SecretKey: s}
	return other.clients()
}

// prober tries what the target's key may do.
func (t *target) prober() *s3.Prober {
	return s3.NewProber(s3.Options{
		Endpoint: t.url, AccessKey: t.credential.AccessKey, SecretKey: t.credential.SecretKey, Transport: t.transport,
		UserAgent: "kubectl-rustfs/" + cli.Version(),
	})
}

// keyWorks tells whether a secret is that of an access key. What stands
// against the key for another reason, as a disabled user, is no answer, and
// counts for it.
func (t *target) keyWorks(ctx context.Context, accessKey string, s secret.Value) (bool, error) {
	k, err := t.as(accessKey, s)
	if err != nil {
		return false, err
	}
	_, err = k.admin.WhoAmI(ctx)
	switch {
	case admin.IsCode(err, "SignatureDoesNotMatch"):
		return false, nil
	case err != nil && ctx.Err() != nil:
		return false, err
	}
	return true, nil
}

// proof holds a key against what it must be able to do, and what not.
type proof struct {
	*plugin
	root, key *target
	probe     string // name of an object that does not exist
	checks    []iam.Check
	tries     int
}

// probeName is how the names of objects begin that a proof tries to write.
const probeName = ".kubectl-rustfs-probe-"

// How long a server may take until all of its nodes know a new key, and how
// often it is asked meanwhile.
const (
	proofTries = 12
	proofPause = 500 * time.Millisecond
)

func newProof(p *plugin, t *target, accessKey string, s secret.Value) (*proof, error) {
	k, err := t.as(accessKey, s)
	if err != nil {
		return nil, err
	}
	mark, err := iam.GenerateKey(rand.Reader)
	return &proof{plugin: p, root: t, key: k, probe: probeName + strings.ToLower(mark), tries: proofTries}, err
}

// prove tries the key of the grant. After a grant that changed nothing, only
// what reads is tried.
func (w *granting) prove(ctx context.Context, changed bool) error {
	p, err := newProof(w.plugin, w.t, w.key.AccessKey, w.secret)
	if err != nil {
		return err
	}
	if w.foreign {
		return p.anything(ctx, w.grant.Buckets)
	}
	profile, scope, err := w.rights.read()
	if err != nil {
		return err
	}
	for _, b := range scope.Buckets { // an earlier proof may have been broken off
		p.forget(ctx, b, scope.Prefix+probeName)
		if scope.Prefix != "" {
			p.forget(ctx, b, probeName)
		}
	}
	for _, c := range profile.Checks(scope, p.probe) {
		if changed || !c.Trial.Changes {
			p.checks = append(p.checks, c)
		}
	}
	if err := p.run(ctx); err != nil {
		return err
	}
	if changed && profile.Allows("s3:GetObject") && profile.Allows("s3:PutObject") && profile.Allows("s3:DeleteObject") {
		return p.roundTrip(ctx, scope)
	}
	return nil
}

// run makes all checks and tells those that came out otherwise.
func (p *proof) run(ctx context.Context) error {
	defer p.tidy(ctx)
	prober := p.key.prober()
	var wrong []string
	worked, refused := 0, 0
	for _, c := range p.checks {
		ok, err := p.ask(ctx, prober, c)
		switch {
		case err != nil:
			return cli.Hintf(fmt.Errorf("proof with access key %s: %w", p.key.credential.AccessKey, err), "the grant itself is done; give it again to repeat the proof")
		case ok != c.Want && c.Want:
			wrong = append(wrong, "must work, and is refused: "+c.String())
		case ok != c.Want:
			wrong = append(wrong, "must be refused, and works: "+c.String())
		case ok:
			worked++
		default:
			refused++
		}
	}
	if _, err := p.key.admin.Users(ctx); !admin.IsDenied(err) {
		wrong = append(wrong, "must be refused, and works: admin:ListUsers")
	} else {
		refused++
	}
	for _, w := range wrong {
		p.Warnf("%s", w)
	}
	if len(wrong) > 0 {
		return &cli.Found{
			Reason:   fmt.Sprintf("the proof failed: %s of %d came out otherwise", cli.Plural(int64(len(wrong)), "call"), len(p.checks)+1),
			HintText: "a bucket's own policy, or another policy of the user or group, may be the reason; see: kubectl rustfs user describe, kubectl rustfs bucket describe",
		}
	}
	p.Remarkf("proven with access key %s: %s worked, %d were refused, as they must", p.key.credential.AccessKey, cli.Plural(int64(worked), "call"), refused)
	return nil
}

// ask makes one check, again and again while the server may not know of the
// key yet.
func (p *proof) ask(ctx context.Context, prober *s3.Prober, c iam.Check) (bool, error) {
	for {
		ok, err := prober.Allows(ctx, c)
		late := (err == nil && !ok && c.Want) || s3.IsCode(err, "InvalidAccessKeyId")
		if !late || p.tries == 0 {
			return ok, err
		}
		if err := p.pause(ctx); err != nil {
			return false, err
		}
	}
}

// known waits until the server knows the key.
func (p *proof) known(ctx context.Context) error {
	for {
		_, err := p.key.admin.WhoAmI(ctx)
		if !admin.IsCode(err, "InvalidAccessKeyId") || p.tries == 0 {
			return err
		}
		if err := p.pause(ctx); err != nil {
			return err
		}
	}
}

func (p *proof) pause(ctx context.Context) error {
	p.tries--
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(proofPause):
		return nil
	}
}

// same requires that the key may read what another one may.
func (p *proof) same(ctx context.Context, other *target, buckets []string) error {
	mine, theirs, n := p.key.prober(), other.prober(), 0
	for _, b := range buckets {
		for _, t := range iam.Trials() {
			if t.Changes {
				continue
			}
			c := iam.Check{Trial: t, Bucket: b, Key: p.probe}
			var err error
			if c.Want, err = theirs.Allows(ctx, c); err != nil {
				return err
			}
			ok, err := p.ask(ctx, mine, c)
			if err != nil {
				return err
			}
			if ok != c.Want {
				return &cli.Found{Reason: fmt.Sprintf("the proof failed: %s is allowed to one key and refused to the other", c), HintText: "the old key still works; compare them with: kubectl rustfs key describe"}
			}
			n++
		}
	}
	p.Remarkf("proven: access key %s may read what the old one may (%s)", p.key.credential.AccessKey, cli.Plural(int64(n), "call"))
	return nil
}

// anything is the proof for a policy that nobody has described: the key must
// be known, and be of some use on each bucket.
func (p *proof) anything(ctx context.Context, buckets []string) error {
	prober, use := p.key.prober(), false
	for _, b := range buckets {
		var may []string
		for _, t := range iam.Trials() {
			if t.Changes {
				continue
			}
			ok, err := prober.Allows(ctx, iam.Check{Trial: t, Bucket: b, Key: p.probe})
			if err != nil {
				return err
			}
			if ok {
				may = append(may, t.Action)
			}
		}
		if len(may) == 0 {
			p.Warnf("nothing that reads works on bucket %q", b)
			continue
		}
		use = true
		p.Remarkf("proven with access key %s: on bucket %q it may %s", p.key.credential.AccessKey, b, strings.Join(may, ", "))
	}
	if !use {
		return &cli.Found{Reason: "the proof failed: the policy allows nothing that reads on " + inSentence(buckets), HintText: "see: kubectl rustfs policy describe"}
	}
	return nil
}

// tidy removes what trials have left where a bucket keeps versions. It is done
// with the key of the grant's giver, also when the person has interrupted.
func (p *proof) tidy(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	done := map[string]bool{}
	for _, c := range p.checks {
		if !c.Trial.Leaves || done[c.Bucket+"/"+c.Key] {
			continue
		}
		done[c.Bucket+"/"+c.Key] = true
		p.forget(ctx, c.Bucket, c.Key)
	}
}

func (p *proof) forget(ctx context.Context, bucket, key string) {
	if err := p.root.forget(ctx, bucket, key); err != nil {
		p.Warnf("the probe %q may be left in bucket %q: %v", key, bucket, err)
	}
}

// forget deletes all versions of the objects whose keys begin with prefix.
func (t *target) forget(ctx context.Context, bucket, prefix string) error {
	for o, err := range t.s3.Objects(ctx, bucket, s3.List{Prefix: prefix, Versions: true}) {
		if err == nil {
			err = t.prober().Forget(ctx, bucket, o.Key, o.VersionID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isProbe tells the objects that a proof has written.
func isProbe(key string) bool { return strings.HasPrefix(path.Base(key), probeName) }

// holdsProbesOnly tells whether a bucket holds nothing but what a proof that
// was broken off has left.
func (t *target) holdsProbesOnly(ctx context.Context, bucket string) (bool, error) {
	for o, err := range t.s3.Objects(ctx, bucket, s3.List{Versions: true, MaxKeys: 10}) {
		if err != nil {
			return false, err
		}
		if !isProbe(o.Key) {
			return false, nil
		}
	}
	return true, nil
}

// roundTrip writes an object, reads it back and deletes it, where nothing
// would keep it.
func (p *proof) roundTrip(ctx context.Context, scope iam.Scope) error {
	for _, b := range scope.Buckets {
		lock, err := p.root.s3.Lock(ctx, b)
		if err != nil {
			return err
		}
		if lock.Enabled {
			p.Remarkf("bucket %q has object locking: no object was written for the proof", b)
			continue
		}
		if err := p.oneObject(ctx, b, scope.Prefix+p.probe); err != nil {
			return &cli.Found{Reason: "the proof failed: " + err.Error(), HintText: "see: kubectl rustfs bucket describe " + b}
		}
	}
	return nil
}

func (p *proof) oneObject(ctx context.Context, bucket, key string) error {
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
		defer cancel()
		p.forget(ctx, bucket, key)
	}()
	text := []byte("written by kubectl rustfs grant to prove a key\n")
	if err := p.key.s3.Put(ctx, bucket, key, bytes.NewReader(text), int64(len(text))); err != nil {
		return err
	}
	body, _, err := p.key.s3.Get(ctx, bucket, key, 0, "")
	if err != nil {
		return err
	}
	got, err := io.ReadAll(body)
	if err == nil {
		err = body.Close()
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(got, text) {
		return fmt.Errorf("object %q of bucket %q came back as something else", key, bucket)
	}
	return p.key.prober().Forget(ctx, bucket, key, "")
}
