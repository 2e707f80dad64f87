package host

import (
	"slices"
	"testing"
)

func TestWithoutProxies(t *testing.T) {
	got := WithoutProxies([]string{"A=1", "https_proxy=http://p", "HTTP_PROXY=http://p"})
	if !slices.Equal(got, []string{"A=1"}) {
		t.Errorf("got %q", got)
	}
}

func TestBypassProxies(t *testing.T) {
	if got := BypassProxies([]string{"A=1"}, "10.5.0.0/24"); !slices.Equal(got, []string{"A=1"}) {
		t.Errorf("without a proxy: %q", got)
	}

	got := BypassProxies([]string{"HTTPS_PROXY=http://p", "NO_PROXY=localhost"}, "10.5.0.0/24")
	if want := []string{"HTTPS_PROXY=http://p", "NO_PROXY=10.5.0.0/24,localhost", "no_proxy=10.5.0.0/24,localhost"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
