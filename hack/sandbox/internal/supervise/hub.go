package supervise

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

const bridge = "hub0"

// ip runs iproute2 in the hub's network, which is the supervisor's own.
func ip(args string) error {
	out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", args, err, strings.TrimSpace(string(out)))
	}

	return nil
}

// makeHub makes the bridge to which the nodes are connected. Nothing leads out of it.
func makeHub() error {
	for _, args := range []string{
		"link set lo up",
		"link add " + bridge + " type bridge",
		"addr add " + box.HubAddress + "/24 dev " + bridge,
		"link set " + bridge + " up",
	} {
		if err := ip(args); err != nil {
			return err
		}
	}

	return nil
}

// connectNode joins a node's empty network namespace to the bridge; the pair of links vanishes with it.
func connectNode(name string, pid int) error {
	link := "to-" + name

	_ = ip("link del " + link) //nolint:errcheck // of an earlier start, if it is still there

	if err := ip("link add " + link + " type veth peer name eth0 netns " + strconv.Itoa(pid)); err != nil {
		return err
	}

	return ip("link set " + link + " master " + bridge + " up")
}
