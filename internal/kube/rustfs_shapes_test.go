package kube_test

import (
	"fmt"
	"strings"
	"testing"
)

// Rendered shapes of servers, beside those of rustfs_test.go. Secrets hold
// root and the word of the comment, in base64.

// pod is a pod as a chart renders it: labels, owner, and the rest of its spec.
func pod(name, labels, owner, spec string) string {
	refs := ""
	if owner != "" {
		kind, of, _ := strings.Cut(owner, "/")
		refs = fmt.Sprintf("  ownerReferences: [{apiVersion: apps/v1, kind: %s, name: %s, uid: u, controller: true}]\n", kind, of)
	}
	return fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\n  namespace: store\n  labels: {%s}\n%sspec:\n%s\nstatus: {phase: Running, conditions: [{type: Ready, status: \"True\"}]}\n---\n",
		name, labels, refs, spec)
}

// keySecret is a Secret with a key under two names; word1 to word9 are base64.
func keySecret(name, accessField, secretField string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: store}\ndata: {%s: cm9vdA==, %s: d29yZDE=}\n---\n", name, accessField, secretField) // root, word1
}

const (
	// upstream's chart (helm/rustfs): everything through envFrom.
	upstreamSpec = `  initContainers: [{name: init-step, image: busybox:1}]
  containers:
  - name: rustfs
    image: rustfs/rustfs:1.0.0-rc.3
    command: [/usr/bin/rustfs]
    ports: [{name: endpoint, containerPort: 9000}, {name: console, containerPort: 9001}]
    envFrom: [{configMapRef: {name: s3-rustfs-config}}, {secretRef: {name: s3-rustfs-secret}}]`
	upstreamLabels = "app.kubernetes.io/name: rustfs, app.kubernetes.io/instance: s3"
	upstreamConfig = `apiVersion: v1
kind: ConfigMap
metadata: {name: s3-rustfs-config, namespace: store}
data: {RUSTFS_ADDRESS: ":9000", RUSTFS_CONSOLE_ADDRESS: ":9001", RUSTFS_CONSOLE_ENABLE: "true", RUSTFS_VOLUMES: "http://s3-rustfs-{0...3}/data"}
---
`
	// CloudPirates' chart: two variables of its own, the rest through envFrom.
	piratesSpec = `  containers:
  - name: rustfs
    image: docker.io/rustfs/rustfs:1.0.0-beta.1@sha256:0000000000000000000000000000000000000000000000000000000000000000
    envFrom: [{configMapRef: {name: shop-rustfs}}]
    env:
    - {name: RUSTFS_ACCESS_KEY, valueFrom: {secretKeyRef: {name: shop-rustfs, key: access-key}}}
    - {name: RUSTFS_SECRET_KEY, valueFrom: {secretKeyRef: {name: shop-rustfs, key: secret-key}}}
    - {name: RUSTFS_POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: RUSTFS_ADDRESS_XX, value: "$(RUSTFS_POD_IP):9000"}
    ports: [{name: api, containerPort: 9000}, {name: console, containerPort: 9001}]`
	piratesLabels = "app.kubernetes.io/name: rustfs, app.kubernetes.io/instance: shop, app.kubernetes.io/version: 1.0.0, helm.sh/chart: rustfs-0.10.6"
	piratesConfig = `apiVersion: v1
kind: ConfigMap
metadata: {name: shop-rustfs, namespace: store}
data: {RUSTFS_ADDRESS: "0.0.0.0:9000", RUSTFS_CONSOLE_ADDRESS: "0.0.0.0:9001", RUSTFS_CONSOLE_ENABLE: "true", RUSTFS_TLS_PATH: /opt/tls}
---
`
	// its setup hook, as a Job's pod and as a pod of its own
	piratesSetup = `  containers:
  - name: setup
    image: docker.io/rustfs/rc:0.1.30
    env:
    - {name: RUSTFS_ACCESS_KEY, valueFrom: {secretKeyRef: {name: shop-rustfs, key: access-key}}}
    - {name: RUSTFS_HOST, value: shop-rustfs}`
	operatorSpec = `  containers:
  - name: rustfs
    image: ghcr.io/rustfs/rustfs:latest
    ports: [{name: http, containerPort: 9000}, {name: console, containerPort: 9001}]
    env:
    - {name: RUSTFS_VOLUMES, value: "http://t1-{0...1}/data"}
    - {name: RUSTFS_ACCESS_KEY, valueFrom: {secretKeyRef: {name: t1-creds, key: accesskey}}}
    - {name: RUSTFS_SECRET_KEY, valueFrom: {secretKeyRef: {name: t1-creds, key: secretkey}}}`
)

// simple is a container of a plain manifest.
func simple(image, more string) string {
	return "  containers:\n  - name: app\n    image: " + image + "\n" + more
}

type shape struct {
	name, objects, id, workload string
	pods                        int
	secret, origin              string
	port, console               int
}

func shapes() []shape {
	pool := func(n string) string {
		return "app.kubernetes.io/name: rustfs, app.kubernetes.io/managed-by: rustfs-operator, app.kubernetes.io/component: storage, rustfs.tenant: t1, rustfs.pool: " + n
	}
	upstream := pod("s3-rustfs-0", upstreamLabels, "StatefulSet/s3-rustfs", upstreamSpec) +
		pod("s3-rustfs-1", upstreamLabels, "StatefulSet/s3-rustfs", upstreamSpec) + upstreamConfig + keySecret("s3-rustfs-secret", "RUSTFS_ACCESS_KEY", "RUSTFS_SECRET_KEY")
	pirates := piratesConfig + keySecret("shop-rustfs", "access-key", "secret-key")
	return []shape{
		{"upstream, distributed", upstream, "store/s3-rustfs", "StatefulSet", 2, "word1", "Secret store/s3-rustfs-secret, key RUSTFS_SECRET_KEY", 9000, 9001},
		{
			"upstream, two pools", upstream + pod("s3-rustfs-pool1-0", upstreamLabels+", rustfs.com/pool: \"1\"", "StatefulSet/s3-rustfs-pool1", upstreamSpec),
			"store/s3-rustfs", "StatefulSet", 3, "word1", "Secret store/s3-rustfs-secret, key RUSTFS_SECRET_KEY", 9000, 9001,
		},
		{
			"upstream, standalone, existing Secret, a test left behind",
			pod("s3-rustfs-5d4-x", upstreamLabels+", pod-template-hash: 5d4", "ReplicaSet/s3-rustfs-5d4", strings.ReplaceAll(upstreamSpec, "s3-rustfs-secret", "mine")) + upstreamConfig +
				strings.Replace(pod("s3-rustfs-test-connection", upstreamLabels, "", simple("busybox", "    args: [wget]")), "  labels:", "  annotations: {helm.sh/hook: test}\n  labels:", 1) +
				keySecret("mine", "RUSTFS_ACCESS_KEY", "RUSTFS_SECRET_KEY"),
			"store/s3-rustfs", "Deployment", 1, "word1", "Secret store/mine, key RUSTFS_SECRET_KEY", 9000, 9001,
		},
		{
			"CloudPirates, Deployment, with its set-up Job",
			pod("shop-rustfs-7f-a", piratesLabels+", pod-template-hash: 7f", "ReplicaSet/shop-rustfs-7f", piratesSpec) +
				pod("shop-rustfs-setup-x", piratesLabels+", app.kubernetes.io/component: setup", "Job/shop-rustfs-setup", piratesSetup) + pirates,
			"store/shop-rustfs", "Deployment", 1, "word1", "Secret store/shop-rustfs, key secret-key", 9000, 9001,
		},
		{
			"CloudPirates, StatefulSet, with a set-up pod of the same labels",
			pod("shop-rustfs-0", piratesLabels, "StatefulSet/shop-rustfs", piratesSpec) + pod("shop-rustfs-1", piratesLabels, "StatefulSet/shop-rustfs", piratesSpec) +
				pod("shop-rustfs-setup-abcde", piratesLabels, "", piratesSetup) + pirates,
			"store/shop-rustfs", "StatefulSet", 2, "word1", "Secret store/shop-rustfs, key secret-key", 9000, 9001,
		},
		{
			"CloudPirates as part of another release",
			pod("zammad-rustfs-0", strings.ReplaceAll(piratesLabels, "shop", "zammad"), "StatefulSet/zammad-rustfs", piratesSpec) + pirates,
			"store/zammad-rustfs", "StatefulSet", 1, "word1", "Secret store/shop-rustfs, key secret-key", 9000, 9001,
		},
		{
			"operator, two pools, with the operator and its console",
			pod("t1-a-0", pool("a"), "StatefulSet/t1-a", operatorSpec) + pod("t1-b-0", pool("b"), "StatefulSet/t1-b", operatorSpec) +
				pod("rustfs-operator-1", "app.kubernetes.io/name: rustfs-operator", "ReplicaSet/rustfs-operator-1", simple("rustfs/operator:1", "    args: [run]")) +
				pod("rustfs-operator-console-1", "app.kubernetes.io/name: rustfs, app.kubernetes.io/component: console", "ReplicaSet/c-1", simple("rustfs/console-web:1", "    args: [run]")) +
				keySecret("t1-creds", "accesskey", "secretkey"),
			"store/t1", "Tenant", 2, "word1", "Secret store/t1-creds, key secretkey", 9000, 9001,
		},
		{
			"bjw-s' app-template", pod("objects-6c-x", "app.kubernetes.io/name: objects, app.kubernetes.io/instance: objects, app.kubernetes.io/controller: main, pod-template-hash: 6c", "ReplicaSet/objects-6c",
				simple("rustfs/rustfs:1.0.1-glibc", "    envFrom: [{secretRef: {name: objects-secret}}]\n    env: [{name: RUSTFS_ADDRESS, value: \":9090\"}, {name: RUSTFS_CONSOLE_ENABLE, value: \"false\"}]\n    ports: [{name: s3, containerPort: 9090}]")) +
				keySecret("objects-secret", "RUSTFS_ACCESS_KEY", "RUSTFS_SECRET_KEY"),
			"store/objects", "Deployment", 1, "word1", "Secret store/objects-secret, key RUSTFS_SECRET_KEY", 9090, 0,
		},
		{
			"an image of one's own registry, with a digest", pod("x-0", "app: storage", "StatefulSet/x",
				simple("registry.example.com:5000/mirror/docker/rustfs@sha256:00", "    env: [{name: RUSTFS_ACCESS_KEY, value: root}, {name: RUSTFS_SECRET_KEY, value: word2}]")),
			"store/x", "StatefulSet", 1, "word2", "env of container app", 9000, 9001,
		},
		{
			"another image, known by its variables", pod("x-0", "app: storage", "StatefulSet/x",
				simple("example.com/my/store:1", "    env: [{name: RUSTFS_VOLUMES, value: /data}, {name: RUSTFS_ROOT_USER, value: root}, {name: RUSTFS_ROOT_PASSWORD, value: word2}]")),
			"store/x", "StatefulSet", 1, "word2", "env of container app", 9000, 9001,
		},
		{
			"a plain manifest with arguments that name variables", pod("plain", "app: rustfs", "",
				simple("rustfs/rustfs:latest", "    args: [--address, \":9443\", --console-enable=false, --access-key=$(USER), --secret-key, $(PASSWORD), /data]\n"+
					"    env: [{name: USER, value: root}, {name: PASSWORD, valueFrom: {secretKeyRef: {name: mine, key: p}}}]")) + keySecret("mine", "u", "p"),
			"store/plain", "Pod", 1, "word1", "Secret store/mine, key p", 9443, 0,
		},
		{
			"a variable made of another", pod("plain", "app: rustfs", "",
				simple("rustfs/rustfs", "    env: [{name: P, valueFrom: {secretKeyRef: {name: mine, key: p}}}, {name: RUSTFS_ACCESS_KEY, value: root}, {name: RUSTFS_SECRET_KEY, value: \"x-$(P)-$$(P)-$(NONE)\"}]")) + keySecret("mine", "u", "p"),
			"store/plain", "Pod", 1, "x-word1-$(P)-$(NONE)", "Secret store/mine, key p", 9000, 9001,
		},
		{
			"one half in a file, the other in a variable", pod("plain", "app: rustfs", "",
				simple("rustfs/rustfs", "    env: [{name: RUSTFS_ACCESS_KEY, value: root}, {name: RUSTFS_SECRET_KEY_FILE, value: /run/secrets/key}]\n    volumeMounts: [{name: s, mountPath: /run/secrets}]\n"+
					"  volumes: [{name: s, projected: {sources: [{configMap: {name: none, optional: true}}, {secret: {name: mine, items: [{key: p, path: key}]}}]}}]")) + keySecret("mine", "u", "p"),
			"store/plain", "Pod", 1, "word1", "Secret store/mine, key p", 9000, 9001,
		},
		{
			"envFrom with a prefix, and one that is optional and missing", pod("plain", "app: rustfs", "",
				simple("rustfs/rustfs", "    envFrom: [{prefix: RUSTFS_, secretRef: {name: mine}}, {secretRef: {name: gone, optional: true}}]")) + keySecret("mine", "ACCESS_KEY", "SECRET_KEY"),
			"store/plain", "Pod", 1, "word1", "Secret store/mine, key SECRET_KEY", 9000, 9001,
		},
		{
			"an optional reference that leads nowhere, then MinIO's names", pod("plain", "app: rustfs", "",
				simple("rustfs/rustfs", "    env: [{name: RUSTFS_SECRET_KEY, valueFrom: {secretKeyRef: {name: gone, key: x, optional: true}}}, {name: MINIO_ROOT_USER, value: root}, {name: MINIO_ROOT_PASSWORD, value: word3}]")),
			"store/plain", "Pod", 1, "word3", "env of container app", 9000, 9001,
		},
	}
}

func TestShapesOfServers(t *testing.T) {
	t.Parallel()
	for _, tt := range shapes() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, c := cluster(t, "", tt.objects)
			s, err := c.FindServer(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			if s.ID() != tt.id || s.Workload != tt.workload || len(s.Pods) != tt.pods {
				t.Errorf("found %s, a %s with %d pods", s.ID(), s.Workload, len(s.Pods))
			}
			cred, err := c.RootCredential(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if cred.AccessKey != "root" || cred.SecretKey.Reveal() != tt.secret || cred.Origin != tt.origin || cred.Default {
				t.Errorf("key %q of %q (default %v)", cred.AccessKey, cred.Origin, cred.Default)
			}
			e, err := c.EndpointOf(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if e.Port != tt.port || e.ConsolePort != tt.console {
				t.Errorf("endpoint %+v", e)
			}
			again, err := c.FindServer(t.Context(), tt.id)
			if err != nil || again.ID() != tt.id {
				t.Errorf("by its name: %v, %v", again.ID(), err)
			}
		})
	}
}

// TestServersOfTwoShapes: each is found, none silently instead of the other.
func TestServersOfTwoShapes(t *testing.T) {
	t.Parallel()
	charts := pod("shop-rustfs-0", piratesLabels, "StatefulSet/shop-rustfs", piratesSpec)
	tenant := pod("t1-a-0", "rustfs.tenant: t1, rustfs.pool: a", "StatefulSet/t1-a", operatorSpec)
	bare := pod("objects-0", "app.kubernetes.io/name: objects", "StatefulSet/objects", simple("rustfs/rustfs:1", "    args: [/data]"))
	_, c := cluster(t, "", charts+tenant+bare)
	_, err := c.FindServer(t.Context(), "")
	if err == nil || err.Error() != "3 RustFS servers found: store/objects, store/shop-rustfs, store/t1" {
		t.Errorf("got %v", err)
	}
	for _, id := range []string{"store/shop-rustfs", "store/t1", "store/objects", "objects", "t1"} {
		if s, err := c.FindServer(t.Context(), id); err != nil || s.Name != id[strings.LastIndex(id, "/")+1:] {
			t.Errorf("%s: %s, %v", id, s.ID(), err)
		}
	}
	all, err := c.Servers(t.Context(), "")
	var ids []string
	for _, s := range all {
		ids = append(ids, s.ID())
	}
	if got := strings.Join(ids, " "); err != nil || got != "store/objects store/shop-rustfs store/t1" {
		t.Errorf("all of them are %s, %v", got, err)
	}
}

// TestServersOfALargeCluster: pods come in pages, and the one on the last page
// counts as well.
func TestServersOfALargeCluster(t *testing.T) {
	t.Parallel()
	var pods strings.Builder
	for i := range 1200 {
		pods.WriteString(pod(fmt.Sprintf("web-%d", i), "app: web", "ReplicaSet/web", "  containers: [{name: web, image: nginx}]"))
	}
	pods.WriteString(pod("objects-0", "app: objects", "StatefulSet/objects", simple("rustfs/rustfs:1", "    args: [/data]")))
	s, c := cluster(t, "", pods.String())
	found, err := c.FindServer(t.Context(), "")
	if err != nil || found.ID() != "store/objects" {
		t.Errorf("found %s, %v", found.ID(), err)
	}
	asked := 0
	for _, r := range s.Requests() {
		if strings.Contains(r, "/pods") && strings.Contains(r, "limit=500") {
			asked++
		}
	}
	if asked != 1+3 { // one of the namespace in force, three of the cluster
		t.Errorf("%d pages were asked for: %v", asked, s.Requests())
	}
}

// TestKeysThatCannotBeRead: a clear word, and the way round.
func TestKeysThatCannotBeRead(t *testing.T) {
	t.Parallel()
	env := func(text string) string { return pod("plain", "app: rustfs", "", simple("rustfs/rustfs", text)) }
	for name, c := range map[string]struct{ objects, err string }{
		"no Secret":           {env("    env: [{name: RUSTFS_ACCESS_KEY, valueFrom: {secretKeyRef: {name: gone, key: x}}}]"), `RUSTFS_ACCESS_KEY of container "app" comes from Secret store/gone: `},
		"no key in it":        {env("    env: [{name: RUSTFS_ACCESS_KEY, valueFrom: {secretKeyRef: {name: mine, key: x}}}]") + keySecret("mine", "a", "b"), `Secret store/mine: it has no key "x"`},
		"a file of no volume": {env("    env: [{name: RUSTFS_SECRET_KEY_FILE, value: /vault/secret}]"), "RUSTFS_SECRET_KEY_FILE names the file /vault/secret, which no volume holds"},
		"a file of the node": {
			env("    env: [{name: RUSTFS_SECRET_KEY_FILE, value: /host/secret}]\n    volumeMounts: [{name: h, mountPath: /host}]\n  volumes: [{name: h, hostPath: {path: /etc}}]"),
			"names a file of volume h, which is neither a Secret nor a ConfigMap",
		},
		"of the running pod": {env("    env: [{name: RUSTFS_SECRET_KEY, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}]"), "variable RUSTFS_SECRET_KEY is taken from the running pod"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, k := cluster(t, "", c.objects)
			s, err := k.FindServer(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			_, err = k.RootCredential(t.Context(), s)
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Fatalf("got %v, want %q", err, c.err)
			}
			if h, ok := err.(interface{ Hint() string }); !ok || !strings.Contains(h.Hint(), "--access-key") {
				t.Errorf("no way round in the hint of %v", err)
			}
		})
	}
}

// TestDefaultSecretIsToldApart: an access key of one's own with the built-in
// secret is as bad as the built-in pair.
func TestDefaultSecretIsToldApart(t *testing.T) {
	t.Parallel()
	_, k := cluster(t, "", pod("plain", "app: rustfs", "", simple("rustfs/rustfs", "    env: [{name: RUSTFS_ACCESS_KEY, value: root}]")))
	s, err := k.FindServer(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	cred, err := k.RootCredential(t.Context(), s)
	if err != nil || cred.AccessKey != "root" || cred.SecretKey.Reveal() != "rustfsadmin" || !cred.Default {
		t.Errorf("%+v, %v", cred, err)
	}
}
