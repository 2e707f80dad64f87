// Package talos makes the configuration of a sandbox's nodes and talks to their Machine API.
package talos

import (
	_ "embed"
	"fmt"
	"os"
	"time"

	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"go.yaml.in/yaml/v3"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

// patches are laid over what Talos would generate for any cluster; each line says why it is there.
var (
	//go:embed patch.yaml
	patch string
	//go:embed patch-stub.yaml
	patchStub string
)

// Setup says what kind of cluster to configure.
type Setup struct {
	Box box.Box
	// Addresses of the nodes, the first one being the cluster's endpoint.
	Addresses  []string
	Kubernetes string
	// Stub puts a stub in the kubelet's place.
	Stub bool
}

// Write makes new secrets, the machine configuration and the clients' configurations.
func Write(s Setup) error {
	bundle, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), config.TalosVersionCurrent)
	if err != nil {
		return fmt.Errorf("make the cluster's secrets: %w", err)
	}

	if err = writeBundle(s.Box.SecretsBundle(), bundle); err != nil {
		return err
	}

	if err = s.writeMachineConfig(bundle); err != nil {
		return fmt.Errorf("make the machine configuration: %w", err)
	}

	for file, roles := range map[string]role.Set{
		s.Box.Talosconfig():              role.MakeSet(role.Admin),
		s.Box.Path("talosconfig-backup"): role.MakeSet(role.EtcdBackup),
		s.Box.Path("talosconfig-reader"): role.MakeSet(role.Reader),
	} {
		if err = s.writeClientConfig(bundle, file, roles); err != nil {
			return fmt.Errorf("make %s: %w", file, err)
		}
	}

	return nil
}

func writeBundle(path string, bundle *secrets.Bundle) error {
	data, err := yaml.Marshal(bundle)
	if err != nil {
		return err
	}

	return box.Secret(path, data)
}

func (s Setup) writeMachineConfig(bundle *secrets.Bundle) error {
	input, err := generate.NewInput(s.Box.Name, "https://"+s.Addresses[0]+":6443", s.Kubernetes,
		generate.WithSecretsBundle(bundle),
		generate.WithVersionContract(config.TalosVersionCurrent),
		generate.WithAdditionalSubjectAltNames(s.Addresses),
		generate.WithEndpointList(s.Addresses),
	)
	if err != nil {
		return err
	}

	provider, err := input.Config(machine.TypeControlPlane)
	if err != nil {
		return err
	}

	texts := []string{os.Expand(patch, s.variable)}
	if s.Stub {
		texts = append(texts, os.Expand(patchStub, s.variable))
	}

	patches, err := configpatcher.LoadPatches(texts)
	if err != nil {
		return err
	}

	patched, err := configpatcher.Apply(configpatcher.WithConfig(provider), patches)
	if err != nil {
		return err
	}

	result, err := patched.Config()
	if err != nil {
		return err
	}

	data, err := result.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
	if err != nil {
		return err
	}

	return box.Secret(s.Box.MachineConfig(), data)
}

// variable is what a patch may refer to.
func (s Setup) variable(name string) string {
	switch name {
	case "REGISTRY":
		return box.RegistryAddress
	case "KUBERNETES":
		return s.Kubernetes
	}

	return ""
}

func (s Setup) writeClientConfig(bundle *secrets.Bundle, file string, roles role.Set) error {
	cert, err := bundle.GenerateTalosAPIClientCertificate(roles)
	if err != nil {
		return err
	}

	cfg := clientconfig.NewConfig(s.Box.Name, s.Addresses, bundle.Certs.OS.Crt, cert)
	cfg.Contexts[s.Box.Name].Nodes = s.Addresses[:1]

	data, err := cfg.Bytes()
	if err != nil {
		return err
	}

	return box.Secret(file, data)
}

// EtcdTag is the tag of the etcd image that this version of Talos asks for.
func EtcdTag() string { return constants.DefaultEtcdVersion }
