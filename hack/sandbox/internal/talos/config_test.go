package talos

import (
	"os"
	"strings"
	"testing"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

func TestWrite(t *testing.T) {
	b := box.Box{Name: "test", Dir: t.TempDir()}
	setup := Setup{Box: b, Addresses: []string{"10.5.0.2"}, Kubernetes: "1.36.3", Stub: true}

	if err := Write(setup); err != nil {
		t.Fatal(err)
	}

	cfg, err := configloader.NewFromFile(b.MachineConfig())
	if err != nil {
		t.Fatal(err)
	}

	if got := cfg.Machine().Kubelet().Image(); got != "sandbox.local/siderolabs/kubelet-stub:v1.36.3" {
		t.Errorf("kubelet image %s", got)
	}

	for _, name := range []string{"talosconfig", "talosconfig-backup", "talosconfig-reader", "secrets.yaml", "controlplane.yaml"} {
		info, err := os.Stat(b.Path(name))
		if err != nil {
			t.Fatal(err)
		}

		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}

	data, err := os.ReadFile(b.Talosconfig())
	if err != nil {
		t.Fatal(err)
	}

	if !strings.Contains(string(data), "context: test") {
		t.Error("the client configuration has no current context")
	}
}
