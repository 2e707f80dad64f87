package rustfs

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// ownerID is the constant owner of everything.
const ownerID = "c19050dbcee97fda828689dda99097a6321af2248fa760517237346e5d9c8a66"

// s3NS is the namespace attribute of S3 documents.
const s3NS = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`

// s3Time is the time format of S3 documents.
const s3Time = "2006-01-02T15:04:05.000Z"

// owner is the constant owner as an element of that name.
func owner(element string) string {
	return "<" + element + "><DisplayName>rustfs</DisplayName><ID>" + ownerID + "</ID></" + element + ">"
}

// tag writes one XML element with text.
func tag(name, text string) string { return "<" + name + ">" + xmlText(text) + "</" + name + ">" }

// listBuckets is GET /. With s3:ListAllMyBuckets all buckets are visible,
// else those that allow s3:ListBucket or s3:GetBucketLocation by the identity
// policies; bucket policies do not count. Nothing
// visible is 403 unless the caller may list all.
func (r *s3Request) listBuckets() *apiError {
	if r.who.kind == anonymous {
		return fail("AccessDenied")
	}
	visible := r.visibleBuckets()
	all := r.s.iam.allowed(r.who, question{action: "s3:ListAllMyBuckets", conditions: r.conditions()})
	if len(visible) == 0 && !all {
		return fail("AccessDenied")
	}
	var b strings.Builder
	b.WriteString("<ListAllMyBucketsResult" + s3NS + "><Buckets>")
	for _, info := range visible {
		b.WriteString("<Bucket>" + tag("CreationDate", info.Created.UTC().Format(s3Time)) + tag("Name", info.Name) + "</Bucket>")
	}
	b.WriteString("</Buckets>" + owner("Owner") + "</ListAllMyBucketsResult>")
	return r.xmlOK(b.String())
}

// visibleBuckets are the buckets the caller sees in listings.
func (c *call) visibleBuckets() []store.BucketInfo {
	list := c.s.store.Buckets()
	conditions := c.conditions()
	if c.s.iam.allowed(c.who, question{action: "s3:ListAllMyBuckets", conditions: conditions}) {
		return list
	}
	var out []store.BucketInfo
	conditions["prefix"], conditions["delimiter"] = []string{""}, []string{"/"}
	for _, info := range list {
		q := question{action: "s3:ListBucket", bucket: info.Name, conditions: conditions}
		if !c.s.iam.allowed(c.who, q) {
			q.action = "s3:GetBucketLocation"
			if !c.s.iam.allowed(c.who, q) {
				continue
			}
		}
		out = append(out, info)
	}
	return out
}

// createBucket is PUT /{bucket}; s3:CreateBucket. Creating one's own bucket
// again succeeds. A LocationConstraint is ignored.
func (r *s3Request) createBucket() *apiError {
	if err := r.allow("s3:CreateBucket", ""); err != nil {
		return err
	}
	if !validBucketName(r.bucket) {
		return fail("InvalidBucketName")
	}
	if _, err := r.readBody(adminBodyLimit); err != nil {
		return err
	}
	lock := strings.EqualFold(r.r.Header.Get("X-Amz-Bucket-Object-Lock-Enabled"), "true")
	err := r.s.store.CreateBucket(r.bucket, r.who.account, lock)
	if errors.Is(err, store.ErrBucketExists) {
		if info, lerr := r.s.store.Bucket(r.bucket); lerr == nil && info.Owner == r.who.account {
			err = nil
		}
	}
	if err != nil {
		return storeError(err)
	}
	return r.status(http.StatusOK)
}

// headBucket is HEAD /{bucket}; s3:ListBucket.
func (r *s3Request) headBucket() *apiError {
	if err := r.allow("s3:ListBucket", ""); err != nil {
		return err
	}
	if _, err := r.exists(); err != nil {
		return err
	}
	return r.status(http.StatusOK)
}

// location is GET /{bucket}?location; s3:GetBucketLocation.
func (r *s3Request) location() *apiError {
	if err := r.allow("s3:GetBucketLocation", ""); err != nil {
		return err
	}
	if _, err := r.exists(); err != nil {
		return err
	}
	return r.xmlOK("<LocationConstraint" + s3NS + ">" + xmlText(r.s.opts.Region) + "</LocationConstraint>")
}

// forced reads the force-delete headers; present says that there is one, which
// alone asks for the right.
func (c *call) forced() (force, present bool, err *apiError) {
	for _, name := range []string{"x-minio-force-delete", "x-rustfs-force-delete"} {
		switch v := c.r.Header.Get(name); v {
		case "":
		case "false":
			present = true
		case "true":
			return true, true, nil
		default:
			return false, true, fail("InvalidArgument", fmt.Sprintf("invalid header: %s: %q", name, v))
		}
	}
	return false, present, nil
}

// deleteBucket is DELETE /{bucket}; s3:DeleteBucket. With a force header it
// takes everything with it, locked objects too, and needs
// s3:ForceDeleteBucket by name: no wildcard covers that action.
func (r *s3Request) deleteBucket() *apiError {
	if err := r.allow("s3:DeleteBucket", ""); err != nil {
		return err
	}
	force, present, err := r.forced()
	if err != nil {
		return err
	}
	if present {
		if err := r.allow("s3:ForceDeleteBucket", ""); err != nil {
			return err
		}
	}
	if err := storeError(r.s.store.DeleteBucket(r.bucket, force)); err != nil {
		return err
	}
	return r.status(http.StatusNoContent)
}

// acl answers GET ?acl: ACLs never authorise, there is one fixed grant.
func (r *s3Request) acl(action string) *apiError {
	if err := r.allow(action, r.key); err != nil {
		return err
	}
	if _, err := r.exists(); err != nil {
		return err
	}
	return r.xmlOK("<AccessControlPolicy" + s3NS + `><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList>` + owner("Owner") + "</AccessControlPolicy>")
}

// emptyOK accepts a request without an effect.
func (r *s3Request) emptyOK(action string) *apiError {
	if err := r.allow(action, r.key); err != nil {
		return err
	}
	if _, err := r.exists(); err != nil {
		return err
	}
	return r.status(http.StatusOK)
}
