package transfer

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/talos-rustfs/kubectl-plugins/internal/object"
)

// Copy copies an object on the server: its content never comes here. A large
// one goes in parts. replace, when there is one, are the attributes it gets;
// else it keeps its own, tags included.
func (e *Engine) Copy(ctx context.Context, from object.Info, to object.Ref, replace *object.Attributes, noClobber bool) (info object.Info, err error) {
	if noClobber {
		// RustFS looks at no condition of a copy's target (app/object/copy.rs).
		if _, err := e.Store.Head(ctx, to); err == nil {
			return object.Info{}, &ExistsError{To: to.String()}
		}
	}
	if from.Size > e.CopyLimit {
		return e.copyParts(ctx, from, to, replace, noClobber)
	}
	err = e.request(ctx, func() (err error) {
		info, err = e.Store.Copy(ctx, from, to, replace)
		return err
	})
	if err == nil {
		e.Moved(from.Size)
	}
	return info, err
}

func (e *Engine) copyParts(ctx context.Context, from object.Info, to object.Ref, replace *object.Attributes, noClobber bool) (object.Info, error) {
	if replace == nil {
		whole, err := e.Store.Head(ctx, from.Ref)
		if err != nil {
			return object.Info{}, err
		}
		if whole.TagCount > 0 {
			if whole.Tags, err = e.Store.ObjectTags(ctx, from.Ref); err != nil {
				return object.Info{}, err
			}
		}
		from, replace = whole, &whole.Attributes
	}
	w := object.Write{Attributes: *replace, NoClobber: noClobber}
	id, err := e.Store.StartUpload(ctx, to, w)
	if err != nil {
		return object.Info{}, err
	}
	var mu sync.Mutex
	var parts []object.Part
	err = All(ctx, cap(e.slots), object.Pieces(from.Size, object.CopyPartSize(from.Size)), func(ctx context.Context, p object.Piece) error {
		return e.request(ctx, func() error {
			part, err := e.Store.CopyPart(ctx, from, to, id, p)
			if err != nil {
				return err
			}
			e.Moved(p.Length)
			mu.Lock()
			defer mu.Unlock()
			parts = append(parts, part)
			return nil
		})
	})
	if err == nil {
		var info object.Info
		if info, err = e.complete(ctx, to, id, parts, noClobber); err == nil {
			return info, nil
		}
	}
	return object.Info{}, errors.Join(err, e.abort(ctx, to, id))
}

// Proven asks the server whether an object is what was copied there: what is
// moved is deleted only then.
func (e *Engine) Proven(ctx context.Context, copied object.Info, size int64) error {
	there, err := e.Store.Head(ctx, object.Ref{Bucket: copied.Bucket, Key: copied.Key})
	switch {
	case err != nil:
		return fmt.Errorf("what was copied could not be checked: %w", err)
	case there.Size != size:
		return fmt.Errorf("what was copied has %d bytes and not %d", there.Size, size)
	case copied.ETag != "" && there.ETag != copied.ETag:
		return errors.New("what was copied was replaced meanwhile")
	}
	return nil
}
