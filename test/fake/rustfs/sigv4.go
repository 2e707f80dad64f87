package rustfs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of the signature check.
const (
	maxSkew    = 900 * time.Second
	maxExpires = 7 * 24 * 60 * 60
	amzDate    = "20060102T150405Z"
)

var (
	regionPattern = regexp.MustCompile(`^[a-z0-9-]*$`)
	sha256Pattern = regexp.MustCompile(`^[0-9a-f]{64}$`)
	authPattern   = regexp.MustCompile(`^AWS4-HMAC-SHA256\s+Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$`)
)

// Payload modes of x-amz-content-sha256 besides a hash.
const (
	unsignedPayload     = "UNSIGNED-PAYLOAD"
	streamSigned        = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	streamSignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	streamUnsigned      = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

// signature is a parsed SigV4 signature.
type signature struct {
	key, date, region, service string
	headers                    []string
	value                      string
	time                       time.Time
	payload                    string
	signingKey                 []byte
}

// scope is the credential scope behind the access key.
func (g signature) scope() string {
	return strings.Join([]string{g.date, g.region, g.service, "aws4_request"}, "/")
}

// authenticate verifies the signature, if any, and sets who and body.
// Errors as recorded from 1.0.1.
func (c *call) authenticate() *apiError {
	g, err := c.parseSignature()
	if err != nil {
		return err
	}
	if g == nil {
		if isAdminPath(c.path) {
			return fail("AccessDenied", "Signature is required")
		}
		c.body = &payload{reader: c.r.Body, size: c.r.ContentLength}
		return nil
	}
	if err := c.checkUnsignedHeaders(g); err != nil {
		return err
	}
	p, ok := c.s.iam.lookup(g.key)
	if !ok {
		return fail("InvalidAccessKeyId")
	}
	g.signingKey = signingKey(p.secret, g.date, g.region, g.service)
	if !hmac.Equal([]byte(c.sign(g)), []byte(g.value)) {
		return fail("SignatureDoesNotMatch")
	}
	if err := c.checkCredential(p); err != nil {
		return err
	}
	c.who = p
	c.body, err = newPayload(c.r, g)
	return err
}

// checkCredential rejects disabled and expired keys and wrong tokens.
func (c *call) checkCredential(p principal) *apiError {
	if p.expires != nil && !p.expires.After(c.now()) {
		if strings.HasSuffix(c.path, "/list-service-accounts") || strings.HasSuffix(c.path, "/delete-service-accounts") {
			return fail("InternalError", "check key failed")
		}
		return fail("InvalidRequest", "check key failed")
	}
	if !p.active {
		return fail("InvalidAccessKeyId", "check key failed")
	}
	token := c.r.Header.Get("X-Amz-Security-Token")
	if token == "" {
		token = c.query.Get("X-Amz-Security-Token")
	}
	which := ""
	switch {
	case p.kind == temporary && token == "":
		which = "invalid token1"
	case p.kind != temporary && token != "":
		which = "invalid token2"
	case token != p.token:
		which = "invalid token3"
	default:
		return nil
	}
	return fail("InternalError", `check claims failed S3Error { code: InvalidRequest, message: "`+which+`", .. }`)
}

// parseSignature reads a header or query signature; nil means none.
func (c *call) parseSignature() (*signature, *apiError) {
	if c.query.Has("X-Amz-Signature") || c.query.Has("X-Amz-Credential") {
		return c.parsePresigned()
	}
	header := c.r.Header.Get("Authorization")
	if header == "" {
		return nil, nil
	}
	m := authPattern.FindStringSubmatch(strings.TrimSpace(header))
	if m == nil {
		return nil, fail("AccessDenied", "Invalid SigV4 authorization header")
	}
	g := &signature{headers: strings.Split(m[2], ";"), value: m[3]}
	if err := g.credential(m[1]); err != nil {
		return nil, err
	}
	t, err := time.Parse(amzDate, c.r.Header.Get("X-Amz-Date"))
	if err != nil {
		return nil, fail("InvalidRequest", "missing header: x-amz-date")
	}
	g.time = t
	if d := c.now().Sub(t); d > maxSkew || d < -maxSkew {
		return nil, fail("RequestTimeTooSkewed", "request time is too far from server time")
	}
	if t.Format("20060102") != g.date {
		return nil, fail("SignatureDoesNotMatch", "credential scope date does not match x-amz-date")
	}
	g.payload = c.r.Header.Get("X-Amz-Content-Sha256")
	switch {
	case g.payload == "" && g.service == "sts":
		g.payload = c.formHash()
	case g.payload == "":
		return nil, fail("InvalidRequest", "missing header: x-amz-content-sha256")
	case !validPayload(g.payload):
		return nil, fail("SignatureDoesNotMatch", "invalid header: x-amz-content-sha256")
	}
	return g, nil
}

func validPayload(p string) bool {
	return sha256Pattern.MatchString(p) ||
		slices.Contains([]string{unsignedPayload, streamSigned, streamSignedTrailer, streamUnsigned}, p)
}

// credential splits "<key>/<date>/<region>/<service>/aws4_request"; keys may
// hold slashes.
func (g *signature) credential(text string) *apiError {
	parts := strings.Split(text, "/")
	n := len(parts)
	if n < 5 || parts[n-1] != "aws4_request" || parts[n-2] == "" {
		return fail("AccessDenied", "Invalid SigV4 authorization header")
	}
	g.key = strings.Join(parts[:n-4], "/")
	g.date, g.region, g.service = parts[n-4], parts[n-3], parts[n-2]
	if !slices.Contains([]string{"s3", "sts", "s3tables"}, g.service) {
		return fail("NotImplemented", "unknown service '"+g.service+"' in credential scope; expected one of: s3, sts, s3tables")
	}
	if !regionPattern.MatchString(g.region) {
		return fail("InvalidRequest", "invalid credential region: invalid region: \""+g.region+"\"")
	}
	return nil
}

func (c *call) parsePresigned() (*signature, *apiError) {
	q := c.query
	g := &signature{headers: strings.Split(q.Get("X-Amz-SignedHeaders"), ";"), value: q.Get("X-Amz-Signature")}
	if err := g.credential(q.Get("X-Amz-Credential")); err != nil {
		return nil, err
	}
	expires, err := strconv.Atoi(q.Get("X-Amz-Expires"))
	if err != nil || expires < 0 || expires > maxExpires {
		return nil, fail("AuthorizationQueryParametersError")
	}
	t, err := time.Parse(amzDate, q.Get("X-Amz-Date"))
	if err != nil {
		return nil, fail("AuthorizationQueryParametersError")
	}
	g.time = t
	switch age := c.now().Sub(t); {
	case age < -maxSkew:
		return nil, fail("RequestTimeTooSkewed", "request date is later than server time too much")
	case age > time.Duration(expires)*time.Second:
		return nil, fail("AccessDenied", "Request has expired")
	}
	g.payload = unsignedPayload
	if h := c.r.Header.Get("X-Amz-Content-Sha256"); h != "" {
		g.payload = h
	}
	return g, nil
}

// checkUnsignedHeaders refuses x-amz-* headers outside the signature.
func (c *call) checkUnsignedHeaders(g *signature) *apiError {
	for name := range c.r.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && !slices.Contains(g.headers, lower) {
			return fail("AccessDenied", "There were headers present in the request which were not signed")
		}
	}
	if !slices.Contains(g.headers, "host") {
		return fail("AccessDenied", "There were headers present in the request which were not signed")
	}
	return nil
}

