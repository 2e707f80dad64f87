package main

import (
	"encoding/json"
	"os"
	"slices"
)

// rewrite edits a runtime specification in place.
func rewrite(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}

	if data, err = strip(data); err != nil {
		return err
	}

	return os.WriteFile(path, data, 0o600)
}

// strip removes the parts of a specification that a node in a user namespace cannot have. Unknown parts stay as they are.
func strip(data []byte) ([]byte, error) {
	var spec map[string]any
	if err := json.Unmarshal(data, &spec); err != nil {
		return nil, err
	}

	if linux, ok := spec["linux"].(map[string]any); ok {
		delete(linux, "cgroupsPath")
		delete(linux, "resources")
		delete(linux, "seccomp")
	}

	if process, ok := spec["process"].(map[string]any); ok {
		delete(process, "oomScoreAdj")
	}

	if mounts, ok := spec["mounts"].([]any); ok {
		spec["mounts"] = slices.DeleteFunc(mounts, func(m any) bool {
			mount, ok := m.(map[string]any)

			return ok && mount["type"] == "cgroup"
		})
	}

	return json.Marshal(spec)
}
