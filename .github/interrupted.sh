#!/usr/bin/env bash
# Says in the summary of the run what to do after a deploy that failed or was cancelled.
#   .github/interrupted.sh STACK
set -euo pipefail

cat >>"$GITHUB_STEP_SUMMARY" <<END
### The deploy of \`$1\` did not end well

The log of the job says why. If it was cut off, its lock may be left, and AWS may have what the state lacks. Then do this on a machine
that has this commit, the values of \`$1\`, and an administrator's credentials: no role of the pipeline may do it.

\`\`\`sh
make status STACK=$1   # how it stands
make unlock STACK=$1   # only if no deploy runs any more
make recover STACK=$1
\`\`\`

Then start *Deploy* again. \`docs/recovery.md\` has the rest.
END
