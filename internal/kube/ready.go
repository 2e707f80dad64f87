package kube

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// WaitReady asks /readyz until the API server says ok, or ctx ends. The last
// answer is in the error.
func (c *Client) WaitReady(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, time.Second, true, func(ctx context.Context) (bool, error) {
		ask, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		last = c.core.Get().AbsPath("/readyz").Do(ask).Error()
		return last == nil, nil
	})
	if err != nil && last != nil {
		return errors.Join(err, last)
	}
	return err
}
