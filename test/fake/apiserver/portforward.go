package apiserver

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// portForward upgrades to SPDY and joins each stream pair with the pod's
// backend. WebSocket handshakes are refused, as by an old server, so that
// clients fall back.
func (s *Server) portForward(w http.ResponseWriter, h *http.Request, r request) {
	if h.Method != http.MethodPost {
		http.Error(w, "only SPDY here", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	exists := s.find("pods", r.namespace, r.name) >= 0
	s.mu.Unlock()
	if !exists {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, fmt.Sprintf("pods %q not found", r.name))
		return
	}
	if _, err := httpstream.Handshake(h, w, []string{portforward.PortForwardProtocolV1Name}); err != nil {
		return
	}
	f := &forwarding{server: s, pod: r.namespace + "/" + r.name, errs: map[string]httpstream.Stream{}}
	if c := spdy.NewResponseUpgrader().UpgradeResponse(w, h, f.stream); c != nil {
		<-c.CloseChan()
	}
}

// forwarding is one upgraded connection.
type forwarding struct {
	server *Server
	pod    string

	mu   sync.Mutex
	errs map[string]httpstream.Stream
}

func (f *forwarding) stream(st httpstream.Stream, reply <-chan struct{}) error {
	id := st.Headers().Get(corev1.PortForwardRequestIDHeader)
	if st.Headers().Get(corev1.StreamType) == corev1.StreamTypeError {
		f.mu.Lock()
		f.errs[id] = st
		f.mu.Unlock()
		return nil
	}
	go func() {
		<-reply
		f.mu.Lock()
		errs := f.errs[id]
		f.mu.Unlock()
		f.join(st, errs, st.Headers().Get(corev1.PortHeader))
	}()
	return nil
}

// join copies between the stream and the backend. A port without one answers
// what a container runtime says.
func (f *forwarding) join(data, errs httpstream.Stream, port string) {
	defer errs.Close()
	defer data.Close()
	f.server.mu.Lock()
	address := f.server.backends[f.pod+":"+port]
	f.server.mu.Unlock()
	backend, err := net.Dial("tcp", address)
	if address == "" || err != nil {
		fmt.Fprintf(errs, "failed to connect to localhost:%s inside namespace: connection refused", port)
		return
	}
	defer backend.Close()
	go func() {
		io.Copy(backend, data) //nolint:errcheck // the client decides when it ends
		backend.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(data, backend) //nolint:errcheck // the client decides when it ends
}
