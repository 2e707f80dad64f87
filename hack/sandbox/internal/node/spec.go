// Package node runs one Talos machine as a container: a root filesystem in user, process, mount, network and other namespaces of its own.
package node

import (
	"path/filepath"
	"strings"
)

// FirstID is the host's user and group id that is root inside a node.
const FirstID = 100000

// idCount is how many ids a node has. More than the usual 65536: kube-scheduler runs as 65536.
const idCount = 131072

// StoreUser is the store's user inside a pod.
const StoreUser = 10001

// DiskMount is where a node sees the store's disk.
const DiskMount = "/var/mnt/rustfs"

// Ephemeral is the volume that a wipe empties.
const Ephemeral = "/var"

// volumes outlive a reboot; each is a directory of the node's own.
func volumes() []string {
	return []string{Ephemeral, "/system/state", "/etc/cni", "/etc/kubernetes", "/usr/libexec/kubernetes", "/opt"}
}

// Spec says what a node is made of. It is handed over through a pipe, because the configuration holds secrets.
type Spec struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Prefix  string `json:"prefix"`
	// Rootfs is read-only and may serve several nodes.
	Rootfs string `json:"rootfs"`
	// Dir holds the node's volumes.
	Dir string `json:"dir"`
	// Disk is mounted at DiskMount, if set.
	Disk string `json:"disk"`
	// Config is the machine configuration.
	Config []byte `json:"config"`
}

// volumeDir is the directory behind a volume.
func (s Spec) volumeDir(volume string) string {
	return filepath.Join(s.Dir, strings.ReplaceAll(volume[1:], "/", "-"))
}
