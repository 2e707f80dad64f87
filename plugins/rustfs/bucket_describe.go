package rustfs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

type bucketDescribe struct {
	*plugin
	count bool
}

// bucketDetails is everything about one bucket.
type bucketDetails struct {
	bucketView

	Encryption     string                 `json:"encryption,omitempty"`
	LifecycleRules *int                   `json:"lifecycleRules,omitempty"`
	Lifecycle      []bucket.LifecycleRule `json:"lifecycle,omitempty"`
	Policy         string                 `json:"policy,omitempty"` // the document
	Access         []prefixAccess         `json:"access,omitempty"` // of those without a key
	CORS           []bucket.CORSRule      `json:"cors,omitempty"`
	Quota          *quotaUse              `json:"quota,omitempty"`
	Tags           map[string]string      `json:"tags,omitempty"`
	Server         string                 `json:"server"`
}

func newBucketDescribe(p *plugin) *cobra.Command {
	o := &bucketDescribe{plugin: p}
	cmd := &cobra.Command{
		Use:   "describe NAME...",
		Short: "Show everything about buckets",
		Long: "Show everything about buckets on one page each: age, versioning, lock and retention, encryption, quota, lifecycle\n" +
			"rules in words, what those without a key may do, policy, CORS, tags and contents. The figures are the\n" +
			"scanner's unless --count lists the bucket.\n\n" + cli.ExitHelp(""),
		Example: `  # One page
  kubectl rustfs bucket describe etcd-backups

  # As an object, with exact figures
  kubectl rustfs bucket describe etcd-backups --count -o yaml`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: p.completeBuckets,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	cmd.Flags().BoolVar(&o.count, "count", false, "Count the contents by listing them, instead of asking the server's scanner")
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *bucketDescribe) run(ctx context.Context, names []string) error {
	if err := validBucketNames(names); err != nil {
		return err
	}
	for _, n := range names {
		o.equivalent("mc", "stat", "rustfs/"+n)
	}
	t, err := o.target(ctx)
	if err != nil {
		return err
	}
	buckets, err := t.s3.Buckets(ctx)
	if err != nil {
		return err
	}
	if buckets, err = named(buckets, names, bucketName, noSuchBucket); err != nil {
		return err
	}
	ls := &bucketLs{plugin: o.plugin, count: o.count}
	views, err := ls.look(ctx, t, buckets)
	if err != nil {
		return err
	}
	details := make([]bucketDetails, len(views))
	for i, v := range views {
		if details[i], err = describeBucket(ctx, t, v); err != nil {
			return err
		}
	}
	if o.HumanOutput() {
		return o.pages(details)
	}
	return cli.Print(o.UI, cli.List[bucketDetails]{Kind: "Bucket", Items: details, Single: len(details) == 1})
}

// describeBucket asks for the settings of one bucket at once. Settings that a
// key may not ask for or a version does not know stay empty.
func describeBucket(ctx context.Context, t *target, v bucketView) (bucketDetails, error) {
	d := bucketDetails{bucketView: v, Server: t.name()}
	name := v.Metadata.Name
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	g.Go(func() error {
		e, err := t.s3.DefaultEncryption(ctx, name)
		if e != nil {
			d.Encryption = e.Algorithm
		}
		return soft(err)
	})
	g.Go(func() error {
		rules, err := t.s3.Lifecycle(ctx, name)
		if err == nil {
			n := len(rules)
			d.LifecycleRules, d.Lifecycle = &n, rules
		}
		return soft(err)
	})
	g.Go(func() (err error) {
		d.Policy, err = t.s3.Policy(ctx, name)
		if p, bad := bucket.ParsePolicy([]byte(d.Policy)); err == nil && (bad == nil || d.Policy == "") {
			d.Access = accessRows(p, name)
		}
		return soft(err)
	})
	g.Go(func() (err error) {
		d.CORS, err = t.s3.CORS(ctx, name)
		return soft(err)
	})
	g.Go(func() error {
		q, err := t.admin.Quota(ctx, name)
		if err == nil {
			v := newQuotaUse(q)
			d.Quota = &v
		}
		return softQuota(err)
	})
	g.Go(func() (err error) {
		d.Tags, err = t.s3.Tags(ctx, name)
		return soft(err)
	})
	return d, g.Wait()
}

// softQuota forgives also what a server does not know before its scanner has
// counted the bucket.
func softQuota(err error) error {
	if admin.IsCode(err, "ServiceUnavailable") || admin.IsCode(err, "NoSuchBucket") {
		return nil
	}
	return soft(err)
}

func (o *bucketDescribe) pages(details []bucketDetails) error {
	for i, d := range details {
		if i > 0 {
			if _, err := fmt.Fprintln(o.Out); err != nil {
				return err
			}
		}
		if err := o.page(d); err != nil {
			return err
		}
	}
	return nil
}

func (o *bucketDescribe) page(d bucketDetails) error {
	contents, counted := cli.Unknown+" (add --count to list it)", ""
	if u := d.Usage; u != nil {
		contents = contentsOf(*u)
		counted = cli.Age(u.CountedAt.Time, time.Now()) + " ago by " + u.CountedBy
	}
	rules := cli.Unknown
	if d.LifecycleRules != nil {
		rules = orNone(inLines(d.Lifecycle, func(r bucket.LifecycleRule) string { return r.ID + ": " + r.Words() }))
	}
	created := cli.Unknown
	if d.Metadata.CreationTimestamp != nil {
		created = d.Metadata.CreationTimestamp.UTC().Format(time.RFC3339) + " (" + d.age + " ago)"
	}
	return cli.Page(o.Out, []cli.Field{
		{Name: "Name", Value: d.Metadata.Name},
		{Name: "Server", Value: d.Server},
		{Name: "Created", Value: created},
		{Name: "Contents", Value: contents},
		{Name: "Counted", Value: counted},
		{Name: "Versioning", Value: orUnknown(string(d.Versioning))},
		{Name: "Object Lock", Value: lockCell(d.Lock)},
		{Name: "Encryption", Value: orNone(d.Encryption)},
		{Name: "Quota", Value: d.Quota.words()},
		{Name: "Lifecycle Rules", Value: rules},
		{Name: "Access", Value: orUnknown(accessWords(d.Access))},
		{Name: "CORS", Value: orNone(inLines(d.CORS, bucket.CORSRule.Words))},
		{Name: "Tags", Value: tagsOf(d.Tags)},
		{Name: "Policy", Value: orNone(d.Policy)},
	})
}

func contentsOf(u usageView) string {
	return contents(s3.Count{Objects: u.Objects, Versions: u.Versions, DeleteMarkers: u.DeleteMarkers, Bytes: u.Bytes})
}

func tagsOf(tags map[string]string) string {
	pairs := make([]string, 0, len(tags))
	for k, v := range tags {
		pairs = append(pairs, k+"="+v)
	}
	slices.Sort(pairs)
	return orNone(strings.Join(pairs, ","))
}

func orNone(s string) string {
	if s == "" {
		return cli.None
	}
	return s
}
