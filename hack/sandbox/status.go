package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/supervise"
)

// report is what status tells.
type report struct {
	box.Info
	Directory string                 `json:"directory"`
	Running   bool                   `json:"running"`
	PID       int                    `json:"pid,omitempty"`
	Machines  []supervise.NodeStatus `json:"machines,omitempty"`
	// NextDoor says whether the hub serves the store's disk.
	NextDoor string `json:"nextDoor,omitempty"`
}

func newStatus() *cobra.Command {
	var name, output string

	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell what a sandbox is and whether it runs",
		Long:  `Status ends with exit code 1 if the sandbox does not run.`,
		Example: `  sandbox status
  sandbox status -o json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "" && output != "json" {
				return usage(cmd, fmt.Errorf("output %q does not exist: it is json, or nothing", output))
			}

			b, info, err := openExisting(name)
			if err != nil {
				return err
			}

			r := look(cmd.Context(), b, info)

			if output == "json" {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				err = encoder.Encode(r)
			} else {
				err = r.print(cmd)
			}

			if err == nil && !r.Running {
				err = fmt.Errorf("sandbox %q does not run\nhint: sandbox up --name %s", b.Name, b.Name)
			}

			return err
		},
	}

	nameFlag(cmd, &name)
	cmd.Flags().StringVarP(&output, "output", "o", "", "`format`: json")

	return cmd
}

func look(ctx context.Context, b box.Box, info box.Info) report {
	r := report{Info: info, Directory: b.Dir, PID: supervise.PID(b)}
	if r.PID == 0 {
		return r
	}

	status, err := supervise.Connect(b).Status(ctx)
	r.Running = err == nil
	r.Machines, r.NextDoor = status.Nodes, status.Store

	return r
}

func (r report) state() string {
	if r.Running {
		return "running"
	}

	return "stopped"
}

func (r report) print(cmd *cobra.Command) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)

	fmt.Fprintf(w, "NAME\t%s\nTIER\t%s\nSTATE\t%s\nDIRECTORY\t%s\n", r.Name, r.Tier, r.state(), r.Directory)
	fmt.Fprintf(w, "RUSTFS\t%s (%s)\n", r.RustFS.Version, r.RustFS.Kind)

	if r.Running {
		fmt.Fprintf(w, "STORE NEXT DOOR\t%s\n", r.NextDoor)
	}

	for _, m := range r.Machines {
		fmt.Fprintf(w, "NODE %s\t%s, %s", m.Name, m.Address, m.State)

		if m.Reason != "" {
			fmt.Fprintf(w, " (%s)", m.Reason)
		}

		fmt.Fprintln(w)
	}

	return w.Flush()
}

func newList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the sandboxes",
		Long:    `List names every sandbox on this host, running or not.`,
		Example: `  sandbox list`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			boxes, err := box.List()
			if err != nil {
				return err
			}

			if len(boxes) == 0 {
				fmt.Fprintln(os.Stderr, "there is no sandbox\nhint: sandbox up")

				return nil
			}

			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tTIER\tSTATE\tRUSTFS\tDIRECTORY")

			for _, b := range boxes {
				info, err := b.ReadInfo()
				if err != nil {
					fmt.Fprintf(w, "%s\t?\tincomplete\t?\t%s\n", b.Name, b.Dir)

					continue
				}

				r := look(cmd.Context(), b, info)
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.Tier, r.state(), r.RustFS.Kind, r.Directory)
			}

			return w.Flush()
		},
	}
}
