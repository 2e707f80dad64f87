package seal

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// windowLimit bounds the memory a zstd frame may ask for, in bytes.
// talos-backup writes windows of at most 8 MiB.
const windowLimit = 128 << 20

// unzstd decompresses on the caller's goroutine and gives a function that
// frees the decoder.
func (f *faults) unzstd(r io.Reader) (io.Reader, func(), error) {
	dec, err := zstd.NewReader(r,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(windowLimit),
	)
	if err != nil {
		return nil, nil, f.resolve(err, f.badZstd)
	}
	return &guard{r: dec, faults: f, explain: f.badZstd}, dec.Close, nil
}

func (f *faults) badZstd(err error) *Bad {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Bad{Kind: Cut, Reason: fmt.Sprintf("cut short: the zstd stream ends unfinished (after %s of the object)", size(f.src.n))}
	case errors.Is(err, zstd.ErrMagicMismatch):
		return &Bad{Kind: Trailing, Reason: "bytes follow the end of the zstd stream"}
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return &Bad{Kind: Damaged, Reason: "damaged, or not by talos-backup: the zstd stream asks for a window beyond its limit (at most " + size(windowLimit) + ")"}
	}
	return &Bad{Kind: Damaged, Reason: fmt.Sprintf("damaged: the zstd stream does not decode near %s of the object: %v", size(f.src.n), err)}
}

func (f *faults) gunzip(r *bufio.Reader) (io.Reader, error) {
	dec, err := gzip.NewReader(r)
	if err != nil {
		return nil, f.resolve(err, func(err error) *Bad {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return &Bad{Kind: Cut, Reason: "cut short: the gzip header is not complete"}
			}
			return &Bad{Kind: Damaged, Reason: fmt.Sprintf("damaged: the gzip header cannot be read: %v", err)}
		})
	}
	return &guard{r: dec, faults: f, explain: f.badGzip}, nil
}

func (f *faults) badGzip(err error) *Bad {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Bad{Kind: Cut, Reason: fmt.Sprintf("cut short: the gzip stream ends unfinished (after %s of the object)", size(f.src.n))}
	case errors.Is(err, gzip.ErrHeader):
		return &Bad{Kind: Trailing, Reason: "bytes follow the end of the gzip stream"}
	}
	return &Bad{Kind: Damaged, Reason: fmt.Sprintf("damaged: the gzip stream does not decode near %s of the object: %v", size(f.src.n), err)}
}
