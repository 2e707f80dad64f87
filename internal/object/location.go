package object

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is where something is.
type Kind int

// The places.
const (
	Remote Kind = iota // in a bucket
	Local              // a file or folder of this machine
	Stream             // stdin or stdout
)

// Location is a place as it is typed: bucket/key, ./file or -.
type Location struct {
	Kind        Kind
	Path        string // of Local, as typed
	Bucket, Key string // of Remote; no key means the whole bucket

	slash bool // typed with a slash at its end
}

// LocationError is a word that is no place, or two.
type LocationError struct {
	Text, Reason, Advice string
}

func (e *LocationError) Error() string { return fmt.Sprintf("%q: %s", e.Text, e.Reason) }

// Hint says what to type instead.
func (e *LocationError) Hint() string { return e.Advice }

// Parse reads a place that may be remote or local. What begins with /, ./, ../
// or ~/ is local, so are Windows' drives and backslashes; BUCKET/ and
// BUCKET/KEY are remote; a word without a slash could be either and is
// refused. validBucket knows the rules for names of buckets.
func Parse(s string, validBucket func(string) error) (Location, error) {
	switch {
	case s == "-":
		return Location{Kind: Stream}, nil
	case s == "":
		return Location{}, &LocationError{s, "is empty", "remote is BUCKET/KEY, local is ./FILE"}
	case strings.ContainsRune(s, 0):
		return Location{}, &LocationError{s, "holds a NUL character", ""}
	case isLocal(s):
		return Location{Kind: Local, Path: s, slash: strings.HasSuffix(s, "/") || strings.HasSuffix(s, `\`)}, nil
	case !strings.Contains(s, "/"):
		return Location{}, ambiguous(s, validBucket(s))
	}
	l, err := ParseRemote(s, validBucket)
	var e *LocationError
	if errors.As(err, &e) && !strings.Contains(s, "://") {
		e.Reason += "; if a file is meant, it has to begin with ./"
		e.Advice = "write ./" + s + " for the file, BUCKET/KEY for an object"
	}
	return l, err
}

func ambiguous(s string, noBucket error) error {
	if noBucket != nil {
		return &LocationError{s, "could be a file of this folder or a bucket, and it is no bucket's name", "write ./" + s + " for the file"}
	}
	return &LocationError{s, "could be the bucket or a file of this folder", "write " + s + "/ for the bucket, ./" + s + " for the file"}
}

// ParseRemote reads BUCKET or BUCKET/KEY.
func ParseRemote(s string, validBucket func(string) error) (Location, error) {
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		return Location{}, &LocationError{s, scheme + ":// is a URL; places are written without a scheme", "write " + rest}
	}
	bucket, key, slash := strings.Cut(s, "/")
	if err := validBucket(bucket); err != nil {
		return Location{}, &LocationError{s, err.Error(), "remote is BUCKET/KEY; see the buckets with: kubectl rustfs bucket ls"}
	}
	if err := ValidateKey(key); err != nil && key != "" {
		return Location{}, &LocationError{s, err.Error(), ""}
	}
	return Location{Kind: Remote, Bucket: bucket, Key: key, slash: key == "" && slash || strings.HasSuffix(key, "/")}, nil
}

func isLocal(s string) bool {
	if s == "." || s == ".." || s == "~" {
		return true
	}
	for _, p := range []string{"/", "./", "../", "~/", `\`, `.\`, `..\`} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	letter := len(s) > 1 && s[1] == ':' && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
	return letter && (len(s) == 2 || s[2] == '\\' || s[2] == '/')
}

// Slash reports whether the place was typed with a slash at its end: what is
// in it is meant, and not it.
func (l Location) Slash() bool { return l.slash }

// Whole reports whether a whole bucket is meant.
func (l Location) Whole() bool { return l.Kind == Remote && l.Key == "" }

// Ref is the object at the place.
func (l Location) Ref() Ref { return Ref{Bucket: l.Bucket, Key: l.Key} }

// Folder is the prefix that everything below the place has.
func (l Location) Folder() string {
	if l.Key == "" || strings.HasSuffix(l.Key, "/") {
		return l.Key
	}
	return l.Key + "/"
}

// Base is the last name of the place; empty for a whole bucket.
func (l Location) Base() string {
	if l.Kind == Local {
		return base(strings.ReplaceAll(l.Path, `\`, "/"))
	}
	return base(l.Key)
}

// String is the place as it can be typed.
func (l Location) String() string {
	switch l.Kind {
	case Stream:
		return "-"
	case Local:
		return l.Path
	case Remote:
	}
	if l.Key == "" && !l.slash {
		return l.Bucket
	}
	return l.Bucket + "/" + l.Key
}
