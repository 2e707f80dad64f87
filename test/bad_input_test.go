package test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	rustfsplugin "github.com/talos-rustfs/kubectl-plugins/plugins/rustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/apiserver"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs"
)

// badInput is a command line that no server must ever hear of. In it, @NAME is
// a file of badFiles, words in quotes stay together, and \x1b and the like are
// characters.
type badInput struct {
	line string
	rule string // a part of the error that says which rule was broken
}

// badInputs are what people and scripts get wrong, by family.
func badInputs() []badInput {
	return []badInput{
		// commands and flags
		{`no-such-command`, `unknown command "no-such-command"`},
		{`bucket no-such-command`, `unknown command "no-such-command"`},
		{`bucket ls --no-such-flag`, `unknown flag: --no-such-flag`},
		{`status surplus`, `unknown command "surplus"`},
		{`whoami surplus`, `unknown command "surplus"`},
		{`bucket ls -o nonsense`, `unknown output format "nonsense"`},
		{`bucket ls -o custom-columns=NAME`, `is not NAME:PATH`},
		{`bucket ls -o custom-columns=A:.a[`, `custom-columns: path`},
		{`bucket ls -o jsonpath={.items`, `unclosed action`},
		{`bucket ls -o go-template={{`, `unclosed action`},
		{`bucket ls -v loud`, `must be a number from 0 to 7`},
		{`bucket create photos --dry-run=perhaps`, `must be none, client or server`},
		{`bucket create photos --dry-run=server`, `RustFS cannot rehearse`},
		{`bucket ls --request-timeout soon`, `--request-timeout: "soon" is no time`},
		// where, and with which key
		{`bucket ls --endpoint not-a-url --access-key a`, `--endpoint: not the URL of a server`},
		{`bucket ls --endpoint ftp://example.com --access-key a`, `--endpoint: not the URL of a server`},
		{`bucket ls --endpoint http:// --access-key a`, `--endpoint: not the URL of a server`},
		{`bucket ls --endpoint http://u:p@example.com --access-key a`, `--endpoint: not the URL of a server`},
		{`bucket ls --endpoint http://example.com/bucket --access-key a`, `--endpoint: not the URL of a server`},
		{`bucket ls --endpoint http://example.com?x=1 --access-key a`, `--endpoint: not the URL of a server`},
		{`bucket ls --endpoint http://example.com --server store/rustfs`, `--endpoint and --server name two places`},
		{`bucket ls --endpoint http://example.com`, `--endpoint needs a key`},
		{`bucket ls --access-key a`, `its secret is missing`},
		{`bucket ls --access-key a --secret-key-file @empty`, `its secret is missing`},
		{`bucket ls --secret-key-file @secret`, `--secret-key-file without an access key`},
		{`bucket ls --server a/b/c`, `--server`},
		{`bucket ls --server 'a b'`, `--server`},
		{`bucket ls --server /rustfs`, `--server`},
		{`bucket ls --server store/`, `--server`},
		// buckets
		{`bucket create`, `arg`},
		{`bucket create ab`, `"ab"`},
		{`bucket create Photos`, `"Photos"`},
		{`bucket create my_photos`, `"my_photos"`},
		{`bucket create 192.168.0.1`, `"192.168.0.1"`},
		{`bucket create a..b`, `"a..b"`},
		{`bucket create -- -a-`, `"-a-"`},
		{`bucket create rustfs`, `"rustfs"`},
		{`bucket create ` + strings.Repeat("a", 64), `63`},
		{`bucket create 'a b'`, `"a b"`},
		{`bucket create photos/a.txt`, `"photos/a.txt"`},
		{`bucket create "a\x1b[2J"`, `bucket`},
		{`bucket create good Bad`, `"Bad"`},
		{`bucket delete`, `arg`},
		{`bucket delete Photos --yes`, `"Photos"`},
		{`bucket describe 'a b'`, `"a b"`},
		{`bucket ls UPPER`, `"UPPER"`},
		// users
		{`user create`, `arg`},
		{`user create alice`, `secret`},
		{`user create al --show-once`, `"al"`},
		{`user create 'al ice' --show-once`, `"al ice"`},
		{`user create a=b,c --show-once`, `a=b,c`},
		{`user create "al\x1bice" --show-once`, `al`},
		{`user create alice --show-once --to-secret store/alice`, `two places`},
		{`user create alice --to-secret alice`, `is not NAMESPACE/NAME`},
		{`user create alice --to-secret Store/alice`, `namespace "Store"`},
		{`user create alice --to-secret store/Al_ice`, `name "Al_ice"`},
		{`user create alice --show-once -o name`, `--show-once shows no secret with -o name`},
		{`user create alice --secret-file @short`, `secret`},
		{`user create alice --secret-file @no-such-file`, `no such file`},
		{`user create alice --show-once --policy 'a b'`, `"a b"`},
		{`user create alice --show-once --group 'a b'`, `"a b"`},
		{`user delete`, `arg`},
		{`user enable`, `arg`},
		{`user disable ""`, `user`},
		{`user describe "\x00"`, `user`},
		// groups
		{`group create`, `arg`},
		{`group create 'my group'`, `"my group"`},
		{`group create a=b`, `a=b`},
		{`group add devs`, `arg`},
		{`group add '' alice`, `group`},
		{`group remove devs ''`, `user`},
		{`group delete`, `arg`},
		// policies
		{`policy put`, `arg`},
		{`policy put p`, `-f`},
		{`policy put 'a b' -f @policy`, `"a b"`},
		{`policy put a,b -f @policy`, `a,b`},
		{`policy put p -f @no-such-file`, `no such file`},
		{`policy put p -f @empty`, `-f`},
		{`policy put p -f @nojson`, `-f`},
		{`policy put p -f @noversion`, `Version`},
		{`policy put p -f @wildcard`, `s3:Get*`},
		{`policy put p -f @noarn`, `arn:aws:s3:::`},
		{`policy put p -f @nostatement`, `Statement`},
		{`policy put p -f @list`, `-f`},
		{`policy put p -f @huge`, `longer than 1 MiB`},
		{`policy attach`, `arg`},
		{`policy attach readonly`, `--to`},
		{`policy attach readonly --to alice`, `alice`},
		{`policy attach readonly --to role/alice`, `role`},
		{`policy detach readonly`, `--from`},
		// access keys
		{`key create`, `--for`},
		{`key create --for alice`, `place to go`},
		{`key create --for 'a b' --show-once`, `"a b"`},
		{`key create --for alice --show-once --expires soon`, `soon`},
		{`key create --for alice --show-once --expires 2020-01-01T00:00:00Z`, `2020`},
		{`key create --for alice --show-once --expires -1d`, `--expires`},
		{`key create --for alice --show-once --expires 99999999y`, `--expires`},
		{`key create --for alice --show-once --name '1 bad'`, `name of an access key`},
		{`key create --for alice --show-once --description "` + strings.Repeat("d", 257) + `"`, `description: must have at most 256 bytes`},
		{`key create --for alice --show-once --policy-file @nojson`, `--policy-file`},
		{`key delete`, `arg`},
		{`key describe ''`, `key`},
		// settings of buckets
		{`bucket quota set photos 10Zi`, `10Zi`},
		{`bucket quota set photos -1`, `-1`},
		{`bucket quota set photos 0`, `0`},
		{`bucket quota set photos 99999999999999999999Gi`, `99999999999999999999Gi`},
		{`bucket quota set PHOTOS 1Gi`, `"PHOTOS"`},
		{`bucket lock set photos --days 3`, `--mode`},
		{`bucket lock set photos --mode forever --days 3`, `forever`},
		{`bucket lock set photos --mode governance`, `either days or years`},
		{`bucket lock set photos --mode governance --days 3 --years 1`, `either days or years`},
		{`bucket lifecycle add photos`, `rule`},
		{`bucket lifecycle add photos --expire-days 0`, `it does nothing`},
		{`bucket lifecycle add photos --expire-days -3`, `must be 1 or more`},
		{`bucket lifecycle add photos --expire-date soon`, `soon`},
		{`bucket lifecycle add photos --expire-days 3 --tag a`, `"a"`},
		{`bucket lifecycle set photos -f @nojson`, `--file`},
		{`bucket lifecycle set photos -f @empty`, `--file`},
		{`bucket lifecycle set photos -f @nolifecycle`, `--file`},
		{`bucket lifecycle set photos -f @badxml`, `--file`},
		{`bucket lifecycle rm photos`, `--all`},
		{`bucket policy set photos -f @nojson`, `--file`},
		{`bucket policy set photos -f @noprincipal`, `Principal`},
		{`bucket policy set photos -f @otherbucket`, `films`},
		{`bucket access photos everybody`, `everybody`},
		{`bucket access photos public --prefix a*`, `--prefix`},
		{`bucket cors set photos --origin https://a --method FETCH`, `FETCH`},
		{`bucket cors set photos -f @badyaml`, `--file`},
		{`bucket tag set photos team`, `there is no tag`},
		{`bucket tag set photos =x`, `=x`},
		{`bucket encryption set photos --algorithm rot13`, `rot13`},
		{`bucket encryption set photos --algorithm sse-s3 --key-id k`, `--key-id`},
		// objects
		{`cp a.txt b.txt`, `a.txt`},
		{`cp`, `arg`},
		{`cp ./no-such-file photos/a`, `no such file`},
		{`cp @secret photos//b`, `//`},
		{`cp @secret photos/../b`, `..`},
		{`cp - -`, `-`},
		{`cp @secret PHOTOS/a`, `"PHOTOS"`},
		{`cp @secret photos/a --metadata x`, `"x"`},
		{`cp @secret photos/a --tags x`, `"x"`},
		{`cp @secret photos/a --parallel 0`, `--parallel`},
		{`cp @secret photos/a --parallel 65`, `--parallel`},
		{`ls photos/ --newer-than soon`, `soon`},
		{`rm photos`, `names a bucket`},
		{`rm photos/a --older-than yesterday`, `yesterday`},
		{`rm photos/a --version-id x --versions`, `--version`},
		{`find photos --larger big`, `big`},
		{`find photos --regex (`, `(`},
		{`find photos --max-depth -1`, `-1`},
		{`du photos --depth 0 --by-prefix`, `--depth`},
		{`tree photos -L -1`, `-1`},
		{`cat photos`, `photos`},
		{`cat photos/a --offset -5`, `-5`},
		{`stat photos/ --version-id x`, `photos`},
		{`share photos/a --for https://s3.example.com --expires 8d`, `7d`},
		{`share photos/a --for not-a-url`, `--for`},
		{`share photos/a`, `only good for the host`},
		{`undelete photos/a --at tomorrow`, `tomorrow`},
		{`sync ./a ./b`, `./a`},
		{`sync . photos --compare taste`, `taste`},
		{`sync . photos --max-delete 101`, `--max-delete`},
		{`tag set photos/a x`, `"x"`},
		// who may do what
		{`can s3:GetObjekt photos/a`, `s3:GetObjekt`},
		{`can`, `arg`},
		{`can s3:GetObject`, `the resource is missing`},
		{`can s3:GetObject photos/a --source-ip 300.1.1.1`, `300.1.1.1`},
		{`can s3:GetObject photos/a --context-key x`, `"x"`},
		{`who PHOTOS`, `"PHOTOS"`},
		{`audit surplus`, `unknown command "surplus"`},
		{`policy lint -f @nojson`, `nojson`},
		{`policy explain`, `is missing`},
		// grants
		{`grant shop`, `--secret is missing`},
		{`grant shop --bucket photos`, `--secret`},
		{`grant 'a b' --bucket photos --secret store/x`, `"a b"`},
		{`grant shop --bucket PHOTOS --secret store/x`, `"PHOTOS"`},
		{`grant shop --bucket photos --secret x`, `is not NAMESPACE/NAME`},
		{`grant shop --bucket photos --secret store/x --profile everything`, `everything`},
		{`grant shop --bucket photos --secret store/x --profile writer --policy p`, `--policy`},
		{`grant shop --bucket photos --secret store/x -o yaml`, `in the clear`},
		{`grant shop --bucket photos --secret store/x -o sops`, `.sops.yaml`},
		{`grant shop --bucket photos --secret store/x -o sops --age-recipient age1x`, `age1x`},
		{`rotate`, `is missing`},
		{`rotate shop --stage half`, `half`},
		{`rotate shop --grace soon`, `soon`},
		{`rotate --key AKIA`, `--secret`},
		{`revoke`, `arg`},
		{`revoke shop --secret x`, `is not NAMESPACE/NAME`},
		{`policy profile describe everything`, `everything`},
		{`policy put p --profile everything --bucket photos`, `everything`},
		{`policy put p --profile writer`, `--bucket`},
		{`user set-secret alice`, `place to go`},
		{`key edit AKIA --expires soon`, `soon`},
		// documents and archives
		{`export --kind everything`, `everything`},
		{`export -o table`, `table`},
		{`export --buckets PHOTOS`, `"PHOTOS"`},
		{`diff`, `--file`},
		{`apply`, `--file`},
		{`apply -f @no-such-file`, `no such file`},
		{`apply -f @nojson`, `nojson`},
		{`apply -f @badyaml`, `badyaml`},
		{`apply -f @unknownfield`, `colour`},
		{`apply -f @otherkind`, `not "apps/v1"`},
		{`backup`, `without a recipient`},
		{`backup -o x.age`, `without a recipient`},
		{`backup -o x.age --recipient age1nonsense`, `age1nonsense`},
		{`restore`, `arg`},
		{`restore @no-such-file`, `no such file`},
		{`restore @secret --conflict maybe`, `maybe`},
		{`restore @secret --only buckets,planets`, `planets`},
		// the server
		{`status --watch --interval 0s`, `--interval`},
		{`status --fail-above 120%`, `120`},
		{`doctor --rule no-such-rule`, `no-such-rule`},
		{`doctor --ingress-via 10.0.0.1:443`, `--ingress`},
		{`logs --since soon`, `soon`},
		{`logs --tail -5`, `--tail`},
		{`logs --since 1h --since-time 2026-01-01T00:00:00Z`, `--since`},
		{`metrics -o nonsense`, `nonsense`},
		// the bridge
		{`forward --port 70000`, `not a port`},
		{`forward --port -1`, `not a port`},
		{`console --port x`, `invalid argument "x"`},
		{`exec`, `exec needs a program`},
		{`exec --duration 5m -- true`, `not from 15m to 12h`},
		{`exec --duration soon -- true`, `invalid argument "soon"`},
		{`exec --as-root --access-key a -- true`, `two keys`},
		{`exec --own-key -- true`, `is missing`},
		{`exec --revoke --as-root -- true`, `there is none`},
		{`exec --port 65536 -- true`, `not a port`},
	}
}

