package admin

import (
	"context"
	"net/http"
	"net/url"
)

// Quota is a bucket's limit and how much of it is used, by the scanner's
// count.
type Quota struct {
	Limit int64 // bytes; 0: none
	Used  int64 // bytes
}

// Quota asks GET quota/{bucket}, s3:GetBucketQuota (admin:GetBucketQuota up to
// alpha). Until the scanner has counted the bucket once, 1.0.1 answers 503.
func (c *Client) Quota(ctx context.Context, bucket string) (Quota, error) {
	var a struct {
		Quota *int64 `json:"quota"`
		Size  int64  `json:"size"`
	}
	err := c.get(ctx, "quota of bucket "+bucket, "quota/"+url.PathEscape(bucket), nil, &a)
	if err != nil || a.Quota == nil {
		return Quota{Used: a.Size}, err
	}
	return Quota{Limit: *a.Quota, Used: a.Size}, nil
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
