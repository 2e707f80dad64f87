// Package talos restores etcd on a Talos node through its machine API: it
// reads the talosconfig, looks at the node before anything is changed,
// uploads a snapshot, starts the recovery and watches it. It is the only
// package that knows the Talos client library.
package talos
