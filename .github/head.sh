#!/usr/bin/env bash
# Fails unless the commit of this run is still the head of main. If it is, the step has the output current=yes.
set -euo pipefail

head=$(gh api "repos/$GITHUB_REPOSITORY/commits/main" --jq .sha)
if [[ $head != "$GITHUB_SHA" ]]; then
	echo "::error::main is at $head by now, and this run deploys $GITHUB_SHA. Nothing was deployed. Approve the newer run, or start it again."
	exit 1
fi
echo current=yes >>"$GITHUB_OUTPUT"
