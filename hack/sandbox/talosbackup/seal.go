package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// seal compresses and encrypts a file into another one, in this order.
func (s settings) seal(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read

	out, err := os.Create(to)
	if err != nil {
		return err
	}

	return errors.Join(s.sealStream(in, out), out.Close())
}

func (s settings) sealStream(in io.Reader, out io.Writer) error {
	var ends []io.Closer // from the innermost to the outermost

	if s.encrypt {
		recipients, err := age.ParseRecipients(strings.NewReader(strings.Join(s.recipients, "\n")))
		if err != nil {
			return fmt.Errorf("failed to parse public key: %w", err)
		}

		w, err := age.Encrypt(out, recipients...)
		if err != nil {
			return err
		}

		out, ends = w, append(ends, w)
	}

	if s.compress {
		w, err := zstd.NewWriter(out)
		if err != nil {
			return err
		}

		out, ends = w, append(ends, w)
	}

	_, err := io.Copy(out, in)

	for i := len(ends) - 1; i >= 0; i-- {
		err = errors.Join(err, ends[i].Close())
	}

	return err
}
