package rustfs

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/store"
)

// quotaType is the only quota type.
const quotaType = "HARD"

// quotaView is the answer of the quota routes; they send no content type.
type quotaView struct {
	Bucket string  `json:"bucket"`
	Quota  *uint64 `json:"quota"`
	Size   uint64  `json:"size"`
	Type   string  `json:"quota_type"`
}

// usage is what a bucket holds in bytes.
func (s *Server) usage(bucket string) uint64 {
	u, err := s.store.Usage(bucket, "")
	if err != nil {
		return 0
	}
	return uint64(u.Size)
}

// quotaAllows checks a write of size bytes. Before the first scan writes into
// a bucket with a quota answer 503.
func (r *s3Request) quotaAllows(size int64) *apiError {
	info, err := r.exists()
	if err != nil {
		return err
	}
	if info.Quota == nil {
		return nil
	}
	if r.s.usageUnknown.Load() {
		return fail("ServiceUnavailable", "Bucket quota check temporarily unavailable, please retry")
	}
	if used := r.s.usage(r.bucket); used+uint64(max(size, 0)) > *info.Quota {
		return fail("InvalidRequest", "Bucket quota exceeded. Current usage: "+strconv.FormatUint(used, 10)+
			" bytes, limit: "+strconv.FormatUint(*info.Quota, 10)+" bytes")
	}
	return nil
}

// quotaBucket finds the bucket of a read and checks that its usage is known.
// Reading needs s3:GetBucketQuota.
func (c *call) quotaBucket(bucket string) (store.BucketInfo, *apiError) {
	info, err := c.s.store.Bucket(bucket)
	if err != nil {
		return info, fail("NoSuchBucket", "bucket not found: "+bucket)
	}
	if c.s.usageUnknown.Load() {
		return info, fail("ServiceUnavailable", "authoritative bucket usage is not available yet")
	}
	if !c.permitted(question{action: "s3:GetBucketQuota", bucket: bucket}) && !c.adminAllowed("admin:SetBucketQuota") {
		return info, fail("AccessDenied")
	}
	return info, nil
}

// writeQuota stores a quota; nil clears it. admin:SetBucketQuota.
func (c *call) writeQuota(bucket string, quota *uint64) *apiError {
	err := c.s.store.UpdateBucket(bucket, func(i *store.BucketInfo) { i.Quota = quota })
	if err != nil {
		return fail("InternalError", "failed to capture bucket incarnation: Bucket not found: "+bucket)
	}
	c.plainJSON(http.StatusOK, quotaView{bucket, quota, c.s.usage(bucket), quotaType})
	return nil
}

// parseQuota reads {"quota":N|null,"quota_type":"HARD"}; 0, null and an empty
// body clear the quota.
func parseQuota(data []byte) (*uint64, *apiError) {
	if len(data) == 0 {
		return nil, nil
	}
	o, serr := decodeObject(data)
	if serr != nil {
		return nil, invalidJSON(serr)
	}
	kind, serr := o.optional("quota_type")
	if serr != nil {
		return nil, invalidJSON(serr)
	}
	if kind != "" && !strings.EqualFold(kind, quotaType) {
		return nil, fail("InvalidArgument", "Only HARD quota type is supported")
	}
	raw := o.fields["quota"]
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var n uint64
	if json.Unmarshal(raw, &n) != nil {
		e := o.wrongType(raw, "u64")
		if strings.HasPrefix(string(raw), "-") {
			e.msg = "invalid value: integer `" + string(raw) + "`, expected u64"
		}
		return nil, invalidJSON(e)
	}
	if n == 0 {
		return nil, nil
	}
	return &n, nil
}

// putQuota is PUT quota/{bucket}; admin:SetBucketQuota.
func (c *call) putQuota(bucket string) *apiError {
	if err := c.need("admin:SetBucketQuota"); err != nil {
		return err
	}
	data, err := c.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	quota, err := parseQuota(data)
	if err != nil {
		return err
	}
	return c.writeQuota(bucket, quota)
}

// deleteQuota is DELETE quota/{bucket}; admin:SetBucketQuota.
func (c *call) deleteQuota(bucket string) *apiError {
	if err := c.need("admin:SetBucketQuota"); err != nil {
		return err
	}
	return c.writeQuota(bucket, nil)
}

