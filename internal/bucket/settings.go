package bucket

import (
	"encoding/json"
	"time"
)

// Settings are what a bucket is set to, as documents spell it. What is not
// set is empty.
type Settings struct {
	Versioning string            `json:"versioning,omitempty"` // "Enabled" or "Suspended"
	Lock       *Lock             `json:"lock,omitempty"`
	Quota      int64             `json:"quota,omitempty"` // bytes; 0: none
	Lifecycle  []LifecycleRule   `json:"lifecycle,omitempty"`
	Policy     json.RawMessage   `json:"policy,omitempty"` // the document
	Tags       map[string]string `json:"tags,omitempty"`
	CORS       []CORSRule        `json:"cors,omitempty"`
	Encryption *Encryption       `json:"encryption,omitempty"`
}

// Lock is object locking, which can only be had at creation, and the
// retention that new objects get.
type Lock struct {
	Mode  string `json:"mode,omitempty"` // GOVERNANCE or COMPLIANCE; empty: no default retention
	Days  uint   `json:"days,omitempty"`
	Years uint   `json:"years,omitempty"`
}

// LifecycleRule is one rule of a bucket's lifecycle.
type LifecycleRule struct {
	ID       string            `json:"id,omitempty"`
	Disabled bool              `json:"disabled,omitempty"`
	Prefix   string            `json:"prefix,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	// Only objects of more or fewer bytes than this; 0: any.
	LargerThan  int64 `json:"largerThan,omitempty"`
	SmallerThan int64 `json:"smallerThan,omitempty"`

	ExpireDays          int        `json:"expireDays,omitempty"`
	ExpireDate          *time.Time `json:"expireDate,omitempty"` // midnight UTC
	ExpireDeleteMarkers bool       `json:"expireDeleteMarkers,omitempty"`
	// Versions that are not the newest: days after they were replaced, and
	// how many of them stay whatever their age.
	NoncurrentDays int `json:"noncurrentDays,omitempty"`
	NoncurrentKeep int `json:"noncurrentKeep,omitempty"`
	// Unfinished multipart uploads.
	AbortUploadDays int `json:"abortUploadDays,omitempty"`

	TransitionDays           int        `json:"transitionDays,omitempty"`
	TransitionDate           *time.Time `json:"transitionDate,omitempty"`
	TransitionTo             string     `json:"transitionTo,omitempty"` // the tier
	NoncurrentTransitionDays int        `json:"noncurrentTransitionDays,omitempty"`
	NoncurrentTransitionTo   string     `json:"noncurrentTransitionTo,omitempty"`
}

// CORSRule lets pages of other origins use a bucket.
type CORSRule struct {
	ID            string   `json:"id,omitempty"`
	Origins       []string `json:"origins"`
	Methods       []string `json:"methods"`
	Headers       []string `json:"headers,omitempty"`
	Expose        []string `json:"expose,omitempty"`
	MaxAgeSeconds int      `json:"maxAgeSeconds,omitempty"`
}

// Encryption is how new objects are encrypted where nobody says otherwise.
type Encryption struct {
	Algorithm string `json:"algorithm"` // AES256 or aws:kms
	KeyID     string `json:"keyID,omitempty"`
}
