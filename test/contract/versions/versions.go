// Package versions is what the contract tests found out about the versions of
// RustFS: the table of the README, and of "kubectl rustfs status".
package versions

import (
	"embed"
	"encoding/json"
)

// Table is what is known, from old to new.
type Table []Version

// Version is one version of RustFS.
type Version struct {
	Name         string       `json:"name"`
	Capabilities []Capability `json:"capabilities"`
	// Lacks names the cases of the contract that it cannot pass, with the
	// reason.
	Lacks map[string]string `json:"lacks,omitempty"`
}

// Capability is what a probe found.
type Capability struct {
	Name  string `json:"name"`
	Route string `json:"route"`
	State string `json:"state"` // in admin.Availability's words
}

// State is what a probe found of a capability; empty where there was none.
func (v Version) State(name string) string {
	for _, c := range v.Capabilities {
		if c.Name == name {
			return c.State
		}
	}
	return ""
}

//go:embed versions.json
var recorded embed.FS

// Read reads what was recorded.
func Read() (Table, error) {
	b, err := recorded.ReadFile("versions.json")
	if err != nil {
		return nil, err
	}
	var t Table
	err = json.Unmarshal(b, &t)
	return t, err
}