// badFiles are the files that bad input names.
func badFiles() map[string]string {
	statement := func(action, resource string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + action + `"],"Resource":["` + resource + `"]}]}`
	}
	return map[string]string{
		"empty": "", "secret": "a-secret-of-a-key", "short": "short", "nojson": "{", "list": "[]",
		"policy":      statement("s3:GetObject", "arn:aws:s3:::photos/*"),
		"noversion":   `{"Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::a/*"]}]}`,
		"wildcard":    statement("s3:Get*", "arn:aws:s3:::photos/*"),
		"noarn":       statement("s3:GetObject", "photos/*"),
		"nostatement": `{"Version":"2012-10-17","Statement":[]}`,
		"huge":        strings.Repeat(" ", 1<<20+1),

		"nolifecycle":  `{"bird":"tit"}`,
		"badxml":       `<LifecycleConfiguration><Rule>`,
		"badyaml":      "a: [",
		"noprincipal":  statement("s3:GetObject", "arn:aws:s3:::photos/*"),
		"otherbucket":  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::films/*"]}]}`,
		"unknownfield": "apiVersion: cli.talos-rustfs.github.io/v1\nkind: RustFS\ncolour: red\n",
		"otherkind":    "apiVersion: apps/v1\nkind: Deployment\n",
	}
}

// TestBadInputIsSentToNobody: exit code 2, one line that says which rule was
// broken, one with what to do, and neither the cluster nor the store has heard
// of it.
func TestBadInputIsSentToNobody(t *testing.T) {
	t.Parallel()
	if n := len(badInputs()); n < 60 {
		t.Errorf("only %d bad inputs", n)
	}
	for _, c := range badInputs() {
		t.Run(c.line[:min(len(c.line), 80)], func(t *testing.T) {
			t.Parallel()
			refused(t, c)
		})
	}
}

func refused(t *testing.T, c badInput) {
	t.Helper()
	w := quietWorld(t)
	args := append(words(t, c.line), "--kubeconfig", w.kubeconfig)
	if i := indexOf(args, "--"); i >= 0 { // flags go before
		args = append(append(append([]string{}, args[:i]...), "--kubeconfig", w.kubeconfig), args[i:len(args)-2]...)
	}
	for i, a := range args {
		if name, ok := strings.CutPrefix(a, "@"); ok {
			args[i] = filepath.Join(w.dir, name)
		}
	}
	var out, errOut bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut}
	code := cli.Run(t.Context(), rustfsplugin.Program(), streams, append([]string{"kubectl-rustfs"}, args...))
	said := strings.Split(strings.TrimSuffix(errOut.String(), "\n"), "\n")
	switch {
	case code != cli.ExitUsage:
		t.Errorf("exit code %d", code)
	case len(said) != 2 || !strings.HasPrefix(said[0], "error: ") || !strings.HasPrefix(said[1], "hint: "):
		t.Errorf("not a line and a hint")
	case !strings.Contains(said[0], c.rule):
		t.Errorf("%q is not in it", c.rule)
	}
	if out.Len() != 0 {
		t.Errorf("printed %q", out.String())
	}
	if n := w.asked.Load(); n != 0 || len(w.api.Requests()) != 0 {
		t.Errorf("%d requests to the store; to the cluster: %v", n, w.api.Requests())
	}
	if t.Failed() {
		t.Logf("said:\n%s", errOut.String())
	}
}

func indexOf(list []string, word string) int {
	for i, w := range list {
		if w == word {
			return i
		}
	}
	return -1
}

// quiet is a world in which every request counts.
type quiet struct {
	api        *apiserver.Server
	asked      atomic.Int64
	dir        string
	kubeconfig string
}

func quietWorld(t *testing.T) *quiet {
	t.Helper()
	w := &quiet{api: apiserver.New(), dir: t.TempDir()}
	t.Cleanup(w.api.Close)
	fake, err := rustfs.New(rustfs.Options{Dir: t.TempDir(), AccessKey: worldKeyName, SecretKey: worldSecret})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		fake.Handler().ServeHTTP(rw, r)
	}))
	t.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	w.api.Backend("store/rustfs-0", 9000, u.Host)
	objects, err := os.ReadFile("testdata/cluster.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.api.Add(objects); err != nil {
		t.Fatal(err)
	}
	files := badFiles()
	files["kubeconfig"] = string(w.api.Kubeconfig("default"))
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.kubeconfig = filepath.Join(w.dir, "kubeconfig")
	return w
}

// words splits a line at blanks outside quotes; double quotes may hold the
// escapes of JSON and \x.
func words(t *testing.T, line string) []string {
	t.Helper()
	var out []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		switch line[0] {
		case '\'', '"':
			end := strings.IndexByte(line[1:], line[0])
			if end < 0 {
				t.Fatalf("no end of the quote in %q", line)
			}
			word := line[1 : end+1]
			if line[0] == '"' {
				text := strings.NewReplacer(`\x1b`, `\u001b`, `\x00`, `\u0000`).Replace(word)
				if err := json.Unmarshal([]byte(`"`+text+`"`), &word); err != nil {
					t.Fatalf("%s: %v", word, err)
				}
			}
			out, line = append(out, word), line[end+2:]
		default:
			word, rest, _ := strings.Cut(line, " ")
			out, line = append(out, word), rest
		}
	}
	return out
}
