package admin

import (
	"context"
	"net/url"
	"time"
)

// PrefixUsage is what the server's scanner counted in a folder: below a
// prefix that ends with a slash.
type PrefixUsage struct {
	Prefix        string // of Below: the name of the folder or object in it, without slashes
	Bytes         int64
	Objects       int64
	Versions      int64
	DeleteMarkers int64
	Updated       time.Time // zero: not counted, or not by itself
	Below         []PrefixUsage
	Partial       bool // Below does not have all
}

// maxPrefixes is as many sub-prefixes as a server tells at once.
const maxPrefixes = "10000"

// PrefixUsage asks GET usage/{bucket}, admin:DataUsageInfo or s3:ListBucket;
// from rc.3 on. The scanner does not split folders of less than 500 objects:
// their parts are missing, and what is asked below them is not counted by
// itself. An answer may be 30 seconds old.
// (rustfs/src/admin/handlers/usage_prefix.rs and rustfs-scanner/src/prefix_usage.rs at 1.0.1)
func (c *Client) PrefixUsage(ctx context.Context, bucket, below string) (PrefixUsage, error) {
	type usage struct {
		Bytes         int64 `json:"size"`
		Objects       int64 `json:"objects"`
		Versions      int64 `json:"versions"`
		DeleteMarkers int64 `json:"deleteMarkers"`
	}
	var a struct {
		Usage     usage `json:"usage"`
		Partial   bool  `json:"subPrefixesPartial"`
		Truncated bool  `json:"truncated"`
		Reporting int64 `json:"setsReporting"` // erasure sets that know the folder
		Below     []struct {
			Prefix string `json:"prefix"`
			Usage  usage  `json:"usage"`
		} `json:"subPrefixes"`
		Updated *int64 `json:"lastUpdateUnixSecs"`
	}
	q := url.Values{"max-entries": {maxPrefixes}}
	if below != "" {
		q.Set("prefix", below)
	}
	if err := c.get(ctx, "usage of bucket "+bucket, "usage/"+url.PathEscape(bucket), q, &a); err != nil {
		return PrefixUsage{}, err
	}
	of := func(prefix string, u usage) PrefixUsage {
		return PrefixUsage{Prefix: prefix, Bytes: u.Bytes, Objects: u.Objects, Versions: u.Versions, DeleteMarkers: u.DeleteMarkers}
	}
	out := of(below, a.Usage)
	out.Partial = a.Partial || a.Truncated
	if a.Updated != nil && *a.Updated > 0 && a.Reporting > 0 {
		out.Updated = time.Unix(*a.Updated, 0).UTC()
	}
	for _, b := range a.Below {
		out.Below = append(out.Below, of(b.Prefix, b.Usage))
	}
	return out, nil
}
