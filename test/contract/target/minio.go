package target

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/test/contract/realrustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/peers"
	"github.com/talos-rustfs/kubectl-plugins/test/thorough"
)

// MinIO runs MinIO, which is a peer to test the S3 half against; the test is
// skipped where hack/peers.sh has not built it and its client.
func MinIO(t testing.TB) *Target {
	t.Helper()
	thorough.Only(t, "MinIO")
	server, mc := peers.Find(t, "minio"), peers.Find(t, "mc")
	dir, address := t.TempDir(), realrustfs.FreeAddress(t)
	root := Key{realrustfs.AccessKey, realrustfs.SecretKey}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), server, "server", "--quiet", "--address", address, dir) // ended by Run, in order
	cmd.Env = append(os.Environ(),
		"MINIO_ROOT_USER="+root.Access, "MINIO_ROOT_PASSWORD="+root.Secret, "MINIO_BROWSER=off", "MINIO_UPDATE=off", "HOME="+t.TempDir(),
		"MINIO_KMS_SECRET_KEY=contract:IyqsU3kMFloCNup4BsZtf/rmfHVcTgznO2F25CkEH1g=") // for buckets' default encryption
	realrustfs.Run(t, cmd, "http://"+address+"/minio/health/ready")
	s := at(t, "http://"+address, root)
	s.Version, s.Health = "MinIO", ""
	s.newUser = func(t testing.TB, k Key, policy string) {
		t.Helper()
		run := func(args ...string) {
			t.Helper()
			c := exec.CommandContext(t.Context(), mc, args...)
			c.Env = append(os.Environ(), "MC_HOST_t=http://"+root.Access+":"+root.Secret+"@"+address, "HOME="+t.TempDir())
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("mc %v: %v\n%s", args[:2], err, out)
			}
		}
		run("admin", "user", "add", "t", k.Access, k.Secret)
		if policy != "" {
			run("admin", "policy", "attach", "t", policy, "--user", k.Access)
		}
	}
	s.Lacks = map[string]string{
		"a damaged object is refused":                    "it says XAmzContentChecksumMismatch where RustFS says BadDigest",
		"a damaged part is refused":                      "it says XAmzContentChecksumMismatch where RustFS says BadDigest",
		"all kinds of lifecycle rules are taken":         "it ends uploads by itself and drops rules for it",
		"an upload is given up":                          "to it, an upload that is not there is given up",
		"bad policies are refused":                       "it takes wildcards and members that RustFS does not know",
		"what cannot be removed is told":                 "it says InvalidRequest where RustFS says AccessDenied",
		"a bucket of another cannot be created":          "its buckets belong to nobody",
		"a bucket's name can be RustFS' own":             "it is no special name there",
		"a bucket's settings are told":                   "the case sends no Content-MD5, which it wants",
		"a missing bucket is NoSuchBucket":               "it says of a missing bucket that it has no tags and no lock",
		"rules for pages of other origins":               "it has none for single buckets",
		"rules can end uploads":                          "it ends uploads by itself and takes no rule for it",
		"versioning of a missing bucket is NoSuchBucket": "it does not look whether the bucket is there",
		"what is under retention stays":                  "it says InvalidRequest where RustFS says AccessDenied",
	}
	return s
}
