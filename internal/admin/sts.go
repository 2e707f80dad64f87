package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7/pkg/signer"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// Credentials are a temporary key: it has the rights of the user who asked for
// it, and ends by itself.
type Credentials struct {
	AccessKey    string
	SecretKey    secret.Value
	SessionToken secret.Value
	Expires      time.Time
}

// The shortest and longest life of a temporary key; from beta.9 on the server
// takes what is outside for the nearest of the two.
// (rustfs/src/admin/handlers/sts.rs, clamp_assume_role_duration)
const (
	MinSession = 15 * time.Minute
	MaxSession = 12 * time.Hour
)

// AssumeRole asks POST / with a form. It needs no right, but must not be
// denied sts:AssumeRole; from alpha.99 to beta.12 it must be allowed. Access
// keys and temporary keys get none: 403, or 400 up to beta; users with a second
// factor need its code: 403. (rustfs/src/admin/handlers/sts.rs)
func (c *Client) AssumeRole(ctx context.Context, duration time.Duration) (Credentials, error) {
	const op = "temporary key"
	form := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"},
		"DurationSeconds": {strconv.Itoa(int(duration / time.Second))},
	}.Encode()
	u := *c.o.Endpoint
	u.Path = "/"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(form))
	if err != nil {
		return Credentials{}, fmt.Errorf("%s: %w", op, err)
	}
	sum := sha256.Sum256([]byte(form))
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	r.Header.Set("User-Agent", c.o.UserAgent)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // by which the server knows it
	b, err := c.send(op, signer.SignV4(*r, c.o.AccessKey, c.o.SecretKey.Reveal(), c.o.SessionToken.Reveal(), "us-east-1"))
	if err != nil {
		return Credentials{}, err
	}
	return parseCredentials(op, b)
}

func parseCredentials(op string, b []byte) (Credentials, error) {
	var a struct {
		Credentials struct {
			AccessKey    string    `xml:"AccessKeyId"`
			SecretKey    string    `xml:"SecretAccessKey"`
			SessionToken string    `xml:"SessionToken"`
			Expires      time.Time `xml:"Expiration"`
		} `xml:"AssumeRoleResult>Credentials"`
	}
	if err := xml.Unmarshal(b, &a); err != nil {
		return Credentials{}, fmt.Errorf("%s: the answer is no XML of the known form: %w", op, err)
	}
	k := a.Credentials
	if k.AccessKey == "" || k.SecretKey == "" || k.SessionToken == "" {
		return Credentials{}, fmt.Errorf("%s: the answer holds no key", op)
	}
	return Credentials{AccessKey: k.AccessKey, SecretKey: secret.New(k.SecretKey), SessionToken: secret.New(k.SessionToken), Expires: k.Expires.UTC()}, nil
}

// RevokeSessions asks POST revoke-tokens/builtin, which came with beta.9: all
// temporary keys of a user end at once, those of other sessions too. It needs
// admin:RemoveServiceAccount, and admin:ListUsers for others' keys; user "" is
// whoever asks. It returns how many keys ended.
func (c *Client) RevokeSessions(ctx context.Context, user string) (int, error) {
	query := url.Values{"fullRevoke": {"true"}} // a type would match no key: the server does not keep it
	if user != "" {
		query.Set("user", user)
	}
	var a struct {
		Revoked int `json:"revoked"`
	}
	err := c.ask(ctx, "end temporary keys", http.MethodPost, "revoke-tokens/builtin", query, &a)
	return a.Revoked, err
}
