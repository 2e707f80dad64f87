package iam_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

func TestGenerate(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		key, err := iam.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		secret, err := iam.GenerateSecret(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if len(key) != 20 || len(secret) != 40 || seen[key] || seen[secret] {
			t.Fatalf("%q and a secret of %d characters", key, len(secret))
		}
		if err := iam.ValidateKey(key); err != nil {
			t.Error(err)
		}
		if err := iam.ValidateSecret(secret); err != nil {
			t.Error(err)
		}
		seen[key], seen[secret] = true, true
	}
}

func TestGenerateThrowsUnfairBytesAway(t *testing.T) {
	t.Parallel()
	key, err := iam.GenerateKey(strings.NewReader(strings.Repeat("\xff", 20) + strings.Repeat("\x01", 20)))
	if err != nil || key != strings.Repeat("B", 20) {
		t.Errorf("%q, %v", key, err)
	}
}

func TestGenerateNeedsChance(t *testing.T) {
	t.Parallel()
	if _, err := iam.GenerateSecret(strings.NewReader("too short")); err == nil {
		t.Error("a secret out of nothing")
	}
}
