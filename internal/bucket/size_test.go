package bucket_test

import (
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "1b": 1, "1024": 1024, "10Gi": 10 << 30, "10GiB": 10 << 30, "10gib": 10 << 30, "500MB": 500_000_000, "500M": 500_000_000,
		"1k": 1000, "1Ki": 1024, "1.5T": 1_500_000_000_000, "0.5Ki": 512, "7Ei": 7 << 60, "9223372036854775807": 1<<63 - 1, "1P": 1e15,
	} {
		if got, err := bucket.ParseSize(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for text, rule := range map[string]string{
		"": "begin with a digit", "Gi": "begin with a digit", "-1": "begin with a digit", " 1": "begin with a digit", "1 Gi": "unit", "1Z": "unit", "1Gib/s": "unit",
		"1i": "unit", "1ik": "unit", "1.5": "whole number", "0.3Ki": "whole number", "0": "above zero", "0Gi": "above zero", "8Ei": "more than 8Ei", "1.2.3": "no number",
		".5Gi": "no number", "5.Gi": "no number", "1e3": "unit", "1_000": "unit", strings.Repeat("9", 40): "longer than any", "0x10": "unit",
	} {
		if _, err := bucket.ParseSize(text); err == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("%q: got %v, want a word about %q", text, err, rule)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"10Gi", "1.5TB", "\xff", "99999999999E"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := bucket.ParseSize(text); err == nil && n <= 0 {
			t.Errorf("%q is %d", text, n)
		}
	})
}
