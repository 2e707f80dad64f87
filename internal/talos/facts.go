package talos

import (
	"context"
	"errors"
	"sync"
)

// Fact is one thing a node was asked for: a value, or the error that took its
// place.
type Fact[T any] struct {
	Value T
	Err   error
}

// Known says whether there is a value.
func (f Fact[T]) Known() bool { return f.Err == nil }

func fact[T any](value T, err error) Fact[T] { return Fact[T]{Value: value, Err: err} }

// DirState is whether a directory of a node holds anything.
type DirState string

// The states of a directory.
const (
	DirEmpty     DirState = "empty"
	DirNotEmpty  DirState = "not empty"
	DirUndecided DirState = "undecided"
)

// Member is a member of the etcd cluster as the node's own etcd knows it.
type Member struct {
	ID       uint64
	Hostname string
	PeerURLs []string
	Learner  bool
}

// EtcdSpec is how the node means to run etcd (resource
// EtcdSpecs.etcd.talos.dev).
type EtcdSpec struct {
	// Image is the container image, pulled after Bootstrap.
	Image string `json:"image"`
	// AdvertisedAddresses are the node's own peer addresses.
	AdvertisedAddresses []string `json:"advertisedAddresses"`
}

// TimeStatus is the node's clock (resource TimeStatuses.v1alpha1.talos.dev).
type TimeStatus struct {
	Synced       bool `json:"synced"`
	SyncDisabled bool `json:"syncDisabled"`
}

// Facts are what a node says before a restore. Every fact may be missing for
// itself; nothing on the node was changed to get them.
type Facts struct {
	// Node is the node, Endpoints the addresses it is reached through.
	Node      string
	Endpoints []string
	// Credentials are those of the talosconfig.
	Credentials Credentials
	// Version is the Talos version, such as "v1.13.9" (Version).
	Version Fact[string]
	// MachineType is "controlplane", "worker" or "init" (resource
	// MachineTypes.config.talos.dev).
	MachineType Fact[string]
	// Etcd and CRI are two of the node's services (ServiceList).
	Etcd, CRI Fact[Service]
	// Time is the clock, which Bootstrap wants in sync.
	Time Fact[TimeStatus]
	// DataDir is /var/lib/etcd/member (List).
	DataDir Fact[DirState]
	// Spec is how etcd would run.
	Spec Fact[EtcdSpec]
	// VirtualIPs are the cluster addresses this node may hold, elected through
	// etcd (resource OperatorSpecs.net.talos.dev).
	VirtualIPs Fact[[]string]
	// Members is asked only of a running etcd (EtcdMemberList); without one it
	// is known and empty.
	Members Fact[[]Member]
}

// Facts asks the node for everything [Check] judges. An error means that ctx
// ended; all else is recorded beside the fact it hit. A node that does not
// answer the first question is not asked the others.
func (c *Client) Facts(ctx context.Context) (Facts, error) {
	f := Facts{Node: c.node, Endpoints: c.endpoints}
	if c.config != nil {
		f.Credentials = c.config.Credentials
	}
	f.Version = fact(c.version(ctx))
	if unreachable(f.Version.Err) {
		err := f.Version.Err
		f.MachineType.Err, f.Etcd.Err, f.CRI.Err, f.Time.Err = err, err, err, err
		f.DataDir = fact(DirUndecided, err)
		f.Spec.Err, f.VirtualIPs.Err, f.Members.Err = err, err, err
		return f, ctx.Err()
	}
	var wait sync.WaitGroup
	wait.Go(func() { f.MachineType = fact(c.machineType(ctx)) })
	wait.Go(func() { f.Time = fact(c.timeStatus(ctx)) })
	wait.Go(func() { f.DataDir = fact(c.dataDir(ctx)) })
	wait.Go(func() { f.Spec = fact(c.etcdSpec(ctx)) })
	wait.Go(func() { f.VirtualIPs = fact(c.virtualIPs(ctx)) })
	wait.Go(func() {
		all, err := c.services(ctx)
		f.Etcd, f.CRI = fact(all["etcd"], err), fact(all["cri"], err)
		if err == nil && all["etcd"].State == StateRunning {
			f.Members = fact(c.members(ctx))
		}
	})
	wait.Wait()
	return f, ctx.Err()
}

// unreachable says whether err leaves no hope for the next call.
func unreachable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.unreachable()
}
