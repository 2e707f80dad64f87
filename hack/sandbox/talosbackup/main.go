// Command talosbackup keeps the contract of Siderolabs' talos-backup, as documented: the same environment, object names, log lines and exit code. It takes a
// snapshot of etcd through the Machine API, compresses and encrypts it, and puts it into a bucket.
package main

import (
	"context"
	"log"
	"os"
	"time"
)

func main() {
	settings, err := readSettings(os.Getenv)
	if err == nil {
		err = run(context.Background(), settings, time.Now())
	}

	if err != nil {
		log.Println(err)
		os.Exit(255) // upstream's os.Exit(-1)
	}
}
