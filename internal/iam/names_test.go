package iam_test

import (
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// check holds a validator against a table of names and words of the rules
// that they break; "" is a good name.
func check(t *testing.T, validate func(string) error, table map[string]string) {
	t.Helper()
	for name, rule := range table {
		err := validate(name)
		switch {
		case rule == "" && err != nil:
			t.Errorf("%q: %v", name, err)
		case rule != "" && (err == nil || !strings.Contains(err.Error(), rule)):
			t.Errorf("%q: got %v, want a word about %q", name, err, rule)
		}
	}
}

func TestValidateUserAndGroup(t *testing.T) {
	t.Parallel()
	table := map[string]string{
		"alice":                  "",
		"a.b_c-d@example.com":    "",
		"9lives":                 "",
		strings.Repeat("a", 128): "",
		"":                       "3 to 128 characters, not 0",
		"ab":                     "3 to 128 characters, not 2",
		strings.Repeat("a", 129): "not 129",
		"../evil":                "must begin with a letter or a digit",
		"-alice":                 "must begin",
		"al ice":                 "blanks",
		"alice\n":                "blanks",
		"al=ice":                 "not '='",
		"al,ice":                 "not ','",
		"al/ice":                 "not '/'",
		"ünïcode":                "not 'ü'",
		"al\x00ice":              `not '\x00'`,
		"$(reboot)":              "not '$'",
	}
	check(t, iam.ValidateUser, table)
	check(t, iam.ValidateGroup, table)
}

func TestValidatePolicy(t *testing.T) {
	t.Parallel()
	check(t, iam.ValidatePolicy, map[string]string{
		"p":                      "",
		"team-a.read_only":       "",
		"":                       "may not be empty",
		"a,b":                    "not ','",
		"a b":                    "blanks",
		"a@b":                    "not '@'",
		".hidden":                "must begin",
		strings.Repeat("p", 129): "not 129",
		"readonly":               "built-in",
		"consoleAdmin":           "built-in",
		"KMSAuditor":             "built-in",
		"Readonly":               "",
	})
}

func TestValidateKey(t *testing.T) {
	t.Parallel()
	check(t, iam.ValidateKey, map[string]string{
		"AKIA123":               "",
		"abc":                   "",
		"ab":                    "3 to 20 characters, not 2",
		strings.Repeat("A", 21): "not 21",
		"ci-key":                "not '-'",
	})
	check(t, iam.ValidateTitle, map[string]string{
		"":                      "",
		"ci_2-x":                "",
		"2ci":                   "begin with a letter",
		"ci key":                "begin with a letter",
		strings.Repeat("a", 33): "not 33",
	})
	check(t, iam.ValidateDescription, map[string]string{
		"":                       "",
		"The backup, of etcd: ü": "",
		strings.Repeat("a", 257): "not 257",
		"two\nlines":             "control",
	})
}

func TestValidateSecretNeverTellsIt(t *testing.T) {
	t.Parallel()
	for s, rule := range map[string]string{
		"12345678":              "",
		`!"#$%&'()*+,-./:;<=>?`: "",
		"1234567":               "8 to 40 characters, not 7",
		strings.Repeat("x", 41): "not 41",
		"secret with blanks":    "no blanks",
		"sécret-secret":         "printable ASCII",
		"secret\x00secret":      "printable ASCII",
	} {
		err := iam.ValidateSecret(s)
		switch {
		case rule == "" && err != nil:
			t.Errorf("%q: %v", s, err)
		case rule != "" && (err == nil || !strings.Contains(err.Error(), rule) || strings.Contains(err.Error(), s)):
			t.Errorf("%q: got %v, want a word about %q and not the secret", s, err, rule)
		}
	}
}

func TestValidateExisting(t *testing.T) {
	t.Parallel()
	for _, kind := range []iam.Kind{iam.User, iam.Group, iam.Policy, iam.Key} {
		check(t, func(n string) error { return iam.ValidateExisting(kind, n) }, map[string]string{
			"../evil":                  "",
			"ünï":                      "",
			"a/b=c":                    "",
			"readonly":                 "",
			"":                         "may not be empty",
			"a b c":                    "blanks",
			"abc\x1b[31m":              "control",
			strings.Repeat("a", 1_025): "has 1025 characters",
		})
	}
	if iam.ValidateExisting(iam.User, "ab") == nil || iam.ValidateExisting(iam.Group, "ab") != nil {
		t.Error("users have three characters at least, groups one")
	}
	if iam.ValidateExisting(iam.Policy, "a,b") == nil {
		t.Error("a policy whose name no list can hold")
	}
}

func FuzzValidateUser(f *testing.F) {
	f.Add("alice")
	f.Add("a=,b")
	f.Add("\x00\xff")
	f.Fuzz(func(t *testing.T, name string) {
		if iam.ValidateUser(name) != nil {
			return
		}
		if strings.ContainsAny(name, "=,/\\ \t\r\n\x00") || iam.ValidateExisting(iam.User, name) != nil {
			t.Errorf("%q passed", name)
		}
	})
}
