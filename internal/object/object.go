// Package object holds the rules about objects that need no server: where they
// are, what their names may be, how names become paths, which ones are meant,
// and what has to be copied so that one place becomes like another.
package object

import (
	"strings"
	"time"
)

// Ref names an object, or one version of it.
type Ref struct {
	Bucket, Key string
	Version     string // the newest when empty
}

func (r Ref) String() string { return r.Bucket + "/" + r.Key }

// Info is what a server knows of an object.
type Info struct {
	Ref
	Size     int64 // bytes
	Modified time.Time
	ETag     string // without quotes; "…-N" of an object stored in N parts
	Attributes
	TagCount     int
	StorageClass string

	// Checksums by algorithm in lower case (crc32c, sha256), base64. One of
	// parts ends in "-N".
	Checksums map[string]string

	Encryption    string // AES256, aws:kms or empty
	EncryptionKey string
	LockMode      string // GOVERNANCE, COMPLIANCE or empty
	LockUntil     time.Time
	LegalHold     bool
	Expires       time.Time // by a lifecycle rule
	ExpiryRule    string
	Replication   string
}

// Attributes are what a writer says of an object besides its content.
type Attributes struct {
	ContentType        string
	ContentEncoding    string
	ContentDisposition string
	ContentLanguage    string
	CacheControl       string
	Metadata           map[string]string // without x-amz-meta-, keys in lower case
	Tags               map[string]string
}

// Read says how an object is read.
type Read struct {
	Offset int64  // bytes
	Length int64  // bytes; 0 reads to the end
	ETag   string // refuse when the object is another one by now
}

// Write says how an object is written.
type Write struct {
	Attributes
	NoClobber bool   // refuse when there is an object already
	CRC32C    string // base64 of the content's; the server compares it
}

// Part is a part of an upload.
type Part struct {
	Number int
	Size   int64
	ETag   string // without quotes
}

// Upload is an upload that nobody has finished.
type Upload struct {
	Ref
	ID      string
	Started time.Time
}

// Failure is a version that a server did not delete.
type Failure struct {
	Ref
	Err error
}

// Metadata under which the time and the mode of a file are kept; rclone and
// other programs use the same.
const (
	MetaModified = "mtime" // seconds since 1970, with decimals
	MetaMode     = "mode"  // octal
)

// base is the last name of a key or a path with slashes.
func base(s string) string {
	s = strings.TrimRight(s, "/")
	return s[strings.LastIndexByte(s, '/')+1:]
}
