package serverenv_test

import (
	"strings"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/serverenv"
)

func TestNoteOn(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]serverenv.Note{
		"RUSTFS_EXTERNAL_ADDRESS":             {Deprecated: true},
		"RUSTFS_ROOT_USER":                    {Deprecated: true, Instead: "RUSTFS_ACCESS_KEY"},
		"MINIO_ROOT_PASSWORD":                 {Deprecated: true, Instead: "RUSTFS_SECRET_KEY"},
		"MINIO_REGION":                        {Deprecated: true, Instead: "RUSTFS_REGION"},
		"MINIO_BROWSER_REDIRECT_URL":          {Unknown: true},
		"RUSTFS_ENABLE_SCANNER":               {Deprecated: true, Instead: "RUSTFS_SCANNER_ENABLED"},
		"RUSTFS_CONSOLE_ENABLED":              {Unknown: true, Instead: "RUSTFS_CONSOLE_ENABLE"},
		"RUSTFS_SOMETHING_ENTIRELY_DIFFERENT": {Unknown: true},
	} {
		n, ok := serverenv.NoteOn(name)
		if !ok || n.Deprecated != want.Deprecated || n.Unknown != want.Unknown || n.Instead != want.Instead || n.Why == "" || strings.HasSuffix(n.Why, ".") {
			t.Errorf("%s: %+v, %v", name, n, ok)
		}
	}
	for _, name := range []string{
		"RUSTFS_VOLUMES", "RUSTFS_ADDRESS", "RUSTFS_ACCESS_KEY_FILE", "RUSTFS_IAM_MASTER_KEY", "RUSTFS_NOTIFY_WEBHOOK_ENDPOINT_PRIMARY", "RUSTFS_OBS_LOGGER_LEVEL",
		"RUSTFS_SCANNER_CYCLE", "HOME",
	} {
		if n, ok := serverenv.NoteOn(name); ok {
			t.Errorf("%s: %+v", name, n)
		}
	}
	for _, d := range serverenv.Defaults() {
		if n, ok := serverenv.NoteOn(d.Name); ok {
			t.Errorf("%s has a default: %+v", d.Name, n)
		}
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"RUSTFS_SECRET_KEY", "RUSTFS_ACCESS_KEY", "RUSTFS_KMS_VAULT_TOKEN", "MINIO_ROOT_PASSWORD", "RUSTFS_OBS_ENDPOINT_HEADERS", "auth_token", "client_secret", "dsn_string"} {
		if !serverenv.Secret(name) {
			t.Errorf("%s is no secret", name)
		}
	}
	for _, name := range []string{"RUSTFS_VOLUMES", "RUSTFS_ADDRESS", "endpoint", "RUSTFS_REGION"} {
		if serverenv.Secret(name) {
			t.Errorf("%s is a secret", name)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"http://otel:4318":                "http://otel:4318",
		"amqp://me:pass@mq:5672/x":        "amqp://xxxxx@mq:5672/x",
		"http://a.b redis://:pass@r:6379": "http://a.b redis://xxxxx@r:6379",
		"/data/a@b":                       "/data/a@b",
		"x://%zz:pass@h":                  "xxxxx",
		"two  words":                      "two  words",
	} {
		got := serverenv.Shown(value)
		if got != want || strings.Contains(got, "pass@") {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}
