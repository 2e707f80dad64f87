package rustfs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type bucketUsage struct {
	*plugin
	count, byPrefix bool
	prefix          string
}

func newBucketUsage(p *plugin) *cobra.Command {
	o := &bucketUsage{plugin: p}
	cmd := &cobra.Command{
		Use:     "usage [NAME...]",
		Aliases: []string{"du"},
		Short:   "Show what buckets hold, how old that knowledge is, and how much of the quota is used",
		Long: "Show what buckets hold, as the server's scanner counted it minutes to hours ago, and how much of the quota is used. What\n" +
			"it has not counted is <unknown>. --count lists the buckets instead, which is exact and takes its time. --by-prefix\n" +
			"splits a bucket at the first slash of its keys, and --prefix looks below one of the parts.\n\n" + cli.ExitHelp(""),
		Example: `  # All buckets
  kubectl rustfs bucket usage

  # Where the bytes are
  kubectl rustfs bucket usage photos --by-prefix

  # Exactly, below a prefix
  kubectl rustfs bucket usage photos --by-prefix --prefix 2026/ --count`,
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.count, "count", false, "Count the contents by listing them, instead of asking the server's scanner")
	cmd.Flags().BoolVar(&o.byPrefix, "by-prefix", false, "Split each bucket at the first slash of its keys")
	cmd.Flags().StringVar(&o.prefix, "prefix", "", "Only what is below this prefix; it is split at the next slash")
	o.AddPrintFlags(cmd)
	return cmd
}

// bucketUsageView is what a bucket holds.
type bucketUsageView struct {
	Metadata cli.Meta          `json:"metadata"`
	Usage    *usageView        `json:"usage,omitempty"`
	Quota    int64             `json:"quota,omitempty"`   // bytes; 0: none
	Percent  *float64          `json:"percent,omitempty"` // of the quota
	Prefixes []prefixUsageView `json:"prefixes,omitempty"`
	Partial  bool              `json:"partial,omitempty"` // prefixes are missing

	quotaUnknown bool
}

type prefixUsageView struct {
	Prefix string `json:"prefix"`
	usageView
}

func (o *bucketUsage) run(ctx context.Context, names []string) error {
	if o.prefix != "" {
		o.byPrefix = true
	}
	for _, n := range names {
		o.equivalent("mc", "du", "rustfs/"+n)
	}
	var usage admin.Usage
	if !o.count && !o.byPrefix {
		if err := validBucketNames(names); err != nil {
			return err
		}
		t, err := o.target(ctx)
		if err != nil {
			return err
		}
		if usage, err = t.admin.Usage(ctx); soft(err) != nil {
			return err
		}
	}
	views, err := ofBuckets(ctx, o.plugin, names, func(ctx context.Context, t *target, name string) (bucketUsageView, error) {
		return o.look(ctx, t, name, usage)
	})
	if err != nil {
		return err
	}
	if o.byPrefix && o.TableOutput() {
		return o.printPrefixes(views)
	}
	return cli.Print(o.UI, cli.List[bucketUsageView]{Kind: "Bucket", Items: views, Single: len(names) == 1, Columns: bucketUsageColumns(time.Now()), Empty: "No buckets found."})
}

// look asks what one bucket holds.
func (o *bucketUsage) look(ctx context.Context, t *target, name string, usage admin.Usage) (bucketUsageView, error) {
	v := bucketUsageView{Metadata: cli.Meta{Name: name}}
	exists, err := t.s3.BucketExists(ctx, name)
	switch {
	case err != nil:
		return v, err
	case !exists:
		return v, noSuchBucket(name)
	case o.count:
		err = o.list(ctx, t, &v)
	case o.byPrefix:
		err = o.prefixes(ctx, t, &v)
	default:
		v.Usage = usageOfScanner(usage, name)
	}
	if err != nil {
		return v, err
	}
	return v, o.quota(ctx, t, &v)
}

func (o *bucketUsage) quota(ctx context.Context, t *target, v *bucketUsageView) error {
	q, err := t.admin.Quota(ctx, v.Metadata.Name)
	if err != nil {
		v.quotaUnknown = true
		return soft(err)
	}
	v.Quota = q.Limit
	if q.Limit > 0 && q.Counted {
		v.Percent = &q.Percent
	}
	return nil
}

// prefixes asks the scanner's count of one bucket and its parts.
func (o *bucketUsage) prefixes(ctx context.Context, t *target, v *bucketUsageView) error {
	u, err := t.admin.PrefixUsage(ctx, v.Metadata.Name, o.prefix)
	if admin.IsMissingRoute(err) {
		return cli.Hintf(err, "this server's version does not count by prefix; add --count to list the bucket")
	}
	if err != nil {
		return err
	}
	if u.Updated.IsZero() {
		return nil
	}
	of := func(u admin.PrefixUsage, at time.Time) usageView {
		return usageView{Objects: u.Objects, Versions: u.Versions, DeleteMarkers: u.DeleteMarkers, Bytes: u.Bytes, CountedAt: &metav1.Time{Time: at}, CountedBy: "scanner"}
	}
	all := of(u, u.Updated)
	v.Usage, v.Partial = &all, u.Partial
	folder := strings.Trim(o.prefix, "/") // as the scanner takes it, and its parts are relative to it
	if folder != "" {
		folder += "/"
	}
	for _, b := range u.Below {
		v.Prefixes = append(v.Prefixes, prefixUsageView{folder + b.Prefix, of(b, u.Updated)})
	}
	return nil
}

