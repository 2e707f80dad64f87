package rustfs

import (
	"strconv"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// checkLifecycle applies the rules 1.0.1 has for lifecycle documents and
// names rules without an ID rule-<index>.
func checkLifecycle(_ *s3Request, root *xmlNode) *apiError {
	ids := map[string]bool{}
	rules := root.all("Rule")
	if len(rules) == 0 {
		return fail("MalformedXML")
	}
	for i, rule := range rules {
		if err := checkRule(rule); err != nil {
			return err
		}
		if rule.child("ID") == nil {
			rule.children = append(rule.children, &xmlNode{name: "ID", chars: "rule-" + strconv.Itoa(i)})
		}
		id := rule.value("ID")
		switch {
		case id == "":
			return fail("InvalidArgument", "Rule ID must not be empty")
		case ids[id]:
			return fail("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
		}
		ids[id] = true
	}
	return nil
}

func checkRule(rule *xmlNode) *apiError {
	if s := rule.value("Status"); s != "Enabled" && s != "Disabled" {
		return fail("MalformedXML", "Malformed XML: Rule status must be either Enabled or Disabled")
	}
	if rule.value("Prefix") != "" && rule.child("Filter") != nil {
		return fail("InvalidArgument", "Legacy Prefix and Filter cannot both be present in a lifecycle rule. Use Filter.Prefix instead of the top-level Prefix element.")
	}
	if exp := rule.child("Expiration"); exp != nil {
		if d := exp.child("Days"); d != nil {
			if n, err := strconv.Atoi(d.chars); err != nil || n <= 0 {
				return fail("InvalidArgument", "'Days' for Expiration action must be a positive integer")
			}
		}
		if d := exp.child("Date"); d != nil {
			t, err := time.Parse(time.RFC3339, d.chars)
			if err != nil {
				return fail("MalformedXML")
			}
			if !t.UTC().Equal(t.UTC().Truncate(24 * time.Hour)) {
				return fail("InvalidArgument", "Expiration.Date must be at midnight UTC")
			}
		}
	}
	if filter := rule.child("Filter"); filter != nil {
		tags := filter.all("Tag")
		if and := filter.child("And"); and != nil {
			tags = append(tags, and.all("Tag")...)
		}
		for _, tag := range tags {
			if tag.value("Key") == "" || tag.child("Value") == nil {
				return fail("InvalidArgument", "Tag key must be 1-128 characters and tag value must be at most 256 characters")
			}
		}
	}
	if err := checkActions(rule); err != nil {
		return err
	}
	if rule.child("Transition") != nil || rule.child("NoncurrentVersionTransition") != nil {
		return fail("InvalidArgument", "invalid tier.")
	}
	for _, action := range []string{"Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload", "DelMarkerExpiration"} {
		if rule.child(action) != nil {
			return nil
		}
	}
	return fail("InvalidArgument", "Rule must have at least one of Expiration, Transition, NoncurrentVersionExpiration, NoncurrentVersionTransition, or DelMarkerExpiration")
}

// checkActions applies the rules about what may come together, and for the
// number of days. (crates/lifecycle/src/core.rs)
func checkActions(rule *xmlNode) *apiError {
	positive := func(action, days, message string) *apiError {
		a := rule.child(action)
		if a == nil {
			return nil
		}
		d := a.child(days)
		if d == nil && action != "AbortIncompleteMultipartUpload" {
			return nil
		}
		if n, err := strconv.Atoi(a.value(days)); err != nil || n < 1 {
			return fail("InvalidArgument", message)
		}
		return nil
	}
	if err := positive("NoncurrentVersionExpiration", "NoncurrentDays", "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"); err != nil {
		return err
	}
	if err := positive("AbortIncompleteMultipartUpload", "DaysAfterInitiation", "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer"); err != nil {
		return err
	}
	exp := rule.child("Expiration")
	if exp == nil {
		return nil
	}
	days, date, marker := exp.child("Days") != nil, exp.child("Date") != nil, exp.child("ExpiredObjectDeleteMarker") != nil
	switch {
	case days && date:
		return fail("InvalidArgument", "Expiration cannot specify both Days and Date")
	case marker && (days || date):
		return fail("InvalidArgument", "ExpiredObjectDeleteMarker cannot be specified with Days or Date")
	case marker && exp.value("ExpiredObjectDeleteMarker") == "true" && tagged(rule.child("Filter")):
		return fail("InvalidArgument", "Rule with ExpiredObjectDeleteMarker cannot have tags based filtering")
	}
	return nil
}

// tagged reports whether a filter has a tag.
func tagged(filter *xmlNode) bool {
	if filter == nil {
		return false
	}
	and := filter.child("And")
	return filter.child("Tag") != nil || (and != nil && and.child("Tag") != nil)
}

// checkEncryption accepts the default encryption that needs no KMS.
func checkEncryption(_ *s3Request, root *xmlNode) *apiError {
	for _, rule := range root.all("Rule") {
		def := rule.child("ApplyServerSideEncryptionByDefault")
		if def == nil {
			continue
		}
		switch a := def.value("SSEAlgorithm"); a {
		case "AES256":
		case "aws:kms":
			return fail("InternalError", "KMS service not initialized")
		default:
			return fail("MalformedXML", "SSEAlgorithm "+a+" is not supported; expected AES256 or aws:kms")
		}
	}
	return nil
}

// checkObjectLock: lock can be added later only to a versioned bucket.
func checkObjectLock(r *s3Request, root *xmlNode) *apiError {
	info, err := r.exists()
	if err != nil {
		return err
	}
	if !info.Lock && info.Versioning != store.VersioningEnabled {
		return fail("InvalidBucketState", "Object Lock configuration cannot be enabled on existing buckets")
	}
	rule := root.child("Rule")
	if rule == nil {
		return nil
	}
	retention := rule.child("DefaultRetention")
	if retention == nil {
		return fail("MalformedXML")
	}
	if m := retention.value("Mode"); m != governance && m != compliance {
		return fail("MalformedXML", "unknown retention mode "+m)
	}
	for _, unit := range []string{"Days", "Years"} {
		if c := retention.child(unit); c != nil {
			if n, err := strconv.Atoi(c.chars); err != nil || n <= 0 {
				return fail("InvalidRetentionPeriod", "Default retention period must be a positive integer value for '"+unit+"'")
			}
		}
	}
	return nil
}

// checkNotification: without notification targets nothing can be configured.
func checkNotification(*s3Request, *xmlNode) *apiError {
	return fail("InternalError", "Failed to add rules: Configuration error: No notify targets configured. Check RUSTFS_NOTIFY_ENABLE=true and instance-scoped target env vars")
}

// checkReplication: the stand-in has no remote targets.
func checkReplication(r *s3Request, _ *xmlNode) *apiError {
	info, err := r.exists()
	if err != nil {
		return err
	}
	if info.Versioning != store.VersioningEnabled {
		return fail("InvalidRequest", "bucket versioning must be enabled before replication can be configured")
	}
	return fail("InvalidRequest", "replication target does not exist")
}

// expirationHeader is the x-amz-expiration of a key under the enabled
// lifecycle rules of its bucket, or empty.
func expirationHeader(info store.BucketInfo, key string, modified time.Time) string {
	root, err := parseXML([]byte(info.Documents["lifecycle"]))
	if err != nil {
		return ""
	}
	for _, rule := range root.all("Rule") {
		prefix := rule.value("Prefix")
		if f := rule.child("Filter"); f != nil {
			if f.child("Tag") != nil || f.child("And") != nil || f.child("ObjectSizeGreaterThan") != nil || f.child("ObjectSizeLessThan") != nil {
				continue
			}
			prefix = f.value("Prefix")
		}
		exp := rule.child("Expiration")
		if exp == nil || rule.value("Status") != "Enabled" || !strings.HasPrefix(key, prefix) {
			continue
		}
		days, err := strconv.Atoi(exp.value("Days"))
		if err != nil {
			continue
		}
		at := modified.UTC().Truncate(24*time.Hour).AddDate(0, 0, days+1)
		return `expiry-date="` + at.Format(httpTime) + `", rule-id="` + rule.value("ID") + `"`
	}
	return ""
}
