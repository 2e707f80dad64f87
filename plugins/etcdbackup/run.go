package etcdbackup

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/talos-rustfs/kubectl-plugins/internal/backup"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
)

type run struct {
	*plugin
	name    string
	wait    bool
	verify  bool
	timeout time.Duration
	pending time.Duration
	retries int
}

func newRun(p *plugin) *cobra.Command {
	o := &run{plugin: p}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Take a backup now, by a Job from the talos-backup CronJob",
		Long: "Create the Job that \"kubectl create job --from=cronjob/…\" creates from the talos-backup CronJob, suspended or not. With\n" +
			"--wait its log is shown on stderr, and the command ends when the backup is in the bucket, naming the object; with\n" +
			"--verify the object is then read and proven with the key at hand. When something stops the Job, the reason is told:\n" +
			"what keeps the pod pending, the image, or the exit code and the log's last words. The Job itself is left as it is.\n\n" +
			identityHelp + "\n\n" + cli.ExitHelp("the backup was written, but it is bad or none of the identities opens it"),
		Example: examples(p.UI, `  # Start it
  {} run

  # Start it, wait and prove what it wrote
  {} run --wait --verify --identity age.key

  # What would be created
  {} run --dry-run -o yaml`),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "Name of the Job (default: the CronJob's, with -manual- and five letters)")
	f.BoolVarP(&o.wait, "wait", "w", false, "Wait until the backup is in the bucket")
	f.BoolVar(&o.verify, "verify", false, "Prove the backup that was written; implies --wait")
	f.DurationVar(&o.timeout, "timeout", 15*time.Minute, "How long to wait in all; 0 waits for ever")
	f.DurationVar(&o.pending, "pending-timeout", 2*time.Minute, "How long the pod may take until it runs")
	f.IntVar(&o.retries, "retries", 0, "How many failed attempts of the Job's own to sit through")
	p.keys.add(cmd)
	o.AddDryRunFlag(cmd, true)
	o.AddPrintFlags(cmd)
	return cmd
}

func (o *run) run(ctx context.Context) error {
	o.wait = o.wait || o.verify
	ids, err := o.prepare(ctx)
	if err != nil {
		return err
	}
	k, err := o.kube(ctx)
	if err != nil {
		return err
	}
	cj, err := o.findCronJob(ctx)
	if err != nil {
		return err
	}
	job := kube.JobFrom(cj, o.jobName(cj))
	if o.Rehearsing() != cli.DryRunClient {
		if job, err = k.CreateJob(ctx, job, o.Rehearsing() == cli.DryRunServer); err != nil {
			return err
		}
	}
	if !o.wait || o.Rehearsing() != cli.DryRunNone {
		job.APIVersion, job.Kind = "batch/v1", "Job"
		return cli.ReportObject(o.UI, "job.batch", job.Name, "created", job)
	}
	o.Remarkf("job.batch/%s created in namespace %s", job.Name, job.Namespace)
	written, err := o.follow(ctx, k, cj, job)
	if err != nil {
		return o.explain(ctx, o.explainDenied(ctx, k, cj, err), job)
	}
	return o.report(ctx, cj, written, ids)
}

// prepare refuses what would only fail after the Job has run.
func (o *run) prepare(ctx context.Context) ([]seal.Identity, error) {
	if o.name != "" {
		if bad := validation.IsDNS1123Subdomain(o.name); len(bad) > 0 || len(o.name) > 63 {
			return nil, cli.Usagef("--name %q: not a Job's name", o.name).WithHint("use up to 63 of a-z, 0-9 and dashes")
		}
	}
	if o.retries < 0 {
		return nil, cli.Usagef("--retries %d: must not be negative", o.retries)
	}
	if !o.verify {
		return nil, nil
	}
	return o.identities(ctx)
}

// jobName keeps below the 63 characters that a Job's name may have.
func (o *run) jobName(cj *batchv1.CronJob) string {
	if o.name != "" {
		return o.name
	}
	suffix := "-manual-" + rand.String(5)
	return cj.Name[:min(len(cj.Name), 63-len(suffix))] + suffix
}

// explain tells, when a person stops waiting or the time is over, that the Job
// goes on.
func (o *run) explain(ctx context.Context, err error, job *batchv1.Job) error {
	if ctx.Err() != nil {
		o.Remarkf("the Job goes on; follow it with: kubectl logs -f job/%s -n %s", job.Name, job.Namespace)
		return ctx.Err()
	}
	return fmt.Errorf("job %s/%s: %w", job.Namespace, job.Name, err)
}

// report names the object that the Job wrote, and proves it.
func (o *run) report(ctx context.Context, cj *batchv1.CronJob, written wrote, ids []seal.Identity) error {
	given, err := o.where.given(o.In)
	if err != nil {
		return err
	}
	a, err := o.archiveOf(ctx, cj, given)
	if err != nil {
		return err
	}
	s, err := find(ctx, a, written)
	if err != nil {
		return err
	}
	v := newSnapshotView(s, a.bucket, time.Now())
	if !o.verify {
		return cli.Report(o.UI, "Snapshot", s.Object, "written ("+cli.Size(s.Size)+")", v)
	}
	if v, err = o.plugin.verify(ctx, a, s, ids); err != nil {
		return err
	}
	verb := "written and proven (" + cli.Size(s.Size) + ")"
	if !v.Proof.OK {
		verb = "written, not proven (" + cli.Size(s.Size) + ")"
	}
	if err := cli.Report(o.UI, "Snapshot", s.Object, verb, v); err != nil {
		return err
	}
	if !v.Proof.OK {
		return &cli.Found{Reason: fmt.Sprintf("backup %q: %s", s.Object, v.Proof.Reason), HintText: v.hint}
	}
	o.Remarkf("sha256 %s, %s, opened by %s", v.Proof.SHA256, cli.Size(v.Proof.SnapshotBytes), orNone(v.Proof.Identity))
	return nil
}

// find looks up the object that a Job wrote: by the key of its log, else (for
// builds that do not log it) the newest one that is not older than the Job.
func find(ctx context.Context, a *archive, w wrote) (backup.Snapshot, error) {
	if w.key != "" {
		o, err := a.store.Stat(ctx, a.bucket, w.key)
		if err != nil {
			return backup.Snapshot{}, fmt.Errorf("the Job says that it wrote %q: %w", w.key, err)
		}
		key, err := backup.ParseKey(w.key)
		return backup.Snapshot{Key: key, Object: w.key, Size: o.Size, Modified: o.Modified, ETag: o.ETag}, err
	}
	c, err := a.list(ctx, "")
	if err != nil {
		return backup.Snapshot{}, err
	}
	for _, s := range c.Snapshots {
		if !s.Key.Time.Before(w.since) {
			return s, nil
		}
	}
	return backup.Snapshot{}, fmt.Errorf("the Job succeeded, and %s holds no backup that is not older than it", a.place())
}
