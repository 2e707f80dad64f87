// Package apiserver is a Kubernetes API server for fast tests: it keeps
// objects, answers get, list, watch, create, update and delete, serves logs, refuses what a
// test denies, and carries port-forwards and exec over real SPDY streams. It knows no
// controllers: what happens to a Job is the test's business (Server.OnCreate).
package apiserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// Server is one API server on the loopback address.
type Server struct {
	http *httptest.Server

	mu       sync.Mutex
	objects  []*unstructured.Unstructured
	watchers []chan event
	version  int
	denied   []string          // "get secrets"
	backends map[string]string // NAMESPACE/POD:PORT → host:port
	logs     map[string]string // NAMESPACE/POD → text; NAMESPACE/POD previous → of the container before
	endless  map[string]bool   // NAMESPACE/POD → following its log does not end
	requests []string

	onCreate func(*Server, *unstructured.Unstructured)
	onExec   ExecHandler
	proxies  map[string]http.Handler // "NAMESPACE/http:SERVICE:" → what answers
}

type event struct {
	Type   string         `json:"type"`
	Object map[string]any `json:"object"`
}

// New starts a server; Close ends it.
func New() *Server {
	s := &Server{backends: map[string]string{}, logs: map[string]string{}, endless: map[string]bool{}}
	s.http = httptest.NewServer(s)
	return s
}

// URL is the server's address.
func (s *Server) URL() string { return s.http.URL }

