package talos

import (
	"context"
	"fmt"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/resource/protobuf"
	"github.com/cosi-project/runtime/pkg/state"
	"sigs.k8s.io/yaml"
)

// Resources are read as YAML by their names: importing Talos' typed resources
// would add 10 MiB to the program.
func (c *Client) resource(ctx context.Context, namespace, kind, id string, spec any) error {
	ctx, cancel := c.call(ctx)
	defer cancel()
	op := "read " + kind
	r, err := c.api.COSI.Get(ctx, resource.NewMetadata(namespace, kind, id, resource.VersionUndefined),
		state.WithGetUnmarshalOptions(state.WithSkipProtobufUnmarshal()))
	if err != nil {
		return c.failed(op, err)
	}
	return decode(r, spec)
}

// resources calls each with a reader of every resource of a kind.
func (c *Client) resources(ctx context.Context, namespace, kind string, each func(read func(spec any) error) error) error {
	ctx, cancel := c.call(ctx)
	defer cancel()
	list, err := c.api.COSI.List(ctx, resource.NewMetadata(namespace, kind, "", resource.VersionUndefined),
		state.WithListUnmarshalOptions(state.WithSkipProtobufUnmarshal()))
	if err != nil {
		return c.failed("list "+kind, err)
	}
	for _, r := range list.Items {
		if err := each(func(spec any) error { return decode(r, spec) }); err != nil {
			return err
		}
	}
	return nil
}

// decode reads the YAML the node sends beside the binary form. Errors do not
// quote it: some resources hold secrets.
func decode(r resource.Resource, spec any) error {
	kind := r.Metadata().Type()
	raw, ok := r.(*protobuf.Resource)
	if !ok {
		return fmt.Errorf("read %s: unexpected type %T", kind, r)
	}
	message, err := raw.Marshal()
	if err != nil {
		return fmt.Errorf("read %s: the answer is not complete", kind)
	}
	if err := yaml.Unmarshal([]byte(message.GetSpec().GetYamlSpec()), spec); err != nil {
		return fmt.Errorf("read %s: the answer has another form than expected", kind)
	}
	return nil
}
