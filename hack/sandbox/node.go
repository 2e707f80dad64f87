package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/host"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/supervise"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/talos"
)

// nodeFlags choose a sandbox and a node of it.
type nodeFlags struct{ name, node string }

func (f *nodeFlags) add(cmd *cobra.Command) {
	nameFlag(cmd, &f.name)
	cmd.Flags().StringVar(&f.node, "node", "", "`node`: cp1, cp2 or cp3 (default cp1)")
}

// open finds both.
func (f *nodeFlags) open() (box.Box, box.Node, error) {
	if err := host.Check(); err != nil {
		return box.Box{}, box.Node{}, err
	}

	b, info, err := openExisting(f.name)
	if err != nil {
		return b, box.Node{}, err
	}

	n, err := info.Tier.FindNode(f.node)
	if err != nil {
		return b, n, usageError{err}
	}

	return b, n, nil
}

func newNode() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "node",
		Short:   "Stop and start single nodes",
		Long:    `Node groups what can be done to a machine from outside.`,
		Example: `  sandbox node stop --node cp2`,
		Args:    noSubcommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}

	cmd.AddCommand(newNodeStop(), newNodeStart())

	return cmd
}

func newNodeStop() *cobra.Command {
	var f nodeFlags

	cmd := &cobra.Command{
		Use:     "stop",
		Short:   "Cut a node's power",
		Long:    `Stop ends every process of a node at once, as a power cut does. Its disks stay as they are.`,
		Example: `  sandbox node stop`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, n, err := f.open()
			if err != nil {
				return err
			}

			return supervise.Connect(b).StopNode(cmd.Context(), n.Name)
		},
	}

	f.add(cmd)

	return cmd
}

func newNodeStart() *cobra.Command {
	var f nodeFlags

	cmd := &cobra.Command{
		Use:     "start",
		Short:   "Switch a node on",
		Long:    `Start boots a node and waits until its Machine API answers.`,
		Example: `  sandbox node start`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, n, err := f.open()
			if err != nil {
				return err
			}

			if err = supervise.Connect(b).StartNode(cmd.Context(), n.Name); err != nil {
				return err
			}

			return waitInside(cmd.Context(), b, n.Name, false)
		},
	}

	f.add(cmd)

	return cmd
}

func newWipe() *cobra.Command {
	var f nodeFlags

	cmd := &cobra.Command{
		Use:   "wipe",
		Short: "Empty a node's system disk, as a reset of EPHEMERAL does",
		Long: `Wipe cuts a node's power, empties its EPHEMERAL volume (/var: etcd's data, containers, logs) and starts it again. It ends when etcd waits to be
bootstrapped or recovered. The store's disk is another one and keeps its content.`,
		Example: `  sandbox wipe
  sandbox wipe --node cp3`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, n, err := f.open()
			if err != nil {
				return err
			}

			if err = supervise.Connect(b).WipeNode(cmd.Context(), n.Name); err != nil {
				return err
			}

			return waitInside(cmd.Context(), b, n.Name, true)
		},
	}

	f.add(cmd)

	return cmd
}

// waitInside waits for a node, from inside the sandbox's network.
func waitInside(ctx context.Context, b box.Box, nodeName string, preparing bool) error {
	args := []string{waitCommand, "--name", b.Name, "--node", nodeName}
	if preparing {
		args = append(args, "--preparing")
	}

	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Env = host.WithoutProxies(os.Environ())
	cmd.Stderr = os.Stderr

	pid := supervise.PID(b)
	if pid == 0 {
		return errors.New("the sandbox does not run")
	}

	if err := host.StartInNetwork(pid, cmd); err != nil {
		return err
	}

	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("node %s did not come back (%w)\nhint: see %s", nodeName, err, b.Log(nodeName))
	}

	return nil
}

func newInternalWait() *cobra.Command {
	var (
		f         nodeFlags
		preparing bool
	)

	cmd := &cobra.Command{
		Use: waitCommand, Short: "Wait for a node", Hidden: true, Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, n, err := f.open()
			if err != nil {
				return err
			}

			ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
			defer cancel()

			c, err := talos.Connect(ctx, b, n.Address)
			if err != nil {
				return err
			}
			defer c.Close() //nolint:errcheck // nothing is pending

			if preparing {
				return c.WaitForPreparing(ctx)
			}

			return c.WaitForAPI(ctx)
		},
	}

	f.add(cmd)
	cmd.Flags().BoolVar(&preparing, "preparing", false, "wait until etcd can be bootstrapped")

	return cmd
}
