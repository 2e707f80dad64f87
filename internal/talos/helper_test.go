package talos

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	fake "github.com/talos-rustfs/kubectl-plugins/test/fake/talos"
)

const testNode = "10.5.0.2"

func dial(t *testing.T, n *fake.Node) *Client {
	t.Helper()
	cfg := &Config{Path: "test", Context: "test", Credentials: Credentials{Roles: []string{"os:admin"}}}
	c, err := Dial(cfg, testNode, Plaintext(n.Dial), Interval(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// snapshot is n bytes of data and their sha256, as etcd makes them.
func snapshot(n int) []byte {
	data := bytes.Repeat([]byte("0123456789abcde\n"), n/16)
	sum := sha256.Sum256(data)
	return append(data, sum[:]...)
}

// anyFailed reports whether a finding forbids a restore.
func anyFailed(findings []Finding) bool {
	for _, f := range findings {
		if f.Level == Fail {
			return true
		}
	}
	return false
}
