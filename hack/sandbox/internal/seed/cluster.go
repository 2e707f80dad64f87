package seed

import (
	"bytes"
	_ "embed"
	"fmt"
	"text/template"

	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/box"
	"github.com/talos-rustfs/kubectl-plugins/hack/sandbox/internal/node"
)

var (
	//go:embed store.yaml
	storeManifests string
	//go:embed backup.yaml
	backupManifests string
	//go:embed belongings.yaml
	belongings string
)

// values are what the manifests refer to.
type values struct {
	RootAccessKey, RootSecretKey     string
	BackupAccessKey, BackupSecretKey string
	Bucket, Region, Recipient        string
	StoreImage, BackupImage, Cluster string
	Schedule                         string
	Suspend                          bool
	DiskPath                         string
	StoreUser                        int
}

// Cluster makes the manifests of everything that a sandbox with Kubernetes holds.
func Cluster(b box.Box, info box.Info, backupImage string) ([]byte, error) {
	root, err := box.ReadEnv(b.StoreEnv())
	if err != nil {
		return nil, err
	}

	backup, err := box.ReadEnv(b.BackupEnv())
	if err != nil {
		return nil, err
	}

	key, err := recipient(b)
	if err != nil {
		return nil, err
	}

	v := values{
		RootAccessKey: root["AWS_ACCESS_KEY_ID"], RootSecretKey: root["AWS_SECRET_ACCESS_KEY"],
		BackupAccessKey: backup["AWS_ACCESS_KEY_ID"], BackupSecretKey: backup["AWS_SECRET_ACCESS_KEY"],
		Bucket: Bucket, Region: Region, Recipient: key, Cluster: b.Name,
		StoreImage: info.RustFS.Image, BackupImage: backupImage,
		Schedule: info.Schedule, Suspend: info.Schedule == "",
		DiskPath: node.DiskMount, StoreUser: node.StoreUser,
	}

	if v.Suspend {
		v.Schedule = "0 3 * * *" // as a cluster's would be; suspended, it never runs by itself
	}

	var out bytes.Buffer

	for _, text := range []string{storeManifests, backupManifests, belongings} {
		t, err := template.New("manifests").Funcs(template.FuncMap{"list": list, "count": count}).Parse(text)
		if err != nil {
			return nil, err
		}

		if err = t.Execute(&out, v); err != nil {
			return nil, err
		}

		fmt.Fprintln(&out, "---")
	}

	return out.Bytes(), nil
}

// list gives a template something to range over.
func list(items ...string) []string { return items }

// count gives a template the numbers from 1 to n, of two digits.
func count(n int) []string {
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("%02d", i+1)
	}

	return numbers
}
