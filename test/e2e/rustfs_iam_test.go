//go:build sandbox

package e2e

import (
	"strings"
	"testing"
)

// TestPolicies: documents, profiles, and what has them.
func TestPolicies(t *testing.T) {
	b := cluster.up(t)
	const r = "kubectl rustfs "
	b.must(t, r+"user create e2e-bob --to-secret media/e2e-bob").says(t, "user/e2e-bob created")
	t.Cleanup(func() {
		b.down(t, r+"user delete e2e-bob --yes")
		b.down(t, "kubectl delete secret e2e-bob -n media")
	})
	b.must(t, r+"policy profile ls").says(t, "loki", "cnpg", "backup-writer")
	b.must(t, r+"policy profile describe loki --bucket logs").says(t, "arn:aws:s3:::logs/*", "Does Not:")
	b.must(t, r+"policy put e2e-rules --profile writer --bucket e2e-b").says(t, "created")
	b.must(t, r+"policy put e2e-rules --profile writer --bucket e2e-b").says(t, "unchanged")
	b.must(t, r+"policy explain e2e-rules").says(t, "s3:PutObject", "arn:aws:s3:::e2e-b/*")
	b.must(t, r+"policy lint e2e-rules").says(t, "Nothing found")
	b.must(t, r+"policy edit e2e-rules", "KUBE_EDITOR=sed -i s,e2e-b/,e2e-c/,")
	b.must(t, r+"policy describe e2e-rules").says(t, "e2e-c/*")
	b.must(t, r+"policy attach e2e-rules --to user/e2e-bob").says(t, "attached")
	b.must(t, r+"policy attach e2e-rules --to user/e2e-bob").says(t, "unchanged")
	b.try(t, r+"policy attach e2e-nope --to user/e2e-bob").exits(t, 1).says(t, "does not exist", "hint: ")
	b.try(t, r+"policy delete e2e-rules --yes").exits(t, 1).says(t, "is attached to user/e2e-bob", "hint: detach it first")
	b.must(t, r+"policy detach e2e-rules --from user/e2e-bob").says(t, "detached")
	b.must(t, r+"policy delete e2e-rules --yes").says(t, "deleted")
	b.try(t, r+"policy delete readwrite --yes").exits(t, 2).says(t, "hint: ")
	bad := write(t, t.TempDir(), "bad.json", `{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Action":"s3:GetObject","Resource":"arn:aws:s3:::x/*"}]}`)
	b.try(t, r+"policy put e2e-bad -f "+bad).exits(t, 2)
	b.try(t, r+"policy put e2e-bad --profile nope --bucket x").exits(t, 2)
}

// TestUsersGroupsKeys: what TestUsers does not do.
func TestUsersGroupsKeys(t *testing.T) {
	b := cluster.up(t)
	const r = "kubectl rustfs "
	b.try(t, r+"user create e2e-carol").exits(t, 2).says(t, "needs a place to go", "hint: add --to-secret")
	b.must(t, r+"user create e2e-carol --policy readonly --to-secret media/e2e-carol")
	secret := b.must(t, "kubectl get secret e2e-carol -n media -o jsonpath={.data.secret-key} | base64 -d").stdout
	as := "RUSTFS_SECRET_KEY=" + secret
	b.must(t, r+"whoami --access-key e2e-carol", as)
	b.must(t, r+"user disable e2e-carol").says(t, "disabled")
	b.must(t, r+"user disable e2e-carol").says(t, "unchanged")
	b.try(t, r+"whoami --access-key e2e-carol", as).exits(t, 1).never(t, secret)
	b.must(t, r+"user enable e2e-carol").says(t, "enabled")
	b.must(t, r+"user set-secret e2e-carol --to-secret media/e2e-carol").never(t, secret)
	b.try(t, r+"whoami --access-key e2e-carol", as).exits(t, 1).never(t, secret)
	b.try(t, r+"user describe e2e-nope").exits(t, 1).says(t, "does not exist", "hint: ")

	b.must(t, r+"group create e2e-team").says(t, "created")
	b.must(t, r+"group add e2e-team e2e-carol").says(t, "configured")
	b.must(t, r+"group add e2e-team e2e-carol").says(t, "unchanged")
	b.must(t, r+"group describe e2e-team").says(t, "e2e-carol")
	b.must(t, r+"group disable e2e-team").says(t, "disabled")
	b.must(t, r+"group ls").says(t, "e2e-team", "disabled")
	b.must(t, r+"group enable e2e-team")
	b.try(t, r+"group delete e2e-team --yes").exits(t, 1).says(t, "has members: e2e-carol", "hint: ")
	b.must(t, r+"group remove e2e-team e2e-carol")
	b.must(t, r+"group delete e2e-team --yes")
	b.try(t, r+"group describe e2e-team").exits(t, 1)

	b.must(t, r+"key create --for e2e-carol --expires 1d --name e2e-a --to-secret media/e2e-carol-key").says(t, "created")
	key := b.must(t, "kubectl get secret e2e-carol-key -n media -o jsonpath={.data.access-key} | base64 -d").stdout
	b.must(t, r+"key ls").says(t, key, "e2e-carol")
	b.must(t, r+"key describe "+key).says(t, "e2e-carol", "Expires:")
	b.must(t, r+"key disable "+key)
	b.must(t, r+"key enable "+key)
	b.must(t, r+"key delete "+key+" --yes").says(t, "deleted")
	b.try(t, r+"key describe "+key).exits(t, 1).says(t, "hint: ")
	b.try(t, r+"key create --for e2e-nope --show-once").exits(t, 1)
	b.try(t, r+"user delete e2e-carol").exits(t, 2).says(t, "must be confirmed")
	b.must(t, r+"user delete e2e-carol --yes")
	b.must(t, "kubectl delete secret e2e-carol e2e-carol-key -n media")
}

