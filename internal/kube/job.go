package kube

import (
	"context"
	"fmt"
	"io"
	"maps"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"
)

// JobFrom is the Job that "kubectl create job --from=cronjob/…" makes: the
// template's spec, labels and annotations, the mark of a manual start, and the
// CronJob as controlling owner without blockOwnerDeletion, which would need one
// more right. (kubectl pkg/cmd/create/create_job.go, createJobFromCronJob.)
func JobFrom(cj *batchv1.CronJob, name string) *batchv1.Job {
	annotations := map[string]string{"cronjob.kubernetes.io/instantiate": "manual"}
	maps.Copy(annotations, cj.Spec.JobTemplate.Annotations)
	controller := true
	return &batchv1.Job{
		TypeMeta: metav1.TypeMeta{APIVersion: batchv1.SchemeGroupVersion.String(), Kind: "Job"},
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: cj.Namespace, Annotations: annotations, Labels: cj.Spec.JobTemplate.Labels,
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: batchv1.SchemeGroupVersion.String(), Kind: "CronJob", Name: cj.Name, UID: cj.UID, Controller: &controller,
			}},
		},
		Spec: cj.Spec.JobTemplate.Spec,
	}
}

// CreateJob creates a Job; dryRun lets the API server only rehearse it.
func (c *Client) CreateJob(ctx context.Context, job *batchv1.Job, dryRun bool) (*batchv1.Job, error) {
	o := metav1.CreateOptions{FieldManager: "kubectl-create"}
	if dryRun {
		o.DryRun = []string{metav1.DryRunAll}
	}
	created, err := c.jobs(job.Namespace).Create(ctx, job, o)
	if err != nil {
		return nil, fmt.Errorf("create job %s/%s: %w", job.Namespace, job.Name, err)
	}
	return created, nil
}

// JobEvent is a step in the life of a Job's pods.
type JobEvent struct {
	Job *batchv1.Job // nil when only the pod changed
	Pod *corev1.Pod  // nil when only the Job changed
}

// WatchJob reports every change of a Job and its pods to see until see says
// that it is enough, or ctx ends. A watch that the server ends is begun again.
func (c *Client) WatchJob(ctx context.Context, job *batchv1.Job, see func(JobEvent) (enough bool, err error)) error {
	for {
		enough, err := c.watchJobOnce(ctx, job, see)
		if enough || err != nil {
			return err
		}
		select { // a server that ends every watch at once is not asked without a pause
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (c *Client) watchJobOnce(ctx context.Context, job *batchv1.Job, see func(JobEvent) (bool, error)) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	name := fields.OneTermEqualSelector("metadata.name", job.Name).String()
	jobs, err := c.jobs(job.Namespace).Watch(ctx, metav1.ListOptions{FieldSelector: name})
	if err != nil {
		return false, fmt.Errorf("watch job %s/%s: %w", job.Namespace, job.Name, err)
	}
	defer jobs.Stop()
	pods, err := c.pods(job.Namespace).Watch(ctx, metav1.ListOptions{LabelSelector: jobSelector(job)})
	if err != nil {
		return false, fmt.Errorf("watch pods of job %s/%s: %w", job.Namespace, job.Name, err)
	}
	defer pods.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case e, ok := <-jobs.ResultChan():
			if !ok || e.Type == watch.Error {
				return false, nil
			}
			j, isJob := e.Object.(*batchv1.Job)
			if !isJob {
				continue
			}
			if e.Type == watch.Deleted {
				return false, fmt.Errorf("job %s/%s was deleted while it was watched", job.Namespace, job.Name)
			}
			if enough, err := see(JobEvent{Job: j}); enough || err != nil {
				return enough, err
			}
		case e, ok := <-pods.ResultChan():
			if !ok || e.Type == watch.Error {
				return false, nil
			}
			p, isPod := e.Object.(*corev1.Pod)
			if !isPod || e.Type == watch.Deleted {
				continue
			}
			if enough, err := see(JobEvent{Pod: p}); enough || err != nil {
				return enough, err
			}
		}
	}
}

// JobPods are the pods of a Job that exist now.
func (c *Client) JobPods(ctx context.Context, job *batchv1.Job) ([]corev1.Pod, error) {
	list, err := c.pods(job.Namespace).List(ctx, metav1.ListOptions{LabelSelector: jobSelector(job)})
	if err != nil {
		return nil, fmt.Errorf("pods of job %s/%s: %w", job.Namespace, job.Name, err)
	}
	return list.Items, nil
}

func jobSelector(job *batchv1.Job) string {
	return labels.SelectorFromSet(labels.Set{batchv1.JobNameLabel: job.Name}).String()
}

// Logs follows the log of a container to its end.
func (c *Client) Logs(ctx context.Context, namespace, pod, container string, follow bool) (io.ReadCloser, error) {
	return c.PodLog(ctx, namespace, pod, LogOptions{Container: container, Follow: follow, Tail: -1})
}

// Finished reports whether a Job has ended, and how.
func Finished(j *batchv1.Job) (done, ok bool, message string) {
	for _, c := range j.Status.Conditions {
		if c.Status != corev1.ConditionTrue {
			continue
		}
		switch c.Type {
		case batchv1.JobComplete:
			return true, true, ""
		case batchv1.JobFailed:
			return true, false, oneLine(c.Reason + ": " + c.Message)
		}
	}
	return false, false, ""
}
