package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Quota is a bucket's limit and how much of it is used, by the scanner's
// count.
type Quota struct {
	Limit   int64   // bytes; 0: none
	Used    int64   // bytes
	Percent float64 // of the limit; above 100 when it is exceeded
	// Counted is false until the scanner has counted the bucket once: Used is
	// not known then, and with a limit 1.0.1 refuses every write with 503.
	Counted bool
}

// Quota asks GET quota-stats/{bucket}, s3:GetBucketQuota (admin:GetBucketQuota
// up to alpha). Until the scanner has counted the bucket once, 1.0.1 answers
// 503 there; the limit alone is then that of get-bucket-quota.
// (rustfs/src/admin/handlers/quota.rs at 1.0.1)
func (c *Client) Quota(ctx context.Context, bucket string) (Quota, error) {
	op := "quota of bucket " + bucket
	var a struct {
		Limit   *int64   `json:"quota_limit"`
		Used    int64    `json:"current_usage"`
		Percent *float64 `json:"usage_percentage"`
	}
	err := c.get(ctx, op, "quota-stats/"+url.PathEscape(bucket), nil, &a)
	if uncounted(err) {
		return c.limit(ctx, op, bucket, err)
	}
	if err != nil {
		return Quota{}, err
	}
	q := Quota{Used: a.Used, Counted: true}
	if a.Limit != nil {
		q.Limit = *a.Limit
	}
	if a.Percent != nil {
		q.Percent = *a.Percent
	}
	return q, nil
}

func uncounted(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusServiceUnavailable
}

// limit is a bucket's limit where its usage is not known; cause is what the
// server said to the question for both.
func (c *Client) limit(ctx context.Context, op, bucket string, cause error) (Quota, error) {
	var a struct {
		Quota int64 `json:"quota"`
	}
	err := c.get(ctx, op, "get-bucket-quota", url.Values{"bucket": {bucket}}, &a)
	if IsMissingRoute(err) {
		return Quota{}, cause
	}
	return Quota{Limit: a.Quota}, err
}

// SetQuota asks PUT quota/{bucket}, admin:SetBucketQuota; limit is in bytes
// and above zero.
func (c *Client) SetQuota(ctx context.Context, bucket string, limit int64) error {
	body := struct {
		Quota int64  `json:"quota"`
		Type  string `json:"quota_type"`
	}{limit, "HARD"}
	return c.put(ctx, "quota of bucket "+bucket, http.MethodPut, "quota/"+url.PathEscape(bucket), nil, body)
}

// ClearQuota asks DELETE quota/{bucket}, admin:SetBucketQuota. PUT with 0
// would be a limit of nothing up to alpha.
func (c *Client) ClearQuota(ctx context.Context, bucket string) error {
	return c.put(ctx, "quota of bucket "+bucket, http.MethodDelete, "quota/"+url.PathEscape(bucket), nil, nil)
}
