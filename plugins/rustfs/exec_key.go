package rustfs

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
)

// key is what the program gets: a temporary key, or the one in use.
func (o *bridge) key(ctx context.Context, t *target) (admin.Credentials, error) {
	if o.asRoot || o.ownKey {
		return admin.Credentials{AccessKey: t.credential.AccessKey, SecretKey: t.credential.SecretKey}, nil
	}
	c, err := t.admin.AssumeRole(ctx, o.duration)
	if err != nil {
		return c, o.noTemporaryKey(ctx, t, err)
	}
	return c, nil
}

// noTemporaryKey says why the server gives none, and the way round. Versions
// say no in different ways, so the key's kind is asked for.
func (o *bridge) noTemporaryKey(ctx context.Context, t *target, err error) error {
	var e *admin.Error
	if !errors.As(err, &e) || e.Code == "InvalidAccessKeyId" || e.Code == "SignatureDoesNotMatch" || e.Status >= http.StatusInternalServerError && !admin.IsMissingRoute(err) {
		return err
	}
	way := "--as-root"
	if o.where.key.AccessKey != "" {
		way = "--own-key"
	}
	hint := "hand over the key itself: kubectl rustfs exec " + way + " -- COMMAND"
	if i, whoErr := t.admin.WhoAmI(ctx); whoErr == nil && i.Account != "" && i.Account != i.AccessKey {
		err = fmt.Errorf("access key %s is one of user %s, and the server gives temporary keys to users alone: %w", i.AccessKey, i.Account, err)
	}
	return cli.Hintf(err, "%s", hint)
}

// end revokes the temporary keys of the user in use, where the server can.
func (o *bridge) end(ctx context.Context, t *target) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	if _, err := t.admin.RevokeSessions(ctx, ""); err != nil {
		o.Warnf("the temporary key was not revoked, and ends by itself: %v", err)
	}
}
