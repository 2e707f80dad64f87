// Package seed fills a sandbox: keys, a bucket with an account for the backups, and a cluster with something to lose.
package seed

import (
	"crypto/rand"
	"fmt"
	"os"

	"filippo.io/age"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
)

// Names of what is made in the store.
const (
	Bucket = "etcd-backups"
	Region = "us-east-1"

	rootUser   = "rustfsadmin"
	backupUser = "talos-backup"
	keeperUser = "backup-keeper"
)

// Secrets makes the keys of a new sandbox. Nothing of them leaves its directory.
func Secrets(b box.Box) error {
	if err := storeKeys(b); err != nil {
		return fmt.Errorf("make the store's keys: %w", err)
	}

	if err := ageKeys(b); err != nil {
		return fmt.Errorf("make the backups' keys: %w", err)
	}

	return nil
}

func storeKeys(b box.Box) error {
	for file, user := range map[string]string{b.StoreEnv(): rootUser, b.BackupEnv(): backupUser, b.Path("keeper.env"): keeperUser} {
		err := box.WriteEnv(file,
			"S3_ENDPOINT", box.StoreURL, "AWS_ENDPOINT_URL", box.StoreURL, "AWS_REGION", Region, "BUCKET", Bucket,
			"AWS_ACCESS_KEY_ID", user, "AWS_SECRET_ACCESS_KEY", rand.Text()+rand.Text()[:6],
		)
		if err != nil {
			return err
		}
	}

	return nil
}

// ageKeys makes a pair that the backups are sealed with, and an identity that opens none of them.
func ageKeys(b box.Box) error {
	right, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}

	wrong, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}

	for file, identity := range map[string]*age.X25519Identity{b.AgeIdentity(): right, b.WrongIdentity(): wrong} {
		text := fmt.Sprintf("# public key: %s\n%s\n", identity.Recipient(), identity)
		if err = box.Secret(file, []byte(text)); err != nil {
			return err
		}
	}

	return box.WriteFile(b.AgeRecipient(), []byte(right.Recipient().String()+"\n"), 0o644)
}

// recipient reads the key that backups are sealed with.
func recipient(b box.Box) (string, error) {
	data, err := os.ReadFile(b.AgeRecipient())
	if err != nil {
		return "", err
	}

	return string(data[:len(data)-1]), nil
}
