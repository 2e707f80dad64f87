package rustfs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
)

// probeView is what came of trying.
type probeView struct {
	Allowed *bool  `json:"allowed,omitempty"` // nil: it was not tried
	Request string `json:"request,omitempty"`
	Result  string `json:"result"`
}

// try asks the server itself, by a request that changes nothing.
func (o *can) try(ctx context.Context, t *target, s iam.Snapshot, who iam.Subject, q iam.Question) (*probeView, error) {
	prefix := ""
	if p := q.Values["prefix"]; len(p) > 0 {
		prefix = p[0]
	}
	h, ok := iam.HarmlessRequest(q.Action, prefix)
	switch {
	case !ok:
		return &probeView{Result: "not tried: every request that asks for " + q.Action + " might change something, or is answered in other ways too"}, nil
	case who.Kind == iam.AsGroup:
		return &probeView{Result: "not tried: a group makes no requests; ask for one of its members"}, nil
	case q.Key == "*":
		return &probeView{Result: "not tried: name an object, as " + q.Bucket + "/KEY"}, nil
	case len(o.context) > 0 || o.sourceIP != "":
		return &probeView{Result: "not tried: the trial comes from here, and cannot pretend another address or program"}, nil
	}
	options, done, why, err := o.trialKey(ctx, t, s, who)
	if err != nil || why != "" {
		return &probeView{Result: why}, err
	}
	defer done()
	r := s3.Request{Method: h.Method, Bucket: q.Bucket, Key: q.Key, Query: h.Query, Headers: h.Headers, Body: h.Body}
	a, err := s3.Ask(ctx, options, r)
	if err != nil {
		return nil, err
	}
	allowed := !a.Refused()
	v := &probeView{Allowed: &allowed, Request: h.Method + " /" + resourceWord(iam.Question{Bucket: q.Bucket, Key: q.Key})}
	if h.Query != "" {
		v.Request += "?" + h.Query
	}
	v.Result = strings.TrimSpace(fmt.Sprintf("%s: %s answered %d %s", yesNo(allowed), v.Request, a.Status, a.Code))
	return v, nil
}

// trialKey makes the key of a trial: root's own, none for anybody, or a new
// one of the user's with the policy of the key that is asked about. why says
// why there is none.
func (o *can) trialKey(ctx context.Context, t *target, s iam.Snapshot, who iam.Subject) (options s3.Options, done func(), why string, err error) {
	options = s3.Options{Endpoint: t.url, Transport: t.transport, UserAgent: "kubectl-rustfs"}
	done = func() {}
	k, err := generateKey(who.Name)
	if err != nil {
		return options, done, "", err
	}
	k.Name, k.Description, k.Expires = "", "trial of kubectl rustfs can", time.Now().Add(probeTime)
	switch who.Kind {
	case iam.AsAnonymous:
		return options, done, "", nil
	case iam.AsRoot:
		if t.credential.AccessKey != s.Root {
			return options, done, "not tried: the key in use is not root's", nil
		}
		options.AccessKey, options.SecretKey = t.credential.AccessKey, t.credential.SecretKey
		return options, done, "", nil
	case iam.AsKey:
		own, _ := s.Key(who.Name)
		k.Parent, k.Policy = own.Parent, own.Policy
		if !own.Enabled || own.Expired(s.At) {
			return options, done, "not tried: the key is disabled or has expired", nil
		}
	case iam.AsUser, iam.AsGroup:
		if u, ok := s.User(who.Name); !ok || !u.Enabled {
			return options, done, "not tried: the user is disabled", nil
		}
	}
	if err := t.admin.AddKey(ctx, k); err != nil {
		return options, done, "", cli.Hintf(err, "only root may make keys for others; leave --probe out")
	}
	o.Remarkf("access key %s of %s was made for the trial; bucket policies that name %s do not count for it", k.AccessKey, k.Parent, who.Name)
	options.AccessKey, options.SecretKey = k.AccessKey, k.SecretKey
	return options, func() { o.forget(ctx, t, k.AccessKey) }, "", nil
}

// forget deletes the key of a trial, also when the person has interrupted it.
func (o *can) forget(ctx context.Context, t *target, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	if err := t.admin.RemoveKey(ctx, key); err != nil && !admin.IsNotFound(err) {
		o.Warnf("the access key %s, made for the trial, could not be deleted, and ends by itself in %s: %v", key, probeTime, err)
	}
}
