package kube_test

import (
	"encoding/pem"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestParseServiceHost(t *testing.T) {
	for host, want := range map[string]string{
		"rustfs":                              "jobs/rustfs",
		"rustfs.storage":                      "storage/rustfs",
		"rustfs-svc.rustfs.svc":               "rustfs/rustfs-svc",
		"rustfs-svc.rustfs.svc.cluster.local": "rustfs/rustfs-svc",
		"rustfs-svc.rustfs.svc.home.lab.":     "rustfs/rustfs-svc",
		"s3.eu-west-1.amazonaws.com":          "",
		"example.com":                         "",
		"nas.local":                           "",
		"10.5.0.1":                            "",
		"::1":                                 "",
		"localhost":                           "",
		"":                                    "",
		"a..svc":                              "",
	} {
		got, ok := kube.ParseServiceHost(host, "jobs")
		text := ""
		if ok {
			text = got.Namespace + "/" + got.Name
		}
		if text != want {
			t.Errorf("%q: got %q, want %q", host, text, want)
		}
	}
}

const serviceObjects = `
apiVersion: v1
kind: Service
metadata: {name: rustfs, namespace: store}
spec: {selector: {app: rustfs}, clusterIP: 10.96.0.9, ports: [{port: 80, targetPort: api}, {port: 81, targetPort: 9001}, {port: 82}, {port: 83, targetPort: nothing}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty, namespace: store}
spec: {selector: {app: none}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: external, namespace: store}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a-pending, namespace: store, labels: {app: rustfs}}
spec: {containers: [{name: rustfs, ports: [{name: api, containerPort: 1}]}]}
status: {phase: Pending}
---
apiVersion: v1
kind: Pod
metadata: {name: b-unready, namespace: store, labels: {app: rustfs}}
spec: {containers: [{name: rustfs, ports: [{name: api, containerPort: 2}]}]}
status: {phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: c-ready, namespace: store, labels: {app: rustfs}}
spec: {containers: [{name: rustfs, ports: [{name: api, containerPort: 9000}]}]}
status: {phase: Running, conditions: [{type: Ready, status: "True"}]}
`

func TestResolveService(t *testing.T) {
	_, c := cluster(t, "", serviceObjects)
	for _, tt := range []struct {
		name string
		port int
		want kube.PodPort
		err  string
	}{
		{"rustfs", 80, kube.PodPort{Namespace: "store", Pod: "c-ready", Port: 9000}, ""},
		{"rustfs", 81, kube.PodPort{Namespace: "store", Pod: "c-ready", Port: 9001}, ""},
		{"rustfs", 82, kube.PodPort{Namespace: "store", Pod: "c-ready", Port: 82}, ""},
		{"rustfs", 83, kube.PodPort{}, `has no port named "nothing"`},
		{"rustfs", 9000, kube.PodPort{}, "has no port 9000"},
		{"empty", 80, kube.PodPort{}, "no pod matches its selector"},
		{"external", 80, kube.PodPort{}, "no selector"},
		{"gone", 80, kube.PodPort{}, `services "gone" not found`},
	} {
		got, err := c.ResolveService(t.Context(), kube.ServiceName{Namespace: "store", Name: tt.name}, tt.port)
		if tt.err == "" && (err != nil || got != tt.want) {
			t.Errorf("%s:%d: got %+v, %v", tt.name, tt.port, got, err)
		}
		if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s:%d: got %v, want %q", tt.name, tt.port, err, tt.err)
		}
	}
}
