package rustfs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
)

// statusView is a server as it is printed. Problems are what keeps it from
// being well; the command's exit code is 3 when there is one.
type statusView struct {
	Metadata     cli.Meta        `json:"metadata"`
	Workload     string          `json:"workload,omitempty"`
	Image        string          `json:"image,omitempty"`
	Pinned       string          `json:"pinned,omitempty"` // the digest in the image's reference
	Version      string          `json:"version,omitempty"`
	Versions     []string        `json:"versions,omitempty"` // when nodes differ
	Health       string          `json:"health"`
	Pods         []podView       `json:"pods,omitempty"`
	Endpoint     string          `json:"endpoint,omitempty"`
	Credential   *credentialView `json:"credential,omitempty"`
	Pools        []poolView      `json:"pools,omitempty"`
	Drives       []driveView     `json:"drives,omitempty"`
	Usage        *totalView      `json:"usage,omitempty"`
	Scanner      *scannerView    `json:"scanner,omitempty"`
	KMS          *kmsView        `json:"kms,omitempty"`
	Volumes      []volumeView    `json:"volumes,omitempty"`
	Routes       []routeView     `json:"routes,omitempty"`
	Capabilities []abilityView   `json:"capabilities,omitempty"`
	NotLooked    []string        `json:"notLookedAt,omitempty"`
	Problems     []string        `json:"problems,omitempty"`
}

type podView struct {
	Name     string `json:"name"`
	Node     string `json:"node,omitempty"`
	Ready    bool   `json:"ready"`
	State    string `json:"state"`
	Restarts int32  `json:"restarts,omitempty"`
	Digest   string `json:"digest,omitempty"` // of the image that runs
}

// poolView is one pool of drives.
type poolView struct {
	Sets         int   `json:"sets"`
	DrivesPerSet int   `json:"drivesPerSet"`
	Parity       int   `json:"parity"`
	Total        int64 `json:"totalBytes,omitempty"`
	Used         int64 `json:"usedBytes,omitempty"`
	Healing      int   `json:"healingDrives,omitempty"`
}

// scannerView is how old the server's figures are.
type scannerView struct {
	Enabled   bool         `json:"enabled"`
	Reason    string       `json:"reason,omitempty"`
	State     string       `json:"state,omitempty"`
	LastRound *metav1.Time `json:"lastRound,omitempty"`
}

type kmsView struct {
	Status  string `json:"status"`
	Backend string `json:"backend,omitempty"`
	Healthy *bool  `json:"healthy,omitempty"`
}

// volumeView is where a pod keeps data.
type volumeView struct {
	Pod          string `json:"pod"`
	Mount        string `json:"mount"`
	Source       string `json:"source"`
	Claim        string `json:"claim,omitempty"`
	Class        string `json:"storageClass,omitempty"`
	Phase        string `json:"phase,omitempty"`
	Bytes        int64  `json:"bytes,omitempty"`
	Name         string `json:"persistentVolume,omitempty"`
	Reclaim      string `json:"reclaimPolicy,omitempty"`
	Driver       string `json:"driver,omitempty"`
	Path         string `json:"path,omitempty"`
	Node         string `json:"node,omitempty"`
	ControlPlane bool   `json:"controlPlane,omitempty"`
}

// routeView is a way to the server from outside.
type routeView struct {
	Kind    string   `json:"kind"`
	Name    string   `json:"name"` // NAMESPACE/NAME
	Hosts   []string `json:"hosts,omitempty"`
	Path    string   `json:"path,omitempty"`
	Service string   `json:"service"`
	Port    string   `json:"port"`
	TLS     string   `json:"tls"`
	Console bool     `json:"console,omitempty"`
}

type credentialView struct {
	AccessKey string `json:"accessKey"`
	Origin    string `json:"origin"`
	Default   bool   `json:"default"`
}

type driveView struct {
	Path  string `json:"path"`
	State string `json:"state"`
	Total int64  `json:"totalBytes"`
	Used  int64  `json:"usedBytes"`
	Free  int64  `json:"freeBytes"`
}

