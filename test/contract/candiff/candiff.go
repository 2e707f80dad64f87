// Package candiff holds what "kubectl rustfs can" decides against what a
// server does: generated policies of users, groups, access keys and buckets,
// each question decided by the evaluator and tried for real.
package candiff

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

// Options say which cases are generated. The same seed makes the same cases.
type Options struct {
	Seed  uint64
	Cases int
	Wide  bool // also calls that the stand-in does not know
}

// FromEnv are options with CANDIFF_SEED and CANDIFF_CASES over what is given.
func FromEnv(t testing.TB, o Options) Options {
	t.Helper()
	for name, set := range map[string]func(uint64){
		"CANDIFF_SEED":  func(n uint64) { o.Seed = n },
		"CANDIFF_CASES": func(n uint64) { o.Cases = int(n) },
	} {
		text := os.Getenv(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		set(n)
	}
	return o
}

// Result is what came of a run.
type Result struct {
	Cases, Allowed int
	Disagreements  []Disagreement
}

// Disagreement is a case in which evaluator and server say different things,
// with all that it takes to repeat it.
type Disagreement struct {
	Seed     uint64
	Round    int
	Who      string
	Account  string
	Call     call
	Decided  bool
	Server   string
	Decision []iam.Decision
	State    iam.Snapshot
}

// Short is a disagreement in one line.
func (d Disagreement) Short() string {
	var reasons []string
	for _, one := range d.Decision {
		if one.By != nil {
			reasons = append(reasons, one.By.String()+": "+iam.Words(one.By.Text))
		}
		reasons = append(reasons, one.Reasons...)
	}
	return fmt.Sprintf("%s: %s %s/%s?%s: decided %v, the server %s (%s)", d.Who, d.Call.Name, d.Call.Bucket, d.Call.Key, d.Call.Query, d.Decided, d.Server, strings.Join(reasons, "; "))
}

func (d Disagreement) String() string {
	b, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

const (
	askersAtOnce = 8
	callsEach    = 24 // calls of each who asks, in a round
	userAgent    = "candiff/1"
)

// Run plays cases until there are enough.
func Run(t *testing.T, s *target.Target, o Options) Result {
	t.Helper()
	g := &generator{rng: rand.New(rand.NewPCG(o.Seed, 0)), seed: o.Seed, wide: o.Wide} //nolint:gosec // the same cases for the same seed are the point
	w := newWorld(t, s, g)
	var r Result
	for round := 0; r.Cases < o.Cases; round++ {
		w.round(t, round)
		w.play(t, round, &r)
	}
	return r
}

// play asks everybody's questions, some at a time.
func (w *world) play(t *testing.T, round int, r *Result) {
	t.Helper()
	type job struct {
		who  asker
		call call
	}
	var jobs []job
	for _, a := range w.askers {
		for range callsEach {
			jobs = append(jobs, job{a, w.gen.call(w)})
		}
	}
	state := w.state
	state.At = time.Now()
	e := iam.NewEvaluator(state)
	var mu sync.Mutex
	var wait sync.WaitGroup
	gate := make(chan struct{}, askersAtOnce)
	for _, j := range jobs {
		wait.Add(1)
		gate <- struct{}{}
		go func() {
			defer func() { <-gate; wait.Done() }()
			decided, all := j.call.decide(e, w, j.who)
			allowed, said, err := w.send(t, j.who, j.call)
			mu.Lock()
			defer mu.Unlock()
			r.Cases++
			if err == nil && allowed {
				r.Allowed++
			}
			if err != nil || allowed != decided {
				if err != nil {
					said = err.Error()
				}
				r.Disagreements = append(r.Disagreements, Disagreement{
					Seed: w.gen.seed, Round: round, Who: j.who.subject.String(), Account: j.who.key.Access, Call: j.call,
					Decided: decided, Server: said, Decision: all, State: relevant(state, j.who, j.call),
				})
			}
		}()
	}
	wait.Wait()
}

// relevant cuts a state down to what counts for one case.
func relevant(s iam.Snapshot, a asker, c call) iam.Snapshot {
	out := iam.Snapshot{At: s.At, Root: s.Root}
	user := a.subject.Name
	if k, ok := s.Key(user); ok && a.subject.Kind == iam.AsKey {
		out.Keys, user = append(out.Keys, k), k.Parent
	}
	names := map[string]bool{}
	if u, ok := s.User(user); ok {
		out.Users = append(out.Users, u)
		for _, p := range u.Policies {
			names[p] = true
		}
	}
	for _, g := range s.GroupsOf(user) {
		out.Groups = append(out.Groups, g)
		for _, p := range g.Policies {
			names[p] = true
		}
	}
	for _, p := range s.Policies {
		if names[p.Name] {
			out.Policies = append(out.Policies, p)
		}
	}
	for _, b := range s.Buckets {
		if b.Name == c.Bucket || b.Name == c.Source || c.Bucket == "" {
			out.Buckets = append(out.Buckets, b)
		}
	}
	return out
}

// send makes a call and tells whether the server let it through to its work.
func (w *world) send(t *testing.T, a asker, c call) (allowed bool, said string, err error) {
	o := s3.Options{Endpoint: w.target.Endpoint, Transport: w.transport, UserAgent: userAgent, AccessKey: a.key.Access, SecretKey: secret.New(a.key.Secret)}
	answer, err := s3.Ask(t.Context(), o, s3.Request{Method: c.Method, Bucket: c.Bucket, Key: c.Key, Query: c.Query, Headers: c.Headers, Body: c.Body})
	if err != nil {
		return false, "", err
	}
	said = fmt.Sprintf("%d %s", answer.Status, answer.Code)
	if answer.Status/100 == 2 && c.Multi {
		refused := containsCode(answer.Body, "AccessDenied")
		return !refused, said, nil
	}
	if answer.Status >= http.StatusInternalServerError && (answer.Code == "InternalError" || answer.Code == "") {
		return false, "", fmt.Errorf("the server fails: %s %s", said, answer.Body)
	}
	return !answer.Refused() && (answer.Status != http.StatusBadRequest || !containsCode(answer.Body, "check key failed")), said, nil
}
