package older

import "strings"

// came says with which version a route came: a prefix of "METHOD route" below
// /rustfs/admin/v3/, or of "route" for all methods. The alphas and betas in
// between count as the next version that is emulated: what came with alpha.87
// is in beta.7.
func came() map[string]Version {
	return map[string]Version{
		// alpha.84 to alpha.91
		"DELETE group/":          Beta7,
		"add-service-account":    Beta7,
		"delete-service-account": Beta7,
		"idp/builtin/":           Beta7,
		"info-access-key":        Beta7,
		"list-access-keys-bulk":  Beta7,
		"set-policy":             Beta7,
		"temporary-account-info": Beta7,
		"set-bucket-quota":       Beta7,
		"get-bucket-quota":       Beta7,
		"export-bucket-metadata": Beta7,
		"import-bucket-metadata": Beta7,
		"scanner/status":         Beta7,
		"config":                 Beta7,
		"get-config-kv":          Beta7,
		"set-config-kv":          Beta7,
		"del-config-kv":          Beta7,
		// beta.9 to rc.3
		"ilm/expiry/status": RC3,
		"import-iam-v2":     RC3,
		"revoke-tokens/":    RC3,
		"service":           RC3,
		"trace":             RC3,
		"usage/":            RC3,
		// 1.0.0 and 1.0.1
		"account/":            newest,
		"mfa/":                newest,
		"user/mfa":            newest,
		"set-user-secret-key": newest,
		"integrity/":          newest,
		"realtime":            newest,
	}
}

// lacks reports that the version does not know a route.
func (p *proxy) lacks(method, route string) bool {
	for pattern, with := range came() {
		m, rest, ok := strings.Cut(pattern, " ")
		if !ok {
			m, rest = method, pattern
		}
		hit := route == rest || strings.HasSuffix(rest, "/") && strings.HasPrefix(route, rest)
		if hit && m == method && p.version < with {
			return true
		}
	}
	return false
}
