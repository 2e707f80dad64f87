package bucket_test

import (
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
)

func TestValidateName(t *testing.T) {
	for name, rule := range map[string]string{
		"etcd-backups":          "",
		"a.b-c.9":               "",
		"abc":                   "",
		strings.Repeat("a", 63): "",
		"1.2.3":                 "",
		"ab":                    "3 to 63 characters, not 2",
		"":                      "3 to 63 characters, not 0",
		strings.Repeat("a", 64): "3 to 63 characters, not 64",
		"Photos":                "capital letters",
		"pho tos":               "not ' '",
		"pho/tos":               "not '/'",
		"phötos":                "not 'ö'",
		"pho_tos":               "not '_'",
		"-photos":               "begin and end",
		"photos-":               "begin and end",
		".photos":               "begin and end",
		"pho..tos":              "dot beside",
		"pho.-tos":              "dot beside",
		"192.168.0.1":           "IP address",
		"rustfs":                "reserved",
		"new\nline":             `not '\n'`,
	} {
		err := bucket.ValidateName(name)
		switch {
		case rule == "" && err != nil:
			t.Errorf("%q: %v", name, err)
		case rule != "" && (err == nil || !strings.Contains(err.Error(), rule)):
			t.Errorf("%q: got %v, want a word about %q", name, err, rule)
		}
	}
}

func FuzzValidateName(f *testing.F) {
	f.Add("photos")
	f.Add("\x00\xff")
	f.Fuzz(func(t *testing.T, name string) {
		if bucket.ValidateName(name) == nil && strings.ToLower(name) != name {
			t.Errorf("%q passed", name)
		}
	})
}
