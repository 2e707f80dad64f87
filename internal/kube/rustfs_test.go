package kube_test

import (
	"fmt"
	"strings"
	"testing"
)

// Shapes of servers as charts and the operator make them. Every Secret value
// is base64 of the word in the comment.
const (
	cloudPirates = `
apiVersion: v1
kind: Pod
metadata:
  name: rustfs-0
  namespace: store
  labels: {app.kubernetes.io/name: rustfs, app.kubernetes.io/instance: rustfs}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: rustfs, uid: u}]
spec:
  containers:
  - name: rustfs
    image: docker.io/rustfs/rustfs:1.0.1@sha256:0
    env:
    - {name: RUSTFS_ACCESS_KEY, valueFrom: {secretKeyRef: {name: rustfs, key: access-key}}}
    - {name: RUSTFS_SECRET_KEY, valueFrom: {secretKeyRef: {name: rustfs, key: secret-key}}}
    envFrom: [{configMapRef: {name: rustfs}}]
    ports: [{name: api, containerPort: 9000}, {name: console, containerPort: 9001}]
status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: rustfs-setup-x
  namespace: store
  labels: {app.kubernetes.io/name: rustfs, app.kubernetes.io/instance: rustfs, app.kubernetes.io/component: setup}
  ownerReferences: [{apiVersion: batch/v1, kind: Job, name: rustfs-setup, uid: u}]
spec: {containers: [{name: rustfs, image: rustfs/rc:1}]}
status: {phase: Running}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: rustfs, namespace: store}
data: {RUSTFS_ADDRESS: "0.0.0.0:9090", RUSTFS_CONSOLE_ADDRESS: "0.0.0.0:9191", RUSTFS_TLS_PATH: /opt/tls}
---
apiVersion: v1
kind: Secret
metadata: {name: rustfs, namespace: store}
data: {access-key: cm9vdA==, secret-key: d29yZDE=} # root, word1
`
	upstream = `
apiVersion: v1
kind: Pod
metadata:
  name: s3-rustfs-abc-1
  namespace: store
  labels: {app.kubernetes.io/name: rustfs, pod-template-hash: abc}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: s3-rustfs-abc, uid: u}]
spec:
  containers:
  - name: rustfs
    image: rustfs/rustfs:1.0.1
    envFrom: [{configMapRef: {name: s3-rustfs-config, optional: true}}, {secretRef: {name: s3-rustfs-secret}}]
    ports: [{name: endpoint, containerPort: 9010}]
status: {phase: Running}
---
apiVersion: v1
kind: Secret
metadata: {name: s3-rustfs-secret, namespace: store}
data: {RUSTFS_ACCESS_KEY: cm9vdA==, RUSTFS_SECRET_KEY: d29yZDI=} # root, word2
`
	tenant = `
apiVersion: v1
kind: Pod
metadata:
  name: t1-pool-0
  namespace: store
  labels: {app.kubernetes.io/name: rustfs, rustfs.tenant: t1, app.kubernetes.io/component: storage}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: t1-pool, uid: u}]
spec:
  containers:
  - name: rustfs
    image: quay.io/rustfs/rustfs:latest
    env:
    - {name: RUSTFS_ACCESS_KEY, valueFrom: {secretKeyRef: {name: creds, key: accesskey}}}
    - {name: RUSTFS_SECRET_KEY, valueFrom: {secretKeyRef: {name: creds, key: secretkey}}}
    ports: [{name: http, containerPort: 9000}]
status: {phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: rustfs-operator-1, namespace: store, labels: {app.kubernetes.io/name: rustfs-operator}}
spec: {containers: [{name: operator, image: rustfs/operator:1}]}
status: {phase: Running}
---
apiVersion: v1
kind: Secret
metadata: {name: creds, namespace: store}
data: {accesskey: cm9vdA==, secretkey: d29yZDM=} # root, word3
`
	files = `
apiVersion: v1
kind: Pod
metadata: {name: plain, namespace: store, labels: {app: rustfs}}
spec:
  containers:
  - name: app
    image: example/rustfs:1
    env:
    - {name: RUSTFS_ACCESS_KEY_FILE, value: /creds/user}
    - {name: RUSTFS_SECRET_KEY_FILE, value: /creds/pass}
    - {name: RUSTFS_CONSOLE_ENABLE, value: "false"}
    volumeMounts: [{name: c, mountPath: /creds}]
  volumes: [{name: c, secret: {secretName: files, items: [{key: u, path: user}, {key: p, path: pass}]}}]
status: {phase: Running}
---
apiVersion: v1
kind: Secret
metadata: {name: files, namespace: store}
data: {u: cm9vdAo=, p: d29yZDQK} # root, word4, each with a line end
`
	minioNames = `
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: store}
spec: {containers: [{name: x, image: "example/rustfs", env: [{name: MINIO_ROOT_USER, value: root}, {name: MINIO_ROOT_PASSWORD, value: word5}]}]}
status: {phase: Running}
`
	arguments = `
apiVersion: v1
kind: Pod
metadata: {name: args, namespace: store}
spec: {containers: [{name: x, image: "example/rustfs", args: [--access-key, root, --secret-key=word6, /data]}]}
status: {phase: Running}
`
	defaults = `
apiVersion: v1
kind: Pod
metadata: {name: bare, namespace: store}
spec: {containers: [{name: x, image: "custom/store", env: [{name: RUSTFS_VOLUMES, value: /data}]}]}
status: {phase: Running}
`
)

