package cli

import (
	"strings"
	"testing"
)

func TestShowDiff(t *testing.T) {
	t.Parallel()
	u, out, errOut := testUI(nil)
	u.ShowDiff("bucket/a quota", "1\n2\n", "1\n3\n")
	if errOut.Len() != 0 {
		t.Errorf("without --diff: %q", errOut)
	}
	u.diff = true
	u.ShowDiff("bucket/a quota", "1\n2\n", "1\n3\n")
	for _, want := range []string{"--- bucket/a quota (now)", "+++ bucket/a quota (wanted)", "\n 1\n", "\n-2\n", "\n+3\n"} {
		if !strings.Contains(errOut.String(), want) {
			t.Errorf("%q is not in %q", want, errOut)
		}
	}
	if out.Len() != 0 {
		t.Errorf("stdout: %q", out)
	}
}
