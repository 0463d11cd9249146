#!/usr/bin/env bash
# Plans each stack. If anything would change, one issue says what; when nothing would any
# more, the issue is closed. Inputs of the stack prod are in PROD_INPUTS and PROD_INPUTS_SECRET.
#   .github/drift.sh STACK...
set -euo pipefail

: >drift.md
for stack in "$@"; do
	inputs=$(tr a-z A-Z <<<"$stack")_INPUTS
	secret=${inputs}_SECRET
	environment=$(mktemp)
	GITHUB_ENV=$environment node .github/inputs.js "${!inputs:-}" "${!secret:-}"
	plan=cdktf.out/stacks/$stack/plan
	rm -f "$plan"
	(
		while IFS= read -r line; do export "${line?}"; done <"$environment"
		make plan STACK="$stack" || [[ -e $plan ]] # the guard's refusal is drift, too
	)
	rm -f "$environment"
	table=$(terraform -chdir="cdktf.out/stacks/$stack" show -json plan | .bin/infra guard) || [[ $? == 2 ]]
	if [[ $table != "No changes." ]]; then
		printf '### `%s`\n\n```\n%s\n```\n\n' "$stack" "$table" >>drift.md
	fi
done

title="AWS is not what the stacks say"
issue=$(gh issue list --state open --label drift --json number --jq '.[0].number // empty')
if [[ -s drift.md ]]; then
	printf 'Someone changed something by hand, or what was merged is not deployed. A deploy would do this:\n\n' | cat - drift.md >body.md
	if [[ -n $issue ]]; then
		gh issue edit "$issue" --body-file body.md
	else
		gh label create drift --force --description "$title"
		gh issue create --title "$title" --label drift --body-file body.md
	fi
	cat body.md
elif [[ -n $issue ]]; then
	gh issue close "$issue" --comment "No more drift."
fi