func TestFindServerAndRootCredential(t *testing.T) {
	for _, tt := range []struct {
		shape, objects, id, workload, secret, origin string
		port, console                                int
		tls                                          bool
	}{
		{"CloudPirates", cloudPirates, "store/rustfs", "StatefulSet", "word1", "Secret store/rustfs, key secret-key", 9090, 9191, true},
		{"upstream", upstream, "store/s3-rustfs", "Deployment", "word2", "Secret store/s3-rustfs-secret, key RUSTFS_SECRET_KEY", 9010, 9001, false},
		{"Tenant", tenant, "store/t1", "Tenant", "word3", "Secret store/creds, key secretkey", 9000, 9001, false},
		{"files", files, "store/plain", "Pod", "word4", "Secret store/files, key p", 9000, 0, false},
		{"MinIO's names", minioNames, "store/old", "Pod", "word5", "env of container x", 9000, 9001, false},
		{"arguments", arguments, "store/args", "Pod", "word6", "arguments of container x", 9000, 9001, false},
		{"defaults", defaults, "store/bare", "Pod", "rustfsadmin", "RustFS' built-in default", 9000, 9001, false},
	} {
		t.Run(tt.shape, func(t *testing.T) {
			_, c := cluster(t, "", tt.objects)
			s, err := c.FindServer(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			if s.ID() != tt.id || s.Workload != tt.workload || len(s.Pods) != 1 {
				t.Errorf("found %s, a %s with %d pods", s.ID(), s.Workload, len(s.Pods))
			}
			cred, err := c.RootCredential(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if cred.SecretKey.Reveal() != tt.secret || cred.Origin != tt.origin || cred.Default != (tt.shape == "defaults") {
				t.Errorf("credential from %q (default %v)", cred.Origin, cred.Default)
			}
			if cred.AccessKey != "root" && !cred.Default {
				t.Errorf("access key %q", cred.AccessKey)
			}
			e, err := c.EndpointOf(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if e.Port != tt.port || e.ConsolePort != tt.console || e.MaybeTLS != tt.tls {
				t.Errorf("endpoint %+v", e)
			}
			if text := fmt.Sprintf("%v %+v %#v", cred, cred, cred); strings.Contains(text, tt.secret) && !cred.Default {
				t.Errorf("the secret is printed: %s", text)
			}
		})
	}
}

func TestFindServerErrors(t *testing.T) {
	two := strings.ReplaceAll(onePod, "rustfs-0", "other-0")
	for _, tt := range []struct {
		name, objects, namespace, want, err, hint string
	}{
		{"none anywhere", "", "", "", "no RustFS server found in any namespace", "--endpoint URL"},
		{"none in the namespace named", onePod, "elsewhere", "", "no RustFS server found in namespace elsewhere", "--server NAMESPACE/NAME"},
		{"two", onePod + "---" + two, "", "", "2 RustFS servers found: store/other-0, store/rustfs-0", "--server store/other-0"},
		{"two, one named", onePod + "---" + two, "", "store/rustfs-0", "", ""},
		{"two, one named without namespace", onePod + "---" + two, "", "other-0", "", ""},
		{"wrong name", onePod, "", "store/x", `no RustFS server "x" found in namespace store`, "-n NAMESPACE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, c := cluster(t, tt.namespace, tt.objects)
			_, err := c.FindServer(t.Context(), tt.want)
			if tt.err == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || err.Error() != tt.err {
				t.Fatalf("got %v, want %q", err, tt.err)
			}
			if h := err.(interface{ Hint() string }).Hint(); !strings.Contains(h, tt.hint) {
				t.Errorf("hint %q, want %q in it", h, tt.hint)
			}
		})
	}
}

func TestForbiddenSecretNamesTheWayRound(t *testing.T) {
	api, c := cluster(t, "", cloudPirates)
	api.Deny("get", "secrets")
	s, err := c.FindServer(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.RootCredential(t.Context(), s)
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range []string{"RUSTFS_ACCESS_KEY", "Secret store/rustfs", "forbidden"} {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q is not in: %v", w, err)
		}
	}
	if h := err.(interface{ Hint() string }).Hint(); !strings.Contains(h, "--access-key") {
		t.Errorf("hint %q", h)
	}
}

func TestServerThatDoesNotRun(t *testing.T) {
	pending := strings.Replace(onePod, `status: {phase: Running, conditions: [{type: Ready, status: "True"}]}`,
		`status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", message: "0/1 nodes are available: 1 Insufficient memory."}]}`, 1)
	_, c := cluster(t, "", pending)
	s, err := c.FindServer(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.EndpointOf(t.Context(), s)
	if err == nil || !strings.Contains(err.Error(), "cannot be scheduled: 0/1 nodes are available: 1 Insufficient memory.") {
		t.Errorf("got %v", err)
	}
}

func TestDefaultNamespaceIsNotExplicit(t *testing.T) {
	_, c := cluster(t, "", "")
	if c.Explicit || c.Namespace != "default" {
		t.Errorf("namespace %q, explicit %v", c.Namespace, c.Explicit)
	}
	_, c = cluster(t, "store", "")
	if !c.Explicit || c.Namespace != "store" {
		t.Errorf("namespace %q, explicit %v", c.Namespace, c.Explicit)
	}
}
