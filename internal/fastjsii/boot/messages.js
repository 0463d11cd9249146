// 6. For each value that passes, jsii prepares a message about its type and its name, in case
// that something is wrong with it. What types and names look like is remembered.
function inspectTypesOnce() {
  const { inspect } = util;
  const types = new WeakMap();
  const names = new Map();
  util.inspect = Object.assign((value, ...options) => {
    if (options.length > 0) return inspect(value, ...options);
    const seen = typeof value === "string" ? names : typeof value === "object" && value !== null && "type" in value ? types : undefined;
    if (!seen) return inspect(value);
    if (!seen.has(value)) seen.set(value, inspect(value));
    return seen.get(value);
  }, inspect);
}

// 7. cdktf keeps the stack of calls for each token, as text, for messages about errors. The
// calls that made it are in the other process, in Go. Errors have their stacks as always.
function skipCreationStacks() {
  const { captureStackTrace } = Error;
  Error.captureStackTrace = (object, below) => {
    if (object instanceof Error) captureStackTrace(object, below);
    else object.stack = "";
  };
}
