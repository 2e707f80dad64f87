package declared

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// validate holds a document against the rules that need no server.
func (d *Document) validate() error {
	if err := d.unique(); err != nil {
		return err
	}
	for i := range d.Buckets {
		if err := d.Buckets[i].validate(); err != nil {
			return err
		}
	}
	for _, p := range d.Policies {
		if err := p.validate(); err != nil {
			return err
		}
	}
	for _, g := range d.Groups {
		if err := first(p(g.at, iam.ValidateExisting(iam.Group, g.Name)), status(g.at, g.Status), listed(g.at, iam.Policy, g.Policies)); err != nil {
			return err
		}
	}
	for _, u := range d.Users {
		if err := u.validate(); err != nil {
			return err
		}
	}
	for _, k := range d.Keys {
		if err := k.validate(); err != nil {
			return err
		}
	}
	return nil
}

// p says where a rule was broken.
func p(at string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{At: at, Rule: err.Error()}
}

func bad(at, format string, args ...any) error {
	return &Error{At: at, Rule: fmt.Sprintf(format, args...)}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func status(at string, s Status) error {
	if s != "" && s != Enabled && s != Disabled {
		return bad(at, "status must be enabled or disabled, not %q", s)
	}
	return nil
}

// listed are names that something refers to.
func listed(at string, kind iam.Kind, names []string) error {
	for i, n := range names {
		if err := iam.ValidateExisting(kind, n); err != nil {
			return p(at, err)
		}
		if slices.Contains(names[:i], n) {
			return bad(at, "%s %q is listed twice", kind, n)
		}
	}
	return nil
}

func (x Policy) validate() error {
	if iam.IsBuiltIn(x.Name) {
		return bad(x.at, "policy name %q: is one of RustFS' built-in policies, which stay as they are", x.Name)
	}
	if err := iam.ValidateExisting(iam.Policy, x.Name); err != nil {
		return p(x.at, err)
	}
	if fatal := iam.Fatal(iam.Lint(x.Document)); len(fatal) > 0 {
		return bad(x.at, "policy %q: document: %s", x.Name, fatal[0])
	}
	return nil
}

func (u User) validate() error {
	return first(
		p(u.at, iam.ValidateExisting(iam.User, u.Name)), status(u.at, u.Status),
		listed(u.at, iam.Policy, u.Policies), listed(u.at, iam.Group, u.Groups), refs(u.at, u.Secret, u.SecretFrom),
	)
}

func (k Key) validate() error {
	if k.User == "" {
		return bad(k.at, "access key %q: user is missing", k.AccessKey)
	}
	if k.User == k.AccessKey {
		return bad(k.at, "access key %q: is named like its user", k.AccessKey)
	}
	return first(
		p(k.at, iam.ValidateExisting(iam.Key, k.AccessKey)), p(k.at, iam.ValidateExisting(iam.User, k.User)), status(k.at, k.Status),
		p(k.at, iam.ValidateTitle(k.Name)), p(k.at, iam.ValidateDescription(k.Description)), refs(k.at, k.Secret, k.SecretFrom), k.ownPolicy(),
	)
}

// maxKeyPolicy is how long the server lets a key's policy be, in bytes.
const maxKeyPolicy = 4096

func (k Key) ownPolicy() error {
	if k.Policy != nil && len(k.Policy.JSON()) > maxKeyPolicy {
		return bad(k.at, "access key %q: policy: has %d bytes, and a key's may have %d", k.AccessKey, len(k.Policy.JSON()), maxKeyPolicy)
	}
	return nil
}

// refs checks the names of Secrets by the rules of Kubernetes.
func refs(at string, to *SecretRef, from *SecretFromRef) error {
	if to != nil && from != nil {
		return bad(at, "secret and secretFrom name two places for one secret")
	}
	if to != nil {
		return objectName(at, "secret", to.Namespace, to.Name)
	}
	if from != nil {
		return objectName(at, "secretFrom", from.Namespace, from.Name)
	}
	return nil
}

func objectName(at, path, namespace, name string) error {
	if !dns(namespace, 63, false) {
		return bad(at, "%s.namespace: %q is no name of a namespace", path, namespace)
	}
	if !dns(name, 253, true) {
		return bad(at, "%s.name: %q is no name of a Secret", path, name)
	}
	return nil
}

// dns is RFC 1123's rule for labels, and for labels with dots between them.
func dns(s string, most int, dots bool) bool {
	if s == "" || len(s) > most || strings.Contains(s, ".") && !dots {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

func (b *Bucket) validate() error {
	if err := bucket.ValidateName(b.Name); err != nil {
		return p(b.at, err)
	}
	fail := func(format string, args ...any) error {
		return bad(b.at, "bucket %q: %s", b.Name, fmt.Sprintf(format, args...))
	}
	switch {
	case b.Has("versioning") && b.Versioning != "Enabled" && b.Versioning != "Suspended":
		return fail("versioning must be Enabled or Suspended, not %q", b.Versioning)
	case b.Lock != nil && b.Versioning == "Suspended":
		return fail("versioning cannot be suspended where object lock is on")
	case b.Quota < 0:
		return fail("quota must be bytes, not %d", b.Quota)
	case b.Encryption != nil && b.Encryption.Algorithm != "AES256" && b.Encryption.Algorithm != "aws:kms":
		return fail("encryption.algorithm must be AES256 or aws:kms, not %q", b.Encryption.Algorithm)
	case b.Encryption != nil && b.Encryption.KeyID != "" && b.Encryption.Algorithm != "aws:kms":
		return fail("encryption.keyID goes with aws:kms")
	}
	for _, rule := range []error{lockRule(b.Lock), lifecycleRule(b.Lifecycle), corsRule(b.CORS), bucket.ValidateTags(b.Tags), b.policyRule()} {
		if rule != nil {
			return fail("%v", rule)
		}
	}
	return nil
}

func lockRule(l *bucket.Lock) error {
	switch {
	case l == nil:
		return nil
	case l.Mode == "" && l.Days+l.Years > 0:
		return errors.New("lock needs a mode, GOVERNANCE or COMPLIANCE")
	case l.Mode == "":
		return nil
	case l.Mode != bucket.Governance && l.Mode != bucket.Compliance:
		return fmt.Errorf("lock.mode must be GOVERNANCE or COMPLIANCE, not %q", l.Mode)
	}
	_, err := bucket.NewLock(l.Mode, int(l.Days), int(l.Years)) // read with 31 bits
	return err
}

func lifecycleRule(rules []bucket.LifecycleRule) error {
	if len(rules) == 0 {
		return nil
	}
	return bucket.ValidateLifecycle(rules)
}

func corsRule(rules []bucket.CORSRule) error {
	if len(rules) == 0 {
		return nil
	}
	return bucket.ValidateCORS(rules)
}

// policyRule holds the policy against what servers enforce.
func (b *Bucket) policyRule() error {
	if len(b.Policy) == 0 {
		return nil
	}
	p, err := bucket.ParsePolicy(b.Policy)
	if err != nil {
		return err
	}
	if fatal := iam.Fatal(bucket.LintPolicy(p, b.Name)); len(fatal) > 0 {
		return fmt.Errorf("policy: %s", fatal[0])
	}
	return nil
}
