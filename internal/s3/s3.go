// Package s3 is the one place that knows the S3 SDK: buckets and objects of an
// S3-compatible store. How the store is reached is the transport's business.
package s3

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// DefaultRegion is what requests are signed for when nothing else is known;
// RustFS accepts every region (crates/s3s, ops/signature.rs).
const DefaultRegion = "us-east-1"

// Options say where a store is and who asks.
type Options struct {
	Endpoint     *url.URL // http or https, host and port; no path
	Region       string   // DefaultRegion when empty
	AccessKey    string
	SecretKey    secret.Value
	SessionToken secret.Value
	Transport    http.RoundTripper
	UserAgent    string // "kubectl-rustfs"
	Version      string
}

// Store is an S3 store. It is safe for concurrent use.
type Store struct {
	client *minio.Client
	core   minio.Core
}

// New makes a Store. It sends nothing yet.
func New(o Options) (*Store, error) {
	if o.Endpoint == nil || o.Endpoint.Host == "" {
		return nil, fmt.Errorf("the S3 endpoint is not a URL with a host")
	}
	region := o.Region
	if region == "" {
		region = DefaultRegion
	}
	c, err := minio.New(o.Endpoint.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(o.AccessKey, o.SecretKey.Reveal(), o.SessionToken.Reveal()),
		Secure:       o.Endpoint.Scheme == "https",
		Transport:    o.Transport,
		Region:       region,                 // never ask the server for the bucket's region
		BucketLookup: minio.BucketLookupPath, // a bucket's name is never part of the host
		MaxRetries:   3,
	})
	if err != nil {
		return nil, fmt.Errorf("S3 endpoint %s: %w", o.Endpoint.Redacted(), err)
	}
	c.SetAppInfo(o.UserAgent, o.Version)
	return &Store{client: c, core: minio.Core{Client: c}}, nil
}
