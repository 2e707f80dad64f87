package rustfs

import (
	"net/http"
	"strings"
)

// adminRoute is one route of the admin API: "METHOD name"; a name that ends
// in a slash takes one more path segment.
type adminRoute func(c *call, arg string) *apiError

// adminRoutes are the routes below /rustfs/admin/v3/. Everything else is 501
// NotImplemented, the capability probe of clients.
func adminRoutes() map[string]adminRoute {
	return map[string]adminRoute{
		"GET list-users":          (*call).listUsers,
		"GET user-info":           (*call).userInfo,
		"PUT add-user":            (*call).addUser,
		"PUT set-user-status":     (*call).setUserStatus,
		"PUT set-user-secret-key": (*call).setUserSecretKey,
		"DELETE remove-user":      (*call).removeUser,

		"GET groups":               (*call).listGroups,
		"GET group":                (*call).groupInfo,
		"PUT update-group-members": (*call).updateGroupMembers,
		"PUT set-group-status":     (*call).setGroupStatus,
		"DELETE group/":            (*call).deleteGroup,

		"GET list-canned-policies":        (*call).listPolicies,
		"GET info-canned-policy":          (*call).policyInfo,
		"PUT add-canned-policy":           (*call).addPolicy,
		"DELETE remove-canned-policy":     (*call).removePolicy,
		"PUT set-user-or-group-policy":    (*call).setPolicy,
		"PUT set-policy":                  (*call).setPolicy,
		"POST idp/builtin/policy/attach":  (*call).attachPolicy,
		"POST idp/builtin/policy/detach":  (*call).detachPolicy,
		"GET idp/builtin/policy-entities": (*call).policyEntities,
		"PUT add-service-accounts":        (*call).addKey,
		"PUT add-service-account":         (*call).addKey,
		"GET list-service-accounts":       (*call).listKeys,
		"GET info-service-account":        (*call).keyInfo,
		"POST update-service-account":     (*call).updateKey,
		"DELETE delete-service-accounts":  (*call).deleteKey,
		"DELETE delete-service-account":   (*call).deleteKey,
		"GET list-access-keys-bulk":       (*call).listKeysBulk,
		"GET info-access-key":             (*call).accessKeyInfo,
		"GET temporary-account-info":      (*call).temporaryInfo,
		"POST revoke-tokens/builtin":      (*call).revokeTokens,
		"GET is-admin":                    (*call).isAdmin,
		"GET accountinfo":                 (*call).accountInfo,
		"GET account/info":                (*call).ownAccount,
		"POST account/password":           (*call).changePassword,
		"GET account/mfa":                 (*call).ownMFA,
		"GET mfa/challenge":               (*call).challengeMFA,
		"GET user/mfa":                    (*call).userMFA,
		"DELETE user/mfa":                 (*call).resetMFA,
		"GET info":                        (*call).serverInfo,
		"GET storageinfo":                 (*call).storageInfo,
		"GET datausageinfo":               (*call).dataUsage,
		"GET usage/":                      (*call).prefixUsage,
		"GET ilm/expiry/status":           (*call).expiryStatus,
		"GET scanner/status":              (*call).backgroundStatus,
		"GET kms/status":                  (*call).kmsStatus,
		"GET kms/service-status":          (*call).kmsServiceStatus,
		"GET config":                      (*call).config,
		"GET get-config-kv":               (*call).configKV,
		"GET realtime":                    (*call).realtime,
		"GET trace":                       (*call).trace,
		"GET pools/list":                  (*call).poolsList,
		"POST service":                    (*call).serviceAction,
		"PUT quota/":                      (*call).putQuota,
		"GET quota/":                      (*call).getQuota,
		"DELETE quota/":                   (*call).deleteQuota,
		"GET quota-stats/":                (*call).quotaStats,
		"POST quota-check/":               (*call).quotaCheck,
		"PUT set-bucket-quota":            (*call).putBucketQuota,
		"GET get-bucket-quota":            (*call).getBucketQuota,
		"GET export-iam":                  (*call).exportIAM,
		"GET export-bucket-metadata":      (*call).exportBuckets,
		"PUT import-iam":                  (*call).importIAM,
		"PUT import-iam-v2":               (*call).importIAM,
	}
}

// admin dispatches an authenticated admin request.
func (c *call) admin() *apiError {
	name, ok := strings.CutPrefix(c.path, adminPrefix)
	if !ok {
		if c.path == "/rustfs/admin/v4/runtime/capabilities" && c.r.Method == http.MethodGet {
			return c.runtimeCapabilities()
		}
		if strings.HasPrefix(c.path, "/rustfs/admin/v4/") || strings.HasPrefix(c.path, "/minio/admin/v4/") {
			c.w.WriteHeader(http.StatusUpgradeRequired)
			return nil
		}
		return fail("NotImplemented")
	}
	routes := adminRoutes()
	if route, ok := routes[c.r.Method+" "+name]; ok {
		return route(c, "")
	}
	if head, arg, ok := strings.Cut(name, "/"); ok && arg != "" {
		if route, ok := routes[c.r.Method+" "+head+"/"]; ok {
			return route(c, arg)
		}
	}
	return fail("NotImplemented")
}

// done is the empty answer of mutations: 200, application/json, no body.
func (c *call) done() *apiError {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Header().Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// ok answers 200 with a JSON document.
func (c *call) ok(value any) *apiError {
	c.json(http.StatusOK, value)
	return nil
}

// jsonBody reads a JSON object; the error text is what most routes answer.
func (c *call) jsonBody() (object, *apiError) {
	data, err := c.readBody(adminBodyLimit)
	if err != nil {
		return object{}, err
	}
	o, serr := decodeObject(data)
	if serr != nil {
		return o, invalidJSON(serr)
	}
	return o, nil
}

func invalidJSON(e *serdeError) *apiError { return fail("InvalidRequest", "invalid JSON: "+e.Error()) }

// noSuchUser, noSuchGroup and noSuchKey are the 404s of the IAM routes.
func noSuchUser(n string) *apiError {
	return fail("NoSuchResource", "user '"+n+"' does not exist")
}

func noSuchGroup(n string) *apiError {
	return fail("NoSuchResource", "group '"+n+"' does not exist")
}

func noSuchKey(n string) *apiError {
	return fail("NoSuchResource", "service account '"+n+"' does not exist")
}

// emptyAccessKey is the 400 for a missing accessKey parameter.
func emptyAccessKey() *apiError { return fail("InvalidArgument", "access key is empty") }

// bucketFilter decodes the strict query of the two list routes: once there is
// a query, bucket is mandatory.
func (c *call) bucketFilter() (string, *apiError) {
	if c.r.URL.RawQuery != "" && !c.query.Has("bucket") {
		return "", fail("InvalidArgument", "failed to decode query")
	}
	return c.query.Get("bucket"), nil
}
