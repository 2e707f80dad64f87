// Package supervise is the background process behind a sandbox. It lives in the hub, the sandbox's own network namespace, serves the images there and
// keeps the nodes and the store running.
package supervise

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/oci"
)

// Spec says what a supervisor has to do.
type Spec struct {
	Name   string       `json:"name"`
	Nodes  []box.Node   `json:"nodes"`
	Rootfs string       `json:"rootfs"`
	Images oci.Programs `json:"images"`
	Names  oci.Names    `json:"names"`
	// Notes is where the registry remembers digests.
	Notes string `json:"notes"`
	// Store is the store's program.
	Store string `json:"store"`
	// MountDisk gives the first node the store's disk.
	MountDisk bool `json:"mountDisk"`
}

func specFile(b box.Box) string { return b.Path("supervisor.json") }

// WriteSpec leaves the specification for the supervisor.
func WriteSpec(b box.Box, s Spec) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}

	return box.WriteFile(specFile(b), data, 0o644)
}

func readSpec(b box.Box) (Spec, error) {
	var s Spec

	data, err := os.ReadFile(specFile(b))
	if err == nil {
		err = json.Unmarshal(data, &s)
	}

	if err != nil {
		return s, fmt.Errorf("read what the supervisor has to do: %w", err)
	}

	return s, nil
}
