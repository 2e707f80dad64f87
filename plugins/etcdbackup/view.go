package etcdbackup

import (
	"path"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/talos-rustfs/kubectl-plugins/internal/backup"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/seal"
)

// snapshotView is a backup as it is printed. Its name is the object key, which
// every command takes.
type snapshotView struct {
	Metadata    cli.Meta   `json:"metadata"`
	Cluster     string     `json:"cluster"`
	Bucket      string     `json:"bucket,omitempty"`
	Bytes       int64      `json:"bytes"` // as stored
	Compression string     `json:"compression,omitempty"`
	Encrypted   bool       `json:"encrypted"`
	Proof       *proofView `json:"proof,omitempty"`

	age  string
	hint string // what to do about a bad proof
}

// proofView is what verification found.
type proofView struct {
	OK            bool     `json:"ok"`
	Reason        string   `json:"reason,omitempty"`
	SnapshotBytes int64    `json:"snapshotBytes,omitempty"` // of the etcd snapshot, with its trailer
	SHA256        string   `json:"sha256,omitempty"`        // of the database, as etcd's trailer says
	Identity      string   `json:"identity,omitempty"`      // that opened it
	Recipients    []string `json:"recipientTypes,omitempty"`
}

func newSnapshotView(s backup.Snapshot, bucket string, now time.Time) snapshotView {
	return snapshotView{
		Metadata: cli.Meta{Name: s.Object, CreationTimestamp: &metav1.Time{Time: s.Key.Time}},
		Cluster:  s.Key.Cluster, Bucket: bucket, Bytes: s.Size, Compression: s.Key.Compression, Encrypted: s.Key.Encrypted,
		age: cli.Age(s.Key.Time, now),
	}
}

func newProofView(r seal.Report) *proofView {
	return &proofView{OK: true, SnapshotBytes: r.PlainBytes, SHA256: r.SHA256, Identity: r.Identity, Recipients: r.Stanzas}
}

func snapshotColumns() []cli.Column[snapshotView] {
	return []cli.Column[snapshotView]{
		{Name: "Name", Value: func(v snapshotView) string { return v.Metadata.Name }},
		{Name: "Cluster", Value: func(v snapshotView) string { return v.Cluster }},
		{Name: "Size", Value: func(v snapshotView) string { return cli.Size(v.Bytes) }},
		{Name: "Compressed", Value: func(v snapshotView) string { return orNone(v.Compression) }},
		{Name: "Encrypted", Value: func(v snapshotView) string { return yesNo(v.Encrypted) }},
		{Name: "Age", Value: func(v snapshotView) string { return v.age }},
		{Name: "Taken", Wide: true, Value: func(v snapshotView) string { return v.Metadata.CreationTimestamp.UTC().Format(time.RFC3339) }},
		{Name: "Bucket", Wide: true, Value: func(v snapshotView) string { return v.Bucket }},
	}
}

func proofColumns() []cli.Column[snapshotView] {
	return []cli.Column[snapshotView]{
		{Name: "Name", Value: func(v snapshotView) string { return v.Metadata.Name }},
		{Name: "Result", Value: func(v snapshotView) string {
			switch {
			case v.Proof.OK:
				return "OK"
			case len(v.Proof.Recipients) > 0:
				return "LOCKED" // none of the identities opens it
			}
			return "BAD"
		}},
		{Name: "Snapshot", Value: func(v snapshotView) string {
			if !v.Proof.OK {
				return cli.None
			}
			return cli.Size(v.Proof.SnapshotBytes)
		}},
		{Name: "Opened-By", Value: func(v snapshotView) string {
			return orNone(path.Base(strings.ReplaceAll(v.Proof.Identity, " line ", ":")))
		}},
		{Name: "Age", Value: func(v snapshotView) string { return v.age }},
		{Name: "Sha256", Wide: true, Value: func(v snapshotView) string { return orNone(v.Proof.SHA256) }},
		{Name: "Reason", Wide: true, Value: func(v snapshotView) string { return orNone(v.Proof.Reason) }},
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func orNone(s string) string {
	if s == "" {
		return cli.None
	}
	return s
}

// examples puts the program's name into the examples of a command.
func examples(u *cli.UI, text string) string { return strings.ReplaceAll(text, "{}", u.Display()) }
