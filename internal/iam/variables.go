package iam

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// identity is who a request comes from, as far as policies can tell.
type identity struct {
	account string // whose policy is evaluated: a user, or the key of a key's own policy
	parent  string // of an access key; empty for users
	now     time.Time
}

// lookup is the value of a policy variable; ok is false for one that stays in
// the text as it is. A user has no aws:userid, its access keys have the
// user's name. (rustfs-policy src/policy/variables.rs)
func (id identity) lookup(name string) (value string, ok bool) {
	switch name {
	case "aws:username":
		if id.parent != "" {
			return id.parent, true
		}
		return id.account, true
	case "aws:userid":
		return id.parent, id.parent != ""
	case "aws:PrincipalType":
		if id.parent != "" {
			return "ServiceAccount", true
		}
		return "User", true
	case "aws:SecureTransport":
		return "false", true
	case "aws:CurrentTime":
		return id.now.UTC().Format(time.RFC3339Nano), true
	case "aws:EpochTime":
		return strconv.FormatInt(id.now.Unix(), 10), true
	case "aws:AccountId":
		return id.account, true
	}
	return "", false
}

// substitutions limits how often variables are replaced in one text, and
// variableLimit how long it may get. A user may be named like a variable.
const (
	substitutions = 64
	variableLimit = 1 << 14
)

// expand replaces the ${…} of a pattern. nil expands nothing, as in the
// policies of buckets.
func (id *identity) expand(pattern string) string {
	if id == nil || !strings.Contains(pattern, "${") {
		return pattern
	}
	left := substitutions
	return id.expandN(pattern, &left)
}

func (id *identity) expandN(text string, left *int) string {
	start := 0
	for *left > 0 && len(text) <= variableLimit {
		at := strings.Index(text[start:], "${")
		if at < 0 {
			break
		}
		at += start
		end := closing(text, at+2)
		if end < 0 {
			break
		}
		name := text[at+2 : end]
		if strings.Contains(name, "${") {
			*left--
			text, start = text[:at]+id.expandN(name, left)+text[end+1:], 0
			continue
		}
		value, ok := id.lookup(name)
		if !ok {
			start = end + 1
			continue
		}
		*left--
		text, start = text[:at]+value+text[end+1:], 0
	}
	return text
}

// closing is where the brace that was opened before from is closed; -1 if
// nowhere.
func closing(text string, from int) int {
	open := 1
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '{':
			open++
		case '}':
			open--
		}
		if open == 0 {
			return i
		}
	}
	return -1
}

// commonKeys are the condition keys whose values a text may ask for beside
// the variables, in the server's order; spelled ${aws:aws:username}, because
// the server puts the family in front of a name that has it.
// (rustfs-policy src/policy/function/key_name.rs)
func commonKeys() []string {
	return []string{
		"s3:signatureversion", "s3:authType", "s3:signatureAge", "s3:x-amz-content-sha256", "s3:LocationConstraint", "s3:versionid",
		"aws:Referer", "aws:SourceIp", "aws:UserAgent", "aws:SecureTransport", "aws:CurrentTime", "aws:EpochTime", "aws:principaltype",
		"aws:userid", "aws:username", "aws:groups",
		"ldap:user", "ldap:username", "ldap:groups",
		"jwt:sub", "jwt:iss", "jwt:aud", "jwt:jti", "jwt:name", "jwt:upn", "jwt:groups", "jwt:roles", "jwt:given_name", "jwt:family_name",
		"jwt:middle_name", "jwt:nickname", "jwt:preferred_username", "jwt:profile", "jwt:picture", "jwt:website", "jwt:email",
		"jwt:gender", "jwt:birthdate", "jwt:phone_number", "jwt:address", "jwt:scope", "jwt:client_id",
	}
}

// conditionKeys are all names of condition keys.
func conditionKeys() []string {
	return append(commonKeys(),
		"s3:x-amz-copy-source", "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-customer-algorithm", "s3:x-amz-acl",
		"s3:VersionId", "s3:object-lock-retain-until-date", "s3:object-lock-legal-hold", "s3:object-lock-mode", "s3:max-keys",
		"s3:x-amz-metadata-directive", "s3:x-amz-storage-class", "s3:prefix", "s3:delimiter", "s3:x-amz-grant-full-control",
		"s3:x-amz-grant-read", "s3:x-amz-grant-write", "s3:x-amz-grant-read-acp", "s3:x-amz-grant-write-acp", "s3:ExistingObjectTag",
		"s3:RequestObjectTagKeys", "s3:RequestObjectTag", "svc:DurationSeconds", "sts:DurationSeconds", "aws:SourceArn", "aws:SourceAccount",
	)
}

// ConditionKey turns the name of a condition key into the one that the values
// of a request have: "aws:SourceIp" into "SourceIp", and
// "s3:ExistingObjectTag/env" into "ExistingObjectTag/env".
func ConditionKey(name string) (key string, ok bool) {
	base, variable, more := strings.Cut(name, "/")
	if !slices.Contains(conditionKeys(), base) {
		return "", false
	}
	if base == "s3:VersionId" {
		base = "s3:versionid"
	}
	_, key, _ = strings.Cut(base, ":")
	if more {
		key += "/" + variable
	}
	return key, true
}

// common replaces the ${aws:aws:username} of a text; only the first key that
// has a value where one is enough.
func common(text string, values map[string][]string, one bool) string {
	if !one && !strings.Contains(text, "${") {
		return text
	}
	for _, full := range commonKeys() {
		family, name, _ := strings.Cut(full, ":")
		if v := values[name]; len(v) > 0 && v[0] != "" {
			text = strings.ReplaceAll(text, "${"+family+":"+full+"}", v[0])
			if one {
				return text
			}
		}
	}
	return text
}
