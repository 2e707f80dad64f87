package rustfs

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

// statusView is a server as it is printed. Problems are what keeps it from
// being well; the command's exit code is 3 when there is one.
type statusView struct {
	Metadata     cli.Meta        `json:"metadata"`
	Workload     string          `json:"workload,omitempty"`
	Image        string          `json:"image,omitempty"`
	Version      string          `json:"version,omitempty"`
	Health       string          `json:"health"`
	Pods         []podView       `json:"pods,omitempty"`
	Endpoint     string          `json:"endpoint,omitempty"`
	Credential   *credentialView `json:"credential,omitempty"`
	Drives       []driveView     `json:"drives,omitempty"`
	Usage        *totalView      `json:"usage,omitempty"`
	Capabilities []abilityView   `json:"capabilities,omitempty"`
	Problems     []string        `json:"problems,omitempty"`
}

type podView struct {
	Name  string `json:"name"`
	Node  string `json:"node,omitempty"`
	Ready bool   `json:"ready"`
	State string `json:"state"`
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

func (v *statusView) addInfo(i admin.Info) {
	v.Usage = &totalView{Buckets: i.Buckets.Count, Objects: i.Objects.Count, Bytes: int64(i.Usage.Size)}
	for _, n := range i.Nodes {
		if tag := n.Tag(); tag != "" {
			v.Version = tag
		}
		for _, d := range n.Drives {
			v.Drives = append(v.Drives, driveView{Path: d.Path, State: d.State, Total: int64(d.Total), Used: int64(d.Used), Free: int64(d.Free)})
			if d.State != "ok" && d.State != "online" {
				v.problem("drive %s is %s", d.Path, d.State)
			}
		}
	}
}

func (v *statusView) addUsage(u admin.Usage) {
	if v.Usage != nil && !u.Updated.IsZero() {
		v.Usage.CountedAt = &metav1.Time{Time: u.Updated}
	}
}

func (v *statusView) fields(now time.Time) []cli.Field {
	f := []cli.Field{
		{Name: "Name", Value: v.Metadata.Name},
		{Name: "Namespace", Value: v.Metadata.Namespace},
		{Name: "Workload", Value: v.Workload},
		{Name: "Image", Value: v.Image},
		{Name: "Version", Value: orUnknown(v.Version)},
		{Name: "Health", Value: orUnknown(v.Health)},
		{Name: "Endpoint", Value: v.Endpoint},
	}
	if c := v.Credential; c != nil {
		f = append(f, cli.Field{Name: "Access Key", Value: c.AccessKey + " (from " + c.Origin + ")"})
	}
	for i, p := range v.Pods {
		f = append(f, cli.Field{Name: once(i, "Pods"), Value: fmt.Sprintf("%s on %s: %s", p.Name, orNone(p.Node), p.State)})
	}
	for i, d := range v.Drives {
		f = append(f, cli.Field{Name: once(i, "Drives"), Value: fmt.Sprintf("%s %s, %s of %s used", d.Path, d.State, cli.Size(d.Used), cli.Size(d.Total))})
	}
	if u := v.Usage; u != nil {
		counted := "the scanner has not finished a round yet"
		if u.CountedAt != nil {
			counted = "counted " + cli.Age(u.CountedAt.Time, now) + " ago"
		}
		f = append(f, cli.Field{Name: "Usage", Value: fmt.Sprintf("%s, %s, %s (%s)", cli.Plural(u.Buckets, "bucket"), cli.Plural(u.Objects, "object"), cli.Size(u.Bytes), counted)})
	}
	for i, a := range v.Capabilities {
		f = append(f, cli.Field{Name: once(i, "Capabilities"), Value: a.Name + ": " + string(a.State)})
	}
	for i, p := range v.Problems {
		f = append(f, cli.Field{Name: once(i, "Problems"), Value: p})
	}
	return f
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
