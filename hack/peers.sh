#!/bin/sh
# Builds the programs that "kubectl rustfs exec" is proven with, and the store
# that is not RustFS, at pinned versions:
#
#     hack/peers.sh              # all of them
#     hack/peers.sh mc s5cmd     # these
#
# They land in $PEERS, /var/cache/talos-rustfs-peers when it is not set, as
# bin/NAME. Only the ordinary clients of the package registries are used: go,
# pip and cargo. What is there already is left alone. Nothing of it is part of
# the programs: peers are run, never linked.
set -eu

peers=${PEERS:-/var/cache/talos-rustfs-peers}
go=${GO:-go}

# gobin NAME PACKAGE MODULE VERSION: builds a program of a Go module. The module
# is required by a scratch module, because "go install" refuses one that
# replaces others, and asks for versions that nobody needs.
gobin() {
	scratch=$(mktemp -d)
	(
		cd "$scratch"
		cat >go.mod <<-MOD
			module peers
			go 1.26
			require $3 $4
		MOD
		export GOFLAGS="-mod=mod -buildvcs=false" GOBIN="$peers/bin" CGO_ENABLED=0
		nice "$go" build -trimpath -ldflags=-s -o "$peers/bin/$1" "$2"
	)
	rm -rf "$scratch"
}

build() {
	case $1 in
	mc) gobin mc github.com/minio/mc github.com/minio/mc v0.0.0-20250313080218-cf909e1063a9 ;;
	s5cmd) gobin s5cmd github.com/peak/s5cmd/v2 github.com/peak/s5cmd/v2 v2.3.0 ;;
	rclone) gobin rclone github.com/rclone/rclone github.com/rclone/rclone v1.76.0 ;;
	minio) gobin minio github.com/minio/minio github.com/minio/minio v0.0.0-20260212201848-7aac2a2c5b7c ;;
	aws)
		python3 -m venv "$peers/aws"
		nice "$peers/aws/bin/pip" install --quiet awscli==1.46.3
		ln -sf ../aws/bin/aws "$peers/bin/aws"
		;;
	rc) # without --locked: its lock file names webpki-roots 1.0.11, which not every
		# registry has; hardly optimised: it is asked whether it can sign, not how fast
		export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
			CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_TARGET_DIR="$peers/rc/target"
		nice cargo install --quiet rustfs-cli --version 0.1.37 --root "$peers/rc"
		ln -sf ../rc/bin/rc "$peers/bin/rc"
		rm -rf "$peers/rc/target"
		;;
	*)
		echo "peers: $1 is not known; there are: mc s5cmd rclone minio aws rc" >&2
		exit 2
		;;
	esac
}

mkdir -p "$peers/bin"
[ $# -gt 0 ] || set -- aws mc s5cmd rclone minio rc
for peer; do
	if [ -x "$peers/bin/$peer" ]; then
		echo "$peer: $peers/bin/$peer"
		continue
	fi
	echo "$peer: building"
	build "$peer"
done
