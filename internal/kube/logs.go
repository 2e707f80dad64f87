package kube

import (
	"context"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LogOptions say which part of a container's log is wanted.
type LogOptions struct {
	Container  string
	Follow     bool          // until the container or ctx ends
	Previous   bool          // of the container that ran before
	Timestamps bool          // before each line
	Since      time.Duration // not older; 0: no limit
	SinceTime  time.Time     // not older; zero: no limit
	Tail       int64         // the last lines; negative: all
}

// PodLog opens the log of a container. The caller closes it.
func (c *Client) PodLog(ctx context.Context, namespace, pod string, o LogOptions) (io.ReadCloser, error) {
	options := &corev1.PodLogOptions{Container: o.Container, Follow: o.Follow, Previous: o.Previous, Timestamps: o.Timestamps}
	if o.Since > 0 {
		seconds := int64((o.Since + time.Second - 1) / time.Second)
		options.SinceSeconds = &seconds
	}
	if !o.SinceTime.IsZero() {
		options.SinceTime = &metav1.Time{Time: o.SinceTime}
	}
	if o.Tail >= 0 {
		options.TailLines = &o.Tail
	}
	return c.core.Get().Namespace(namespace).Resource("pods").Name(pod).SubResource("log").VersionedParams(options, c.params).Stream(ctx)
}