// getQuota is GET quota/{bucket}.
func (c *call) getQuota(bucket string) *apiError {
	info, err := c.quotaBucket(bucket)
	if err != nil {
		return err
	}
	c.plainJSON(http.StatusOK, quotaView{bucket, info.Quota, c.s.usage(bucket), quotaType})
	return nil
}

// left is what remains of a quota, nil without one.
func left(quota *uint64, used uint64) *uint64 {
	if quota == nil {
		return nil
	}
	n := uint64(0)
	if used < *quota {
		n = *quota - used
	}
	return &n
}

// quotaStats is GET quota-stats/{bucket}.
func (c *call) quotaStats(bucket string) *apiError {
	info, err := c.quotaBucket(bucket)
	if err != nil {
		return err
	}
	used := c.s.usage(bucket)
	out := struct {
		Bucket     string   `json:"bucket"`
		Limit      *uint64  `json:"quota_limit"`
		Usage      uint64   `json:"current_usage"`
		Remaining  *uint64  `json:"remaining_quota"`
		Percentage *float64 `json:"usage_percentage"`
	}{Bucket: bucket, Limit: info.Quota, Usage: used, Remaining: left(info.Quota, used)}
	if info.Quota != nil {
		p := float64(used) / float64(*info.Quota) * 100
		out.Percentage = &p
	}
	c.plainJSON(http.StatusOK, out)
	return nil
}

// quotaCheck is POST quota-check/{bucket}. The operation type is not checked.
func (c *call) quotaCheck(bucket string) *apiError {
	info, err := c.quotaBucket(bucket)
	if err != nil {
		return err
	}
	data, err := c.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	var req struct {
		Type string `json:"operation_type"`
		Size uint64 `json:"operation_size"`
	}
	if jerr := json.Unmarshal(data, &req); jerr != nil {
		return invalidJSON(&serdeError{jerr.Error(), len(data)})
	}
	used := c.s.usage(bucket)
	c.plainJSON(http.StatusOK, struct {
		Bucket    string  `json:"bucket"`
		Type      string  `json:"operation_type"`
		Size      uint64  `json:"operation_size"`
		Allowed   bool    `json:"allowed"`
		Usage     uint64  `json:"current_usage"`
		Limit     *uint64 `json:"quota_limit"`
		Remaining *uint64 `json:"remaining_quota"`
	}{
		bucket, req.Type, req.Size, info.Quota == nil || used+req.Size <= *info.Quota, used, info.Quota,
		left(info.Quota, used+req.Size),
	})
	return nil
}

// putBucketQuota is the MinIO form PUT set-bucket-quota?bucket=.
func (c *call) putBucketQuota(string) *apiError {
	if err := c.need("admin:SetBucketQuota"); err != nil {
		return err
	}
	data, err := c.readBody(adminBodyLimit)
	if err != nil {
		return err
	}
	quota, err := parseQuota(data)
	if err != nil {
		return err
	}
	bucket := c.query.Get("bucket")
	if serr := c.s.store.UpdateBucket(bucket, func(i *store.BucketInfo) { i.Quota = quota }); serr != nil {
		return fail("NoSuchBucket", "bucket not found: "+bucket)
	}
	return c.status(http.StatusOK)
}

// getBucketQuota is the MinIO form GET get-bucket-quota?bucket=; its size is
// the quota again.
func (c *call) getBucketQuota(string) *apiError {
	bucket := c.query.Get("bucket")
	if bucket == "" {
		return fail("InvalidRequest", "bucket name is required")
	}
	info, serr := c.s.store.Bucket(bucket)
	if serr != nil {
		return fail("NoSuchBucket", "bucket not found: "+bucket)
	}
	out := struct {
		Quota    uint64 `json:"quota"`
		Size     uint64 `json:"size"`
		Rate     uint64 `json:"rate"`
		Requests uint64 `json:"requests"`
		Type     string `json:"quotatype,omitempty"`
	}{}
	if info.Quota != nil {
		out.Quota, out.Size, out.Type = *info.Quota, *info.Quota, "hard"
	}
	c.plainJSON(http.StatusOK, out)
	return nil
}
