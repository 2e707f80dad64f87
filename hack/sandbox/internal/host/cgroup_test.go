package host

import "testing"

func TestCgroup2Mount(t *testing.T) {
	for name, tc := range map[string]struct{ mounts, want string }{
		"pure":      {"30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup"},
		"hybrid":    {"29 28 0:24 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n31 28 0:26 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/unified"},
		"read-only": {"30 23 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw\n", ""},
		"none":      {"29 28 0:24 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", ""},
	} {
		if got := cgroup2Mount(tc.mounts); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}
