package secret_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
)

func TestNeverPrinted(t *testing.T) {
	v := secret.New("hunter2")
	b, err := json.Marshal(map[string]any{"a": v, "b": &v})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		fmt.Sprint(v), fmt.Sprintf("%v %+v %#v %s %q", v, v, v, v, v), fmt.Sprintf("%+v", struct{ V secret.Value }{v}), string(b),
	} {
		if strings.Contains(s, "hunter2") || !strings.Contains(s, "REDACTED") {
			t.Errorf("secret shown or not marked: %s", s)
		}
	}
	if v.Reveal() != "hunter2" || v.Empty() || !secret.New("").Empty() {
		t.Error("Reveal or Empty is wrong")
	}
}
