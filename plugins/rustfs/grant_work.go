package rustfs

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/kube"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

// granting is the work of grant.
type granting struct {
	*plugin
	t       *target
	grant   iam.Grant
	place   *place
	rights  profileFlags
	foreign bool // the policy is somebody else's
	expires time.Time

	endpoint string
	state    iam.GrantState
	was      kube.Held // the Secret, when there is one
	there    bool
	plan     iam.GrantPlan
	key      iam.GrantKey
	secret   secret.Value
}

// keyTitle is the name of the access keys that are made for programs.
const keyTitle = "kubectl-rustfs"

// look asks for everything that there is of the grant, changing nothing.
func (w *granting) look(ctx context.Context) error {
	var err error
	w.endpoint = w.endpointFor(ctx, w.t, w.place.endpoint)
	for _, b := range w.grant.Buckets {
		exists, err := w.t.s3.BucketExists(ctx, b)
		if err != nil {
			return err
		}
		if exists {
			w.state.Buckets = append(w.state.Buckets, b)
		}
	}
	if w.state.Policy, err = policyOn(ctx, w.t, w.grant.Policy); err != nil {
		return err
	}
	if w.state.User, w.state.Keys, err = userOn(ctx, w.t, w.grant.Name); err != nil {
		return err
	}
	if w.grant.Group != "" {
		if w.state.Group, err = groupOn(ctx, w.t, w.grant.Group); err != nil {
			return err
		}
	}
	if err := w.lookAtSecret(ctx); err != nil {
		return err
	}
	if w.plan, err = w.grant.Plan(w.state); err != nil {
		return err
	}
	record := w.plan.Record.String()
	if err := iam.ValidateDescription(record); err != nil {
		return cli.Usagef("what the grant makes is noted in its access key, and would be %d bytes long: %w", len(record), err).
			WithHint("give fewer buckets with one grant, or shorter names")
	}
	if w.plan.Key != "" && w.place.manifest() {
		w.secretOfHeld()
		return nil
	}
	return w.currentSecret()
}

// policyOn is a policy of the server; nil when there is none.
func policyOn(ctx context.Context, t *target, name string) (*iam.Document, error) {
	p, err := t.admin.Policy(ctx, name)
	if admin.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, err := iam.Parse(p.Document)
	if err != nil {
		return nil, fmt.Errorf("policy %q of the server: %w", name, err)
	}
	return &d, nil
}

