#!/usr/bin/env bash
# Says in an issue what a deploy of a stack would change, and closes the issue when nothing would any more. The plan is in plan.md.
#   .github/drift.sh STACK yes|no
set -euo pipefail
stack=$1 changes=$2

title="AWS is not what the stack $stack says"
label="drift-$stack"
issue=$(gh issue list --state open --label "$label" --json number --jq '.[0].number // empty')
case $changes in
yes)
	{
		printf 'Someone changed something by hand, or what was merged is not deployed.\n\n'
		cat plan.md
	} >body.md
	if [[ -n $issue ]]; then
		gh issue edit "$issue" --body-file body.md
	else
		gh label create "$label" --force --description "$title"
		gh issue create --title "$title" --label "$label" --body-file body.md
	fi
	;;
no)
	if [[ -n $issue ]]; then
		gh issue close "$issue" --comment "No more drift."
	fi
	;;
*)
	echo "changes: '$changes' is neither yes nor no" >&2
	exit 1
	;;
esac
