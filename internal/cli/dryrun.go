package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// DryRun says how much of a change is only rehearsed.
type DryRun string

// The values of --dry-run, as kubectl has them.
const (
	DryRunNone   DryRun = "none"
	DryRunClient DryRun = "client" // nothing is sent that changes anything
	DryRunServer DryRun = "server" // the API server rehearses; only for Kubernetes objects
)

type dryRunFlag struct {
	to     *DryRun
	server bool
}

func (f *dryRunFlag) String() string { return string(*f.to) }
func (f *dryRunFlag) Type() string   { return "string" }

func (f *dryRunFlag) Set(s string) error {
	switch v := DryRun(s); {
	case v == DryRunNone, v == DryRunClient, v == DryRunServer && f.server:
		*f.to = v
		return nil
	case v == DryRunServer:
		return fmt.Errorf("RustFS cannot rehearse a change: use client")
	}
	return fmt.Errorf("must be none, client or server, not %q", s)
}

// AddDryRunFlag gives cmd --dry-run; server is for commands that create
// Kubernetes objects. The command asks Rehearsing before it changes anything;
// Report marks what it prints.
func (u *UI) AddDryRunFlag(cmd *cobra.Command, server bool) {
	values := `"none" or "client"`
	if server {
		values = `"none", "client" or "server"`
	}
	u.dryRun = DryRunNone
	f := cmd.Flags().VarPF(&dryRunFlag{to: &u.dryRun, server: server}, "dry-run", "",
		"Must be "+values+"; anything but none prints what would be done and changes nothing")
	f.NoOptDefVal = string(DryRunClient)
}

// Rehearsing reports the dry run in force; DryRunNone means: do it.
func (u *UI) Rehearsing() DryRun {
	if u.dryRun == "" {
		return DryRunNone
	}
	return u.dryRun
}

func (d DryRun) suffix() string {
	switch d {
	case DryRunClient:
		return " (dry run)"
	case DryRunServer:
		return " (server dry run)"
	case DryRunNone:
	}
	return ""
}
