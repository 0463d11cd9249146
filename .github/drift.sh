#!/usr/bin/env bash
# Plans a stack. If anything would change, an issue says what; when nothing would any more, the issue is
# closed. The inputs of the stack are in INPUTS and SECRET_INPUTS.
#   .github/drift.sh STACK
set -euo pipefail

stack=$1
environment=$(mktemp)
GITHUB_ENV=$environment node .github/inputs.js "${INPUTS:-}" "${SECRET_INPUTS:-}"
plan=cdktf.out/stacks/$stack/plan
rm -f "$plan"
(
	while IFS= read -r line; do export "${line?}"; done <"$environment"
	make plan STACK="$stack" || [[ -e $plan ]] # the guard's refusal is drift, too
)
rm -f "$environment"
table=$(terraform -chdir="cdktf.out/stacks/$stack" show -json plan | .bin/infra guard) || [[ $? == 2 ]]

title="AWS is not what the stack $stack says"
label="drift-$stack"
issue=$(gh issue list --state open --label "$label" --json number --jq '.[0].number // empty')
if [[ $table != "No changes." ]]; then
	printf 'Someone changed something by hand, or what was merged is not deployed. A deploy would do this:\n\n```\n%s\n```\n' "$table" >body.md
	if [[ -n $issue ]]; then
		gh issue edit "$issue" --body-file body.md
	else
		gh label create "$label" --force --description "$title"
		gh issue create --title "$title" --label "$label" --body-file body.md
	fi
	cat body.md
elif [[ -n $issue ]]; then
	gh issue close "$issue" --comment "No more drift."
fi
