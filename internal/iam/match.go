package iam

import (
	"path"
	"strings"
)

// Wildcard compares a name with a pattern: * is any run of bytes, slashes
// too, ? is one byte. Nothing but the empty pattern fits the empty name, "*"
// apart. (rustfs-policy src/policy/utils/wildcard.rs)
func Wildcard(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	star, mark, i, j := -1, 0, 0, 0
	for i < len(name) {
		switch {
		case j < len(pattern) && pattern[j] == '*':
			star, mark = j, i
			j++
		case j < len(pattern) && (pattern[j] == '?' || pattern[j] == name[i]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	return strings.Trim(pattern[j:], "*") == ""
}

// principalMatches compares the name that a request is signed with with a
// principal of a bucket's policy. It is the looser of the server's two
// comparisons: a ? that meets the end of the name fits, whatever follows it.
func principalMatches(pattern, name string) bool {
	if Wildcard(pattern, name) {
		return true
	}
	for i := range len(pattern) {
		if pattern[i] == '?' && Wildcard(pattern[:i], name) {
			return true
		}
	}
	return false
}

// resourceOf is the text that resources are compared with. Whatever stands in
// a key, the path is made short first: "b/x//y/" is "b/x/y", and "b/x/../y" is
// "b/y"; a bucket by itself is "b". (rustfs-policy src/policy/statement.rs,
// src/policy/utils/path.rs)
func resourceOf(action, bucket, key string, bucketOnly bool) string {
	switch action {
	case "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads":
		if bucketOnly {
			key = ""
		}
	}
	if strings.HasPrefix(key, "/") {
		return path.Clean(bucket + key)
	}
	return path.Clean(bucket + "/" + key)
}

// fits compares a resource of a policy, without its ARN, with what
// resourceOf made.
func fits(pattern, resource string) bool {
	return resource != "." && (resource == pattern || Wildcard(pattern, resource))
}
