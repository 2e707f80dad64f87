package older

// Lacks names the cases of the contract suites that a version cannot pass,
// with the reason.
func Lacks(v Version) map[string]string {
	const capabilities = "which routes it has is in versions.json"
	return map[Version]map[string]string{
		Alpha82: {
			"the root key has all capabilities":              capabilities,
			"temporary keys end when they are revoked":       "POST revoke-tokens came with beta.9",
			"a bucket of another cannot be created":          "it says BucketAlreadyOwnedByYou to everybody",
			"versioning of a missing bucket is NoSuchBucket": "it does not look whether the bucket is there",
		},
		Beta7: {
			"the root key has all capabilities":        capabilities,
			"temporary keys end when they are revoked": "POST revoke-tokens came with beta.9",
			"an access key is switched off by root":    "from alpha.99 to rc.1 only the parent of a key may change it",
		},
		RC3: {
			"the root key has all capabilities": capabilities,
		},
	}[v]
}