// given is the key that a grant left in a Secret, and its secret's variable.
func (b *box) given(t testing.TB, name string) (flag, env string) {
	t.Helper()
	read := func(key string) string {
		return b.must(t, "kubectl get secret "+name+" -n media -o jsonpath={.data."+key+"} | base64 -d").stdout
	}
	return " --access-key " + read("access-key"), "RUSTFS_SECRET_KEY=" + read("secret-key")
}

// TestGrant: everything in one act, the Secret's key does what it is to and no
// more, the second grant does nothing, rotate replaces the key, revoke leaves
// nothing.
func TestGrant(t *testing.T) {
	b := cluster.up(t)
	const r = "kubectl rustfs "
	const grant = r + "grant e2e-app --bucket e2e-app --profile writer --secret media/e2e-app"
	before := b.must(t, r+"export").stdout
	t.Cleanup(func() { b.down(t, r+"bucket delete e2e-app --force --yes --ignore-not-found") })

	b.must(t, grant+" --dry-run").says(t, "(dry run)", "create user e2e-app")
	if now := b.must(t, r+"export").stdout; now != before {
		t.Errorf("a dry run changed something:\n%s", now)
	}
	b.must(t, grant).says(t, "create bucket e2e-app", "write Secret media/e2e-app", "proven with access key", "were refused, as they must")
	flag, env := b.given(t, "e2e-app")
	_, secret, _ := strings.Cut(env, "=")
	b.must(t, "echo hello | "+r+"cp - e2e-app/hello.txt"+flag, env)
	b.must(t, r+"cat e2e-app/hello.txt"+flag, env).says(t, "hello")
	for _, line := range []string{"rm e2e-app/hello.txt", "ls etcd-backups/", "bucket create e2e-more", "user ls", "bucket policy rm e2e-app"} {
		b.try(t, r+line+flag, env).exits(t, 1).never(t, secret)
	}

	b.must(t, grant).says(t, "grant/e2e-app unchanged", "proven")
	if again, _ := b.given(t, "e2e-app"); again != flag {
		t.Error("the second grant made another key")
	}
	b.must(t, r+"rotate e2e-app --grace 0").says(t, "proven").never(t, secret)
	flag2, env2 := b.given(t, "e2e-app")
	if flag2 == flag || env2 == env {
		t.Error("rotate left the key")
	}
	b.must(t, r+"cat e2e-app/hello.txt"+flag2, env2)
	b.try(t, r+"cat e2e-app/hello.txt"+flag, env).exits(t, 1)

	b.try(t, r+"revoke e2e-app").exits(t, 2).says(t, "must be confirmed")
	b.must(t, r+"revoke e2e-app --yes").says(t, "delete user e2e-app", "delete Secret media/e2e-app")
	b.must(t, r+"revoke e2e-app --yes").says(t, "unchanged")
	b.try(t, r+"cat e2e-app/hello.txt"+flag2, env2).exits(t, 1)
	b.try(t, "kubectl get secret e2e-app -n media").exits(t, 1)
	b.must(t, r+"bucket delete e2e-app --force --yes")
	if now := b.must(t, r+"export").stdout; now != before {
		t.Errorf("revoke left something:\n%s\nbefore:\n%s", now, before)
	}

	b.try(t, r+"grant e2e-app --bucket e2e-app --profile nope --secret media/e2e-app").exits(t, 2).says(t, "nope")
	b.try(t, r+"grant e2e-app --bucket e2e-app --profile writer").exits(t, 2).says(t, "secret")
	b.try(t, r+"grant e2e-app --bucket e2e-app --profile writer --secret e2e-nowhere/x").exits(t, 1).says(t, "e2e-nowhere")
	if now := b.must(t, r+"export").stdout; now != before {
		t.Errorf("a refused grant left something:\n%s\nbefore:\n%s", now, before)
	}
}
