// Makes the stacks' inputs variables of the job, as Terraform reads them:
//
//   node .github/inputs.js INPUTS [SECRET_INPUTS]
//
// Both are JSON objects of values by variable name. Writes to $GITHUB_ENV; what is in the
// second is masked in logs. Says everything that is wrong with them, without values.
"use strict";
const fs = require("fs");

const problems = [];
const lines = [];
const secrets = new Set();
const seen = new Set();

function read(title, text, secret) {
  let inputs;
  try {
    inputs = JSON.parse(text || "{}");
  } catch {
    inputs = undefined; // its message would quote the text
  }
  if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs)) {
    problems.push(`${title}: not a JSON object of values by variable name`);
    return;
  }
  for (const [name, value] of Object.entries(inputs)) {
    if (!/^[a-z_][a-z0-9_]*$/.test(name)) problems.push(`${title}: ${JSON.stringify(name)} is not the name of a variable (a-z, 0-9, _)`);
    if (seen.has(name)) problems.push(`${title}: ${name} is in both`);
    if (value === null) problems.push(`${title}: ${name} is null; leave it out to have its default`);
    if (typeof value === "string" && /[\r\n]/.test(value)) problems.push(`${title}: ${name} has more than one line`);
    seen.add(name);
    lines.push(`TF_VAR_${name}=${typeof value === "string" ? value : JSON.stringify(value)}\n`);
    if (secret) mask(value);
  }
}

// mask collects what must not show in logs. Very short texts would hide half of the log.
function mask(value) {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(mask);
  else for (const line of String(value).split(/\r?\n/)) if (line.length > 3) secrets.add(line);
}

read("inputs", process.argv[2], false);
read("secret inputs", process.argv[3], true);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
for (const secret of secrets) console.log(`::add-mask::${secret.replaceAll("%", "%25")}`);
fs.appendFileSync(process.env.GITHUB_ENV, lines.join(""));
