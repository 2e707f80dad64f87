package diagnosis

import (
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/finding"
)

func networkRules() []Rule {
	return []Rule{
		{Rule: finding.Rule{Name: "route-without-tls", Asks: "do ways from outside carry keys and data in the clear"}, server: routeWithoutTLS},
		{Rule: finding.Rule{Name: "no-tls", Asks: "does the server itself speak TLS"}, server: noTLS},
		{Rule: finding.Rule{Name: "any-host-route", Asks: "does a route take every host"}, server: anyHost},
		{Rule: finding.Rule{Name: "ingress-signature", Asks: "do ways from outside break signatures (only with --ingress)"}, server: ingressSignature},
		{Rule: finding.Rule{Name: "ingress-answer", Asks: "do ways from outside lead to the server (only with --ingress)"}, server: ingressAnswer},
		{Rule: finding.Rule{Name: "ingress-dns", Asks: "where do the hosts of routes lead (only with --ingress)"}, server: ingressDNS},
		{Rule: finding.Rule{Name: "cors-variable", Asks: "may pages of every origin use the server"}, server: corsVariable},
	}
}

func routeWithoutTLS(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, r := range s.Routes {
		if r.TLS == "no" {
			out = append(out, one(finding.Warning, r.ID, "the way from outside is plain HTTP: objects and session keys can be read on the way", hosts(r),
				"add tls to "+r.ID+", with a certificate for its hosts", "https://kubernetes.io/docs/concepts/services-networking/ingress/#tls")...)
		}
	}
	return out
}

func hosts(r Route) string {
	if len(r.Hosts) == 0 {
		return "every host"
	}
	return "hosts: " + strings.Join(r.Hosts, ", ")
}

func noTLS(s Server, _ time.Time) []finding.Finding {
	if s.Scheme != "http" {
		return nil
	}
	severity, what := finding.Info, "inside the cluster, the server speaks plain HTTP"
	if s.Outside {
		severity, what = finding.Warning, "the server speaks plain HTTP"
	}
	return one(severity, s.subject(), what, "scheme http", "mount rustfs_cert.pem and rustfs_key.pem and set RUSTFS_TLS_PATH to their directory", "https://docs.rustfs.com/integration/tls-configured.html")
}

func anyHost(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, r := range s.Routes {
		if len(r.Hosts) == 0 && r.TLS != "unknown" {
			out = append(out, one(finding.Info, r.ID, "the route takes requests for every host", r.ID, "name the host in the route", "")...)
		}
	}
	return out
}

func ingressSignature(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, r := range s.Routes {
		for _, p := range r.Probes {
			if p.Signed {
				out = append(out, one(finding.Critical, r.ID, "signatures break on this way: something changes the Host header or the path", p.URL+" answers "+p.Answer+", the pod itself accepts the same key",
					"let the proxy pass Host and path unchanged (nginx: upstream-vhost off; Traefik: passHostHeader: true), and add no prefix", "")...)
			}
		}
	}
	return out
}

func ingressAnswer(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, r := range s.Routes {
		for _, p := range r.Probes {
			if p.Answer != "ok" && !p.Signed {
				out = append(out, one(finding.Warning, r.ID, "the way from outside does not lead to the server", p.URL+": "+p.Answer, describe(r.ID), "")...)
			}
		}
	}
	return out
}

// describe is the command that shows a route.
func describe(id string) string {
	parts := strings.SplitN(id, "/", 3)
	if len(parts) != 3 {
		return ""
	}
	return "kubectl describe " + parts[0] + " -n " + parts[1] + " " + parts[2]
}

func ingressDNS(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, r := range s.Routes {
		for _, p := range r.Probes {
			switch p.DNS {
			case "none":
				out = append(out, one(finding.Warning, r.ID, "the host has no address here", p.URL, "add a DNS record, or try the ingress by its address: kubectl rustfs doctor --ingress --ingress-via ADDRESS:PORT", "")...)
			case "public":
				out = append(out, one(finding.Info, r.ID, "the host resolves to a public address here", p.URL, "", "")...)
			}
		}
	}
	return out
}

func corsVariable(s Server, _ time.Time) []finding.Finding {
	var out []finding.Finding
	for _, of := range [][2]string{{"RUSTFS_CORS_ALLOWED_ORIGINS", "the S3 API"}, {"RUSTFS_CONSOLE_CORS_ALLOWED_ORIGINS", "the console"}} {
		name, what := of[0], "pages of every origin may use "+of[1]
		if v, ok := s.variable(name); ok && strings.Contains(v.Value, "*") {
			out = append(out, one(finding.Warning, s.subject(), what+" from a visitor's browser", name+"="+v.Value+" from "+v.Origin,
				s.setEnv(name+"=https://YOUR-PAGE"), "")...)
		}
	}
	return out
}
