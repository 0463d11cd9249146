// Loaded into Node before jsii (by --require). It changes how jsii starts and how it asks, not what comes out:
//
//   1. the launcher, which only relays bytes to a second Node process, runs the program itself;
//   2. a package's index, which requires each of its thousands of modules, requires those used;
//   3. a package's type assembly, JSON of 100 MB and more, is read type by type, once;
//   4. libraries that are loaded for nothing are loaded when they are asked for;
//   5. modules are not compiled at each start: V8's code cache keeps what was compiled;
//   6. messages that are prepared for each value, and hardly ever shown, are prepared once;
//   7. where a token was made is not noted: seen from here, that is always jsii's own code;
//   8. a value without a token is resolved at once;
//   9. Go is not asked for a method of which Node has the text, too.
//
// Whatever is not as expected is left to the stock path, with at most one line of warning.
//
// The files beside this one, of which each has one or two of these subjects, follow it in one script.
"use strict";

const Module = require("module");
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const util = require("util");
const v8 = require("v8");
const vm = require("vm");

const cache = process.env.FAST_JSII_CACHE; // where the indexes of assemblies and compiled code are
const version = path.basename(__filename, ".js"); // of this script, by its content
const launcher = process.argv[1] || ""; // the main script of the process
const programDigest = process.env.FAST_JSII_PROGRAM; // of the jsii program this was written for

let warned = false;
function warn(what, error) {
  if (!warned) fs.writeSync(2, `fastjsii: ${what} (${error.message}); this run is a slow one\n`);
  warned = true;
}

const atExit = []; // what saves what was learnt
function saveAll() {
  try {
    for (const save of atExit) save();
  } catch (error) {
    warn("the cache cannot be written", error);
  }
}

if (path.basename(launcher) === "jsii-runtime.js" && cache && programDigest) {
  const stock = Module._extensions[".js"];
  Module._extensions[".js"] = (module, filename) => {
    Module._extensions[".js"] = stock;
    if (fs.realpathSync(filename) !== fs.realpathSync(launcher)) return stock(module, filename);
    try {
      runProgram();
    } catch (error) {
      warn("not used", error);
      // In a process of its own: in this one, a part of the above is in place.
      atExit.length = 0;
      const env = { ...process.env, FAST_JSII_CACHE: "" };
      const { status } = require("child_process").spawnSync(process.execPath, [launcher], { env, stdio: "inherit" });
      process.exit(status ?? 1);
    }
  };
}
