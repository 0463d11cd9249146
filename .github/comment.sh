#!/usr/bin/env bash
# Says in the pull request what it would do to a stack. Writes one comment for each stack, and writes it anew when the
# pull request changes. The page is in plan.md, if a plan could be made.
#   .github/comment.sh STACK
set -euo pipefail
stack=$1
marker="<!-- plan of $stack -->"

{
	echo "$marker"
	if [[ -e plan.md ]]; then
		cat plan.md
	else
		printf '### What a deploy of `%s` would do\n\n**No plan could be made.** The log of the job says why.\n' "$stack"
	fi
} >comment.md

comments=repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments
id=$(gh api --paginate "$comments" --jq ".[] | select(.user.login == \"github-actions[bot]\" and (.body | startswith(\"$marker\"))) | .id" | head -n 1)
if [[ -n $id ]]; then
	gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field body=@comment.md --silent
else
	gh api --method POST "$comments" --field body=@comment.md --silent
fi
