package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
)

// TestRemoveGroupFromTheCache: a list that others make brings a deleted group
// back into the server's cache, where it cannot be deleted again.
func TestRemoveGroupFromTheCache(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stored, cached bool
		members        []string // of the group in the cache
		back           int      // how often a list brings it back
		want           []string
		err            string
	}{
		"deleted":                   {stored: true, want: []string{"delete"}},
		"brought back":              {stored: true, back: 1, want: []string{"delete", "write", "delete"}},
		"brought back with members": {stored: true, back: 1, members: []string{"ann"}, want: []string{"delete", "take out ann", "delete"}},
		"left there by others":      {cached: true, want: []string{"delete", "write", "delete"}},
		"brought back for ever": {
			stored: true, back: 100, err: "the server still answers for it",
			want: slices.Repeat([]string{"delete", "write"}, 10),
		},
		"not there": {want: []string{"delete"}, err: "does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stored, cached, back := c.stored, c.stored || c.cached, c.back
			held := []string{} // by the record
			var did []string
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				missing := func() {
					w.WriteHeader(http.StatusNotFound)
					_, _ = fmt.Fprint(w, `<Error><Code>NoSuchResource</Code><Message>group 'g' does not exist</Message></Error>`)
				}
				switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/rustfs/admin/v3/") {
				case "GET groups":
					names := []string{}
					if stored {
						names = append(names, "g")
					}
					_ = json.NewEncoder(w).Encode(names)
				case "GET group":
					if !cached {
						missing()
						return
					}
					_ = json.NewEncoder(w).Encode(map[string]any{"name": "g", "status": "enabled", "members": c.members, "policy": ""})
				case "PUT update-group-members":
					var m struct {
						Members []string
						Remove  bool `json:"isRemove"`
					}
					if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
						t.Error(err)
					}
					switch {
					case !m.Remove:
						did = append(did, "write")
						stored, cached = true, true
						held = slices.Clone(c.members) // as the cache says
					case len(m.Members) > 0:
						did = append(did, "take out "+strings.Join(m.Members, " "))
						stored, cached, held = true, true, nil
					case !stored:
						did = append(did, "delete")
						missing()
					case len(held) > 0:
						t.Error("a group with members is to be deleted")
					default:
						did = append(did, "delete")
						stored, cached = false, back > 0
						back--
					}
				default:
					t.Errorf("%s %s", r.Method, r.URL.Path)
				}
			})
			err := client.RemoveGroup(t.Context(), "g")
			says(t, err, c.err)
			if diff := cmp.Diff(c.want, did); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if c.err == "does not exist" && !admin.IsNotFound(err) {
				t.Errorf("not found: %v", err)
			}
		})
	}
}
