package diagnosis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/audit"
	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

// Pages that findings point to.
const (
	linkProbes  = "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"
	linkLimits  = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
	linkSpread  = "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/"
	linkImages  = "https://kubernetes.io/docs/concepts/containers/images/#image-names"
	linkRelease = "https://github.com/rustfs/rustfs/releases"
	linkMasterK = "https://github.com/rustfs/rustfs/issues/2852"
	linkTLSPath = "https://github.com/rustfs/rustfs/pull/2939"
)

func serverRules() []Rule {
	return []Rule{
		{Rule: finding.Rule{Name: "default-credentials", Asks: "does the server run with a root key that everybody knows"}, server: defaultCredentials},
		{Rule: finding.Rule{Name: "literal-credentials", Asks: "does the root key stand in the pod's spec"}, server: literalCredentials},
		{Rule: finding.Rule{Name: "changed-credentials", Asks: "was the root key's Secret edited after the server started"}, server: changedCredentials},
		{Rule: finding.Rule{Name: "iam-master-key", Asks: "does changing the root key make users and keys unreadable"}, server: masterKey},
		{Rule: finding.Rule{Name: "pod-trouble", Asks: "are all pods running and ready"}, server: podTrouble},
		{Rule: finding.Rule{Name: "not-ready", Asks: "does the server say that it is ready"}, server: notReady},
		{Rule: finding.Rule{Name: "clock-skew", Asks: "do the server's clock and this machine's agree"}, server: clockSkew},
		{Rule: finding.Rule{Name: "versions-differ", Asks: "do all nodes run the same version"}, server: versionsDiffer},
		{Rule: finding.Rule{Name: "image-tag", Asks: "is the image pinned to a release"}, server: imageTag},
		{Rule: finding.Rule{Name: "resources", Asks: "are memory and CPU requested, and memory limited"}, server: resources},
		{Rule: finding.Rule{Name: "probes", Asks: "is there a readiness probe"}, server: probes},
		{Rule: finding.Rule{Name: "same-node", Asks: "do two pods of a server share a node"}, server: sameNode},
		{Rule: finding.Rule{Name: "deprecated-variable", Asks: "are variables set that were replaced"}, server: deprecatedVariables},
		{Rule: finding.Rule{Name: "unknown-variable", Asks: "are variables set that no server reads"}, server: unknownVariables},
		{Rule: finding.Rule{Name: "tls-path", Asks: "is RUSTFS_TLS_PATH set without certificates"}, server: tlsPath},
		{Rule: finding.Rule{Name: "scanner", Asks: "does the scanner count and expire objects"}, server: scanner},
	}
}

func defaultCredentials(s Server, _ time.Time) []finding.Finding {
	if !s.Key.BuiltIn {
		return nil
	}
	fix := fmt.Sprintf("kubectl create secret generic rustfs-root -n %s --from-literal=RUSTFS_ACCESS_KEY=\"$(openssl rand -hex 10)\" "+
		"--from-literal=RUSTFS_SECRET_KEY=\"$(openssl rand -hex 20)\", then point the chart's existing Secret at it", s.Namespace)
	return one(finding.Critical, s.subject(), "the server runs with a root key that everybody knows", "access key "+s.Key.AccessKey+" from "+s.Key.Origin, fix, audit.Link)
}

func literalCredentials(s Server, _ time.Time) []finding.Finding {
	if !s.Key.Literal || s.Key.BuiltIn {
		return nil
	}
	return one(finding.Warning, s.subject(), "the root key stands in the pod's spec, where everybody who may see pods sees it", s.Key.Origin,
		"put it into a Secret and refer to it with valueFrom.secretKeyRef", "https://kubernetes.io/docs/concepts/configuration/secret/")
}

