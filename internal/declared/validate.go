package declared

import (
	"fmt"
	"slices"
	"strings"
	"time"

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
	case len(b.Tags) > 50:
		return fail("tags: %d, and a bucket may have 50", len(b.Tags))
	}
	for k, v := range b.Tags {
		if k == "" || len(k) > 128 || len(v) > 256 {
			return fail("tags: %q: names have 1 to 128 bytes, values up to 256", k)
		}
	}
	for _, why := range []string{badLock(b.Lock), badLifecycle(b.Lifecycle), badCORS(b.CORS)} {
		if why != "" {
			return fail("%s", why)
		}
	}
	return nil
}

func badLock(l *bucket.Lock) string {
	switch {
	case l == nil:
	case l.Mode != "" && l.Mode != "GOVERNANCE" && l.Mode != "COMPLIANCE":
		return fmt.Sprintf("lock.mode must be GOVERNANCE or COMPLIANCE, not %q", l.Mode)
	case l.Mode != "" && (l.Days == 0) == (l.Years == 0):
		return "lock needs either days or years"
	case l.Mode == "" && l.Days+l.Years > 0:
		return "lock needs a mode, GOVERNANCE or COMPLIANCE"
	case l.Days > 36500 || l.Years > 100:
		return "lock: more than 100 years"
	}
	return ""
}

func badLifecycle(rules []bucket.LifecycleRule) string {
	seen := map[string]bool{}
	if len(rules) > 1000 {
		return fmt.Sprintf("lifecycle: %d rules, and a bucket may have 1000", len(rules))
	}
	for i, r := range rules {
		where := fmt.Sprintf("lifecycle[%d]", i)
		if r.ID != "" {
			where = fmt.Sprintf("lifecycle rule %q", r.ID)
		}
		if seen[r.ID] && r.ID != "" {
			return where + " is there twice"
		}
		seen[r.ID] = true
		if why := badRule(r); why != "" {
			return where + ": " + why
		}
	}
	return ""
}

func badRule(r bucket.LifecycleRule) string {
	numbers := []int{r.ExpireDays, r.NoncurrentDays, r.NoncurrentKeep, r.AbortUploadDays, r.TransitionDays, r.NoncurrentTransitionDays}
	does := r.ExpireDays > 0 || r.ExpireDate != nil || r.ExpireDeleteMarkers || r.NoncurrentDays > 0 || r.AbortUploadDays > 0 ||
		r.TransitionTo != "" || r.NoncurrentTransitionTo != ""
	switch {
	case len(r.ID) > 255:
		return "the id is longer than 255 bytes"
	case slices.ContainsFunc(numbers, func(n int) bool { return n < 0 }):
		return "days and counts may not be negative"
	case r.LargerThan < 0 || r.SmallerThan < 0:
		return "sizes may not be negative"
	case r.SmallerThan > 0 && r.LargerThan >= r.SmallerThan:
		return "no object is larger than largerThan and smaller than smallerThan"
	case r.ExpireDays > 0 && r.ExpireDate != nil:
		return "expireDays and expireDate may not come together"
	case r.ExpireDeleteMarkers && (r.ExpireDays > 0 || r.ExpireDate != nil):
		return "expireDeleteMarkers may not come with expireDays or expireDate"
	case r.NoncurrentKeep > 0 && r.NoncurrentDays == 0:
		return "noncurrentKeep needs noncurrentDays"
	case (r.TransitionDays > 0 || r.TransitionDate != nil) && r.TransitionTo == "":
		return "a transition needs transitionTo, the tier"
	case r.NoncurrentTransitionDays > 0 && r.NoncurrentTransitionTo == "":
		return "a transition needs noncurrentTransitionTo, the tier"
	case !midnight(r.ExpireDate) || !midnight(r.TransitionDate):
		return "dates must be midnight UTC"
	case !does:
		return "it does nothing"
	}
	return ""
}

func midnight(t *time.Time) bool { return t == nil || t.Equal(t.UTC().Truncate(24*time.Hour)) }

func badCORS(rules []bucket.CORSRule) string {
	for i, r := range rules {
		where := fmt.Sprintf("cors[%d]", i)
		switch {
		case len(r.Origins) == 0:
			return where + ": there are no origins"
		case len(r.Methods) == 0:
			return where + ": there are no methods"
		case r.MaxAgeSeconds < 0:
			return where + ": maxAgeSeconds may not be negative"
		}
		for _, m := range r.Methods {
			if !slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}, m) {
				return fmt.Sprintf("%s: method %q is none of GET, PUT, POST, DELETE and HEAD", where, m)
			}
		}
		for _, o := range r.Origins {
			if strings.Count(o, "*") > 1 {
				return fmt.Sprintf("%s: origin %q has more than one *", where, o)
			}
		}
	}
	return ""
}
