package host

import (
	"slices"
	"strings"
)

// isProxy says whether a NAME=VALUE pair sends requests through a proxy; none can be reached from a sandbox's network.
func isProxy(pair string) bool {
	name, _, _ := strings.Cut(strings.ToLower(pair), "=")

	return name == "http_proxy" || name == "https_proxy" || name == "all_proxy"
}

// WithoutProxies drops the proxies from an environment.
func WithoutProxies(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), isProxy)
}

// BypassProxies keeps an environment's proxies, if it has any, away from a subnet.
func BypassProxies(env []string, subnet string) []string {
	if !slices.ContainsFunc(env, isProxy) {
		return env
	}

	bypass := subnet

	env = slices.DeleteFunc(slices.Clone(env), func(pair string) bool {
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(name, "no_proxy") && value != "" {
			bypass += "," + value

			return true
		}

		return false
	})

	return append(env, "NO_PROXY="+bypass, "no_proxy="+bypass)
}