type totalView struct {
	Buckets   int64        `json:"buckets"`
	Objects   int64        `json:"objects"`
	Bytes     int64        `json:"bytes"`
	CountedAt *metav1.Time `json:"countedAt,omitempty"` // by the scanner; absent before its first round
}

type abilityView struct {
	Name  string             `json:"name"`
	State admin.Availability `json:"state"`
}

func (v *statusView) problem(format string, args ...any) {
	v.Problems = append(v.Problems, strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " "))
}

func newScannerView(a admin.Scanner) *scannerView {
	return &scannerView{Enabled: a.Enabled, Reason: a.Reason, State: a.State, LastRound: stamp(a.LastCycle)}
}

func newVolumeViews(all []kube.Volume) []volumeView {
	out := make([]volumeView, 0, len(all))
	for _, v := range all {
		out = append(out, volumeView{
			Pod: v.Pod, Mount: v.Mount, Source: v.Source, Claim: v.Claim, Class: v.Class, Phase: v.Phase, Bytes: v.Bytes, Name: v.Name,
			Reclaim: v.Reclaim, Driver: v.Driver, Path: v.Path, Node: v.Node, ControlPlane: v.ControlPlane,
		})
	}
	return out
}

func newRouteViews(all []kube.Route) []routeView {
	out := make([]routeView, 0, len(all))
	for _, r := range all {
		out = append(out, routeView{
			Kind: r.Kind, Name: r.Namespace + "/" + r.Name, Hosts: r.Hosts, Path: r.Path, Service: r.Service, Port: r.Port, TLS: r.TLS, Console: r.Console,
		})
	}
	return out
}

// failAbove makes a drive that is fuller than the limit, in percent, a problem.
func (v *statusView) failAbove(limit float64) {
	for _, d := range v.Drives {
		if share := d.share(); limit > 0 && share > limit {
			v.problem("drive %s is %.0f%% full, above %g%%", d.Path, share, limit)
		}
	}
}

// share is how much of a drive is used, in percent.
func (d driveView) share() float64 {
	if d.Total <= 0 {
		return 0
	}
	return float64(d.Used) / float64(d.Total) * 100
}

func (v *statusView) addPools(i admin.Info) {
	for n, sets := range i.Backend.Sets {
		p := poolView{Sets: sets, Parity: i.Backend.Parity}
		if n < len(i.Backend.PerSet) {
			p.DrivesPerSet = i.Backend.PerSet[n]
		}
		for _, s := range i.Pools[strconv.Itoa(n)] {
			p.Total, p.Used, p.Healing = p.Total+int64(s.RawTotal), p.Used+int64(s.RawUsed), p.Healing+s.Healing
		}
		v.Pools = append(v.Pools, p)
	}
}

func (v *statusView) addInfo(i admin.Info) {
	v.addPools(i)
	v.Usage = &totalView{Buckets: i.Buckets.Count, Objects: i.Objects.Count, Bytes: int64(i.Usage.Size)}
	for _, n := range i.Nodes {
		if tag := n.Tag(); tag != "" {
			if len(i.Nodes) > 1 {
				v.Versions = append(v.Versions, tag)
			}
			v.Version = tag
		}
		for _, d := range n.Drives {
			v.Drives = append(v.Drives, driveView{Path: d.Path, State: d.State, Total: int64(d.Total), Used: int64(d.Used), Free: int64(d.Free)})
			if d.State != "ok" && d.State != "online" {
				v.problem("drive %s is %s", d.Path, d.State)
			}
		}
	}
	slices.Sort(v.Versions)
	if v.Versions = slices.Compact(v.Versions); len(v.Versions) > 1 {
		v.Version = strings.Join(v.Versions, ", ")
	} else {
		v.Versions = nil
	}
}

func (v *statusView) addUsage(u admin.Usage) {
	if v.Usage != nil && !u.Updated.IsZero() {
		v.Usage.CountedAt = &metav1.Time{Time: u.Updated}
	}
}

