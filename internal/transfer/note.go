package transfer

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

// note remembers an unfinished upload between two runs of the program: which
// one it is, and of which file with which attributes. The server does not
// tell the attributes of an upload.
type note struct {
	file string // of the note; empty when none is kept
	noted
}

type noted struct {
	ID         string
	Size       int64
	Modified   time.Time
	Attributes object.Attributes
}

// note prepares the note of an upload.
func (e *Engine) note(file *os.File, fi os.FileInfo, to object.Ref, w object.Write) *note {
	n := &note{noted: noted{Size: fi.Size(), Modified: fi.ModTime().UTC(), Attributes: w.Attributes}}
	path, err := filepath.Abs(file.Name())
	if e.StateDir == "" || err != nil {
		return n
	}
	sum := sha256.Sum256([]byte(e.Server + "\x00" + to.String() + "\x00" + path))
	n.file = filepath.Join(e.StateDir, fmt.Sprintf("%x.json", sum[:16]))
	return n
}

// load is the id of the noted upload; empty when there is none of the same
// file with the same attributes.
func (n *note) load() string {
	if n.file == "" {
		return ""
	}
	b, err := os.ReadFile(n.file)
	var old noted
	if err != nil || json.Unmarshal(b, &old) != nil {
		return ""
	}
	want := n.noted
	want.ID = old.ID
	a, errA := json.Marshal(old)
	c, errC := json.Marshal(want)
	if errA != nil || errC != nil || string(a) != string(c) {
		return ""
	}
	return old.ID
}

// save notes the upload; where it cannot, the upload cannot be gone on with.
func (n *note) save(id string) {
	if n.file == "" {
		return
	}
	n.ID = id
	b, err := json.Marshal(n.noted)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(n.file), 0o700)
	}
	if err == nil {
		err = os.WriteFile(n.file, b, 0o600)
	}
	if err != nil {
		n.file = ""
	}
}

// kept reports whether a later run will find the upload.
func (n *note) kept() bool { return n.file != "" }

func (n *note) forget() {
	if n.file != "" {
		os.Remove(n.file) //nolint:errcheck // a note too many does no harm
		n.file = ""
	}
}
