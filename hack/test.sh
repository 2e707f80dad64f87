#!/usr/bin/env bash
# Everything that proves the project, in the order of what fails fastest. Says
# at the end what was skipped and why. With CI=true nothing of the sandbox may
# be skipped.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=() skipped=() began=$SECONDS

step() { # step TITLE COMMAND...
	local title=$1 start=$SECONDS
	shift
	printf '\n== %s\n' "$title"
	if "$@"; then
		printf -- '-- %s: ok (%d s)\n' "$title" $((SECONDS - start))
	else
		failed+=("$title")
		printf -- '-- %s: FAILED (%d s)\n' "$title" $((SECONDS - start))
	fi
}

skip() { # skip TITLE WHY
	skipped+=("$1: $2")
	printf '\n== %s\n-- SKIPPED: %s\n' "$1" "$2"
	if [ "${CI:-}" = true ]; then
		failed+=("$1 (skipped, which CI=true forbids)")
	fi
}

sandbox_tests() { # sandbox_tests real|fake
	SANDBOX_RUSTFS=$1 go test -tags sandbox -count=1 -timeout 40m -v ./test/e2e
}

# The real RustFS: given, or in the sandbox's cache.
built=${SANDBOX_CACHE:-/var/cache/talos-rustfs-sandbox}/rustfs/1.0.1/rustfs
real=${RUSTFS_BIN:-${RUSTFS_IMAGE:-}}
[ -n "$real" ] || [ ! -x "$built" ] || real=$built
echo "RustFS: ${real:+the real server ($real) and }the stand-in"

# Other people's programs that kubectl rustfs is tried with.
peers=${PEERS:-/var/cache/talos-rustfs-peers}/bin
for p in mc aws s5cmd rclone rc minio; do
	[ -x "$peers/$p" ] || skipped+=("everything with $p: it is not there; hack/peers.sh $p builds it")
done

step "the programs" make --no-print-directory build bin/sandbox
step "fast tests with the race detector" env THOROUGH=1 go test -race -timeout 15m ./...
step "tests of the sandbox itself" bash -c 'cd hack/sandbox && go test ./...'
if [ "$(uname -s)" != Linux ]; then
	skip "sandbox tests" "they need Linux"
elif [ "$(id -u)" != 0 ]; then
	skip "sandbox tests" "they need root: sudo make test"
else
	step "what the sandbox is made of" bin/sandbox build
	step "sandbox tests on the stand-in" sandbox_tests fake
	if [ -n "$real" ]; then
		step "sandbox tests on the real RustFS" sandbox_tests real
	else
		skipped+=("sandbox tests on the real RustFS: it is not built; make rustfs builds it once, in an hour and a half")
	fi
fi

printf '\n== %d s in all, on %s\n' $((SECONDS - began)) "${real:+the real RustFS and }the stand-in"
for s in "${skipped[@]+"${skipped[@]}"}"; do printf 'SKIPPED  %s\n' "$s"; done
for f in "${failed[@]+"${failed[@]}"}"; do printf 'FAILED   %s\n' "$f"; done
[ ${#failed[@]} -eq 0 ]
