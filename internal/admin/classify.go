package admin

import (
	"errors"
	"slices"
	"strings"
)

// says reports whether err is an answer with one of the codes under which
// RustFS hides what it means, and one of the phrases in its message. The texts
// are the same in all versions, codes and statuses are not.
// (crates/iam/src/error.rs)
func says(err error, phrases ...string) bool {
	var e *Error
	if !errors.As(err, &e) || !slices.Contains([]string{"InternalError", "InvalidRequest", "InvalidArgument", "IAMActionNotAllowed"}, e.Code) {
		return false
	}
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(e.Message, p) })
}

// IsNotFound reports that the server has no user, group, policy or access key
// of the name: 404 from beta.1 on, for policies from 1.0 on, else 500 or 400
// with a message.
func IsNotFound(err error) bool {
	return IsCode(err, "NoSuchResource") || says(err,
		"does not exist", "user not exist", "user not found", "target user not exist",
		"service account not exist", "access key not exist", "get service account failed")
}

// IsInUse reports that a policy is attached to somebody, or that a group has
// members.
func IsInUse(err error) bool {
	return says(err, "policy in use", "group not empty", "group is not empty")
}

// IsKeyNotUser reports that the name of a user is that of an access key.
func IsKeyNotUser(err error) bool { return says(err, "action not allowed") }

// IsDenied reports that the key in use may not do it.
func IsDenied(err error) bool { return IsCode(err, "AccessDenied") }
