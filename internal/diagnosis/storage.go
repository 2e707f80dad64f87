package diagnosis

import (
	"fmt"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

const (
	linkTalosReset = "https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/lifecycle-management/resetting-a-machine"
	linkReclaim    = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming"
)

// Shares of a drive's space that are noticed.
const (
	fullNoticed  = 0.85
	fullCritical = 0.95
)

func storageRules() []Rule {
	return []Rule{
		{Rule: finding.Rule{Name: "drive-offline", Asks: "are all drives online"}, server: driveOffline},
		{Rule: finding.Rule{Name: "drive-full", Asks: "is there space on all drives"}, server: driveFull},
		{Rule: finding.Rule{Name: "no-parity", Asks: "does the data survive the loss of a drive"}, server: noParity},
		{Rule: finding.Rule{Name: "volume-control-plane", Asks: "does the data lie on a disk of the control plane"}, server: volumeControlPlane},
		{Rule: finding.Rule{Name: "volume-ephemeral", Asks: "does the data lie where a reset of the node wipes it"}, server: volumeEphemeral},
		{Rule: finding.Rule{Name: "volume-reclaim", Asks: "does deleting the claim delete the data"}, server: volumeReclaim},
	}
}

func driveOffline(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, d := range s.Drives {
		if d.State != "ok" && d.State != "online" {
			out = append(out, one(finding.Critical, s.subject(), "a drive is not online", d.Path+" is "+d.State, "kubectl rustfs logs --server "+s.ID+" --diagnose", "")...)
		}
	}
	return out
}

func driveFull(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, d := range s.Drives {
		if d.Total <= 0 {
			continue
		}
		share := float64(d.Used) / float64(d.Total)
		severity := finding.Warning
		switch {
		case share >= fullCritical:
			severity = finding.Critical
		case share < fullNoticed:
			continue
		}
		out = append(out, one(severity, s.subject(), "a drive is nearly full", fmt.Sprintf("%s: %.0f%% of %d GiB used", d.Path, share*100, d.Total>>30),
			"see what needs the space: kubectl rustfs bucket ls --server "+s.ID+"; a larger claim: kubectl edit pvc -n "+s.Namespace, "")...)
	}
	return out
}

func noParity(s Server, _ time.Time) []finding.Finding {
	if s.Parity == nil || *s.Parity > 0 {
		return nil
	}
	drives := fmt.Sprintf("%d drives", len(s.Drives))
	if len(s.Drives) == 1 {
		drives = "1 drive"
	}
	return one(finding.Info, s.subject(), "the server keeps no parity: what a drive loses is lost", drives+", parity 0",
		"keep a second copy elsewhere", "")
}

func volumeControlPlane(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, v := range s.Volumes {
		if v.ControlPlane && v.Path != "" {
			out = append(out, one(finding.Warning, s.subject(), "data lies on a disk of a control-plane node: recovering etcd there wipes it, backups in it too", where(v),
				"move it to a worker's disk or a storage class that is not local to the node", linkTalosReset)...)
		}
	}
	return out
}

// where says where a volume lies.
func where(v Volume) string {
	text := v.Mount + " of pod " + v.Pod + ": "
	switch {
	case v.Claim != "":
		text += "claim " + v.Claim
	default:
		text += v.Source
	}
	if v.Path != "" {
		text += ", path " + v.Path
	}
	if v.Node != "" {
		text += " on node " + v.Node
	}
	return text
}

// talosEphemeral tells the paths on Talos' EPHEMERAL partition, which is
// mounted at /var, from those of user volumes, which are below /var/mnt.
func talosEphemeral(path string) bool {
	return (path == "/var" || strings.HasPrefix(path, "/var/")) && !strings.HasPrefix(path, "/var/mnt/")
}

func volumeEphemeral(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, v := range s.Volumes {
		switch {
		case v.Source == "emptyDir" && data(s, v):
			out = append(out, one(finding.Critical, s.subject(), "data lies in an emptyDir: it goes when the pod goes", where(v), "mount a PersistentVolumeClaim at "+v.Mount, linkReclaim)...)
		case v.Talos && talosEphemeral(v.Path):
			out = append(out, one(finding.Warning, s.subject(), "data lies on Talos' EPHEMERAL partition, which talosctl reset wipes", where(v),
				"keep it on a user volume (UserVolumeConfig, below /var/mnt) or a disk of its own", linkTalosReset)...)
		}
	}
	return out
}

// data reports whether a mount is one that the server keeps objects in, not
// one for logs or temporary files.
func data(s Server, v Volume) bool {
	volumes, ok := s.variable("RUSTFS_VOLUMES")
	if !ok || volumes.Value == "" {
		return strings.HasPrefix(v.Mount, "/data")
	}
	for path := range strings.FieldsSeq(volumes.Value) {
		_, after, found := strings.Cut(path, "://")
		if found {
			if i := strings.Index(after, "/"); i >= 0 {
				path = after[i:]
			}
		}
		path, _, _ = strings.Cut(path, "{") // /data/rustfs{0...3}
		if path == v.Mount || strings.HasPrefix(path, strings.TrimSuffix(v.Mount, "/")+"/") || strings.HasPrefix(v.Mount, path) {
			return true
		}
	}
	return false
}

func volumeReclaim(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, v := range s.Volumes {
		if v.Reclaim == "Delete" && data(s, v) {
			out = append(out, one(finding.Warning, s.subject(), "deleting the claim deletes the data", where(v)+", reclaim policy Delete",
				fmt.Sprintf(`kubectl patch pv %s -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'`, v.Name), linkReclaim)...)
		}
	}
	return out
}
