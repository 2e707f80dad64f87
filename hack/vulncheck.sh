#!/usr/bin/env bash
# Runs govulncheck, with a database of one's own when VULNDB names one
# (file:///… or a URL). Where the database cannot be reached that is said, and
# is no failure: nothing was found wrong, nothing was looked at.
set -uo pipefail
out=$("$1" ${VULNDB:+-db "$VULNDB"} ./... 2>&1)
code=$?
echo "$out"
if [ $code -ne 0 ] && grep -q '^govulncheck: fetching vulnerabilities' <<<"$out"; then
	echo 'SKIPPED  govulncheck: its database cannot be reached from here'
	exit 0
fi
exit $code