func (v statusView) fields(now time.Time) []cli.Field {
	f := []cli.Field{
		{Name: "Name", Value: v.Metadata.Name},
		{Name: "Namespace", Value: v.Metadata.Namespace},
		{Name: "Workload", Value: v.Workload},
		{Name: "Image", Value: v.imageCell()},
		{Name: "Version", Value: orUnknown(v.Version)},
		{Name: "Health", Value: orUnknown(v.Health)},
		{Name: "Endpoint", Value: v.Endpoint},
	}
	if c := v.Credential; c != nil {
		f = append(f, cli.Field{Name: "Access Key", Value: c.AccessKey + " (from " + c.Origin + ")"})
	}
	f = append(f, block("Pods", v.Pods, podView.cell)...)
	f = append(f, block("Pools", v.Pools, poolView.cell)...)
	f = append(f, block("Drives", v.Drives, driveView.cell)...)
	if u := v.Usage; u != nil {
		f = append(f, cli.Field{Name: "Usage", Value: u.cell(now)})
	}
	if a := v.Scanner; a != nil {
		f = append(f, cli.Field{Name: "Scanner", Value: a.cell(now)})
	}
	if k := v.KMS; k != nil {
		f = append(f, cli.Field{Name: "KMS", Value: k.cell()})
	}
	f = append(f, block("Volumes", v.Volumes, volumeView.cell)...)
	f = append(f, block("Routes", v.Routes, routeView.cell)...)
	f = append(f, block("Capabilities", v.Capabilities, func(a abilityView) string { return a.Name + ": " + string(a.State) })...)
	f = append(f, block("Not Looked At", v.NotLooked, func(s string) string { return s })...)
	return append(f, block("Problems", v.Problems, func(s string) string { return s })...)
}

// block is one line for each item, the first with the name.
func block[T any](name string, items []T, cell func(T) string) []cli.Field {
	out := make([]cli.Field, 0, len(items))
	for i, item := range items {
		out = append(out, cli.Field{Name: once(i, name), Value: cell(item)})
	}
	return out
}

func (v statusView) imageCell() string {
	switch {
	case v.Image == "":
		return ""
	case v.Pinned != "":
		return v.Image + " (pinned)"
	}
	for _, p := range v.Pods {
		if p.Digest != "" {
			return v.Image + " (not pinned; runs " + p.Digest + ")"
		}
	}
	return v.Image + " (not pinned)"
}

func (p podView) cell() string {
	text := fmt.Sprintf("%s on %s: %s", p.Name, orNone(p.Node), p.State)
	if p.Restarts > 0 {
		text += ", " + cli.Plural(int64(p.Restarts), "restart")
	}
	return text
}

func (p poolView) cell() string {
	text := fmt.Sprintf("%s of %s, parity %d", cli.Plural(int64(p.Sets), "set"), cli.Plural(int64(p.DrivesPerSet), "drive"), p.Parity)
	if p.Total > 0 {
		text += fmt.Sprintf(", %s of %s used", cli.Size(p.Used), cli.Size(p.Total))
	}
	if p.Healing > 0 {
		text += fmt.Sprintf(", %d healing", p.Healing)
	}
	return text
}

func (d driveView) cell() string {
	return fmt.Sprintf("%s %s, %s of %s used (%.0f%%)", d.Path, d.State, cli.Size(d.Used), cli.Size(d.Total), d.share())
}

func (u totalView) cell(now time.Time) string {
	counted := "the server does not say when it counted"
	if u.CountedAt != nil {
		counted = "counted " + cli.Age(u.CountedAt.Time, now) + " ago"
	}
	return fmt.Sprintf("%s, %s, %s (%s)", cli.Plural(u.Buckets, "bucket"), cli.Plural(u.Objects, "object"), cli.Size(u.Bytes), counted)
}

func (a scannerView) cell(now time.Time) string {
	switch {
	case !a.Enabled:
		return "off (" + orUnknown(a.Reason) + ")"
	case a.LastRound == nil:
		return orUnknown(a.State) + ", no round finished yet"
	}
	return fmt.Sprintf("%s, last round ended %s ago", orUnknown(a.State), cli.Age(a.LastRound.Time, now))
}

