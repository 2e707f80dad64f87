// Package diagnosis finds what is wrong with a RustFS server and with what is
// around it in the cluster. It asks nobody: it looks at what was collected.
package diagnosis

import (
	"cmp"
	"slices"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/audit"
	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Cluster is what was collected.
type Cluster struct {
	Servers   []Server
	Workloads []Workload
	NotLooked []string // what could not be looked at, with the reason
}

// Server is one RustFS server.
type Server struct {
	ID        string // NAMESPACE/NAME; the URL of one outside the cluster
	Namespace string
	Name      string
	Kind      string // of the workload: "StatefulSet"
	Container string
	Image     string
	Outside   bool // of the cluster: only asked, not seen

	Pods      []Pod
	Variables []Variable
	Args      []string
	Key       RootKey
	Volumes   []Volume
	Routes    []Route

	Scheme   string // "http", "https"; empty: not reached
	Refused  string // code with which the server refused the key: "SignatureDoesNotMatch"
	Ready    *bool  // nil: it does not tell
	Degraded []string
	Clock    time.Time // the server's, when it was asked; zero: unknown
	Asked    time.Time // this machine's then
	Versions []string  // of its nodes
	Drives   []Drive
	Parity   *int // nil: unknown
	Scanner  *Scanner
	Expiry   *Expiry
	Buckets  []Bucket
	IAM      *iam.Snapshot // for the rules of package audit; nil: not looked at

	NotLooked []string
}

// Pod is one pod of a server.
type Pod struct {
	Name    string
	Node    string
	Trouble string // what keeps it from running or being ready; empty: nothing
	Started time.Time
	// Of the server's container.
	MemoryRequest, MemoryLimit, CPURequest bool
	ReadinessProbe                         bool
	Restarts                               int32
	OOMKilled                              bool // the last time it ended
}

// Variable is one of the server's environment. Value is empty for secrets.
type Variable struct {
	Name, Value, Origin string
	Secret              bool
	Overridden          int    // how many other settings of it lose
	Instead, Why        string // as serverenv says it
	Deprecated, Unknown bool
}

// RootKey is where the root key comes from, never the key.
type RootKey struct {
	AccessKey string
	Origin    string
	BuiltIn   bool      // RustFS' or MinIO's well-known pair
	Literal   bool      // it stands in the pod's spec
	Changed   time.Time // when its Secret was edited last; zero: unknown
}

// Volume is where a pod keeps data.
type Volume struct {
	Pod, Mount, Source, Claim, Class, Name, Reclaim, Driver, Path, Node string
	ControlPlane, Talos                                                 bool
}

// Route is a way from outside.
type Route struct {
	ID      string   // "ingress/store/rustfs"
	Hosts   []string // none: every host
	TLS     string   // "yes", "no", "unknown"
	Console bool
	Probes  []Probe // with --ingress
}

// Probe is what came of asking through a route.
type Probe struct {
	URL    string
	DNS    string // "LAN", "public", "none", "given"
	Answer string // "ok", or the code or error
	Signed bool   // the signature was refused
}

// Drive is a disk of the server.
type Drive struct {
	Path, State string
	Used, Total int64 // bytes
}

// Scanner is how the server's scanner is.
type Scanner struct {
	Enabled   bool
	Reason    string
	State     string
	LastCycle time.Time
}

// Expiry is what expires objects.
type Expiry struct{ Missed, Failed int64 }

// Bucket is one bucket and its settings.
type Bucket struct {
	Name       string
	Versioning bool
	CORS       []bucket.CORSRule
	Lifecycle  []bucket.LifecycleRule
}

// Workload is something in the cluster that runs containers.
type Workload struct {
	ID         string // "cronjob/backup/cleanup"
	Containers []Container
}

// Container is what a workload runs.
type Container struct {
	Name, Image string
	Command     []string
}

// Rule is one thing that is looked for.
type Rule struct {
	finding.Rule

	server  func(Server, time.Time) []finding.Finding // neither: it is one of package audit
	cluster func(Cluster) []finding.Finding
}

// Check applies rules to what was collected; the worst findings come first.
// What was not looked at is a finding too.
func Check(c Cluster, rules []Rule, now time.Time) []finding.Finding {
	var out []finding.Finding
	for _, r := range rules {
		var found []finding.Finding
		if r.cluster != nil {
			found = r.cluster(c)
		}
		if r.server != nil {
			for _, s := range c.Servers {
				found = append(found, r.server(s, now)...)
			}
		}
		for _, f := range found {
			f.Rule = r.Name
			out = append(out, f)
		}
	}
	out = append(out, audited(c, rules)...)
	finding.Sort(out)
	return out
}

// audited is what the rules of package audit find, as far as they are among
// rules.
func audited(c Cluster, rules []Rule) []finding.Finding {
	var out []finding.Finding
	for _, s := range c.Servers {
		if s.IAM != nil {
			out = append(out, audit.Run(*s.IAM)...)
		}
	}
	return slices.DeleteFunc(out, func(f finding.Finding) bool {
		return !slices.ContainsFunc(rules, func(r Rule) bool { return r.Name == f.Rule })
	})
}

// Rules are all there are, by name: those of this package and of package
// audit.
func Rules() []Rule {
	all := slices.Concat(serverRules(), storageRules(), networkRules(), bucketRules(), clusterRules())
	for _, r := range audit.Rules() {
		all = append(all, Rule{Rule: r})
	}
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// one is a finding alone.
func one(s finding.Severity, subject, what, proof, fix, link string) []finding.Finding {
	return []finding.Finding{{Severity: s, Subject: subject, What: what, Proof: proof, Fix: fix, Link: link}}
}

// subject names the server.
func (s Server) subject() string { return "server/" + s.ID }

// variable finds one of the server's variables.
func (s Server) variable(name string) (Variable, bool) {
	for _, v := range s.Variables {
		if v.Name == name {
			return v, true
		}
	}
	return Variable{}, false
}

// workload is how kubectl names the server's workload.
func (s Server) workload() string {
	switch s.Kind {
	case "StatefulSet":
		return "statefulset/" + s.Name
	case "Deployment":
		return "deployment/" + s.Name
	case "Tenant":
		return "tenant/" + s.Name
	}
	return "pod/" + s.Name
}

// unset is the command that takes a variable from the server.
func (s Server) unset(name string) string { return s.setEnv(name + "-") }

// setEnv is the command that changes the server's environment; what a chart or
// operator owns is changed there.
func (s Server) setEnv(change string) string {
	if s.Kind == "StatefulSet" || s.Kind == "Deployment" {
		return "kubectl set env -n " + s.Namespace + " " + s.workload() + " -c " + s.Container + " " + change + "   # or in the chart's values"
	}
	return "in the manifest of " + s.workload() + ": set env " + change
}
