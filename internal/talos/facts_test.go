package talos

import (
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	fake "github.com/talos-rustfs/kubectl-plugins/test/fake/talos"
)

func TestFacts(t *testing.T) {
	n := fake.Start(t)
	n.SetResource("OperatorSpecs.net.talos.dev", "vip/eth0", "operator: vip\nlinkName: eth0\nvip:\n    ip: 10.5.0.100\n    gratuitousARP: true\n")
	f, err := dial(t, n).Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, problem := range map[string]error{
		"version": f.Version.Err, "type": f.MachineType.Err, "etcd": f.Etcd.Err, "cri": f.CRI.Err, "time": f.Time.Err,
		"dir": f.DataDir.Err, "spec": f.Spec.Err, "vips": f.VirtualIPs.Err, "members": f.Members.Err,
	} {
		if problem != nil {
			t.Errorf("%s: %v", name, problem)
		}
	}
	if f.Node != testNode || f.Version.Value != "v1.13.9" || f.MachineType.Value != "controlplane" || f.DataDir.Value != DirEmpty {
		t.Errorf("got %+v", f)
	}
	if f.Etcd.Value.State != StatePreparing || !f.CRI.Value.Healthy || !f.Time.Value.Synced {
		t.Errorf("got %+v", f)
	}
	if !slices.Equal(f.Spec.Value.AdvertisedAddresses, []string{"10.5.0.2"}) || f.Spec.Value.Image == "" || !slices.Equal(f.VirtualIPs.Value, []string{"10.5.0.100"}) {
		t.Errorf("got %+v, %+v", f.Spec, f.VirtualIPs)
	}
	for _, finding := range Check(f, time.Now()) {
		if finding.Level != Pass {
			t.Errorf("%+v", finding)
		}
	}
	methods, _ := n.Calls()
	if slices.Contains(methods, "EtcdMemberList") {
		t.Error("asked for members although etcd does not run")
	}
}

func TestFactsOfARunningNode(t *testing.T) {
	n := fake.Start(t)
	n.SetEtcd(fake.Etcd{State: "Running", Healthy: true})
	n.SetDataDir(true)
	f, err := dial(t, n).Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if f.DataDir.Value != DirNotEmpty || len(f.Members.Value) != 1 || f.Members.Value[0].Hostname != "cp-1" {
		t.Errorf("got %+v", f)
	}
	if !anyFailed(Check(f, time.Now())) {
		t.Error("a running etcd passes")
	}
}

func TestFactsInPart(t *testing.T) {
	n := fake.Start(t)
	n.Fail(fake.Faults{ListError: status.Error(codes.Unknown, "lstat: input/output error")})
	n.SetResource("MachineTypes.config.talos.dev", "machine-type", "")
	n.SetResource("EtcdSpecs.etcd.talos.dev", "etcd", "[1, 2]")
	f, err := dial(t, n).Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if f.MachineType.Known() || f.Spec.Known() || f.DataDir.Known() || f.DataDir.Value != DirUndecided {
		t.Errorf("got %+v", f)
	}
	if !f.Version.Known() || !f.Etcd.Known() || !f.VirtualIPs.Known() {
		t.Errorf("got %+v", f)
	}
	if anyFailed(Check(f, time.Now())) {
		t.Error("what is not known fails")
	}
}

func TestFactsWithoutARole(t *testing.T) {
	n := fake.Start(t)
	n.Fail(fake.Faults{Roles: []string{"os:etcd:backup"}})
	f, err := dial(t, n).Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var refused *Error
	if !errors.As(f.Version.Err, &refused) || refused.Code != codes.PermissionDenied {
		t.Errorf("got %v", f.Version.Err)
	}
}

func TestFactsUnreachable(t *testing.T) {
	n := fake.Start(t)
	n.Fail(fake.Faults{VersionError: status.Error(codes.Unavailable, "no route to host")})
	f, err := dial(t, n).Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if methods, _ := n.Calls(); len(methods) != 1 {
		t.Errorf("calls %q", methods)
	}
	findings := Check(f, time.Now())
	if last := findings[len(findings)-1]; last.Rule != "reachable" || last.Level != Fail || last.Fix == "" {
		t.Errorf("got %+v", last)
	}
}
