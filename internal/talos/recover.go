package talos

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"github.com/siderolabs/talos/pkg/machinery/client"
)

// messageBytes is the size of one upload message. The node takes 32 MiB; with
// its few bytes of framing it just fits the 32 KiB buffers that gRPC keeps,
// whose next size is 1 MiB.
const messageBytes = 32<<10 - 64

// ErrEmptySnapshot says that the reader of an upload had no bytes. A node
// would accept that and fail later.
var ErrEmptySnapshot = errors.New("the snapshot is empty")

// Recover uploads a snapshot to the node, which keeps it in
// /var/lib/etcd.snapshot for [Client.Bootstrap] (machine API EtcdRecover). The
// node takes any bytes: r must prove them and fail instead of returning
// io.EOF. When r fails, the stream is cancelled and the node deletes what it
// has; the error then holds r's error. progress, if not nil, is told the bytes
// sent so far.
//
// A [Retryable] failure may be tried again with a new reader.
func (c *Client) Recover(ctx context.Context, r io.Reader, progress func(sent int64)) error {
	const op = "upload the snapshot"
	// Cancelling is the only way to say "incomplete": closing means "done".
	ctx, cancel := context.WithCancel(c.on(ctx))
	defer cancel()
	stream, err := c.api.MachineClient.EtcdRecover(ctx)
	if err != nil {
		return c.failed(op, err)
	}
	buf := make([]byte, messageBytes)
	var sent int64
	for {
		n, readErr := readFull(r, buf)
		if readErr != nil && readErr != io.EOF {
			return fmt.Errorf("%s to node %s: %w", op, c.node, readErr)
		}
		if n > 0 {
			err := stream.Send(&common.Data{Bytes: buf[:n]})
			if err == io.EOF { // the node has answered already: CloseAndRecv has its words
				break
			}
			if err != nil {
				return c.failed(op, err)
			}
			if sent += int64(n); progress != nil {
				progress(sent)
			}
		}
		if readErr == io.EOF && sent == 0 {
			return fmt.Errorf("%s to node %s: %w", op, c.node, ErrEmptySnapshot)
		}
		if readErr == io.EOF {
			break
		}
	}
	resp, err := stream.CloseAndRecv()
	_, err = client.FilterMessages(resp, err)
	return c.failed(op, err)
}

// readFull fills buf unless r ends or fails first. Unlike io.ReadFull it keeps
// r's own error, so that io.ErrUnexpectedEOF is never a short last message.
func readFull(r io.Reader, buf []byte) (int, error) {
	var n int
	for n < len(buf) {
		got, err := r.Read(buf[n:])
		n += got
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
