package iam_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// recorded is one request that was made to RustFS 1.0.1, with what it asks
// for and what decided about it.
type recorded struct {
	Seq     int
	Note    string
	As      string
	Request string
	Any     bool // one of the questions is enough
	Asks    [][3]string
	Version string
	Values  map[string][]string
	Allowed bool
	Beyond  string // the rule beside all policies for which the server said no
	State   struct {
		Users    []iam.UserState
		Groups   []iam.GroupState
		Policies map[string]json.RawMessage
		Keys     []struct {
			Key, Parent string
			Policy      json.RawMessage
		}
	}
}

func (r recorded) snapshot() iam.Snapshot {
	s := iam.Snapshot{Root: "rustfstest", Users: r.State.Users, Groups: r.State.Groups}
	for name, d := range r.State.Policies {
		s.Policies = append(s.Policies, iam.PolicyState{Name: name, Document: d})
	}
	for _, k := range r.State.Keys {
		own := len(k.Policy) > 0 && string(k.Policy) != "null"
		s.Keys = append(s.Keys, iam.KeyState{AccessKey: k.Key, Parent: k.Parent, Enabled: true, Own: own, Policy: k.Policy})
	}
	return s
}

func (r recorded) decide(e *iam.Evaluator) (bool, []iam.Decision) {
	kind, name, _ := strings.Cut(r.As, "/")
	allowed := !r.Any
	var all []iam.Decision
	for _, a := range r.Asks {
		d := e.Decide(iam.Subject{Kind: iam.SubjectKind(kind), Name: name}, iam.Question{
			Action: a[0], Bucket: a[1], Key: a[2], Version: r.Version, Values: r.Values,
		})
		all = append(all, d)
		if r.Any {
			allowed = allowed || d.Allowed
		} else {
			allowed = allowed && d.Allowed
		}
	}
	return allowed, all
}

// TestRecordedDecisions holds the evaluator against what RustFS 1.0.1 has
// decided.
func TestRecordedDecisions(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/evaluation-1.0.1.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		n++
		if r.Beyond != "" {
			r.Allowed = true // as far as policies go
		}
		if got, all := r.decide(iam.NewEvaluator(r.snapshot())); got != r.Allowed {
			t.Errorf("%d %s %s (%s): decided %v, the server %v\n%+v", r.Seq, r.As, r.Request, r.Note, got, r.Allowed, all)
		}
	}
	if n < 150 {
		t.Errorf("only %d decisions", n)
	}
}
