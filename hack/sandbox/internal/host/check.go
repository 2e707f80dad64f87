package host

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// elsewhere ends what is said on a host that cannot run a sandbox.
const elsewhere = "the tests that need no sandbox still work: go test ./..."

// Check says in one sentence why a sandbox cannot run here.
func Check() error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("a sandbox needs Linux, and this is %s\nhint: %s", runtime.GOOS, elsewhere)
	}

	if os.Geteuid() != 0 {
		return fmt.Errorf("a sandbox needs root, to make namespaces with several users in them\nhint: sudo, or %s", elsewhere)
	}

	max, err := os.ReadFile("/proc/sys/user/max_user_namespaces")
	if err == nil && strings.TrimSpace(string(max)) == "0" {
		return fmt.Errorf("a sandbox needs user namespaces, and user.max_user_namespaces is 0 here\nhint: sysctl user.max_user_namespaces=10000, or %s", elsewhere)
	}

	filesystems, err := os.ReadFile("/proc/filesystems")
	if err == nil && !strings.Contains(string(filesystems), "\toverlay\n") {
		return fmt.Errorf("a sandbox needs the overlay file system\nhint: modprobe overlay, or %s", elsewhere)
	}

	if _, err = FindCgroup("check"); err != nil {
		return fmt.Errorf("%w\nhint: %s", err, elsewhere)
	}

	return nil
}