func changedCredentials(s Server, _ time.Time) []finding.Finding {
	restart := fmt.Sprintf("kubectl rollout restart -n %s %s", s.Namespace, s.workload())
	if s.Refused == "SignatureDoesNotMatch" || s.Refused == "InvalidAccessKeyId" {
		return one(finding.Critical, s.subject(), "the server refuses the root key that its pods are configured with", s.Refused+"; key from "+s.Key.Origin,
			"the Secret was probably edited after the start: "+restart+"   # read iam-master-key first", linkMasterK)
	}
	for _, p := range s.Pods {
		if !s.Key.Changed.IsZero() && !p.Started.IsZero() && s.Key.Changed.After(p.Started) {
			return one(finding.Warning, s.subject(), "the root key's Secret was edited after the server started; pods keep the old key until they restart",
				fmt.Sprintf("%s edited %s, pod %s started %s", s.Key.Origin, stamp(s.Key.Changed), p.Name, stamp(p.Started)), restart+"   # read iam-master-key first", linkMasterK)
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func masterKey(s Server, _ time.Time) []finding.Finding {
	if s.Outside || len(s.Pods) == 0 {
		return nil
	}
	for _, name := range []string{"RUSTFS_IAM_MASTER_KEY"} {
		if _, ok := s.variable(name); ok {
			return nil
		}
	}
	return one(finding.Info, s.subject(), "users, policies and keys are encrypted with a key made of the root key: changing the root key makes them unreadable",
		"RUSTFS_IAM_MASTER_KEY is not set", "before you change the root key, set RUSTFS_IAM_MASTER_KEY from a Secret and take a backup: kubectl rustfs backup --help", linkMasterK)
}

func podTrouble(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, p := range s.Pods {
		subject := "pod/" + s.Namespace + "/" + p.Name
		if p.Trouble != "" {
			out = append(out, one(finding.Critical, subject, "the pod does not serve", p.Trouble, fmt.Sprintf("kubectl describe pod -n %s %s", s.Namespace, p.Name), "")...)
		}
		if p.OOMKilled {
			out = append(out, one(finding.Warning, subject, "the pod was killed for using more memory than its limit", fmt.Sprintf("%d restarts, last end OOMKilled", p.Restarts),
				"raise resources.limits.memory of container "+s.Container, linkLimits)...)
		}
	}
	return out
}

func notReady(s Server, _ time.Time) []finding.Finding {
	if s.Ready != nil && !*s.Ready || len(s.Degraded) > 0 {
		return one(finding.Critical, s.subject(), "the server says that it is not ready", strings.Join(s.Degraded, ", "), "kubectl rustfs logs --server "+s.ID+" --diagnose", "")
	}
	return nil
}

// Skews of the clocks: from the second on, servers of rc.1 and later refuse
// requests (RequestTimeTooSkewed).
const (
	skewNoticed = 30 * time.Second
	skewRefused = 15 * time.Minute
)

func clockSkew(s Server, _ time.Time) []finding.Finding {
	skew := s.Clock.Sub(s.Asked).Abs()
	if s.Clock.IsZero() && s.Refused == "RequestTimeTooSkewed" {
		skew = skewRefused
	} else if s.Clock.IsZero() || skew < skewNoticed {
		return nil
	}
	severity, what := finding.Warning, "the server's clock and this machine's differ"
	if skew >= skewRefused {
		severity, what = finding.Critical, "the server's clock and this machine's differ by 15 minutes or more, and so it refuses requests"
	}
	return one(severity, s.subject(), what, fmt.Sprintf("server %s, here %s", stamp(s.Clock), stamp(s.Asked)),
		"check both: date -u here, and on the node: talosctl -n NODE time", "")
}

func versionsDiffer(s Server, _ time.Time) []finding.Finding {
	versions := slices.Compact(slices.Sorted(slices.Values(s.Versions)))
	if len(versions) < 2 {
		return nil
	}
	return one(finding.Warning, s.subject(), "the server's nodes run different versions", strings.Join(versions, ", "),
		fmt.Sprintf("kubectl rollout status -n %s %s", s.Namespace, s.workload()), "")
}

// tagOf is the tag of an image reference, "latest" where there is none, and
// whether a digest pins it.
func tagOf(image string) (tag string, pinned bool) {
	image, _, pinned = strings.Cut(image, "@")
	name := image[strings.LastIndex(image, "/")+1:]
	if _, tag, ok := strings.Cut(name, ":"); ok {
		return tag, pinned
	}
	return "latest", pinned
}

func imageTag(s Server, _ time.Time) []finding.Finding {
	if s.Image == "" {
		return nil
	}
	tag, pinned := tagOf(s.Image)
	floating := slices.Contains([]string{"latest", "alpha", "beta", "rc", "nightly", "main", "edge", "stable"}, strings.TrimSuffix(tag, "-glibc"))
	switch {
	case pinned:
		return nil
	case floating:
		return one(finding.Warning, s.subject(), "the image's tag moves: a restart may bring another version, and nobody can tell which ran", "image "+s.Image,
			"set the tag of a release, such as rustfs/rustfs:1.0.1, or a digest", linkRelease)
	}
	return one(finding.Info, s.subject(), "the image is named by a tag alone, without a digest", "image "+s.Image, "add the digest: "+s.Image+"@sha256:…", linkImages)
}

func resources(s Server, _ time.Time) []finding.Finding {
	for _, p := range s.Pods {
		var missing []string
		for _, r := range []struct {
			has  bool
			name string
		}{{p.MemoryRequest, "requests.memory"}, {p.MemoryLimit, "limits.memory"}, {p.CPURequest, "requests.cpu"}} {
			if !r.has {
				missing = append(missing, r.name)
			}
		}
		if len(missing) > 0 {
			return one(finding.Warning, s.subject(), "the server's container does not say what it needs", "missing: "+strings.Join(missing, ", "),
				"resources: {requests: {cpu: 250m, memory: 512Mi}, limits: {memory: 2Gi}}", linkLimits)
		}
	}
	return nil
}

func probes(s Server, _ time.Time) []finding.Finding {
	for _, p := range s.Pods {
		if !p.ReadinessProbe {
			return one(finding.Info, s.subject(), "without a readiness probe, requests reach a server that is not ready", "no readinessProbe in pod "+p.Name,
				"readinessProbe: {httpGet: {path: /health/ready, port: 9000}}", linkProbes)
		}
	}
	return nil
}

func sameNode(s Server, _ time.Time) []finding.Finding {
	on := map[string][]string{}
	for _, p := range s.Pods {
		if p.Node != "" {
			on[p.Node] = append(on[p.Node], p.Name)
		}
	}
	var out []finding.Finding
	for node, pods := range on {
		if len(pods) > 1 {
			slices.Sort(pods)
			out = append(out, one(finding.Warning, s.subject(), "pods of the server share a node, which takes all of them with it", strings.Join(pods, ", ")+" on node "+node,
				"topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: …}]", linkSpread)...)
		}
	}
	return out
}

func deprecatedVariables(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, v := range s.Variables {
		if !v.Deprecated {
			continue
		}
		fix := s.unset(v.Name)
		if v.Instead != "" {
			fix = "set " + v.Instead + " instead of " + v.Name
		}
		out = append(out, one(finding.Warning, s.subject(), v.Name+" is set: "+v.Why, v.Name+" from "+v.Origin, fix, "")...)
	}
	return out
}

func unknownVariables(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, v := range s.Variables {
		if !v.Unknown {
			continue
		}
		fix := s.unset(v.Name)
		if v.Instead != "" {
			fix = "did you mean " + v.Instead + "?"
		}
		out = append(out, one(finding.Info, s.subject(), v.Name+" is set, and does nothing: "+v.Why, v.Name+" from "+v.Origin, fix, "")...)
	}
	return out
}

func tlsPath(s Server, _ time.Time) []finding.Finding {
	v, ok := s.variable("RUSTFS_TLS_PATH")
	if !ok || v.Value == "" {
		return nil
	}
	proof := "RUSTFS_TLS_PATH=" + v.Value + " from " + v.Origin
	fix := s.setEnv("RUSTFS_TLS_PATH=") + ", or mount rustfs_cert.pem and rustfs_key.pem there"
	down := slices.ContainsFunc(s.Pods, func(p Pod) bool { return p.Trouble != "" })
	switch {
	case s.Scheme == "http":
		return one(finding.Warning, s.subject(), "RUSTFS_TLS_PATH is set, and the server speaks plain HTTP: from beta.5 on it refuses to start like this", proof, fix, linkTLSPath)
	case s.Scheme == "" && down:
		return one(finding.Warning, s.subject(), "RUSTFS_TLS_PATH is set and the server does not run: from beta.5 on it refuses to start when no certificate is there", proof, fix, linkTLSPath)
	}
	return nil
}

func scanner(s Server, _ time.Time) []finding.Finding {
	a := s.Scanner
	switch {
	case a == nil:
		return nil
	case !a.Enabled:
		return one(finding.Warning, s.subject(), "the scanner is off: usage is not counted, quotas and lifecycle rules do not work", a.Reason, s.unset("RUSTFS_SCANNER_ENABLED"), "")
	case a.State == "stale":
		return one(finding.Warning, s.subject(), "the scanner is behind: usage and quotas are old, and lifecycle rules wait", "last round ended "+stamp(a.LastCycle),
			"kubectl rustfs logs --server "+s.ID+" --diagnose", "")
	}
	return nil
}
