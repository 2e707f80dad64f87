package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/supervise"
)

func newStore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Serve the store's disk without Kubernetes",
		Long: `Store serves the disk that survived, with the same program and the same root key, from next door: when the control plane is lost, the backups on it
can still be read.`,
		Example: `  sandbox wipe && sandbox store up`,
		Args:    noSubcommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}

	cmd.AddCommand(newStoreUp(), newStoreDown())

	return cmd
}

func newStoreUp() *cobra.Command {
	var f nodeFlags

	cmd := &cobra.Command{
		Use:     "up",
		Short:   "Serve the store's disk at " + box.StoreURL,
		Long:    `Up refuses while the store's pod uses the disk. The endpoint and the root key are in store.env in the sandbox's directory.`,
		Example: `  sandbox store up`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, _, err := f.open()
			if err != nil {
				return err
			}

			if err = supervise.Connect(b).StoreUp(cmd.Context()); err != nil {
				return err
			}

			fmt.Fprintf(os.Stderr, "the store answers at %s; its key is in %s\n", box.StoreURL, b.StoreEnv())

			return nil
		},
	}

	nameFlag(cmd, &f.name)

	return cmd
}

func newStoreDown() *cobra.Command {
	var f nodeFlags

	cmd := &cobra.Command{
		Use:     "down",
		Short:   "Stop serving the store's disk",
		Long:    `Down has to come before the store's pod gets its disk back.`,
		Example: `  sandbox store down`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, _, err := f.open()
			if err != nil {
				return err
			}

			return supervise.Connect(b).StoreDown(cmd.Context())
		},
	}

	nameFlag(cmd, &f.name)

	return cmd
}
