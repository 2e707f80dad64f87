package rustfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// noDiagnoseError says that the server's program has no analysis of logs.
type noDiagnoseError struct{ server, image string }

func (e *noDiagnoseError) Error() string {
	return fmt.Sprintf("server %s (%s) has no \"rustfs diagnose\"", e.server, e.image)
}

// Hint says from when on there is one.
func (*noDiagnoseError) Hint() string {
	return "RustFS 1.0 and later have it; without it, read the logs: kubectl rustfs logs --since 1h"
}

// hasDiagnose finds the subcommand in the program's help.
var hasDiagnose = regexp.MustCompile(`(?m)^\s+diagnose\b`)

// analyse runs the server's own analysis in one of its pods and gives it the
// logs of all of them.
func (o *logs) analyse(ctx context.Context, k *kube.Client, s kube.Server) error {
	pod, ok := s.Pod()
	if !ok {
		return &kube.NotRunningError{Server: s}
	}
	program := "rustfs"
	if args := s.Args(); len(args) > 0 && strings.HasSuffix(args[0], "/rustfs") {
		program = args[0]
	}
	run := kube.Exec{Namespace: pod.Namespace, Pod: pod.Name, Container: s.Container}
	// A version without the subcommand would take the word for a volume and
	// start a second server, so its help is asked first.
	var help bytes.Buffer
	run.Command, run.Stdout, run.Stderr = []string{program, "--help"}, &help, io.Discard
	if err := k.Exec(ctx, run); err != nil && !isExit(err) {
		return explainExec(err, program, s)
	}
	if !hasDiagnose.Match(help.Bytes()) {
		return &noDiagnoseError{server: s.ID(), image: s.Image()}
	}
	run.Command = []string{program, "diagnose", "-", "--format", o.format}
	if o.redact {
		run.Command = append(run.Command, "--redact")
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	r, w := io.Pipe()
	feeding := make(chan error, 1)
	go func() { feeding <- o.feed(inner, k, s, w) }()
	run.Stdin, run.Stdout, run.Stderr = r, o.Out, o.ErrOut
	err := k.Exec(ctx, run)
	r.Close() //nolint:errcheck // the feeder ends by it
	cancel()
	fed := <-feeding
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return explainExec(err, program, s)
	case fed != nil && !errors.Is(fed, io.ErrClosedPipe) && !errors.Is(fed, context.Canceled):
		return fed
	}
	return nil
}

func isExit(err error) bool {
	var exit *kube.ExecExitError
	return errors.As(err, &exit)
}

// explainExec adds what to do about a command that could not be run.
func explainExec(err error, program string, s kube.Server) error {
	switch {
	case apierrors.IsForbidden(err), strings.Contains(err.Error(), "forbidden"):
		return cli.Hintf(err, "--diagnose needs the right to create pods/exec in namespace %s; without it, read the logs: kubectl rustfs logs", s.Namespace)
	case strings.Contains(err.Error(), "executable file not found"), strings.Contains(err.Error(), "no such file"):
		return cli.Hintf(fmt.Errorf("container %s has no program %s: %w", s.Container, program, err), "read the logs: kubectl rustfs logs")
	}
	return err
}

// feed writes the logs of all pods, those of the containers before them first.
func (o *logs) feed(ctx context.Context, k *kube.Client, s kube.Server, w *io.PipeWriter) error {
	var problems []error
	wrote := false
	for _, p := range s.Pods {
		for _, previous := range []bool{true, false} {
			if previous && restarts(p, o.options.Container) == 0 || !previous && o.options.Previous {
				continue
			}
			options := o.options
			options.Previous, options.Timestamps = previous, false
			err := pour(ctx, k, p, options, w)
			if err != nil {
				problems = append(problems, fmt.Errorf("log of pod %s/%s: %w", p.Namespace, p.Name, err))
				continue
			}
			wrote = true
		}
	}
	w.Close() //nolint:errcheck // a pipe's never fails
	if wrote {
		return nil
	}
	return errors.Join(problems...)
}

func pour(ctx context.Context, k *kube.Client, p corev1.Pod, options kube.LogOptions, w io.Writer) error {
	r, err := k.PodLog(ctx, p.Namespace, p.Name, options)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	_, err = io.Copy(w, r)
	return err
}

func restarts(p corev1.Pod, container string) int32 {
	for _, st := range p.Status.ContainerStatuses {
		if st.Name == container {
			return st.RestartCount
		}
	}
	return 0
}
