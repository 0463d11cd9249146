#!/usr/bin/env bash
# Says in the summary of the run what to do after a deploy that failed or was cancelled.
#   .github/interrupted.sh STACK BEGUN
# BEGUN is yes if the deploy may have changed something.
set -euo pipefail

if [[ $2 != yes ]]; then
	cat >>"$GITHUB_STEP_SUMMARY" <<END
### Nothing of \`$1\` was deployed

The log of the job says why. The deploy ended before it changed anything, so it has left nothing to recover.
If it was cut off, its lock may be left: then the next deploy says how to release it.
END
	exit
fi

cat >>"$GITHUB_STEP_SUMMARY" <<END
### The deploy of \`$1\` did not end well

The log of the job says why. If it was cut off, its lock may be left, and AWS may have what the state lacks. Then do this on a machine
that has this commit, the values of \`$1\`, and an administrator's credentials: no role of the pipeline may do it.

\`\`\`sh
./infra status $1   # how it stands
./infra unlock $1   # only if no deploy runs any more
./infra recover $1
\`\`\`

Then start *Deploy* again. \`docs/using/recovery.md\` has the rest.
END
