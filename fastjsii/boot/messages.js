// 6. For each value that passes, jsii prepares a message with its name or its place, in case that
// something is wrong with it. What those look like is remembered. That of its type is prepared late, by adapted.
function inspectNamesOnce() {
  const { inspect } = util;
  const names = new Map();
  util.inspect = Object.assign((value, ...options) => {
    if (options.length > 0 || (typeof value !== "string" && typeof value !== "number")) return inspect(value, ...options);
    if (!names.has(value)) names.set(value, inspect(value));
    return names.get(value);
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