// Close ends the server and every connection.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Kubeconfig is a kubeconfig for the server, with a default namespace.
func (s *Server) Kubeconfig(namespace string) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: fake, cluster: {server: %q}}]
users: [{name: fake, user: {}}]
contexts: [{name: fake, context: {cluster: fake, user: fake, namespace: %q}}]
current-context: fake
`, s.URL(), namespace)
}

// Add puts the objects of a YAML stream into the server, or replaces them.
func (s *Server) Add(text []byte) error {
	for doc := range strings.SplitSeq(string(text), "\n---") {
		o := map[string]any{}
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			return err
		}
		if len(o) > 0 {
			s.Put(&unstructured.Unstructured{Object: o})
		}
	}
	return nil
}

// Put puts one object into the server, or replaces it, and tells watchers.
func (s *Server) Put(o *unstructured.Unstructured) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	o.SetResourceVersion(fmt.Sprint(s.version))
	if o.GetUID() == "" {
		o.SetUID("uid-1")
	}
	kind := "ADDED"
	if i := s.find(resourceOf(o.GetKind()), o.GetNamespace(), o.GetName()); i >= 0 {
		s.objects[i], kind = o, "MODIFIED"
	} else {
		s.objects = append(s.objects, o)
	}
	for _, w := range s.watchers {
		w <- event{kind, o.DeepCopy().Object}
	}
}

// Deny refuses a verb on a resource from now on: Deny("get", "secrets").
func (s *Server) Deny(verb, resource string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = append(s.denied, verb+" "+resource)
}

// Allow takes a Deny back.
func (s *Server) Allow(verb, resource string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = slices.DeleteFunc(s.denied, func(d string) bool { return d == verb+" "+resource })
}

// OnCreate sets what is called after an object was created, outside any lock.
func (s *Server) OnCreate(do func(*Server, *unstructured.Unstructured)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onCreate = do
}

// Backend lets a port of a pod lead to an address.
func (s *Server) Backend(pod string, port int, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backends[fmt.Sprintf("%s:%d", pod, port)] = address
}

// Proxy lets a service be reached through the API server's proxy, as
// "NAMESPACE/http:SERVICE:".
func (s *Server) Proxy(service string, to http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proxies == nil {
		s.proxies = map[string]http.Handler{}
	}
	s.proxies[service] = to
}

// Log is what a pod (NAMESPACE/NAME) logs.
func (s *Server) Log(pod, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logs[pod] = text
}

// PreviousLog is what the container of a pod logged before its last restart.
func (s *Server) PreviousLog(pod, text string) { s.Log(pod+previousSuffix, text) }

const previousSuffix = " previous"

// EndlessLog lets following a pod's log wait for more until the client goes.
func (s *Server) EndlessLog(pod string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endless[pod] = true
}

// OnExec sets what runs when a client execs into a pod.
func (s *Server) OnExec(do ExecHandler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onExec = do
}

// Requests are the methods and paths asked for so far.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *Server) find(resource, namespace, name string) int {
	return slices.IndexFunc(s.objects, func(o *unstructured.Unstructured) bool {
		return resourceOf(o.GetKind()) == resource && o.GetNamespace() == namespace && o.GetName() == name
	})
}

func resourceOf(kind string) string {
	if strings.HasSuffix(kind, "ss") { // Ingress, StorageClass
		return strings.ToLower(kind) + "es"
	}
	return strings.ToLower(kind) + "s"
}

// request is a parsed path: /api/v1/namespaces/NS/pods/NAME/log.
type request struct {
	resource, namespace, name, sub string
	groupVersion                   string
}

func parse(path string) (r request, ok bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		r.groupVersion, parts = parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		r.groupVersion, parts = parts[1]+"/"+parts[2], parts[3:]
	default:
		return r, false
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		r.namespace, parts = parts[1], parts[2:]
	}
	r.resource = parts[0]
	if len(parts) > 1 {
		r.name = parts[1]
	}
	if len(parts) > 2 {
		r.sub = parts[2]
	}
	return r, true
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, h *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, h.Method+" "+h.URL.RequestURI())
	s.mu.Unlock()
	if h.URL.Path == "/readyz" {
		fmt.Fprint(w, "ok")
		return
	}
	r, ok := parse(h.URL.Path)
	if !ok {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, "no such path "+h.URL.Path)
		return
	}
	verb := verbOf(h, r)
	what := r.resource
	if r.sub != "" {
		what += "/" + r.sub
	}
	s.mu.Lock()
	denied := slices.Contains(s.denied, verb+" "+what) && (r.namespace != "" || verb != "list" || r.name == "")
	s.mu.Unlock()
	switch {
	case denied:
		fail(w, http.StatusForbidden, metav1.StatusReasonForbidden, fmt.Sprintf("%s %q is forbidden: User \"fake\" cannot %s resource %q", r.resource, r.name, verb, what))
	case r.sub == "portforward":
		s.portForward(w, h, r)
	case r.sub == "log":
		s.log(w, h, r)
	case r.sub == "exec":
		s.exec(w, h, r)
	case r.sub == "proxy":
		s.proxy(w, h, r)
	case verb == "list" && s.unknownGroup(r):
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, "the server could not find the requested resource")
	case verb == "watch":
		s.watch(w, h, r)
	case verb == "list":
		s.list(w, h, r)
	case verb == "get":
		s.get(w, r)
	case verb == "create":
		s.create(w, h, r)
	case verb == "put":
		s.update(w, h, r)
	case verb == "delete" && r.name != "":
		s.remove(w, h, r)
	default:
		fail(w, http.StatusMethodNotAllowed, metav1.StatusReasonMethodNotAllowed, verb+" is not known here")
	}
}

// unknownGroup reports that no object of an API group of a CRD was put in: the
// CRD is not installed.
func (s *Server) unknownGroup(r request) bool {
	group, _, named := strings.Cut(r.groupVersion, "/")
	if !named || slices.Contains([]string{"apps", "batch", "networking.k8s.io"}, group) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.ContainsFunc(s.objects, func(o *unstructured.Unstructured) bool { return o.GetAPIVersion() == r.groupVersion })
}

func verbOf(h *http.Request, r request) string {
	switch {
	case h.Method == http.MethodPost:
		return "create"
	case h.Method != http.MethodGet:
		return strings.ToLower(h.Method)
	case h.URL.Query().Get("watch") == "true" || h.URL.Query().Get("watch") == "1":
		return "watch"
	case r.name == "":
		return "list"
	}
	return "get"
}

func (s *Server) get(w http.ResponseWriter, r request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(r.resource, r.namespace, r.name)
	if i < 0 {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, fmt.Sprintf("%s %q not found", r.resource, r.name))
		return
	}
	reply(w, http.StatusOK, s.objects[i].Object)
}

func (s *Server) list(w http.ResponseWriter, h *http.Request, r request) {
	matches, err := matcher(h, r)
	if err != nil {
		fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	items := []any{}
	for _, o := range s.objects {
		if matches(o) {
			items = append(items, o.Object)
		}
	}
	items, next, err := page(items, h.URL.Query())
	if err != nil {
		fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	meta := map[string]any{"resourceVersion": fmt.Sprint(s.version)}
	if next != "" {
		meta["continue"] = next
	}
	reply(w, http.StatusOK, map[string]any{"apiVersion": r.groupVersion, "kind": listKind(r.resource), "metadata": meta, "items": items})
}

// page cuts what limit and continue ask for out of a list. The token is the
// place of the first item; clients must not know that.
func page(items []any, query url.Values) (part []any, next string, err error) {
	from := 0
	if token := query.Get("continue"); token != "" {
		if from, err = strconv.Atoi(token); err != nil || from < 0 {
			return nil, "", fmt.Errorf("continue key is not valid: %q", token)
		}
		items = items[min(from, len(items)):]
	}
	if limit, err := strconv.Atoi(query.Get("limit")); err == nil && limit > 0 && limit < len(items) {
		return items[:limit], strconv.Itoa(from + limit), nil
	}
	return items, "", nil
}

// listKind is the kind of a list of a resource; "Status" makes clients fail
// loudly for resources that no test needs.
func listKind(resource string) string {
	for _, kind := range []string{
		"Pod", "Service", "Secret", "ConfigMap", "Job", "CronJob", "Deployment", "StatefulSet", "DaemonSet", "Ingress",
		"PersistentVolumeClaim", "PersistentVolume", "Node", "HTTPRoute", "IngressRoute",
	} {
		if resourceOf(kind) == resource {
			return kind + "List"
		}
	}
	return "Status"
}

// matcher is the selection of a list or watch.
func matcher(h *http.Request, r request) (func(*unstructured.Unstructured) bool, error) {
	selector, err := labels.Parse(h.URL.Query().Get("labelSelector"))
	if err != nil {
		return nil, err
	}
	name, named := strings.CutPrefix(h.URL.Query().Get("fieldSelector"), "metadata.name=")
	return func(o *unstructured.Unstructured) bool {
		return resourceOf(o.GetKind()) == r.resource && (r.namespace == "" || o.GetNamespace() == r.namespace) &&
			selector.Matches(labels.Set(o.GetLabels())) && (!named || o.GetName() == name)
	}, nil
}

func (s *Server) watch(w http.ResponseWriter, h *http.Request, r request) {
	matches, err := matcher(h, r)
	if err != nil {
		fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	events := make(chan event, 1000)
	s.mu.Lock()
	for _, o := range s.objects {
		events <- event{"ADDED", o.DeepCopy().Object}
	}
	s.watchers = append(s.watchers, events)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.watchers = slices.DeleteFunc(s.watchers, func(c chan event) bool { return c == events })
		s.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	for {
		w.(http.Flusher).Flush()
		select {
		case <-h.Context().Done():
			return
		case e := <-events:
			if matches(&unstructured.Unstructured{Object: e.Object}) {
				if json.NewEncoder(w).Encode(e) != nil {
					return
				}
			}
		}
	}
}

func (s *Server) create(w http.ResponseWriter, h *http.Request, r request) {
	o, err := decode(h.Body)
	if err != nil {
		fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	exists := s.find(r.resource, r.namespace, o.GetName()) >= 0
	s.mu.Unlock()
	if exists {
		fail(w, http.StatusConflict, metav1.StatusReasonAlreadyExists, fmt.Sprintf("%s %q already exists", r.resource, o.GetName()))
		return
	}
	o.SetNamespace(r.namespace)
	o.SetCreationTimestamp(metav1.Now())
	if h.URL.Query().Get("dryRun") == "" {
		s.Put(o)
		s.mu.Lock()
		then := s.onCreate
		s.mu.Unlock()
		if then != nil {
			defer then(s, o.DeepCopy())
		}
	}
	reply(w, http.StatusCreated, o.Object)
}

func (s *Server) update(w http.ResponseWriter, h *http.Request, r request) {
	o, err := decode(h.Body)
	if err != nil {
		fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	old, ok := s.Object(o.GetKind(), r.namespace, r.name)
	switch {
	case !ok:
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, fmt.Sprintf("%s %q not found", r.resource, r.name))
		return
	case o.GetResourceVersion() != "" && o.GetResourceVersion() != old.GetResourceVersion():
		fail(w, http.StatusConflict, metav1.StatusReasonConflict, fmt.Sprintf("%s %q: the object has been modified", r.resource, r.name))
		return
	}
	o.SetNamespace(r.namespace)
	if h.URL.Query().Get("dryRun") == "" {
		s.Put(o)
	}
	reply(w, http.StatusOK, o.Object)
}

// remove deletes an object and tells watchers.
func (s *Server) remove(w http.ResponseWriter, h *http.Request, r request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(r.resource, r.namespace, r.name)
	if i < 0 {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, fmt.Sprintf("%s %q not found", r.resource, r.name))
		return
	}
	o := s.objects[i]
	if h.URL.Query().Get("dryRun") == "" {
		s.objects = slices.Delete(s.objects, i, i+1)
		for _, watcher := range s.watchers {
			watcher <- event{"DELETED", o.DeepCopy().Object}
		}
	}
	reply(w, http.StatusOK, metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess})
}

// proxy carries a request to a service.
func (s *Server) proxy(w http.ResponseWriter, h *http.Request, r request) {
	s.mu.Lock()
	to, ok := s.proxies[r.namespace+"/"+r.name]
	s.mu.Unlock()
	if !ok {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, fmt.Sprintf("services %q not found", r.name))
		return
	}
	_, rest, _ := strings.Cut(h.URL.Path, "/proxy")
	inner := h.Clone(h.Context())
	inner.URL.Path = rest
	to.ServeHTTP(w, inner)
}

// Object is a copy of an object that the server has: Object("Secret", ns, name).
func (s *Server) Object(kind, namespace, name string) (*unstructured.Unstructured, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(resourceOf(kind), namespace, name)
	if i < 0 {
		return nil, false
	}
	return s.objects[i].DeepCopy(), true
}

// decode reads an object as typed clients send it, JSON or protobuf.
func decode(body io.Reader) (*unstructured.Unstructured, error) {
	b, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	typed, kind, err := scheme.Codecs.UniversalDeserializer().Decode(b, nil, nil)
	if err != nil {
		return nil, err
	}
	o := &unstructured.Unstructured{}
	if o.Object, err = runtime.DefaultUnstructuredConverter.ToUnstructured(typed); err != nil {
		return nil, err
	}
	o.SetGroupVersionKind(*kind)
	return o, nil
}

// log answers with the lines asked for. Times are not kept: since is not
// obeyed, and timestamps are all the same.
func (s *Server) log(w http.ResponseWriter, h *http.Request, r request) {
	q, pod := h.URL.Query(), r.namespace+"/"+r.name
	key := pod
	if q.Get("previous") == "true" {
		key += previousSuffix
	}
	s.mu.Lock()
	text, ok := s.logs[key]
	wait := s.endless[pod] && q.Get("follow") == "true"
	s.mu.Unlock()
	switch {
	case !ok && key != pod:
		fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, fmt.Sprintf("previous terminated container %q in pod %q not found", q.Get("container"), r.name))
		return
	case !ok:
		fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, "container is waiting to start")
		return
	}
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if tail, err := strconv.Atoi(q.Get("tailLines")); err == nil && tail < len(lines) {
		lines = lines[len(lines)-tail:]
	}
	for _, l := range lines {
		if q.Get("timestamps") == "true" {
			l = "2026-01-05T06:00:00Z " + l
		}
		fmt.Fprint(w, l)
	}
	if wait {
		w.(http.Flusher).Flush()
		<-h.Context().Done()
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) //nolint:errcheck // the client is gone
}

func fail(w http.ResponseWriter, status int, reason metav1.StatusReason, message string) {
	reply(w, status, metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: int32(status), Reason: reason, Message: message,
	})
}
