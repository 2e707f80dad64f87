package s3

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// Error is an answer of the store that says no.
type Error struct {
	Op      string // what was asked for: `bucket "photos"`
	Code    string // S3's: NoSuchBucket, AccessDenied
	Status  int    // HTTP
	Message string
	err     error
	hint    string // instead of the code's
}

func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("%s: %s", e.Op, e.Code)
	}
	return fmt.Sprintf("%s: %s (%s)", e.Op, e.Message, e.Code)
}

func (e *Error) Unwrap() error { return e.err }

// Reason is the machine-readable code.
func (e *Error) Reason() string { return e.Code }

// Retryable reports that the store was busy or starting: it has not done what
// it was asked for.
func (e *Error) Retryable() bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return e.Code == "SlowDown" || e.Code == "ServiceUnavailable"
}

// Hint says what to do about the code.
func (e *Error) Hint() string {
	if e.hint != "" {
		return e.hint
	}
	switch e.Code {
	case "NoSuchBucket":
		return "see the names with: kubectl rustfs bucket ls"
	case "AccessDenied":
		return "this access key has no policy for it; use a key that has: --access-key NAME"
	case "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return "the key is not the server's; if its Secret was changed, restart the server, or give the key with --access-key"
	case "RequestTimeTooSkewed":
		return "the clocks of this machine and of the server differ by more than 15 minutes; set this machine's clock"
	case "SlowDown", "ServiceUnavailable":
		return "the server is starting or busy; try again"
	}
	return ""
}

// IsCode reports whether err is an answer with one of the S3 codes.
func IsCode(err error, codes ...string) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	for _, c := range codes {
		if e.Code == c {
			return true
		}
	}
	return false
}

// wrap turns the SDK's error into an Error; what is no answer of the store
// (network, cancellation) keeps its own words.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	op := fmt.Sprintf(format, args...)
	var r minio.ErrorResponse
	if errors.As(err, &r) && (r.StatusCode != 0 || r.Code != "") { // an entry of a list of errors has no status
		code := r.Code
		if code == "" {
			code = http.StatusText(r.StatusCode)
		}
		return &Error{Op: op, Code: code, Status: r.StatusCode, Message: r.Message, err: err}
	}
	return fmt.Errorf("%s: %w", op, err)
}
