package rustfs

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Body limits of the admin API.
const (
	adminBodyLimit = 1 << 20
	importLimit    = 10 << 20
)

var (
	errSha256Mismatch = errors.New("UploadStreamError: Sha256Mismatch")
	errChunkSignature = errors.New("chunk signature mismatch")
	errChunkFormat    = errors.New("malformed aws-chunked body")
)

// payload is a request body after decoding: verified against the signed hash
// or the chunk signatures while it is read.
type payload struct {
	reader io.Reader
	// size is the decoded length, -1 if unknown.
	size int64
	// trailer holds what followed an aws-chunked body.
	trailer http.Header
}

func (p *payload) Read(b []byte) (int, error) { return p.reader.Read(b) }

// newPayload prepares the body for its payload mode.
func newPayload(r *http.Request, g *signature) (*payload, *apiError) {
	p := &payload{reader: r.Body, size: r.ContentLength, trailer: http.Header{}}
	switch g.payload {
	case unsignedPayload:
	case streamSigned, streamSignedTrailer, streamUnsigned:
		n, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
		if err != nil {
			return nil, fail("MissingContentLength", "You must provide the Content-Length HTTP header.")
		}
		p.size = n
		p.reader = &chunkReader{in: bufio.NewReader(r.Body), g: g, previous: g.value, trailer: p.trailer}
	default:
		p.reader = &hashReader{in: r.Body, hash: sha256.New(), want: g.payload}
	}
	return p, nil
}

// hashReader fails at the end of a body with another hash than the signed one.
type hashReader struct {
	in   io.Reader
	hash hash.Hash
	want string
}

func (h *hashReader) Read(b []byte) (int, error) {
	n, err := h.in.Read(b)
	h.hash.Write(b[:n])
	if errors.Is(err, io.EOF) && hex.EncodeToString(h.hash.Sum(nil)) != h.want {
		return n, errSha256Mismatch
	}
	return n, err
}

// chunkReader decodes aws-chunked bodies and verifies the chunk signatures.
type chunkReader struct {
	in       *bufio.Reader
	g        *signature
	previous string
	trailer  http.Header
	chunk    bytes.Reader
	done     bool
}

func (c *chunkReader) Read(b []byte) (int, error) {
	for c.chunk.Len() == 0 {
		if c.done {
			return 0, io.EOF
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	return c.chunk.Read(b)
}

func (c *chunkReader) line() (string, error) {
	s, err := c.in.ReadString('\n')
	if errors.Is(err, io.EOF) && s == "" {
		return "", io.ErrUnexpectedEOF
	}
	return strings.TrimRight(s, "\r\n"), nil
}

func (c *chunkReader) next() error {
	header, err := c.line()
	if err != nil {
		return err
	}
	sizeText, extension, _ := strings.Cut(header, ";")
	size, err := strconv.ParseInt(sizeText, 16, 32)
	if err != nil || size < 0 {
		return errChunkFormat
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(c.in, data); err != nil {
		return err
	}
	if c.g.payload != streamUnsigned {
		want := strings.TrimPrefix(extension, "chunk-signature=")
		if c.signChunk(data) != want {
			return errChunkSignature
		}
		c.previous = want
	}
	if size > 0 {
		if _, err := c.line(); err != nil {
			return err
		}
		c.chunk.Reset(data)
		return nil
	}
	c.done = true
	return c.readTrailer()
}

// readTrailer keeps everything behind the last chunk.
func (c *chunkReader) readTrailer() error {
	for {
		text, err := c.line()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if name, value, ok := strings.Cut(text, ":"); ok {
			c.trailer.Set(name, strings.TrimSpace(value))
		}
	}
}

func (c *chunkReader) signChunk(data []byte) string {
	sum := sha256.Sum256(data)
	empty := sha256.Sum256(nil)
	text := strings.Join([]string{
		"AWS4-HMAC-SHA256-PAYLOAD", c.g.time.Format(amzDate), c.g.scope(), c.previous,
		hex.EncodeToString(empty[:]), hex.EncodeToString(sum[:]),
	}, "\n")
	return hex.EncodeToString(mac(c.g.signingKey, text))
}

// formHash hashes the body of an STS request signed for service sts, which
// need not carry the hash.
func (c *call) formHash() string {
	data, err := io.ReadAll(io.LimitReader(c.r.Body, adminBodyLimit))
	if err != nil {
		data = nil
	}
	c.r.Body = io.NopCloser(bytes.NewReader(data))
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// readBody reads a whole body of at most limit bytes.
func (c *call) readBody(limit int64) ([]byte, *apiError) {
	data, err := io.ReadAll(io.LimitReader(c.body, limit+1))
	if err != nil {
		return nil, fail("InvalidRequest", "failed to read request body: "+err.Error())
	}
	if int64(len(data)) > limit {
		return nil, fail("EntityTooLarge")
	}
	return data, nil
}
