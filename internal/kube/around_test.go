package kube_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

func TestExec(t *testing.T) {
	s, c := cluster(t, "", onePod)
	s.OnExec(func(pod string, command []string, stdin io.Reader, stdout, stderr io.Writer) int {
		text, err := io.ReadAll(stdin)
		if err != nil || pod != "store/rustfs-0" {
			t.Errorf("%s: %v", pod, err)
		}
		io.WriteString(stdout, strings.Join(command, " ")+"\n"+string(text)) //nolint:errcheck // compared below
		io.WriteString(stderr, "hm\n")                                       //nolint:errcheck // compared below
		if command[0] == "false" {
			return 3
		}
		if command[0] == "none" {
			return -1
		}
		return 0
	})
	run := func(stdin io.Reader, command ...string) (string, string, error) {
		var out, errs bytes.Buffer
		err := c.Exec(t.Context(), kube.Exec{Namespace: "store", Pod: "rustfs-0", Container: "rustfs", Command: command, Stdin: stdin, Stdout: &out, Stderr: &errs})
		return out.String(), errs.String(), err
	}
	if out, errs, err := run(strings.NewReader("hello"), "cat", "-"); err != nil || out != "cat -\nhello" || errs != "hm\n" {
		t.Errorf("%q, %q, %v", out, errs, err)
	}
	var exit *kube.ExecExitError
	if _, _, err := run(nil, "false"); !errors.As(err, &exit) || exit.Code != 3 {
		t.Errorf("got %v, want exit code 3", err)
	}
	if _, _, err := run(nil, "none"); err == nil || !strings.Contains(err.Error(), "executable file not found") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Exec(ctx, kube.Exec{Namespace: "store", Pod: "rustfs-0", Command: []string{"x"}, Stdout: io.Discard, Stderr: io.Discard}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
}

const disks = `
apiVersion: v1
kind: Pod
metadata: {name: rustfs-0, namespace: store, labels: {app.kubernetes.io/name: rustfs}}
spec:
  nodeName: n1
  containers:
  - name: rustfs
    image: rustfs/rustfs:1.0.1
    volumeMounts:
    - {name: csi, mountPath: /csi}
    - {name: host, mountPath: /host}
    - {name: tmp, mountPath: /tmp}
    - {name: own, mountPath: /own}
    - {name: gone, mountPath: /gone}
    - {name: ro, mountPath: /ro, readOnly: true}
    - {name: secret, mountPath: /secret}
  volumes:
  - {name: csi, persistentVolumeClaim: {claimName: csi}}
  - {name: host, hostPath: {path: /mnt/disk}}
  - {name: tmp, emptyDir: {}}
  - {name: own, ephemeral: {volumeClaimTemplate: {spec: {}}}}
  - {name: gone, persistentVolumeClaim: {claimName: gone}}
  - {name: ro, hostPath: {path: /ro}}
  - {name: secret, secret: {secretName: x}}
status: {phase: Running}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: csi, namespace: store}
spec: {volumeName: pv-csi, resources: {requests: {storage: 1Gi}}}
status: {phase: Bound}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-csi}
spec: {persistentVolumeReclaimPolicy: Retain, csi: {driver: rook, volumeHandle: x}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: rustfs-0-own, namespace: store}
status: {phase: Pending}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {nodeInfo: {osImage: Debian}}
`

func TestVolumes(t *testing.T) {
	_, c := cluster(t, "", disks)
	s, err := c.FindServer(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	got, unread := c.Volumes(t.Context(), s)
	want := []kube.Volume{
		{Pod: "rustfs-0", Mount: "/csi", Source: "PersistentVolumeClaim", Claim: "csi", Phase: "Bound", Bytes: 1 << 30, Name: "pv-csi", Reclaim: "Retain", Driver: "rook"},
		{Pod: "rustfs-0", Mount: "/host", Source: "hostPath", Path: "/mnt/disk", Node: "n1"},
		{Pod: "rustfs-0", Mount: "/tmp", Source: "emptyDir", Node: "n1"},
		{Pod: "rustfs-0", Mount: "/own", Source: "PersistentVolumeClaim", Claim: "rustfs-0-own", Phase: "Pending"},
		{Pod: "rustfs-0", Mount: "/gone", Source: "PersistentVolumeClaim", Claim: "gone"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"PersistentVolumeClaim store/gone (not found)"}, unread); diff != "" {
		t.Error(diff)
	}
}

func TestWorkloadsLeaveOutWhatOthersMake(t *testing.T) {
	s, c := cluster(t, "", `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a}
spec: {template: {spec: {initContainers: [{name: i, image: init}], containers: [{name: c, image: one, command: [run], args: [fast]}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: a, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: u}]}
spec: {containers: [{name: c, image: one}]}
---
apiVersion: v1
kind: Pod
metadata: {name: odd, namespace: b, ownerReferences: [{apiVersion: x/v1, kind: Cluster, name: x, uid: u}]}
spec: {containers: [{name: c, image: two}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: made, namespace: b, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: cj, uid: u}]}
spec: {template: {spec: {containers: [{name: c, image: three}]}}}
`)
	s.Deny("list", "daemonsets")
	got, unread, err := c.Workloads(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	want := []kube.Workload{
		{Kind: "Deployment", Namespace: "a", Name: "web", Containers: []kube.ContainerUse{{Name: "i", Image: "init"}, {Name: "c", Image: "one", Command: []string{"run", "fast"}}}},
		{Kind: "Pod", Namespace: "b", Name: "odd", Containers: []kube.ContainerUse{{Name: "c", Image: "two"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"daemonsets in all namespaces (forbidden)"}, unread); diff != "" {
		t.Error(diff)
	}
}
