package object

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of RustFS: a part of a key is a name in the file system of the server
// (rustfs-ecstore, bucket/utils.rs).
const (
	maxKey     = 1024 // bytes
	maxKeyPart = 255  // bytes, between two slashes
)

// ValidateKey refuses what no server can hold.
func ValidateKey(key string) error {
	switch {
	case key == "":
		return errors.New("a key is needed")
	case len(key) > maxKey:
		return fmt.Errorf("a key has at most %d bytes, not %d", maxKey, len(key))
	case !utf8.ValidString(key):
		return errors.New("a key must be UTF-8")
	case strings.ContainsRune(key, 0):
		return errors.New("a key holds no NUL character")
	}
	return nil
}

// ValidateNewKey refuses what RustFS does not store under a key; other servers
// may have such objects, which can be read and deleted.
func ValidateNewKey(key string) error {
	if err := ValidateKey(key); err != nil {
		return err
	}
	if strings.ContainsAny(key, "\r\n") {
		return errors.New("a key holds no line breaks")
	}
	for _, part := range strings.Split(strings.TrimSuffix(key, "/"), "/") {
		if part == "" {
			return errors.New("a key neither begins with a slash nor holds two in a row")
		}
		if len(part) > maxKeyPart {
			return fmt.Errorf("between two slashes of a key are at most %d bytes, not %d", maxKeyPart, len(part))
		}
		for _, p := range strings.Split(part, `\`) {
			if p = strings.TrimSpace(p); p == "." || p == ".." {
				return fmt.Errorf("%q is no name within a key", p)
			}
		}
	}
	return nil
}

// ValidateMetadata refuses what cannot be sent as a header.
func ValidateMetadata(name, value string) error {
	if name == "" {
		return errors.New("metadata need a name")
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return fmt.Errorf("%q is no name for metadata: letters, digits and - are", name)
		}
	}
	for _, c := range []byte(value) {
		if c < ' ' || c >= 0x7f {
			return fmt.Errorf("the metadata %q may only hold printable ASCII", name)
		}
	}
	return nil
}

// Limits of object tags (S3; rustfs app/object/put.rs).
const (
	maxTags     = 10
	maxTagName  = 128 // characters
	maxTagValue = 256 // characters
)

// ValidateTags refuses tags that a server would refuse.
func ValidateTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return fmt.Errorf("an object has at most %d tags, not %d", maxTags, len(tags))
	}
	for k, v := range tags {
		switch {
		case k == "":
			return errors.New("a tag needs a name")
		case utf8.RuneCountInString(k) > maxTagName:
			return fmt.Errorf("the name of a tag has at most %d characters: %q", maxTagName, k)
		case utf8.RuneCountInString(v) > maxTagValue:
			return fmt.Errorf("the value of the tag %q has more than %d characters", k, maxTagValue)
		}
	}
	return nil
}
