package kube

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Route is a way from outside to a Service of a server: an Ingress, a Gateway
// API HTTPRoute or a Traefik IngressRoute.
type Route struct {
	Kind, Namespace, Name string
	Hosts                 []string
	Path                  string
	Service               string // NAMESPACE/NAME
	Port                  string // number or name, of the Service
	TLS                   string // "yes", "no"; "unknown": the Gateway says it
	Console               bool   // it leads to the web console's port
	Annotations           map[string]string
}

// Whether a route ends TLS.
const (
	TLSYes     = "yes"
	TLSNo      = "no"
	TLSUnknown = "unknown"
)

// ID names the route as kubectl would.
func (r Route) ID() string { return strings.ToLower(r.Kind) + "/" + r.Namespace + "/" + r.Name }

// Routes are the ways that lead to a server's Services. unread says what could
// not be looked at; kinds that the cluster does not have are no loss.
func (c *Client) Routes(ctx context.Context, s Server) (routes []Route, unread []string, err error) {
	services, err := listAll[corev1.Service](ctx, c, coreAPI, "services", s.Namespace)
	if apierrors.IsForbidden(err) {
		return nil, []string{"services in namespace " + s.Namespace + " (forbidden), and so no ingress"}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	services = slices.DeleteFunc(services, func(svc corev1.Service) bool { return !selects(svc, s.Pods) })
	for _, read := range []func(context.Context, string) ([]Route, string, error){c.ingresses, c.httpRoutes, c.ingressRoutes} {
		found, missed, err := read(ctx, s.Namespace)
		if err != nil && !apierrors.IsNotFound(err) {
			return nil, nil, err
		}
		if missed != "" {
			unread = append(unread, missed)
		}
		for _, r := range found {
			for _, svc := range services {
				if r.Service == svc.Namespace+"/"+svc.Name {
					r.Console = consolePort(svc, r.Port)
					routes = append(routes, r)
				}
			}
		}
	}
	slices.SortFunc(routes, func(a, b Route) int { return cmp.Or(cmp.Compare(a.ID(), b.ID()), cmp.Compare(a.Service, b.Service)) })
	return routes, unread, nil
}

func selects(svc corev1.Service, pods []corev1.Pod) bool {
	if len(svc.Spec.Selector) == 0 {
		return false
	}
	selector := labels.SelectorFromSet(svc.Spec.Selector)
	return slices.ContainsFunc(pods, func(p corev1.Pod) bool { return selector.Matches(labels.Set(p.Labels)) })
}

// consolePort tells the console from the API: by the port's name, else by
// RustFS' default number.
func consolePort(svc corev1.Service, port string) bool {
	for _, p := range svc.Spec.Ports {
		if fmt.Sprint(p.Port) == port || p.Name == port {
			return strings.Contains(p.Name, "console") || p.TargetPort.String() == "console" || p.TargetPort.IntValue() == 9001 || p.Port == 9001
		}
	}
	return false
}

type ingress struct {
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		TLS   []struct{ Hosts []string } `json:"tls"`
		Rules []struct {
			Host string `json:"host"`
			HTTP struct {
				Paths []struct {
					Path    string `json:"path"`
					Backend struct {
						Service struct {
							Name string `json:"name"`
							Port struct {
								Name   string `json:"name"`
								Number int    `json:"number"`
							} `json:"port"`
						} `json:"service"`
					} `json:"backend"`
				} `json:"paths"`
			} `json:"http"`
		} `json:"rules"`
	} `json:"spec"`
}

