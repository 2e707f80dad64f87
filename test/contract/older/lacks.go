package older

// Lacks names the cases of the contract suites that a version cannot pass,
// with the reason.
func Lacks(v Version) map[string]string {
	const (
		capabilities = "which routes it has is in versions.json"
		noExpiry     = "GET ilm/expiry/status came with beta.12"
		noTrace      = "GET trace came with beta.9"
		noPrefixes   = "GET usage/{bucket} came with rc.3"
		wholeKey     = "up to beta.11 the prefix of a list of uploads is a whole key"
		anyKey       = "up to beta any key may ask GET metrics"
		parentAlone  = "from alpha.99 to rc.1 only the parent of a key may change it"
	)
	return map[Version]map[string]string{
		Alpha82: {
			"the root key has all capabilities":              capabilities,
			"temporary keys end when they are revoked":       "POST revoke-tokens came with beta.9",
			"a bucket of another cannot be created":          "it says BucketAlreadyOwnedByYou to everybody",
			"versioning of a missing bucket is NoSuchBucket": "it does not look whether the bucket is there",
			"a bucket's settings are exported":               "GET export-bucket-metadata came with alpha.91",
			"the configuration has defaults":                 "GET config came with the betas",
			"the scanner tells how old its figures are":      "GET scanner/status came with the betas",
			"the server tells whether it expires objects":    "GET scanner/status came with the betas",
			"what expired is measured":                       noExpiry,
			"the scanner can be watched":                     noTrace,
			"usage is counted by prefix":                     noPrefixes,
			"unfinished uploads are told":                    wholeKey,
			"a user without rights may not see the scanner":  "GET scanner/status came with the betas",
			"a user without rights may not see the expiry":   "GET scanner/status came with the betas",
			"a user without rights may not see the settings": "GET config came with the betas",
			"a user without rights may not see the metrics":  anyKey,
		},
		Beta7: {
			"the root key has all capabilities":             capabilities,
			"temporary keys end when they are revoked":      "POST revoke-tokens came with beta.9",
			"an access key is switched off by root":         parentAlone,
			"an access key is changed":                      parentAlone,
			"the scanner tells how old its figures are":     "its GET scanner/status tells no times",
			"what expired is measured":                      noExpiry,
			"the scanner can be watched":                    noTrace,
			"usage is counted by prefix":                    noPrefixes,
			"unfinished uploads are told":                   wholeKey,
			"a user without rights may not see the metrics": anyKey,
		},
		RC3: {
			"the root key has all capabilities": capabilities,
		},
	}[v]
}
