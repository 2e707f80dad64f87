package etcdbackup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// wrote is what a Job that succeeded left behind.
type wrote struct {
	key   string    // of the object, when the log says it
	since time.Time // when the Job was created, by the cluster's clock
}

// follower watches one Job to its end.
type follower struct {
	*run
	client    *kube.Client
	job       *batchv1.Job
	container string
	patience  time.Duration // that a pod may stay pending

	shown   map[string]bool // attempts whose log was shown
	key     string
	last    string // line of the log
	pending string // why the pod does not run, as last told
	failed  int    // attempts
}

// uploading is the line by which talos-backup names the object, from
// beta.3-2 on (pkg/s3/s3.go).
var uploading = regexp.MustCompile(`Uploading .* to bucket \S+ with key (\S.*?)\s*$`)

// stamp is what Go's log package puts before a line.
var stamp = regexp.MustCompile(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?:[\w./-]+:\d+: )?`)

// follow waits for the Job's end, shows the log on stderr and finds out what
// stops it.
func (o *run) follow(ctx context.Context, k *kube.Client, cj *batchv1.CronJob, job *batchv1.Job) (wrote, error) {
	container, ok := kube.BackupContainer(cj.Spec.JobTemplate.Spec.Template.Spec)
	if !ok {
		container = job.Spec.Template.Spec.Containers[0]
	}
	f := &follower{run: o, client: k, job: job, container: container.Name, patience: o.pending, shown: map[string]bool{}}
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, errTooLong)
		defer cancel()
	}
	err := f.watch(ctx)
	return wrote{key: f.key, since: job.CreationTimestamp.Time}, err
}

var errTooLong = errors.New("not done within --timeout")

// watch goes through the Job's events. Until a pod runs, the time it may stay
// pending is watched too.
func (f *follower) watch(ctx context.Context) error {
	waiting, started := context.WithTimeoutCause(ctx, f.patience, errPending)
	defer started()
	scope := waiting
	for {
		running := false
		err := f.client.WatchJob(scope, f.job, func(e kube.JobEvent) (bool, error) {
			done, err := f.see(ctx, e)
			if scope == waiting && !done && err == nil && e.Pod != nil && hasStarted(*e.Pod) {
				running = true
				return true, nil
			}
			return done, err
		})
		switch {
		case running:
			scope = ctx
			continue
		case err != nil && ctx.Err() == nil && waiting.Err() != nil && scope == waiting:
			return f.pendingError()
		case err != nil && errors.Is(context.Cause(ctx), errTooLong):
			return cli.Hintf(fmt.Errorf("%w (%s)", errTooLong, f.timeout), "it goes on: kubectl logs -f job/%s -n %s", f.job.Name, f.job.Namespace)
		}
		return err
	}
}

var errPending = errors.New("pending")

func (f *follower) pendingError() error {
	why := f.pending
	if why == "" {
		why = "no pod was made for it"
	}
	return cli.Hintf(fmt.Errorf("after %s its pod %s", f.patience, why), "it stays; when it is of no use: kubectl delete job %s -n %s", f.job.Name, f.job.Namespace)
}

func hasStarted(p corev1.Pod) bool {
	return p.Status.Phase == corev1.PodRunning || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

// see deals with one event; done means that the Job has succeeded.
func (f *follower) see(ctx context.Context, e kube.JobEvent) (done bool, err error) {
	if e.Pod != nil {
		return false, f.seePod(ctx, *e.Pod)
	}
	done, ok, message := kube.Finished(e.Job)
	if !done {
		return false, nil
	}
	if err := f.seeAll(ctx); err != nil {
		return false, err
	}
	if !ok {
		return false, f.jobError(message)
	}
	return true, nil
}

// seeAll looks at the Job's pods once more: its end may be told before theirs,
// and their logs say which object was written, or what went wrong.
func (f *follower) seeAll(ctx context.Context) error {
	pods, err := f.client.JobPods(ctx, f.job)
	if err != nil {
		return err
	}
	for _, p := range pods {
		if err := f.seePod(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (f *follower) seePod(ctx context.Context, p corev1.Pod) error {
	if why := kube.WhyNotRunning(p); why != f.pending && !hasStarted(p) {
		f.pending = why
		if why != kube.NotStarted {
			f.Remarkf("pod %s %s", p.Name, why)
		}
	}
	if kube.Hopeless(p) {
		return cli.Hintf(fmt.Errorf("its pod %s", kube.WhyNotRunning(p)), "correct the CronJob, then: kubectl delete job %s -n %s", f.job.Name, f.job.Namespace)
	}
	for _, s := range p.Status.ContainerStatuses {
		if s.Name != f.container {
			continue
		}
		if err := f.seeAttempts(ctx, p, s); err != nil {
			return err
		}
	}
	return nil
}

// seeAttempts shows the log of an attempt once, from its start to its end, and
// counts the attempts that failed. A container that is restarted in place is
// an attempt each time.
func (f *follower) seeAttempts(ctx context.Context, p corev1.Pod, s corev1.ContainerStatus) error {
	t := s.State.Terminated
	if t == nil {
		t = s.LastTerminationState.Terminated
	}
	if s.State.Running != nil || t != nil {
		attempt := fmt.Sprintf("%s/%d", p.Name, s.RestartCount)
		if !f.shown[attempt] && (s.State.Running != nil || s.State.Terminated != nil) {
			f.shown[attempt] = true
			if err := f.showLog(ctx, p); err != nil {
				return err
			}
		}
	}
	if t == nil || t.ExitCode == 0 {
		return nil
	}
	failure := fmt.Sprintf("%s/%s", p.Name, t.ContainerID)
	if f.shown[failure] {
		return nil
	}
	f.shown[failure] = true
	f.failed++
	if f.failed > f.retries {
		return f.attemptError(p, t)
	}
	f.Remarkf("attempt %d failed with exit code %d; the Job tries again", f.failed, t.ExitCode)
	return nil
}

// showLog follows a container's log to its end and remembers what it says.
func (f *follower) showLog(ctx context.Context, p corev1.Pod) error {
	log, err := f.client.Logs(ctx, p.Namespace, p.Name, f.container, true)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.Warnf("the log of pod %s cannot be read: %v", p.Name, err)
		return nil
	}
	defer log.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(log)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	for lines.Scan() {
		line := lines.Text()
		f.Remarkf("%s", line)
		if m := uploading.FindStringSubmatch(line); m != nil {
			f.key = m[1]
		}
		if text := strings.TrimSpace(stamp.ReplaceAllString(line, "")); text != "" {
			f.last = text
		}
	}
	return ctx.Err()
}

// attemptError says why an attempt failed: the exit code and the log's last
// words, which for talos-backup are the error.
func (f *follower) attemptError(p corev1.Pod, t *corev1.ContainerStateTerminated) error {
	err := fmt.Errorf("container %s ended with exit code %d", f.container, t.ExitCode)
	if t.Reason == "OOMKilled" {
		err = fmt.Errorf("container %s was killed for using more memory than its limit (OOMKilled)", f.container)
	}
	if f.last != "" {
		err = fmt.Errorf("%w: %s", err, f.last)
	}
	if hint := hintOfLog(f.last); hint != "" {
		return cli.Hintf(err, "%s", hint)
	}
	if f.job.Spec.Template.Spec.RestartPolicy == corev1.RestartPolicyOnFailure {
		return cli.Hintf(err, "the Job tries again by itself; stop it with: kubectl delete job %s -n %s", f.job.Name, f.job.Namespace)
	}
	return cli.Hintf(err, "kubectl describe pod %s -n %s", p.Name, p.Namespace)
}

func (f *follower) jobError(message string) error {
	if f.last != "" {
		message += "; the log ends: " + f.last
	}
	return errors.New("failed: " + message)
}

// hintOfLog knows the errors that talos-backup meets most.
func hintOfLog(line string) string {
	for _, k := range []struct{ text, hint string }{
		{"bucket does not exist", "create it: kubectl rustfs bucket create NAME; its name is the CronJob's BUCKET"},
		{"NoSuchBucket", "create it: kubectl rustfs bucket create NAME; its name is the CronJob's BUCKET"},
		{"failed to parse public key", "correct AGE_X25519_PUBLIC_KEY in the CronJob: the age1… line that age-keygen -y prints"},
		{"Access Denied", "the bucket is not there, or the CronJob's key may not write to it: kubectl rustfs bucket ls"},
		{"InvalidAccessKeyId", "the key of the CronJob is not the store's; look at its Secret"},
		{"SignatureDoesNotMatch", "the secret of the CronJob's key is not the store's; look at its Secret"},
		{"failed to get talosconfig", "is the Talos ServiceAccount granted? kubectl get serviceaccounts.talos.dev -A"},
		{"PermissionDenied", "the Talos ServiceAccount needs the role os:etcd:backup, and the machine config must allow it"},
	} {
		if strings.Contains(line, k.text) {
			return k.hint
		}
	}
	return ""
}
