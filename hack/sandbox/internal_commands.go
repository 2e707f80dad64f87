package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/node"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/supervise"
)

// The hidden commands are the program's other lives: a node's init, the supervisor, and the part of up that runs in the sandbox's network.

const (
	provisionCommand = "internal-provision"
	waitCommand      = "internal-wait"
)

func newInternalNode() *cobra.Command {
	return &cobra.Command{
		Use: node.InitCommand, Short: "Become a node's init", Hidden: true, Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return node.Inside(os.Stdin) },
	}
}

func newInternalSupervise() *cobra.Command {
	var name string

	cmd := &cobra.Command{
		Use: supervise.Command, Short: "Be a sandbox's supervisor", Hidden: true, Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			b, err := box.Open(name)
			if err != nil {
				return err
			}

			return supervise.Run(b)
		},
	}

	nameFlag(cmd, &name)

	return cmd
}

func newInternalProvision() *cobra.Command {
	var (
		name      string
		bootstrap bool
	)

	cmd := &cobra.Command{
		Use: provisionCommand, Short: "Bring the inside of a sandbox up", Hidden: true, Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, info, err := openExisting(name)
			if err != nil {
				return err
			}

			return provision(cmd.Context(), b, info, bootstrap)
		},
	}

	nameFlag(cmd, &name)
	cmd.Flags().BoolVar(&bootstrap, "bootstrap", false, "bootstrap etcd")

	return cmd
}
