#!/usr/bin/env bash
# Fails unless the environment of a stack admits nothing but main, and wants an approval. GitHub itself creates an environment without
# either when a job names one that is not there.
#   .github/environment.sh STACK
# UNREVIEWED names the environments that nobody has to approve, with spaces between.
set -euo pipefail
stack=$1
environment=repos/$GITHUB_REPOSITORY/environments/$stack

# wrong says what is wrong with the environment.
problems=0
wrong() {
	echo "::error title=The environment $stack::$1 Correct it in the repository's settings, under Environments: docs/using/pipeline.md says how."
	problems=1
}

# https://docs.github.com/en/rest/deployments/environments
if ! settings=$(gh api "$environment"); then
	wrong "It cannot be read, most likely because it is not there."
	exit 1
fi
case $(jq -r '.deployment_branch_policy | if . == null then "all" elif .protected_branches then "protected" else "named" end' <<<"$settings") in
named)
	branches=$(gh api "$environment/deployment-branch-policies" | jq -r '[.branch_policies[] | "\(.type // "branch") \(.name)"] | join(", ")')
	if [[ $branches != "branch main" ]]; then
		wrong "It has to admit the branch main and nothing else, and admits: ${branches:-nothing}."
	fi
	;;
*) wrong "It has to admit the branch main and nothing else: choose selected branches and tags, and add main." ;;
esac
if [[ " $UNREVIEWED " != *" $stack "* ]] && ! jq --exit-status 'any(.protection_rules[]; .type == "required_reviewers" and (.reviewers | length) > 0)' <<<"$settings" >/dev/null; then
	wrong "It has no required reviewers. If nobody is to approve its deploys, name it in the variable UNREVIEWED of the repository."
fi
exit "$problems"
