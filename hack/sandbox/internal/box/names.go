// Package box knows what a sandbox is called and where its files are.
package box

import (
	"fmt"
	"regexp"
)

// Addresses inside a sandbox. Every sandbox has a network namespace of its own, so they are the same in all of them.
const (
	// HubAddress is where the registry, the store and every client program live.
	HubAddress = "10.5.0.1"
	// Subnet is the network that the hub and the nodes share.
	Subnet = "10.5.0.0/24"
	// FirstNodeAddress is the address of the first control plane and the cluster's endpoint.
	FirstNodeAddress = "10.5.0.2"
	// RegistryAddress serves every image a node asks for.
	RegistryAddress = HubAddress + ":5000"
	// StoreAddress serves the store's disk while no pod does.
	StoreAddress = HubAddress + ":9000"
	// StoreConsoleAddress is the store's console beside it.
	StoreConsoleAddress = HubAddress + ":9001"
	// StoreURL is StoreAddress as an endpoint.
	StoreURL = "http://" + StoreAddress
)

// DefaultName is the sandbox meant when no name is given.
const DefaultName = "sandbox"

var validName = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$`)

// CheckName says whether name can be a sandbox's name: it becomes a directory, a cgroup and a cluster name.
func CheckName(name string) error {
	if !validName.MatchString(name) {
		return fmt.Errorf("sandbox name %q: use at most 24 lower-case letters, digits and dashes, beginning with a letter\nhint: --name demo", name)
	}

	return nil
}

// Tier says how much of a cluster a sandbox holds.
type Tier string

// The tiers, from light to heavy.
const (
	// TierNode is one Talos control plane with a stub in place of the kubelet.
	TierNode Tier = "node"
	// TierThree is three of them.
	TierThree Tier = "three"
	// TierCluster is one control plane with all of Kubernetes, the store and the backup CronJob.
	TierCluster Tier = "cluster"
)

// ParseTier reads a tier's name.
func ParseTier(s string) (Tier, error) {
	switch t := Tier(s); t {
	case TierNode, TierThree, TierCluster:
		return t, nil
	}

	return "", fmt.Errorf("tier %q does not exist\nhint: --tier node, --tier cluster or --tier three", s)
}

// Nodes lists the nodes of a tier.
func (t Tier) Nodes() []Node {
	count := 1
	if t == TierThree {
		count = 3
	}

	nodes := make([]Node, count)
	for i := range nodes {
		nodes[i] = Node{Name: fmt.Sprintf("cp%d", i+1), Address: fmt.Sprintf("10.5.0.%d", i+2)}
	}

	return nodes
}

// Kubernetes says whether the tier's nodes run pods.
func (t Tier) Kubernetes() bool { return t == TierCluster }

// Node is one machine of a sandbox.
type Node struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// FindNode looks a node of the tier up by name; an empty name means the first one.
func (t Tier) FindNode(name string) (Node, error) {
	for _, n := range t.Nodes() {
		if name == "" || n.Name == name {
			return n, nil
		}
	}

	return Node{}, fmt.Errorf("node %q: a sandbox of tier %s has no such node\nhint: the first one is cp1", name, t)
}
