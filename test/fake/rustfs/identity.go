package rustfs

import (
	"crypto/rand"
	"encoding/base64"
	"math/big"
	"strings"
	"time"
)

// kind is the kind of credential a request was signed with.
type kind int

const (
	anonymous kind = iota
	rootUser
	iamUserKey
	serviceAccount
	temporary
)

// principal is who a request comes from.
type principal struct {
	kind kind
	// key is the access key of the signature.
	key    string
	secret string
	// account is the user whose rights count: the key itself or its parent.
	account string
	// owner bypasses policy evaluation: root, or a key of root without an
	// embedded policy.
	owner   bool
	session *policyDoc
	expires *time.Time
	token   string
	active  bool
}

// lookup finds the credential of an access key.
func (i *iam) lookup(key string) (principal, bool) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	if key == i.root {
		return principal{kind: rootUser, key: key, secret: i.rootSecret, account: key, owner: true, active: true}, true
	}
	if u, ok := i.state.Users[key]; ok {
		return principal{kind: iamUserKey, key: key, secret: u.Secret, account: key, active: u.Status == enabled}, true
	}
	k, ok := i.state.Keys[key]
	if !ok {
		return principal{}, false
	}
	p := principal{
		kind: serviceAccount, key: key, secret: k.Secret, account: k.Parent, session: k.Policy,
		owner: k.Parent == i.root && k.Policy == nil, expires: k.Expiration, token: k.Token,
		active: k.Status == keyOn,
	}
	if k.Token != "" {
		p.kind = temporary
	}
	return p, true
}

// parent is the user behind an access key; empty for users.
func (p principal) parent() string {
	if p.kind == serviceAccount || p.kind == temporary {
		return p.account
	}
	return ""
}

// allowed evaluates the identity policies of a principal. An access key has
// its embedded policy ∩ the rights of its parent.
func (i *iam) allowed(p principal, q question) bool {
	if p.owner {
		return true
	}
	if p.kind == anonymous {
		return false
	}
	q.account, q.parent = p.account, p.parent()
	i.mu.RLock()
	defer i.mu.RUnlock()
	if p.account != i.root && !decide(i.policiesOf(&i.state, p.account), q) {
		return false
	}
	q.account = p.key
	return p.session == nil || decide([]policyDoc{*p.session}, q)
}

// adminAllowed is the permission check of the admin routes: any of the
// actions is enough.
func (c *call) adminAllowed(actions ...string) bool {
	for _, a := range actions {
		if c.s.iam.allowed(c.who, question{action: a, conditions: c.conditions()}) {
			return true
		}
	}
	return false
}

// need is adminAllowed with the error of validate_admin_request.
func (c *call) need(actions ...string) *apiError {
	if c.adminAllowed(actions...) {
		return nil
	}
	return fail("AccessDenied")
}

// Alphabets of generated credentials.
const (
	keyAlphabet    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	accessKeyChars = 20
	secretBytes    = 30
)

// newAccessKey returns a generated access key of 20 characters.
func newAccessKey() string {
	var b strings.Builder
	for range accessKeyChars {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(keyAlphabet))))
		if err != nil {
			panic(err)
		}
		b.WriteByte(keyAlphabet[n.Int64()])
	}
	return b.String()
}

// newSecretKey returns a generated secret of 40 characters.
func newSecretKey() string { return randomText(secretBytes) }

func randomText(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}
