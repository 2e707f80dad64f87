package talos

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

func checkReachable(f Facts) Finding {
	switch {
	case f.Version.Known():
		return Finding{"reachable", Pass, fmt.Sprintf("node %s answers, Talos %s", f.Node, f.Version.Value), ""}
	case unreachable(f.Version.Err):
		return Finding{"reachable", Fail, f.Version.Err.Error(), hint(f.Version.Err)}
	}
	return Finding{"reachable", Warn, f.Version.Err.Error(), hint(f.Version.Err)}
}

func checkMachineType(f Facts) Finding {
	const rule = "machine-type"
	switch kind := f.MachineType.Value; {
	case !f.MachineType.Known():
		return unknown(rule, "the machine type is unknown", f.MachineType.Err, "check with `talosctl get machinetype`")
	case kind == "controlplane":
		return Finding{rule, Pass, "the node is a control plane node", ""}
	case kind == "init":
		return Finding{rule, Fail, "the node has machine type init: it ignores the snapshot and makes an empty etcd", "set machine.type to controlplane (`talosctl edit mc`) and reboot the node"}
	default:
		return Finding{rule, Fail, fmt.Sprintf("the node has machine type %q and runs no etcd", kind), "choose a control plane node"}
	}
}

func checkEtcd(f Facts) Finding {
	const rule = "etcd"
	s := f.Etcd.Value
	switch {
	case !f.Etcd.Known():
		return unknown(rule, "the state of etcd is unknown", f.Etcd.Err, "check with `talosctl service etcd`")
	case s.State == StatePreparing:
		return Finding{rule, Pass, "etcd is Preparing: it waits for a bootstrap", ""}
	case s.State == StateRunning && s.Healthy:
		return Finding{rule, Fail, "etcd is running and healthy" + memberCount(f) + ": nothing has to be restored", "to go back to a backup anyway, wipe all control plane nodes first"}
	case s.State == StateRunning:
		return Finding{rule, Fail, "etcd is running" + memberCount(f) + " and not healthy: " + healthWord(s), "wipe all control plane nodes first: " + wipe(f.Node)}
	case s.State == StateFailed:
		return Finding{rule, Warn, "etcd has failed: " + s.Message, "a bootstrap starts it anew; it needs an empty data directory"}
	case s.ID == "":
		return Finding{rule, Warn, "the node does not list etcd yet", "wait until it is Preparing"}
	}
	return Finding{rule, Warn, fmt.Sprintf("etcd is %s: %s", s.State, s.Message), "wait until it is Preparing"}
}

func memberCount(f Facts) string {
	if !f.Members.Known() || len(f.Members.Value) == 0 {
		return ""
	}
	if len(f.Members.Value) == 1 {
		return " with 1 member"
	}
	return fmt.Sprintf(" with %d members", len(f.Members.Value))
}

// healthWord is what the last health check said; machined says "Unknown"
// before the first.
func healthWord(s Service) string {
	if s.HealthMessage == "" || s.HealthMessage == healthUnknown {
		return "its health was not looked at yet"
	}
	return s.HealthMessage
}

func checkDataDir(f Facts) Finding {
	const rule = "data-dir"
	switch {
	case f.DataDir.Value == DirEmpty && f.DataDir.Known():
		return Finding{rule, Pass, "the etcd data directory is empty", ""}
	case f.DataDir.Value == DirNotEmpty:
		return Finding{rule, Fail, "the etcd data directory is not empty, a bootstrap would be refused", "wipe it with " + wipe(f.Node) + "; from Talos 1.14 add ETCD if it is a partition of its own"}
	case f.DataDir.Err != nil:
		return unknown(rule, "whether the etcd data directory is empty is unknown", f.DataDir.Err, "check with `talosctl ls /var/lib/etcd`")
	}
	return Finding{rule, Warn, "whether the etcd data directory is empty is unknown", "check with `talosctl ls /var/lib/etcd`"}
}

func checkEndpoint(f Facts) Finding {
	const rule = "endpoint"
	if !f.VirtualIPs.Known() {
		return unknown(rule, "whether an endpoint is a virtual IP is unknown", f.VirtualIPs.Err, "use the node's own address")
	}
	for _, endpoint := range append([]string{f.Node}, f.Endpoints...) {
		for _, vip := range f.VirtualIPs.Value {
			if sameAddress(endpoint, vip) {
				return Finding{rule, Fail, endpoint + " is the cluster's virtual IP, which is elected through etcd and goes away without it", "use the node's own address for --nodes and --endpoints"}
			}
		}
	}
	return Finding{rule, Pass, "the endpoint is no virtual IP", ""}
}

// sameAddress compares an endpoint (host, host:port or URL) with an address.
func sameAddress(endpoint, address string) bool {
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		endpoint = u.Host
	}
	if host, _, err := net.SplitHostPort(endpoint); err == nil {
		endpoint = host
	}
	a, errA := netip.ParseAddr(strings.Trim(endpoint, "[]"))
	b, errB := netip.ParseAddr(address)
	return errA == nil && errB == nil && a.Unmap() == b.Unmap()
}

func checkCRI(f Facts) Finding {
	const rule = "cri"
	s := f.CRI.Value
	switch {
	case !f.CRI.Known():
		return unknown(rule, "the state of the container runtime is unknown", f.CRI.Err, "check with `talosctl service cri`")
	case s.State == StateRunning && s.Healthy:
		return Finding{rule, Pass, "the container runtime is up", ""}
	}
	return Finding{rule, Fail, strings.TrimSpace("the container runtime is not up: " + s.State + " " + s.Message), "wait for it: the node refuses a bootstrap before"}
}

func checkTime(f Facts) Finding {
	const rule = "time"
	switch {
	case !f.Time.Known():
		return unknown(rule, "whether the clock is in sync is unknown", f.Time.Err, "check with `talosctl get timestatus`")
	case f.Time.Value.Synced:
		return Finding{rule, Pass, "the clock is in sync", ""}
	case f.Time.Value.SyncDisabled:
		return Finding{rule, Pass, "the clock is not synchronised, as configured", ""}
	}
	return Finding{rule, Warn, "the clock is not in sync, the node refuses a bootstrap before", "wait, or check the node's time servers"}
}

func checkAddresses(f Facts) Finding {
	const rule = "addresses"
	n := len(f.Spec.Value.AdvertisedAddresses)
	switch {
	case !f.Spec.Known():
		return unknown(rule, "etcd's addresses are unknown", f.Spec.Err, "check with `talosctl get etcdspec`")
	case n <= 1:
		return Finding{rule, Pass, "etcd advertises one address", ""}
	case !f.Version.Known():
		return Finding{rule, Warn, fmt.Sprintf("etcd advertises %d addresses and the Talos version is unknown", n), "Talos before 1.10.5 cannot restore such a node"}
	case recoversManyAddresses(f.Version.Value):
		return Finding{rule, Pass, fmt.Sprintf("etcd advertises %d addresses, Talos %s can restore that", n, f.Version.Value), ""}
	}
	return Finding{rule, Fail, fmt.Sprintf("etcd advertises %d addresses, and Talos %s cannot restore that (talos#11257)", n, f.Version.Value), "upgrade the node to Talos 1.10.5, 1.11.0 or later, or let cluster.etcd.advertisedSubnets name one subnet"}
}
