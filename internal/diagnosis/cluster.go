package diagnosis

import (
	"slices"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

// linkMinIO is one of the threads about images that are gone.
const linkMinIO = "https://github.com/minio/minio/issues/21724"

func clusterRules() []Rule {
	return []Rule{
		{Rule: finding.Rule{Name: "minio-images", Asks: "are there workloads whose images are gone from Docker Hub: minio/minio, minio/mc"}, cluster: minioImages},
		{Rule: finding.Rule{Name: "mc-rm-without-force", Asks: "are there clean-up jobs that delete nothing"}, cluster: mcRemove},
		{Rule: finding.Rule{Name: "not-looked-at", Asks: "what could not be looked at"}, cluster: notLooked},
	}
}

// goneFromHub are the repositories of Docker Hub that MinIO no longer keeps.
func goneFromHub(image string) bool {
	image, _, _ = strings.Cut(image, "@")
	slash := strings.LastIndex(image, "/")
	if colon := strings.LastIndex(image, ":"); colon > slash {
		image = image[:colon]
	}
	for _, registry := range []string{"docker.io/", "index.docker.io/", "registry-1.docker.io/"} {
		image = strings.TrimPrefix(image, registry)
	}
	return image == "minio/minio" || image == "minio/mc"
}

func minioImages(c Cluster) []finding.Finding {
	var out []finding.Finding
	for _, w := range c.Workloads {
		for _, ct := range w.Containers {
			if goneFromHub(ct.Image) {
				out = append(out, one(finding.Warning, w.ID, "it runs an image that is gone from Docker Hub: its next start on another node fails", "container "+ct.Name+", image "+ct.Image,
					"for mc use rustfs/rc or kubectl rustfs; keep a copy of the image in your own registry until then", linkMinIO)...)
			}
		}
	}
	return out
}

// mcRemove finds "mc rm --recursive" without --force, which refuses to delete
// anything (mc cmd/rm-main.go, checkRmSyntax).
func mcRemove(c Cluster) []finding.Finding {
	var out []finding.Finding
	for _, w := range c.Workloads {
		for _, ct := range w.Containers {
			if line := removeWithoutForce(ct.Command); line != "" {
				out = append(out, one(finding.Warning, w.ID, "mc rm --recursive without --force ends with an error and deletes nothing", line,
					"add --force, or let the server do it: kubectl rustfs bucket lifecycle add --help", linkLifecycle)...)
			}
		}
	}
	return out
}

// removeWithoutForce finds the command in a shell's script or in the words of
// the command line itself.
func removeWithoutForce(command []string) string {
	lines := strings.Split(strings.ReplaceAll(strings.Join(command, " "), "\\\n", " "), "\n")
	for _, line := range lines {
		for part := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ';' || r == '&' || r == '|' }) {
			w := strings.Fields(part)
			i := slices.IndexFunc(w, func(s string) bool { return s == "mc" || strings.HasSuffix(s, "/mc") })
			if i < 0 || !slices.Contains(w[i:], "rm") {
				continue
			}
			recursive := slices.ContainsFunc(w[i:], func(s string) bool { return s == "--recursive" || s == "-r" })
			forced := slices.ContainsFunc(w[i:], func(s string) bool { return s == "--force" || s == "--dangerous" })
			if recursive && !forced {
				return strings.Join(w[i:], " ")
			}
		}
	}
	return ""
}

func notLooked(c Cluster) []finding.Finding {
	var out []finding.Finding
	for _, what := range c.NotLooked {
		out = append(out, one(finding.Info, "cluster", "not looked at: "+what, "", "", "")...)
	}
	for _, s := range c.Servers {
		for _, what := range s.NotLooked {
			out = append(out, one(finding.Info, s.subject(), "not looked at: "+what, "", "", "")...)
		}
	}
	return out
}