// list counts a bucket and its parts by listing it.
func (o *bucketUsage) list(ctx context.Context, t *target, v *bucketUsageView) error {
	now := time.Now()
	var all s3.Count
	parts := map[string]*s3.Count{}
	for e, err := range t.s3.Objects(ctx, v.Metadata.Name, s3.List{Versions: true, Prefix: o.prefix}) {
		if err != nil {
			return err
		}
		addEntry(&all, e)
		if !o.byPrefix {
			continue
		}
		part := o.prefix
		if head, _, ok := strings.Cut(strings.TrimPrefix(e.Key, o.prefix), "/"); ok {
			part += head + "/"
		}
		if parts[part] == nil {
			parts[part] = &s3.Count{}
		}
		addEntry(parts[part], e)
	}
	v.Usage = usageOfListing(all, now)
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		v.Prefixes = append(v.Prefixes, prefixUsageView{part, *usageOfListing(*parts[part], now)})
	}
	return nil
}

// addEntry counts one entry of a listing.
func addEntry(c *s3.Count, o s3.Object) {
	if o.DeleteMarker {
		c.DeleteMarkers++
		return
	}
	c.Versions++
	c.Bytes += o.Size
	if o.Latest {
		c.Objects++
	}
}

func bucketUsageColumns(now time.Time) []cli.Column[bucketUsageView] {
	cell := func(v bucketUsageView, of func(usageView) string) string {
		if v.Usage == nil {
			return cli.Unknown
		}
		return of(*v.Usage)
	}
	return []cli.Column[bucketUsageView]{
		{Name: "Name", Value: func(v bucketUsageView) string { return v.Metadata.Name }},
		{Name: "Objects", Value: func(v bucketUsageView) string {
			return cell(v, func(u usageView) string { return strconv.FormatInt(u.Objects, 10) })
		}},
		{Name: "Versions", Value: func(v bucketUsageView) string {
			return cell(v, func(u usageView) string { return strconv.FormatInt(u.Versions, 10) })
		}},
		{Name: "Size", Value: func(v bucketUsageView) string {
			return cell(v, func(u usageView) string { return cli.Size(u.Bytes) })
		}},
		{Name: "Quota", Value: bucketUsageView.quotaCell},
		{Name: "Percent", Value: func(v bucketUsageView) string {
			if v.Quota == 0 && !v.quotaUnknown {
				return cli.None
			}
			return percentCell(v.Percent)
		}},
		{Name: "Counted", Value: func(v bucketUsageView) string {
			return cell(v, func(u usageView) string { return cli.Age(u.CountedAt.Time, now) + " ago by " + u.CountedBy })
		}},
		{Name: "Markers", Wide: true, Value: func(v bucketUsageView) string {
			return cell(v, func(u usageView) string { return strconv.FormatInt(u.DeleteMarkers, 10) })
		}},
	}
}

func (v bucketUsageView) quotaCell() string {
	switch {
	case v.quotaUnknown:
		return cli.Unknown
	case v.Quota == 0:
		return cli.None
	}
	return cli.Size(v.Quota)
}

// prefixRow is a part of a bucket in a table.
type prefixRow struct {
	bucket string
	part   prefixUsageView
}

// printPrefixes prints the parts, the largest of each bucket first.
func (o *bucketUsage) printPrefixes(views []bucketUsageView) error {
	var rows []prefixRow
	for _, v := range views {
		switch {
		case v.Usage == nil && o.prefix != "":
			o.Remarkf("bucket %q has not been counted below %q; add --count to list it", v.Metadata.Name, o.prefix)
		case v.Usage == nil:
			o.Remarkf("bucket %q has not been counted yet; add --count to list it", v.Metadata.Name)
		case v.Partial && len(v.Prefixes) == 0:
			o.Remarkf("bucket %q is not split below %q, which has few objects; add --count to list it", v.Metadata.Name, o.prefix)
			v.Prefixes = []prefixUsageView{{o.prefix, *v.Usage}}
		case v.Partial:
			o.Remarkf("bucket %q has more parts than the server tells; add --count to list it", v.Metadata.Name)
		}
		slices.SortStableFunc(v.Prefixes, func(a, b prefixUsageView) int { return cmp.Compare(b.Bytes, a.Bytes) })
		for _, p := range v.Prefixes {
			rows = append(rows, prefixRow{v.Metadata.Name, p})
		}
	}
	now := time.Now()
	return cli.Print(o.UI, cli.List[prefixRow]{Kind: "Bucket", Items: rows, Empty: "Nothing found.", Columns: []cli.Column[prefixRow]{
		{Name: "Bucket", Value: func(r prefixRow) string { return r.bucket }},
		{Name: "Prefix", Value: func(r prefixRow) string { return orNone(r.part.Prefix) }},
		{Name: "Objects", Value: func(r prefixRow) string { return strconv.FormatInt(r.part.Objects, 10) }},
		{Name: "Size", Value: func(r prefixRow) string { return cli.Size(r.part.Bytes) }},
		{Name: "Counted", Value: func(r prefixRow) string {
			return cli.Age(r.part.CountedAt.Time, now) + " ago by " + r.part.CountedBy
		}},
	}})
}
