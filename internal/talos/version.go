package talos

import (
	"regexp"
	"strconv"
)

var versionNumbers = regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})`)

// recoversManyAddresses says whether a Talos release restores etcd on a node
// with more than one etcd address: fixed in 1.10.5 and 1.11.0 (talos#11257).
// A version nobody can read counts as old.
func recoversManyAddresses(tag string) bool {
	m := versionNumbers.FindStringSubmatch(tag)
	if m == nil {
		return false
	}
	var v [3]int
	for i := range v {
		v[i], _ = strconv.Atoi(m[i+1])
	}
	major, minor, patch := v[0], v[1], v[2]
	return major > 1 || major == 1 && (minor > 10 || minor == 10 && patch >= 5)
}
