package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
	"k8s.io/streaming/pkg/httpstream"
)

// Exec is a command to run in a container.
type Exec struct {
	Namespace, Pod, Container string
	Command                   []string
	Stdin                     io.Reader // nil: none
	Stdout, Stderr            io.Writer
}

// ExecExitError says that the command ran and ended with another code than 0.
type ExecExitError struct {
	Command string
	Code    int
}

func (e *ExecExitError) Error() string {
	return fmt.Sprintf("%s ended with exit code %d", e.Command, e.Code)
}

// Exec runs a command in a container: WebSocket first, SPDY where a server or
// proxy refuses it, as kubectl does. It needs the right to create pods/exec.
func (c *Client) Exec(ctx context.Context, e Exec) error {
	u := c.core.Post().Resource("pods").Namespace(e.Namespace).Name(e.Pod).SubResource("exec").VersionedParams(&corev1.PodExecOptions{
		Container: e.Container, Command: e.Command, Stdin: e.Stdin != nil, Stdout: true, Stderr: true,
	}, c.params).URL()
	config := rest.CopyConfig(c.Config)
	config.Timeout = 0 // --request-timeout bounds answers, not a running command
	overSPDY, err := remotecommand.NewSPDYExecutor(config, http.MethodPost, u)
	if err != nil {
		return err
	}
	overWebSocket, err := remotecommand.NewWebSocketExecutor(config, http.MethodGet, u.String())
	if err != nil {
		return err
	}
	run, err := remotecommand.NewFallbackExecutor(overWebSocket, overSPDY, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
	if err != nil {
		return err
	}
	err = run.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: e.Stdin, Stdout: e.Stdout, Stderr: e.Stderr})
	var exit exec.CodeExitError
	if errors.As(err, &exit) {
		return &ExecExitError{Command: e.Command[0], Code: exit.Code}
	}
	if err != nil {
		return fmt.Errorf("exec in pod %s/%s: %w", e.Namespace, e.Pod, err)
	}
	return nil
}
