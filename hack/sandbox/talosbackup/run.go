package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
)

// run takes one backup. The snapshot lies in the working directory meanwhile, as upstream's does.
func run(ctx context.Context, s settings, now time.Time) error {
	config, err := clientconfig.Open("")
	if err != nil {
		return fmt.Errorf("failed to get talosconfig: %w", err)
	}

	cluster := cmp.Or(s.cluster, config.Context)
	plain := cluster + "-" + now.Format(time.RFC3339) + ".snap"

	defer cleanUp(plain, plain+".part")

	size, err := takeSnapshot(ctx, config, plain)
	if err != nil {
		return fmt.Errorf("failed to take etcd snapshot: %w", err)
	}

	log.Printf("etcd snapshot for cluster %q saved to %q (%d bytes)", cluster, plain, size)

	sealed := s.file(cluster, now)
	defer cleanUp(sealed)

	if sealed != plain {
		if err = s.seal(plain, sealed); err != nil {
			return fmt.Errorf("failed to encrypt etcd snapshot: %w", err)
		}
	}

	if err = s.push(ctx, sealed, s.key(cluster, now)); err != nil {
		what := "snapshot"
		if s.encrypt {
			what = "encrypted snapshot"
		}

		return fmt.Errorf("failed to push %s: %w", what, err)
	}

	return nil
}

// takeSnapshot streams etcd's database into a file and looks at nothing but its length, which ends in a checksum.
func takeSnapshot(ctx context.Context, config *clientconfig.Config, path string) (size int64, err error) {
	api, err := client.New(ctx, client.WithConfig(config))
	if err != nil {
		return 0, fmt.Errorf("failed to create talos client: %w", err)
	}
	defer api.Close() //nolint:errcheck // the snapshot is complete or not by then

	stream, err := api.EtcdSnapshot(ctx, &machineapi.EtcdSnapshotRequest{})
	if err != nil {
		return 0, err
	}
	defer stream.Close() //nolint:errcheck // only read

	f, err := os.Create(path + ".part")
	if err != nil {
		return 0, err
	}

	size, err = io.Copy(f, stream)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}

	if size%512 != 32 {
		return 0, fmt.Errorf("sha256 checksum not found (size %d)", size)
	}

	return size, os.Rename(path+".part", path)
}

// push uploads a file.
func (s settings) push(ctx context.Context, path, key string) error {
	host, tls := s.address()

	lookup := minio.BucketLookupAuto
	if s.pathStyle {
		lookup = minio.BucketLookupPath
	}

	store, err := minio.New(host, &minio.Options{
		Creds:  credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}}),
		Secure: tls, Region: s.region, BucketLookup: lookup,
	})
	if err != nil {
		return err
	}

	log.Printf("S3 client created for endpoint: %s, region: %s, useSSL: %t", host, s.region, tls)

	info, err := os.Stat(path)
	if err != nil {
		return err
	}

	log.Printf("Uploading %s (size: %d bytes) to bucket %s with key %s", path, info.Size(), s.bucket, key)

	_, err = store.FPutObject(ctx, s.bucket, key, path, minio.PutObjectOptions{ContentType: "application/octet-stream"})

	return err
}

// cleanUp removes files that may be there.
func cleanUp(paths ...string) {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			log.Printf("error cleaning up file %s: %v", path, err)
		}
	}
}
