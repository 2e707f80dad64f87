package apiserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// ExecHandler runs a command in a pod (NAMESPACE/NAME). A negative code means
// that the runtime has no such program.
type ExecHandler func(pod string, command []string, stdin io.Reader, stdout, stderr io.Writer) (code int)

// exec upgrades to SPDY, waits for the streams that the request asks for, and
// runs the handler on them. WebSocket handshakes are refused, as by an old
// server, so that clients fall back.
func (s *Server) exec(w http.ResponseWriter, h *http.Request, r request) {
	if h.Method != http.MethodPost {
		http.Error(w, "only SPDY here", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	exists, run := s.find("pods", r.namespace, r.name) >= 0, s.onExec
	s.mu.Unlock()
	if !exists {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, fmt.Sprintf("pods %q not found", r.name))
		return
	}
	if _, err := httpstream.Handshake(h, w, []string{remotecommand.StreamProtocolV4Name}); err != nil {
		return
	}
	q := h.URL.Query()
	want := 1 // the error stream
	for _, name := range []string{"stdin", "stdout", "stderr"} {
		if q.Get(name) == "true" {
			want++
		}
	}
	var mu sync.Mutex
	streams := map[string]httpstream.Stream{}
	all := make(chan struct{})
	c := spdy.NewResponseUpgrader().UpgradeResponse(w, h, func(st httpstream.Stream, reply <-chan struct{}) error {
		mu.Lock()
		defer mu.Unlock()
		streams[st.Headers().Get(corev1.StreamType)] = st
		if len(streams) == want {
			close(all)
		}
		return nil
	})
	if c == nil {
		return
	}
	defer c.Close()
	select {
	case <-all:
	case <-c.CloseChan():
		return
	}
	mu.Lock()
	defer mu.Unlock()
	status := metav1.Status{Status: metav1.StatusSuccess}
	code := -1
	if run != nil {
		code = run(r.namespace+"/"+r.name, q["command"], reader(streams), writer(streams, corev1.StreamTypeStdout), writer(streams, corev1.StreamTypeStderr))
	}
	switch {
	case code < 0:
		status = metav1.Status{Status: metav1.StatusFailure, Message: fmt.Sprintf("exec: %q: executable file not found in $PATH", q.Get("command"))}
	case code > 0:
		status = metav1.Status{
			Status: metav1.StatusFailure, Reason: remotecommand.NonZeroExitCodeReason, Message: fmt.Sprintf("command terminated with non-zero exit code: %d", code),
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: remotecommand.ExitCodeCauseType, Message: fmt.Sprint(code)}}},
		}
	}
	for _, name := range []string{corev1.StreamTypeStdout, corev1.StreamTypeStderr} {
		if st := streams[name]; st != nil {
			st.Close()
		}
	}
	json.NewEncoder(streams[corev1.StreamTypeError]).Encode(status) //nolint:errcheck // the client is gone
	streams[corev1.StreamTypeError].Close()
	<-c.CloseChan()
}

func reader(streams map[string]httpstream.Stream) io.Reader {
	if st := streams[corev1.StreamTypeStdin]; st != nil {
		return st
	}
	return http.NoBody
}

func writer(streams map[string]httpstream.Stream, name string) io.Writer {
	if st := streams[name]; st != nil {
		return st
	}
	return io.Discard
}
