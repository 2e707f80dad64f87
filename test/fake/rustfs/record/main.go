// Command record plays a scenario against a server and writes the requests
// with their answers as JSON lines:
//
//	RUSTFS_ENDPOINT=http://127.0.0.1:9000 RUSTFS_ACCESS_KEY=… RUSTFS_SECRET_KEY=… \
//	    record testdata/scenario.jsonl > testdata/golden-1.0.1.jsonl
//
// The server must be fresh: scenarios create users, policies and buckets. With
// the real server at hand, test/contract does the same:
//
//	UPDATE_GOLDEN=1 go test ./test/contract -run TestGolden
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

const requestTimeout = time.Minute

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: record <scenario.jsonl>")
	}
	file, err := os.Open(os.Args[1])
	if err != nil {
		return err
	}
	defer file.Close()
	lines, err := scenario.Read(file)
	if err != nil {
		return err
	}
	player, err := scenario.NewPlayer(os.Getenv("RUSTFS_ENDPOINT"), os.Getenv("RUSTFS_ACCESS_KEY"),
		os.Getenv("RUSTFS_SECRET_KEY"), &http.Client{Timeout: requestTimeout})
	if err != nil {
		return err
	}
	if lines, err = player.Record(context.Background(), lines); err != nil {
		return err
	}
	return scenario.Write(os.Stdout, lines)
}
