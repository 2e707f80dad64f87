// Command kubeletstub answers the health check of Talos' kubelet service, so that a node without Kubernetes counts as healthy.
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })

	server := &http.Server{Addr: "127.0.0.1:10248", Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	fmt.Fprintln(os.Stderr, "kubelet stub:", server.ListenAndServe())
	os.Exit(1)
}