func (k kmsView) cell() string {
	text := k.Status
	if k.Status == "NotConfigured" {
		text = "not configured"
	}
	if k.Backend != "" {
		text += ", backend " + k.Backend
	}
	if k.Healthy != nil {
		text += map[bool]string{true: ", healthy", false: ", not healthy"}[*k.Healthy]
	}
	return text
}

func (v volumeView) cell() string {
	text := v.Mount + ": " + v.Source
	if v.Claim != "" {
		text = fmt.Sprintf("%s: claim %s", v.Mount, v.Claim)
		if v.Bytes > 0 {
			text += ", " + cli.Size(v.Bytes)
		}
		if v.Class != "" {
			text += ", class " + v.Class
		}
		if v.Reclaim != "" {
			text += ", " + v.Reclaim
		}
		if v.Phase != "" && v.Phase != "Bound" {
			text += ", " + v.Phase
		}
	}
	if v.Path != "" {
		text += ", path " + v.Path
	}
	if v.Node != "" {
		text += ", on node " + v.Node
		if v.ControlPlane {
			text += " (control plane)"
		}
	}
	return text
}

func (r routeView) cell() string {
	hosts := "every host"
	if len(r.Hosts) > 0 {
		hosts = strings.Join(r.Hosts, ", ")
	}
	text := fmt.Sprintf("%s %s: %s", r.Kind, r.Name, hosts)
	switch r.TLS {
	case kube.TLSYes:
		text += ", TLS"
	case kube.TLSNo:
		text += ", no TLS"
	}
	if r.Console {
		text += ", to the console"
	}
	return text
}

// line is all that matters on one line, for a watch.
func (v statusView) line() string {
	full := 0.0
	for _, d := range v.Drives {
		full = max(full, d.share())
	}
	text := fmt.Sprintf("%s %s %s, pods %s, fullest drive %.0f%%", v.Metadata.Name, orUnknown(v.Version), orUnknown(v.Health), readyOf(v.Pods), full)
	if v.Metadata.Namespace != "" {
		text = v.Metadata.Namespace + "/" + text
	}
	if len(v.Problems) > 0 {
		text += ": " + v.Problems[0]
	}
	return text
}

// once is the name of the first line of a block, and blank for the others.
func once(i int, name string) string {
	if i == 0 {
		return name
	}
	return ""
}

func statusColumns() []cli.Column[statusView] {
	return []cli.Column[statusView]{
		{Name: "Namespace", Value: func(v statusView) string { return orNone(v.Metadata.Namespace) }},
		{Name: "Name", Value: func(v statusView) string { return v.Metadata.Name }},
		{Name: "Version", Value: func(v statusView) string { return orUnknown(v.Version) }},
		{Name: "Health", Value: func(v statusView) string { return orUnknown(v.Health) }},
		{Name: "Pods", Value: func(v statusView) string { return readyOf(v.Pods) }},
		{Name: "Used", Wide: true, Value: func(v statusView) string { return v.fullest() }},
		{Name: "Node", Wide: true, Value: func(v statusView) string { return v.nodes() }},
		{Name: "Problems", Value: func(v statusView) string { return strconv.Itoa(len(v.Problems)) }},
		{Name: "Image", Wide: true, Value: func(v statusView) string { return orNone(v.Image) }},
	}
}

func readyOf(pods []podView) string {
	ready := 0
	for _, p := range pods {
		if p.Ready {
			ready++
		}
	}
	return fmt.Sprintf("%d/%d", ready, len(pods))
}

// fullest is the share of the fullest drive.
func (v statusView) fullest() string {
	if len(v.Drives) == 0 {
		return cli.Unknown
	}
	full := 0.0
	for _, d := range v.Drives {
		full = max(full, d.share())
	}
	return fmt.Sprintf("%.0f%%", full)
}

func (v statusView) nodes() string {
	var names []string
	for _, p := range v.Pods {
		if p.Node != "" && !slices.Contains(names, p.Node) {
			names = append(names, p.Node)
		}
	}
	return namesCell(names)
}
