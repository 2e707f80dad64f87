package parts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// cargoEnv makes the build cheaper, not the program faster: a sandbox needs its behaviour only.
func cargoEnv() []string {
	return []string{
		"CARGO_PROFILE_RELEASE_LTO=off",
		"CARGO_PROFILE_RELEASE_OPT_LEVEL=1",
		"CARGO_PROFILE_RELEASE_CODEGEN_UNITS=64",
		"CARGO_PROFILE_RELEASE_DEBUG=0",
		"RUSTFLAGS=-C link-arg=-fuse-ld=lld",
	}
}

func cargoArgs() []string {
	args := []string{"install", "rustfs", "--version", RustFSVersion, "--locked", "--no-default-features", "--ignore-rust-version"}
	for _, crate := range coldCrates() {
		args = append(args, "--config", "profile.release.package."+crate+".opt-level=0")
	}
	return args
}

// coldCrates are large ones that no test runs through: S3 Select's query engine, the SDKs of clouds, brokers of events. Not optimising
// them saves minutes.
func coldCrates() []string {
	return []string{
		"arrow", "arrow-arith", "arrow-array", "arrow-buffer", "arrow-cast", "arrow-csv", "arrow-data", "arrow-ipc", "arrow-json",
		"arrow-ord", "arrow-row", "arrow-schema", "arrow-select", "arrow-string", "parquet", "sqlparser",
		"datafusion", "datafusion-catalog", "datafusion-catalog-listing", "datafusion-common", "datafusion-common-runtime",
		"datafusion-datasource", "datafusion-datasource-arrow", "datafusion-datasource-csv", "datafusion-datasource-json",
		"datafusion-datasource-parquet", "datafusion-execution", "datafusion-expr", "datafusion-expr-common", "datafusion-functions",
		"datafusion-functions-aggregate", "datafusion-functions-aggregate-common", "datafusion-functions-nested",
		"datafusion-functions-table", "datafusion-functions-window", "datafusion-functions-window-common", "datafusion-optimizer",
		"datafusion-physical-expr", "datafusion-physical-expr-adapter", "datafusion-physical-expr-common",
		"datafusion-physical-optimizer", "datafusion-physical-plan", "datafusion-pruning", "datafusion-session", "datafusion-sql",
		"rustfs-s3select-api", "rustfs-s3select-query", "rustfs-kafka", "rustfs-kafka-async", "rustfs-log-analyzer",
		"aws-sdk-kms", "aws-sdk-s3", "aws-sdk-sso", "aws-sdk-ssooidc", "aws-sdk-sts",
	}
}

func rustTools() []tool {
	return []tool{
		{"protoc", []string{"protobuf-compiler", "libprotobuf-dev"}},
		{"cmake", []string{"cmake"}},
		{"clang", []string{"clang"}},
		{"ld.lld", []string{"lld"}},
		{"pkg-config", []string{"pkg-config"}},
		{"strip", []string{"binutils"}},
	}
}

// RustFSFile is where the real server is kept: by its version, so that a program put there by hand is found too.
func (b *Builder) RustFSFile() string {
	return filepath.Join(b.Cache.Root, RustFS, RustFSVersion, "rustfs")
}

// buildRustFS compiles the real server. Its own target directory lies in the cache, so an interrupted build goes on where it was.
func buildRustFS(ctx context.Context, b *Builder, dir string) error {
	cargo, err := exec.LookPath("cargo")
	if err != nil {
		return errors.New("RustFS is written in Rust, and there is no cargo here\nhint: install rustup, or give a program with RUSTFS_BIN=/path, or go on with the stand-in")
	}

	target := filepath.Join(b.Cache.Root, "tmp", "rustfs-target")
	cmd := exec.CommandContext(ctx, cargo, append(cargoArgs(), "--root", dir, "--target-dir", target)...)
	cmd.Env = append(os.Environ(), cargoEnv()...)

	if err = quietly(cmd); err != nil {
		return err
	}

	if err = quietly(exec.CommandContext(ctx, "strip", filepath.Join(dir, "bin", "rustfs"))); err != nil {
		return err
	}

	return errors.Join(os.Rename(filepath.Join(dir, "bin", "rustfs"), filepath.Join(dir, "rustfs")), os.RemoveAll(target))
}

// storeProgramError explains a RUSTFS_BIN that is not a program.
func storeProgramError(path string, err error) error {
	return fmt.Errorf("use %s as the store: %w\nhint: RUSTFS_BIN names a RustFS program for this machine", path, err)
}