// sign computes the signature of the request.
func (c *call) sign(g *signature) string {
	r := c.r
	var b strings.Builder
	b.WriteString(r.Method + "\n" + awsEscape(r.URL.Path, true) + "\n" + canonicalQuery(r.URL.RawQuery) + "\n")
	for _, h := range g.headers {
		b.WriteString(h + ":" + headerValue(r, h) + "\n")
	}
	b.WriteString("\n" + strings.Join(g.headers, ";") + "\n" + g.payload)
	sum := sha256.Sum256([]byte(b.String()))
	text := strings.Join([]string{"AWS4-HMAC-SHA256", g.time.Format(amzDate), g.scope(), hex.EncodeToString(sum[:])}, "\n")
	return hex.EncodeToString(mac(g.signingKey, text))
}

// headerValue is a canonical header value; net/http moves some headers.
func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	case "transfer-encoding":
		return strings.Join(r.TransferEncoding, ",")
	}
	values := r.Header.Values(name)
	out := make([]string, 0, len(values))
	for _, v := range values {
		out = append(out, strings.Join(strings.Fields(v), " "))
	}
	return strings.Join(out, ",")
}

// canonicalQuery sorts and re-encodes a raw query without the signature.
func canonicalQuery(raw string) string {
	var pairs []string
	for _, p := range strings.Split(raw, "&") {
		if p == "" {
			continue
		}
		k, v, _ := strings.Cut(p, "=")
		key, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil || key == "X-Amz-Signature" {
			continue
		}
		pairs = append(pairs, awsEscape(key, false)+"="+awsEscape(value, false))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// awsEscape percent-encodes everything but unreserved characters.
func awsEscape(s string, keepSlash bool) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		ch := s[i]
		switch {
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9',
			ch == '-', ch == '_', ch == '.', ch == '~', ch == '/' && keepSlash:
			b.WriteByte(ch)
		default:
			b.WriteByte('%')
			b.WriteByte(hexDigits[ch>>4])
			b.WriteByte(hexDigits[ch&15])
		}
	}
	return b.String()
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func signingKey(secret, date, region, service string) []byte {
	return mac(mac(mac(mac([]byte("AWS4"+secret), date), region), service), "aws4_request")
}
