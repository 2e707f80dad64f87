package rustfs

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// Retention modes.
const (
	governance = "GOVERNANCE"
	compliance = "COMPLIANCE"
)

func noLockConfig() *apiError {
	return fail("InvalidRequest", "Bucket is missing ObjectLockConfiguration")
}

// lockProperties reads the lock headers of a write, or the bucket's default.
func (r *s3Request) lockProperties(info store.BucketInfo, v *store.Version) *apiError {
	h := r.r.Header
	mode, until, hold := h.Get("X-Amz-Object-Lock-Mode"), h.Get("X-Amz-Object-Lock-Retain-Until-Date"), h.Get("X-Amz-Object-Lock-Legal-Hold")
	if !info.Lock {
		if mode+until+hold != "" {
			return noLockConfig()
		}
		return nil
	}
	v.LegalHold = hold == "ON"
	if mode != "" {
		t, err := time.Parse(time.RFC3339Nano, until)
		if err != nil || (mode != governance && mode != compliance) {
			return fail("InvalidArgument")
		}
		v.LockMode, v.LockUntil = mode, t.UTC()
		return nil
	}
	root, err := parseXML([]byte(info.Documents["object-lock"]))
	if err != nil || root.child("Rule") == nil || root.child("Rule").child("DefaultRetention") == nil {
		return nil
	}
	def := root.child("Rule").child("DefaultRetention")
	v.LockMode = def.value("Mode")
	days, _ := strconv.Atoi(def.value("Days"))
	years, _ := strconv.Atoi(def.value("Years"))
	v.LockUntil = r.now().UTC().AddDate(years, 0, days)
	return nil
}

// mayDelete says whether locks let a version be removed. Deleting without an
// id only adds a marker.
func (r *s3Request) mayDelete(key, id string) *apiError {
	if id == "" {
		return nil
	}
	v, err := r.s.store.Head(r.bucket, key, id)
	if err != nil {
		return nil
	}
	if v.LegalHold {
		return fail("AccessDenied", "Object has a legal hold and cannot be deleted. Remove the legal hold first.")
	}
	return r.retained(key, v)
}

// retained is the error while a retention holds and is not bypassed.
func (r *s3Request) retained(key string, v store.Version) *apiError {
	if v.LockMode == "" || !v.LockUntil.After(r.now()) {
		return nil
	}
	bypass := strings.EqualFold(r.r.Header.Get("X-Amz-Bypass-Governance-Retention"), "true") && r.may("s3:BypassGovernanceRetention", key)
	if v.LockMode == governance && bypass {
		return nil
	}
	return fail("AccessDenied", "Object is under "+v.LockMode+" retention and cannot be deleted until "+lockTime(v.LockUntil))
}

// lockTime prints a time with at least one decimal.
func lockTime(t time.Time) string {
	text := t.UTC().Format("2006-01-02 15:04:05.999999999")
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text + " +00:00:00"
}

// lockedVersion returns the version a lock sub-resource is about.
func (r *s3Request) lockedVersion(action string) (store.Version, string, *apiError) {
	if err := r.allow(action, r.key); err != nil {
		return store.Version{}, "", err
	}
	info, err := r.exists()
	if err != nil {
		return store.Version{}, "", err
	}
	if !info.Lock {
		return store.Version{}, "", noLockConfig()
	}
	id, err := r.versionParam()
	if err != nil {
		return store.Version{}, "", err
	}
	v, serr := r.s.store.Head(r.bucket, r.key, id)
	if serr != nil {
		if r.r.Method == http.MethodPut {
			return v, "", fail("InternalError", "Object not found: "+r.bucket+"/"+r.key)
		}
		return v, "", storeError(serr)
	}
	return v, v.ID, nil
}

// getRetention is GET ?retention; s3:GetObjectRetention.
func (r *s3Request) getRetention() *apiError {
	v, _, err := r.lockedVersion("s3:GetObjectRetention")
	if err != nil {
		return err
	}
	if v.LockMode == "" {
		return fail("NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
	}
	return r.xmlOK("<Retention>" + tag("Mode", v.LockMode) + tag("RetainUntilDate", v.LockUntil.UTC().Format(s3Time)) + "</Retention>")
}

// putRetention is PUT ?retention; s3:PutObjectRetention. A running retention
// can only be extended, governance with bypass also changed.
func (r *s3Request) putRetention() *apiError {
	v, id, err := r.lockedVersion("s3:PutObjectRetention")
	if err != nil {
		return err
	}
	data, err := r.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	root, perr := parseXML(data)
	if perr != nil {
		return fail("MalformedXML")
	}
	mode := root.value("Mode")
	until, terr := time.Parse(time.RFC3339Nano, root.value("RetainUntilDate"))
	if mode != "" && (terr != nil || (mode != governance && mode != compliance)) {
		return fail("MalformedXML")
	}
	if mode != v.LockMode || until.Before(v.LockUntil) {
		if err := r.retained(r.key, v); err != nil {
			return err
		}
	}
	return r.updateVersion(id, func(v *store.Version) { v.LockMode, v.LockUntil = mode, until.UTC() })
}

// getLegalHold is GET ?legal-hold; s3:GetObjectLegalHold.
func (r *s3Request) getLegalHold() *apiError {
	v, _, err := r.lockedVersion("s3:GetObjectLegalHold")
	if err != nil {
		return err
	}
	status := "OFF"
	if v.LegalHold {
		status = "ON"
	}
	return r.xmlOK("<LegalHold>" + tag("Status", status) + "</LegalHold>")
}

// putLegalHold is PUT ?legal-hold; s3:PutObjectLegalHold.
func (r *s3Request) putLegalHold() *apiError {
	_, id, err := r.lockedVersion("s3:PutObjectLegalHold")
	if err != nil {
		return err
	}
	data, err := r.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	root, perr := parseXML(data)
	if perr != nil || !slices.Contains([]string{"ON", "OFF"}, root.value("Status")) {
		return fail("MalformedXML")
	}
	return r.updateVersion(id, func(v *store.Version) { v.LegalHold = root.value("Status") == "ON" })
}

func (r *s3Request) updateVersion(id string, change func(*store.Version)) *apiError {
	if serr := r.s.store.Update(r.bucket, r.key, id, change); serr != nil {
		return storeError(serr)
	}
	return r.status(http.StatusOK)
}
