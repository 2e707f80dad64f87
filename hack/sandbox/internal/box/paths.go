package box

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// defaultStateRoot is short because Unix socket paths end at 107 bytes.
const defaultStateRoot = "/var/tmp/talos-rustfs-sandbox"

// StateRoot is the directory that holds one directory a sandbox.
func StateRoot() string {
	return cmp.Or(os.Getenv("SANDBOX_STATE"), defaultStateRoot)
}

// Box is one sandbox: its name and its directory.
type Box struct {
	Name string
	Dir  string
}

// Open names a sandbox; it need not exist.
func Open(name string) (Box, error) {
	if err := CheckName(name); err != nil {
		return Box{}, err
	}

	root, err := filepath.Abs(StateRoot())
	if err != nil {
		return Box{}, err
	}

	b := Box{Name: name, Dir: filepath.Join(root, name)}
	if len(b.ControlSocket()) > 107 {
		return Box{}, fmt.Errorf("sandbox directory %s is too long for a Unix socket\nhint: set SANDBOX_STATE to a shorter one", b.Dir)
	}

	return b, nil
}

// List names the sandboxes that have a directory.
func List() ([]Box, error) {
	entries, err := os.ReadDir(StateRoot())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}

	if err != nil {
		return nil, fmt.Errorf("list the sandboxes: %w", err)
	}

	var boxes []Box

	for _, e := range entries {
		if !e.IsDir() || CheckName(e.Name()) != nil {
			continue
		}

		b, err := Open(e.Name())
		if err != nil {
			return nil, err
		}

		boxes = append(boxes, b)
	}

	sort.Slice(boxes, func(i, j int) bool { return boxes[i].Name < boxes[j].Name })

	return boxes, nil
}

// Path joins names to the sandbox's directory.
func (b Box) Path(elem ...string) string {
	return filepath.Join(append([]string{b.Dir}, elem...)...)
}

// Exists says whether the sandbox has a directory.
func (b Box) Exists() bool {
	_, err := os.Stat(b.Dir)

	return err == nil
}

// Files for clients.

// Kubeconfig is the cluster administrator's.
func (b Box) Kubeconfig() string { return b.Path("kubeconfig") }

// Talosconfig has the role os:admin.
func (b Box) Talosconfig() string { return b.Path("talosconfig") }

// InfoFile describes the sandbox.
func (b Box) InfoFile() string { return b.Path("info.json") }

// StoreEnv holds the store's endpoint and its root key.
func (b Box) StoreEnv() string { return b.Path("store.env") }

// BackupEnv holds the endpoint and the key that may only write and read backups.
func (b Box) BackupEnv() string { return b.Path("backup.env") }

// AgeIdentity opens the backups.
func (b Box) AgeIdentity() string { return b.Path("age-identity.txt") }

// AgeRecipient seals the backups.
func (b Box) AgeRecipient() string { return b.Path("age-recipient.txt") }

// WrongIdentity opens nothing.
func (b Box) WrongIdentity() string { return b.Path("wrong-identity.txt") }

// Files of the sandbox itself.

// SecretsBundle holds the certificate authorities.
func (b Box) SecretsBundle() string { return b.Path("secrets.yaml") }

// MachineConfig is what every node starts with.
func (b Box) MachineConfig() string { return b.Path("controlplane.yaml") }

// ControlSocket is where the supervisor listens.
func (b Box) ControlSocket() string { return b.Path("control.sock") }

// PIDFile names the supervisor.
func (b Box) PIDFile() string { return b.Path("supervisor.pid") }

// LockFile is held while a command changes the sandbox.
func (b Box) LockFile() string { return b.Path("lock") }

// Log is the log of one of the sandbox's programs.
func (b Box) Log(name string) string { return b.Path("log", name+".log") }

// NodeDir holds a node's directories.
func (b Box) NodeDir(node string) string { return b.Path("nodes", node) }

// Disk is the store's disk: it outlives the nodes' own ones.
func (b Box) Disk() string { return b.Path("disk") }
