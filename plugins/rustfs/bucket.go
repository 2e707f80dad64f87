package rustfs

import (
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

func newBucket(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "bucket",
		Aliases: []string{"buckets"},
		Short:   "List, create, describe and delete buckets, and see to their settings",
		Long:    "List, create, describe and delete buckets, and see to their settings.\n\n" + cli.ExitHelp(""),
		Example: "  # All buckets\n  kubectl rustfs bucket ls",
	}
	cmd.AddCommand(newBucketLs(p), newBucketCreate(p), newBucketDelete(p), newBucketDescribe(p), newBucketUsage(p))
	cmd.AddCommand(newBucketVersioning(p), newBucketLock(p), newBucketQuota(p), newBucketLifecycle(p), newBucketPolicy(p), newBucketAccess(p))
	cmd.AddCommand(newBucketTag(p), newBucketCors(p), newBucketEncryption(p))
	return cmd
}

// validBucketNames refuses bad names before anything is sent.
func validBucketNames(names []string) error {
	for _, n := range names {
		if err := bucket.ValidateName(n); err != nil {
			return &cli.UsageError{Err: err}
		}
	}
	return nil
}

// bucketView is a bucket as it is printed.
type bucketView struct {
	Metadata   cli.Meta      `json:"metadata"`
	Versioning s3.Versioning `json:"versioning,omitempty"`
	Lock       *lockView     `json:"lock,omitempty"`
	Usage      *usageView    `json:"usage,omitempty"`

	age string
}

type lockView struct {
	Enabled   bool   `json:"enabled"`
	Retention string `json:"retention,omitempty"` // "GOVERNANCE 30 DAYS"
}

// usageView is what is in a bucket, and how old that knowledge is.
type usageView struct {
	Objects       int64        `json:"objects"`
	Versions      int64        `json:"versions"`
	DeleteMarkers int64        `json:"deleteMarkers"`
	Bytes         int64        `json:"bytes"`
	CountedAt     *metav1.Time `json:"countedAt,omitempty"` // by the server's scanner, or now
	CountedBy     string       `json:"countedBy"`           // "scanner" or "listing"
}

func newBucketView(b s3.Bucket, now time.Time) bucketView {
	v := bucketView{Metadata: cli.Meta{Name: b.Name}, age: cli.Age(b.Created, now)}
	if !b.Created.IsZero() {
		v.Metadata.CreationTimestamp = &metav1.Time{Time: b.Created}
	}
	return v
}

func usageOfScanner(u admin.Usage, bucket string) *usageView {
	b, ok := u.Buckets[bucket]
	if !ok || u.Updated.IsZero() {
		return nil
	}
	return &usageView{
		Objects: b.Objects, Versions: b.Versions, DeleteMarkers: b.DeleteMarkers, Bytes: b.Bytes,
		CountedAt: &metav1.Time{Time: u.Updated}, CountedBy: "scanner",
	}
}

func usageOfListing(c s3.Count, now time.Time) *usageView {
	return &usageView{
		Objects: c.Objects, Versions: c.Versions, DeleteMarkers: c.DeleteMarkers, Bytes: c.Bytes,
		CountedAt: &metav1.Time{Time: now}, CountedBy: "listing",
	}
}

func newLockView(l s3.Lock) *lockView {
	v := &lockView{Enabled: l.Enabled}
	if l.Mode != "" {
		v.Retention = l.Mode + " " + cli.Plural(int64(l.Validity), unitOf(l.Unit))
	}
	return v
}

func unitOf(unit string) string {
	if unit == "YEARS" {
		return "year"
	}
	return "day"
}
