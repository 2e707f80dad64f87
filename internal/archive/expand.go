package archive

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Expand writes out the wildcards in a policy's actions, which MinIO knows and
// RustFS refuses: "s3:Get*" becomes all actions that it means. Those of whole
// families stay. notes say what was done; an action that RustFS does not have
// is an error.
func Expand(policy json.RawMessage) (out json.RawMessage, notes []string, err error) {
	var p map[string]json.RawMessage
	if err := json.Unmarshal(policy, &p); err != nil || p == nil {
		return nil, nil, fmt.Errorf("it is no object of JSON")
	}
	var statements []map[string]json.RawMessage
	if json.Unmarshal(p["Statement"], &statements) != nil {
		var one map[string]json.RawMessage
		if err := json.Unmarshal(p["Statement"], &one); err != nil {
			return nil, nil, fmt.Errorf("its Statement is no list")
		}
		statements = []map[string]json.RawMessage{one}
	}
	for i, s := range statements {
		var effect string
		_ = json.Unmarshal(s["Effect"], &effect) // what else it may be is the linter's business
		for _, m := range []string{"Action", "NotAction"} {
			if len(s[m]) == 0 {
				continue
			}
			list, more, err := expandList(s[m], effect == "Allow" && m == "Action")
			if err != nil {
				return nil, nil, fmt.Errorf("statement %d: %w", i+1, err)
			}
			notes = append(notes, more...)
			s[m] = list
		}
	}
	if len(notes) == 0 {
		return policy, nil, nil
	}
	if p["Statement"], err = json.Marshal(statements); err != nil {
		return nil, nil, err
	}
	out, err = json.Marshal(p)
	return out, notes, err
}

func expandList(raw json.RawMessage, allow bool) (json.RawMessage, []string, error) {
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		var one string
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, nil, fmt.Errorf("its actions are no texts")
		}
		list = []string{one}
	}
	var out, notes []string
	for _, a := range list {
		if iam.IsAction(a) {
			out = append(out, a)
			continue
		}
		means := meant(a, allow)
		switch {
		case len(means) == 0 && strings.ContainsAny(a, "*?"):
			return nil, nil, fmt.Errorf("RustFS has no action like %q", a)
		case len(means) == 0:
			return nil, nil, fmt.Errorf("RustFS has no action %q", a)
		}
		out = append(out, means...)
		notes = append(notes, fmt.Sprintf("%s is written out as %d actions", a, len(means)))
	}
	slices.Sort(out)
	b, err := json.Marshal(slices.Compact(out))
	return b, notes, err
}

// meant are the actions that a pattern fits. Deleting by force is not given
// along: "s3:*" does not allow it either, and MinIO's names do not mean it.
func meant(pattern string, allow bool) []string {
	if !strings.ContainsAny(pattern, "*?") || strings.ContainsAny(pattern, `[]\`) {
		return nil
	}
	var out []string
	for _, a := range iam.Actions() {
		if strings.HasSuffix(a, ":*") || allow && strings.HasPrefix(a, "s3:Force") && !strings.HasPrefix(pattern, "s3:Force") {
			continue
		}
		if ok, err := path.Match(pattern, a); ok && err == nil {
			out = append(out, a)
		}
	}
	return out
}
