#!/usr/bin/env bash
# Says in the pull request what it would do to a stack. Writes one comment for each stack,
# and writes it anew when the pull request changes.
#   .github/comment.sh STACK GUARD_OUTCOME
set -euo pipefail
stack=$1 outcome=$2
marker="<!-- plan of $stack -->"

{
	echo "$marker"
	echo "### What a deploy of \`$stack\` would do"
	if [[ -e cdktf.out/stacks/$stack/plan ]]; then
		echo '```'
		terraform -chdir="cdktf.out/stacks/$stack" show -json plan | .bin/infra guard || true
		echo '```'
		if [[ $outcome != success ]]; then
			echo "**Refused.** Something would be destroyed or replaced. If that is meant, run *Deploy* by hand with the addresses in *allow*."
		fi
	else
		echo "**No plan could be made.** The log says why."
	fi
	if [[ -s diff.txt ]]; then
		echo
		echo '<details><summary>cdktf diff</summary>'
		echo
		echo '```'
		# Without colours; GitHub takes 65,536 characters.
		sed $'s/\x1b\\[[0-9;]*[A-Za-z]//g' diff.txt | head -c 60000
		echo
		echo '```'
		echo '</details>'
	fi
} >comment.md

comments=repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments
id=$(gh api --paginate "$comments" --jq ".[] | select(.user.login == \"github-actions[bot]\" and (.body | startswith(\"$marker\"))) | .id" | head -n 1)
if [[ -n $id ]]; then
	gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field body=@comment.md --silent
else
	gh api --method POST "$comments" --field body=@comment.md --silent
fi
