#!/usr/bin/env bash
# Runs govulncheck. Where its database cannot be reached that is said, and is no
# failure: nothing was found wrong, nothing was looked at.
set -uo pipefail
out=$("$1" ./... 2>&1)
code=$?
echo "$out"
if [ $code -ne 0 ] && grep -q '^govulncheck: fetching vulnerabilities' <<<"$out"; then
	echo 'SKIPPED  govulncheck: its database cannot be reached from here'
	exit 0
fi
exit $code
