#!/usr/bin/env bash
# Says in an issue what a deploy of a stack would change, or of what the plan warns, and closes the issue when there is nothing any more. The
# plan is in plan.md.
#   .github/drift.sh STACK CHANGES WARNINGS, each of the last two yes|no
set -euo pipefail
stack=$1 changes=$2 warnings=$3

title="AWS is not what the stack $stack says"
label="drift-$stack"
issue=$(gh issue list --state open --label "$label" --json number --jq '.[0].number // empty')
case $changes$warnings in
yesyes | yesno | noyes)
	{
		if [[ $changes == yes ]]; then printf 'Someone changed something by hand, or what was merged is not deployed.\n\n'; fi
		if [[ $warnings == yes ]]; then printf 'Something will go wrong soon, or does so already: see the warnings.\n\n'; fi
		cat plan.md
	} >body.md
	if [[ -n $issue ]]; then
		gh issue edit "$issue" --body-file body.md
	else
		gh label create "$label" --force --description "$title"
		gh issue create --title "$title" --label "$label" --body-file body.md
	fi
	;;
nono)
	if [[ -n $issue ]]; then
		gh issue close "$issue" --comment "No more drift."
	fi
	;;
*)
	echo "changes: '$changes', warnings: '$warnings': each has to be yes or no" >&2
	exit 1
	;;
esac