// userOn is a user of the server with the access keys; nil when there is none.
func userOn(ctx context.Context, t *target, name string) (*iam.GrantUser, []iam.GrantKey, error) {
	u, err := t.admin.User(ctx, name)
	switch {
	case admin.IsNotFound(err) && name == t.credential.AccessKey:
		return nil, nil, &iamError{iam.User, name, "is the name of the key in use"}
	case admin.IsNotFound(err):
		return nil, nil, nil
	case admin.IsKeyNotUser(err):
		return nil, nil, cli.Hintf(&iamError{iam.User, name, "is the name of an access key"}, "choose another name; see: kubectl rustfs key describe %s", name)
	case err != nil:
		return nil, nil, err
	}
	list, err := t.admin.KeysOf(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	var keys []iam.GrantKey
	for _, k := range list {
		g := iam.GrantKey{AccessKey: k.AccessKey, Enabled: k.Enabled, Description: k.Description}
		if _, ours := iam.ParseRecord(k.Description); ours && k.Own {
			full, err := t.admin.Key(ctx, k.AccessKey)
			if err != nil {
				return nil, nil, err
			}
			if d, err := iam.Parse(full.Policy); err == nil {
				g.Doc = &d
			}
		}
		keys = append(keys, g)
	}
	return &iam.GrantUser{Enabled: u.Enabled, Policies: u.Policies, Groups: u.Groups}, keys, nil
}

func groupOn(ctx context.Context, t *target, name string) (*iam.GrantGroup, error) {
	g, err := t.admin.Group(ctx, name)
	if admin.IsNotFound(err) {
		return nil, nil
	}
	return &iam.GrantGroup{Enabled: g.Enabled, Members: g.Members, Policies: g.Policies}, err
}

// lookAtSecret finds out which of the keys the Secret holds, if its secret
// fits.
func (w *granting) lookAtSecret(ctx context.Context) error {
	k, err := w.kube(ctx)
	if err != nil {
		if w.place.manifest() {
			return nil // a manifest needs no cluster
		}
		return err
	}
	if w.was, w.there, err = k.HeldSecret(ctx, w.place.namespace, w.place.name); err != nil {
		if w.place.manifest() {
			return nil
		}
		return err
	}
	if !w.there {
		return nil
	}
	if w.was.Owner != owner && !w.place.manifest() {
		return &kube.ForeignSecretError{Name: w.was.ID(), Owner: owner}
	}
	if other := w.was.Annotations[noteGrant]; other != "" && other != w.grant.Name {
		return cli.Hintf(fmt.Errorf("the Secret %s is that of the grant %q", w.was.ID(), other), "choose another Secret, or take that grant back: kubectl rustfs revoke %s", other)
	}
	accessKey, s := keyIn(w.was)
	if !slices.ContainsFunc(w.state.Keys, func(k iam.GrantKey) bool { return k.AccessKey == accessKey }) {
		return nil
	}
	fits, err := w.t.keyWorks(ctx, accessKey, s)
	if err != nil {
		return err
	}
	if fits {
		w.state.Held = accessKey
	}
	return nil
}

// secretOfHeld takes the secret out of the Secret that is there.
func (w *granting) secretOfHeld() { w.key.AccessKey, w.secret = keyIn(w.was) }

// currentSecret compares the Secret with what it is to say, and plans again
// when that is the same.
func (w *granting) currentSecret() error {
	if w.plan.Key == "" {
		return nil
	}
	w.secretOfHeld()
	h, drop := w.held()
	w.state.Current = maps.Equal(h.Annotations, onlyKeys(w.was.Annotations, h.Annotations))
	for name, v := range h.Data {
		have, ok := w.was.Data[name]
		w.state.Current = w.state.Current && ok && have == v
	}
	for _, name := range drop {
		if _, there := w.was.Data[name]; there {
			w.state.Current = false
		}
	}
	var err error
	w.plan, err = w.grant.Plan(w.state)
	return err
}

// onlyKeys is what m says of the keys of like.
func onlyKeys(m, like map[string]string) map[string]string {
	out := map[string]string{}
	for k := range like {
		if v, ok := m[k]; ok {
			out[k] = v
		}
	}
	return out
}

// held is the Secret as it is to be.
func (w *granting) held() (kube.Held, []string) {
	data, drop := w.place.data(keyContents{accessKey: w.key.AccessKey, secretKey: w.secret, endpoint: w.endpoint, buckets: w.grant.Buckets})
	return kube.Held{
		Namespace: w.place.namespace, Name: w.place.name, Owner: owner, Data: data,
		Annotations: map[string]string{noteGrant: w.grant.Name, noteServer: w.t.name(), noteRecord: w.plan.Record.String()},
	}, drop
}

// bring does what the plan says. changed tells whether there was anything to
// do.
func (w *granting) bring(ctx context.Context) (changed bool, err error) {
	w.showPolicy()
	w.equivalents()
	if len(w.plan.Steps) == 0 {
		return false, w.say("grant/"+w.grant.Name, "unchanged", "")
	}
	if err := w.rehearse(ctx); err != nil {
		return false, err
	}
	for i, s := range w.plan.Steps {
		if w.Rehearsing() == cli.DryRunNone {
			if err := w.do(ctx, s); err != nil {
				if admin.IsDenied(err) && (s.Kind == iam.StepRecord || s.Kind == iam.StepNarrow || s.Kind == iam.StepEnableKey) {
					return i > 0, cli.Hintf(err, "servers from alpha.99 to rc.1 let only the user itself change a key; make another one with --new-key")
				}
				if i == 0 {
					return false, err
				}
				return true, cli.Hintf(err, "give the same grant again: it goes on where it stopped; kubectl rustfs revoke %s takes it back", w.grant.Name)
			}
		}
		if err := w.say(string(s.Kind)+" "+s.Name, "", s.Why); err != nil {
			return true, err
		}
	}
	w.nameUsers(ctx)
	return true, nil
}

// nameUsers tells which pods have what the Secret has held before.
func (w *granting) nameUsers(ctx context.Context) {
	if !w.there || w.plan.Key != "" || w.place.manifest() || w.Rehearsing() != cli.DryRunNone {
		return
	}
	k, err := w.kube(ctx)
	if err != nil {
		return
	}
	users, err := k.UsersOfSecret(ctx, w.place.namespace, w.place.name)
	if err != nil {
		return // it was only to be helpful
	}
	var workloads []string
	for _, u := range users {
		if !slices.Contains(workloads, u.Workload) {
			workloads = append(workloads, u.Workload)
		}
	}
	if len(workloads) > 0 {
		w.Warnf("the key is another one: restart what has the Secret %s: %s", w.was.ID(), inSentence(workloads))
	}
}

// equivalents say how mc would do the steps.
func (w *granting) equivalents() {
	for _, s := range w.plan.Steps {
		switch s.Kind {
		case iam.StepUser:
			w.equivalent("mc", "admin", "user", "add", "rustfs", s.Name)
		case iam.StepKey:
			w.equivalent("mc", "admin", "accesskey", "create", "rustfs", s.Name)
		case iam.StepBucket:
			w.equivalent("mc", "mb", "rustfs/"+s.Name)
		case iam.StepPolicy:
			w.equivalent("mc", "admin", "policy", "create", "rustfs", s.Name, "policy.json")
		case iam.StepAttach:
			w.equivalent("mc", "admin", "policy", "attach", "rustfs", s.Name, "--user", w.grant.Name)
		case iam.StepJoin:
			w.equivalent("mc", "admin", "group", "add", "rustfs", s.Name, w.grant.Name)
		case iam.StepGroup:
			w.equivalent("mc", "admin", "policy", "attach", "rustfs", s.Name, "--group", w.grant.Group)
		case iam.StepSecret:
			w.equivalent("kubectl", "create", "secret", "generic", "-n", w.place.namespace, w.place.name, "--from-env-file=key.env")
		default: // mc has none
		}
	}
}

// showPolicy shows what becomes different of the policy.
func (w *granting) showPolicy() {
	if w.grant.Doc == nil {
		return
	}
	before := ""
	if w.state.Policy != nil {
		if iam.Equal(*w.state.Policy, *w.grant.Doc) {
			return
		}
		before = pretty(w.state.Policy.JSON())
	}
	w.ShowDiff("policy/"+w.grant.Policy, before, pretty(w.grant.Doc.JSON()))
}

// say tells of a step: on stdout, unless a manifest goes there.
func (w *granting) say(what, verb, why string) error {
	line := what
	if verb != "" {
		line += " " + verb
	}
	if w.Rehearsing() != cli.DryRunNone {
		line += " (dry run)"
	}
	if why != "" {
		line += ": " + why
	}
	if w.place.manifest() {
		w.Remarkf("%s", line)
		return nil
	}
	_, err := fmt.Fprintln(w.Out, line)
	return err
}

// rehearse lets the API server say whether it would take the Secret, before
// anything is made.
func (w *granting) rehearse(ctx context.Context) error {
	if w.place.manifest() || !slices.ContainsFunc(w.plan.Steps, func(s iam.Step) bool { return s.Kind == iam.StepSecret }) {
		return nil
	}
	k, err := w.kube(ctx)
	if err != nil {
		return err
	}
	h, drop := w.held()
	return k.WriteHeld(ctx, h, drop, true)
}

// do makes one step.
func (w *granting) do(ctx context.Context, s iam.Step) error {
	a, user := w.t.admin, admin.Holder{Name: w.grant.Name}
	yes := true
	switch s.Kind {
	case iam.StepUser:
		text, err := iam.GenerateSecret(rand.Reader)
		if err != nil {
			return err
		}
		return a.AddDisabledUser(ctx, s.Name, secret.New(text))
	case iam.StepKey:
		return w.makeKey(ctx)
	case iam.StepRecord:
		text := w.plan.Record.String()
		return a.UpdateKey(ctx, s.Name, admin.KeyChange{Description: &text})
	case iam.StepBucket:
		return w.t.s3.CreateBucket(ctx, s.Name, false)
	case iam.StepPolicy:
		return a.PutPolicy(ctx, s.Name, w.grant.Doc.JSON())
	case iam.StepAttach:
		return a.AttachPolicies(ctx, user, s.Name)
	case iam.StepJoin:
		return a.AddMembers(ctx, s.Name, w.grant.Name)
	case iam.StepGroup:
		return a.AttachPolicies(ctx, admin.Holder{Name: w.grant.Group, Group: true}, s.Name)
	case iam.StepNarrow:
		return a.UpdateKey(ctx, s.Name, admin.KeyChange{Policy: w.grant.KeyPolicy()})
	case iam.StepEnableKey:
		return a.UpdateKey(ctx, s.Name, admin.KeyChange{Enabled: &yes})
	case iam.StepSecret:
		return w.handOut(ctx)
	case iam.StepEnable:
		return a.SetUserStatus(ctx, s.Name, true)
	case iam.StepNoSecret:
		return w.dropSecret(ctx, s.Name)
	case iam.StepNoKey:
		return gone(a.RemoveKey(ctx, s.Name))
	default:
		return fmt.Errorf("a grant has no step %q", s.Kind)
	}
}

// dropSecret deletes a Secret that the grant has used until now.
func (w *granting) dropSecret(ctx context.Context, id string) error {
	k, err := w.kube(ctx)
	if err != nil {
		return err
	}
	namespace, name, err := secretName("Secret", id)
	if err != nil {
		return err
	}
	h, there, err := k.HeldSecret(ctx, namespace, name)
	if err != nil || !there || h.Owner != owner || h.Annotations[noteGrant] != w.grant.Name {
		return err
	}
	return k.DeleteHeld(ctx, namespace, name)
}

// gone takes it for done when what is to be removed is not there.
func gone(err error) error {
	if admin.IsNotFound(err) {
		return nil
	}
	return err
}

func (w *granting) makeKey(ctx context.Context) error {
	k, err := generateKey(w.grant.Name)
	if err != nil {
		return err
	}
	k.Policy, k.Description, k.Expires = w.grant.KeyPolicy(), w.plan.Record.String(), w.expires
	if err := w.t.admin.AddKey(ctx, k); err != nil {
		return err
	}
	w.key.AccessKey, w.secret = k.AccessKey, k.SecretKey
	return nil
}

// generateKey makes an access key for a user; nothing is sent.
func generateKey(parent string) (admin.NewKey, error) {
	accessKey, err := iam.GenerateKey(rand.Reader)
	if err != nil {
		return admin.NewKey{}, err
	}
	text, err := iam.GenerateSecret(rand.Reader)
	return admin.NewKey{AccessKey: accessKey, SecretKey: secret.New(text), Parent: parent, Name: keyTitle}, err
}

func (w *granting) handOut(ctx context.Context) error {
	h, drop := w.held()
	return w.place.handOut(ctx, w.plugin, h, drop)
}

// handOut writes the Secret, or prints it.
func (l *place) handOut(ctx context.Context, p *plugin, h kube.Held, drop []string) error {
	if l.manifest() {
		return l.print(p.Out, h)
	}
	k, err := p.kube(ctx)
	if err != nil {
		return err
	}
	return k.WriteHeld(ctx, h, drop, false)
}

// inSentence is a list of names for a sentence.
func inSentence(names []string) string { return strings.Join(names, ", ") }
