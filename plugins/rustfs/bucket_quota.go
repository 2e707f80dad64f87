package rustfs

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

func newBucketQuota(p *plugin) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "quota",
		Short: "See, set and clear the limit of a bucket's size",
		Long: "See, set and clear the limit of a bucket's size. The server holds the limit against the count of its scanner, which is\n" +
			"minutes behind: a bucket may grow beyond it for a while. Writes beyond it are refused with 400 InvalidRequest.\n\n" + cli.ExitHelp(""),
		Example: "  # No more than 10 GiB\n  kubectl rustfs bucket quota set photos 10Gi",
	}
	cmd.AddCommand(newBucketQuotaGet(p), newBucketQuotaSet(p), newBucketQuotaClear(p))
	return cmd
}

// quotaView is a bucket with its quota and how much of it is used.
type quotaView struct {
	Metadata cli.Meta `json:"metadata"`
	quotaUse
}

// quotaUse is a quota and how much of it is used.
type quotaUse struct {
	Quota   int64    `json:"quota"` // bytes; 0: none
	Used    *int64   `json:"used,omitempty"`
	Percent *float64 `json:"percent,omitempty"`
}

func newQuotaView(name string, q admin.Quota) quotaView {
	return quotaView{Metadata: cli.Meta{Name: name}, quotaUse: newQuotaUse(q)}
}

func newQuotaUse(q admin.Quota) quotaUse {
	v := quotaUse{Quota: q.Limit}
	if q.Counted {
		v.Used = &q.Used
	}
	if q.Counted && q.Limit > 0 {
		v.Percent = &q.Percent
	}
	return v
}

// quotaText is a limit as people read it, and exactly.
func quotaText(limit int64) string {
	if limit == 0 {
		return "none"
	}
	return fmt.Sprintf("%s (%d bytes)", cli.Size(limit), limit)
}

func percentCell(percent *float64) string {
	if percent == nil {
		return cli.Unknown
	}
	return fmt.Sprintf("%.0f%%", *percent)
}

// setQuota brings the quota of one bucket to a limit; 0 takes it away, by
// DELETE: PUT with 0 is a limit of nothing on older servers.
func (p *plugin) setQuota(ctx context.Context, t *target, name string, limit int64) error {
	now, err := t.admin.Quota(ctx, name)
	if err != nil {
		return quotaError(err, name)
	}
	if limit > 0 && limit != now.Limit {
		p.warnOfQuota(name, now, limit)
	}
	verb, do := "quota set to "+quotaText(limit), func(ctx context.Context) error { return t.admin.SetQuota(ctx, name, limit) }
	if limit == 0 {
		verb, do = "quota cleared", func(ctx context.Context) error { return t.admin.ClearQuota(ctx, name) }
	}
	after := now
	if after.Limit = limit; limit > 0 {
		after.Percent = float64(now.Used) / float64(limit) * 100
	}
	return p.change(ctx, change{
		kind: "Bucket", name: name, what: "quota", before: quotaText(now.Limit), after: quotaText(limit), verb: verb, object: newQuotaView(name, after), do: do,
	})
}

// warnOfQuota tells what a new limit does to writes.
func (p *plugin) warnOfQuota(name string, now admin.Quota, limit int64) {
	switch {
	case !now.Counted:
		p.Warnf("the server's scanner has not counted bucket %q yet: with a quota, every write is refused with 503 until it has; take it back with: kubectl rustfs bucket quota clear %s", name, name)
	case now.Used > limit:
		p.Warnf("bucket %q holds %s already: every write is refused until enough is deleted and counted again", name, cli.Size(now.Used))
	}
}

// quotaError gives the answers of quota routes their reasons.
func quotaError(err error, name string) error {
	if admin.IsCode(err, "NoSuchBucket") {
		return noSuchBucket(name)
	}
	return err
}

// words are "10GiB, 42% used", on a page.
func (v *quotaUse) words() string {
	switch {
	case v == nil:
		return cli.Unknown
	case v.Quota == 0:
		return cli.None
	case v.Percent == nil:
		return cli.Size(v.Quota) + ", not counted yet: writes are refused until the scanner has"
	}
	return fmt.Sprintf("%s, %s used", cli.Size(v.Quota), percentCell(v.Percent))
}