func (c *Client) ingresses(ctx context.Context, namespace string) ([]Route, string, error) {
	list, err := listAll[ingress](ctx, c, networkingAPI, "ingresses", namespace)
	if apierrors.IsForbidden(err) {
		return nil, "ingresses in namespace " + namespace + " (forbidden)", nil
	}
	var out []Route
	for _, i := range list {
		for _, r := range i.Spec.Rules {
			for _, p := range r.HTTP.Paths {
				port := p.Backend.Service.Port.Name
				if port == "" {
					port = fmt.Sprint(p.Backend.Service.Port.Number)
				}
				route := Route{
					Kind: "Ingress", Namespace: i.Namespace, Name: i.Name, Path: p.Path, Annotations: i.Annotations,
					Service: i.Namespace + "/" + p.Backend.Service.Name, Port: port, TLS: TLSNo,
				}
				if r.Host != "" {
					route.Hosts = []string{r.Host}
				}
				for _, t := range i.Spec.TLS {
					if len(t.Hosts) == 0 || slices.ContainsFunc(t.Hosts, func(h string) bool { return covers(h, r.Host) }) {
						route.TLS = TLSYes
					}
				}
				out = append(out, route)
			}
		}
	}
	return out, "", err
}

// covers reports whether a name of a certificate covers a host.
func covers(pattern, host string) bool {
	if suffix, ok := strings.CutPrefix(pattern, "*"); ok {
		first, rest, _ := strings.Cut(host, ".")
		return first != "" && "."+rest == suffix
	}
	return pattern == host
}

type httpRoute struct {
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		Hostnames []string `json:"hostnames"`
		Rules     []struct {
			BackendRefs []struct {
				Name      string `json:"name"`
				Namespace string `json:"namespace"`
				Port      int    `json:"port"`
			} `json:"backendRefs"`
		} `json:"rules"`
	} `json:"spec"`
}

func (c *Client) httpRoutes(ctx context.Context, namespace string) ([]Route, string, error) {
	list, unread, err := listWidely[httpRoute](ctx, c, gatewayAPI, "httproutes", namespace)
	var out []Route
	for _, h := range list {
		for _, r := range h.Spec.Rules {
			for _, b := range r.BackendRefs {
				out = append(out, Route{
					Kind: "HTTPRoute", Namespace: h.Namespace, Name: h.Name, Hosts: h.Spec.Hostnames, Annotations: h.Annotations,
					Service: cmp.Or(b.Namespace, h.Namespace) + "/" + b.Name, Port: fmt.Sprint(b.Port), TLS: TLSUnknown,
				})
			}
		}
	}
	return out, unread, err
}

type ingressRoute struct {
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		TLS    *struct{} `json:"tls"`
		Routes []struct {
			Match    string `json:"match"`
			Services []struct {
				Name      string `json:"name"`
				Namespace string `json:"namespace"`
				Port      any    `json:"port"` // number or name
			} `json:"services"`
		} `json:"routes"`
	} `json:"spec"`
}

// hostMatch finds the hosts in a Traefik rule: Host(`a`, `b`).
var hostMatch = regexp.MustCompile(`\bHost\(([^)]*)\)`)

func (c *Client) ingressRoutes(ctx context.Context, namespace string) ([]Route, string, error) {
	list, unread, err := listWidely[ingressRoute](ctx, c, traefikAPI, "ingressroutes", namespace)
	var out []Route
	for _, i := range list {
		tls := TLSNo
		if i.Spec.TLS != nil {
			tls = TLSYes
		}
		for _, r := range i.Spec.Routes {
			for _, s := range r.Services {
				out = append(out, Route{
					Kind: "IngressRoute", Namespace: i.Namespace, Name: i.Name, Hosts: matchHosts(r.Match), Annotations: i.Annotations,
					Service: cmp.Or(s.Namespace, i.Namespace) + "/" + s.Name, Port: fmt.Sprint(s.Port), TLS: tls,
				})
			}
		}
	}
	return out, unread, err
}

func matchHosts(rule string) []string {
	var hosts []string
	for _, m := range hostMatch.FindAllStringSubmatch(rule, -1) {
		for part := range strings.SplitSeq(m[1], ",") {
			if h := strings.Trim(strings.TrimSpace(part), "`\"'"); h != "" {
				hosts = append(hosts, h)
			}
		}
	}
	return hosts
}
