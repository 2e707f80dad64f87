package kube

import (
	"context"
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FindBackupCronJob finds the CronJob that runs talos-backup: the one named
// (NAME or NAMESPACE/NAME), else the only one in the namespace in force whose
// image or command is talos-backup, else the only one in the cluster.
// Installers name it differently, so its name is not looked at.
func (c *Client) FindBackupCronJob(ctx context.Context, want string) (*batchv1.CronJob, error) {
	if ns, name, ok := strings.Cut(want, "/"); ok {
		return c.getCronJob(ctx, ns, name)
	}
	found, err := c.backupCronJobs(ctx, c.Namespace, want)
	if err != nil {
		return nil, err
	}
	scope := c.Namespace
	if len(found) == 0 && !c.Explicit {
		found, err = c.backupCronJobs(ctx, metav1.NamespaceAll, want)
		if apierrors.IsForbidden(err) {
			return nil, &NoCronJobError{Namespace: c.Namespace, Name: want}
		}
		if err != nil {
			return nil, err
		}
		scope = ""
	}
	switch len(found) {
	case 0:
		return nil, &NoCronJobError{Namespace: scope, Name: want}
	case 1:
		return &found[0], nil
	}
	return nil, &ManyCronJobsError{CronJobs: found}
}

func (c *Client) getCronJob(ctx context.Context, ns, name string) (*batchv1.CronJob, error) {
	cj, err := c.cronJobs(ns).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, &NoCronJobError{Namespace: ns, Name: name}
	}
	return cj, err
}

func (c *Client) backupCronJobs(ctx context.Context, ns, name string) ([]batchv1.CronJob, error) {
	list, err := c.cronJobs(ns).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list.Items, func(cj batchv1.CronJob) bool {
		if name != "" {
			return cj.Name != name
		}
		_, ok := BackupContainer(cj.Spec.JobTemplate.Spec.Template.Spec)
		return !ok
	}), nil
}

// BackupContainer finds the container that runs talos-backup.
func BackupContainer(spec corev1.PodSpec) (corev1.Container, bool) {
	for _, c := range spec.Containers {
		if imageName(c.Image) == "talos-backup" || slices.ContainsFunc(c.Command, func(s string) bool { return strings.HasSuffix(s, "/talos-backup") }) {
			return c, true
		}
	}
	return corev1.Container{}, false
}

// NoCronJobError says that no talos-backup CronJob was found.
type NoCronJobError struct{ Namespace, Name string }

func (e *NoCronJobError) Error() string {
	what := "no CronJob that runs talos-backup"
	if e.Name != "" {
		what = fmt.Sprintf("no CronJob %q", e.Name)
	}
	if e.Namespace == "" {
		return what + " in any namespace"
	}
	return what + " in namespace " + e.Namespace
}

// Hint says how to name it, or to do without.
func (e *NoCronJobError) Hint() string {
	return "name it: --cronjob NAMESPACE/NAME; without one, --endpoint and --bucket say where the backups are"
}

// ManyCronJobsError says that the choice is the person's.
type ManyCronJobsError struct{ CronJobs []batchv1.CronJob }

func (e *ManyCronJobsError) Error() string {
	ids := make([]string, len(e.CronJobs))
	for i, cj := range e.CronJobs {
		ids[i] = cj.Namespace + "/" + cj.Name
	}
	return fmt.Sprintf("%d CronJobs run talos-backup: %s", len(ids), strings.Join(ids, ", "))
}

// Hint shows the flag.
func (e *ManyCronJobsError) Hint() string {
	return "choose one: --cronjob " + e.CronJobs[0].Namespace + "/" + e.CronJobs[0].Name
}
