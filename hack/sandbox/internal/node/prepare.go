package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// prepare makes the node's directories. A volume starts with what the root filesystem has in its place, as a container's volumes do.
func (s Spec) prepare() error {
	if err := os.MkdirAll(filepath.Join(s.Dir, "empty"), 0o755); err != nil {
		return err
	}

	for _, volume := range volumes() {
		if err := s.makeVolume(volume); err != nil {
			return fmt.Errorf("make volume %s of node %s: %w", volume, s.Name, err)
		}
	}

	for name, text := range map[string]string{
		"hostname": s.Name + "\n",
		"hosts":    "127.0.0.1 localhost\n" + s.Address + " " + s.Name + "\n",
		// Not 127.0.0.53: Talos' own resolver listens there and would ask itself. This one fails at once.
		"resolv.conf": "nameserver 192.0.2.1\n",
	} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}

	return nil
}

func (s Spec) makeVolume(volume string) error {
	dir := s.volumeDir(volume)

	if _, err := os.Stat(dir); err == nil {
		return nil
	}

	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}

	content := filepath.Join(s.Rootfs, volume)
	if _, err := os.Stat(content); err == nil {
		if err = os.CopyFS(dir, os.DirFS(content)); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}

	return GiveTo(dir, FirstID)
}

// Wipe empties the volume that holds etcd's data, the containers and everything else that Talos keeps on EPHEMERAL.
func (s Spec) Wipe() error {
	return os.RemoveAll(s.volumeDir(Ephemeral))
}

// GiveTo hands a tree over to a user of the host.
func GiveTo(dir string, id int) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}

		return os.Lchown(path, id, id)
	})
}
