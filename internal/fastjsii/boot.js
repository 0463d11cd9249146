// Loaded into Node before jsii (by --require). It changes how jsii starts, not what it does:
//
//   1. the launcher, which only relays bytes to a second Node process, runs the program itself;
//   2. a package's index, which requires each of its thousands of modules, requires those used;
//   3. a package's type assembly, JSON of 100 MB and more, is read type by type, once;
//   4. libraries that are loaded for nothing are loaded when they are asked for;
//   5. modules are not compiled at each start: V8's code cache keeps what was compiled;
//   6. messages that are prepared for each value, and hardly ever shown, are prepared once;
//   7. where a token was made is not noted: seen from here, that is always jsii's own code.
//
// Whatever is not as expected is left to the stock path, with at most one line of warning.
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

// 1. The launcher's main script is replaced by the program, whose descriptor 3 becomes
// standard input and output.
const launcher = process.argv[1] || "";
const program = path.join(launcher, "..", "..", "lib", "program.js");

function digest(data) {
  return crypto.createHash("sha256").update(data).digest("hex");
}

function runProgram() {
  const source = fs.readFileSync(program);
  if (digest(source) !== programDigest) throw new Error("another version of jsii");

  const { readSync, writeSync } = fs;
  fs.readSync = (fd, ...rest) => {
    if (fd !== 3) return readSync(fd, ...rest);
    for (;;) {
      try {
        return readSync(0, ...rest);
      } catch (error) {
        if (error.code === "EOF") return 0;
        if (error.code !== "EAGAIN") throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
  };
  fs.writeSync = (fd, ...rest) => writeSync(fd === 3 ? 1 : fd, ...rest);
  // What a library prints must not get between the messages: the launcher wraps it, too.
  process.stdout.write = (chunk, encoding, done) => {
    const text = Buffer.from(chunk, typeof encoding === "string" ? encoding : undefined).toString("base64");
    writeSync(2, JSON.stringify({ stdout: text }) + "\n");
    const callback = typeof encoding === "function" ? encoding : done;
    if (callback) process.nextTick(callback);
    return true;
  };
  // cdktf calls what newer versions of Node warn about: nothing that a user of it could change.
  if (!process.traceDeprecation && !process.noDeprecation) process.noDeprecation = true;
  // The program looks here whether links to the package cache will do.
  process.execArgv.push("--preserve-symlinks");
  // Before jsii's own: it leaves the process in it.
  process.on("exit", saveAll);
  if (!process.sourceMapsEnabled) cacheCode(); // which leaves them out
  speedUp();
  lateArchiver();
  inspectTypesOnce();
  skipCreationStacks();
  const main = new Module(program, null);
  main.filename = program;
  main.paths = Module._nodeModulePaths(path.dirname(program));
  process.mainModule = main;
  main._compile(adapted(source.toString("utf8")), program);
}

// adapted changes two things in jsii's program. It unpacks packages, and checks assemblies
// against their schema, with libraries that it hardly ever needs. And it reads a package, of
// 34 MB, in pieces of 16 KB for its digest.
function adapted(source) {
  return `const late = ${late}; ${source}`
    .replace("const tar = __webpack_require__(5194);", "const tar = late(() => __webpack_require__(5194));")
    .replaceAll("const ajv_1 = __webpack_require__(4588);", "const ajv_1 = late(() => __webpack_require__(4588));")
    .replace("const buffer = Buffer.alloc(16384);", "const buffer = Buffer.alloc(131072);");
}

// late stands for a module that is loaded when it is asked for.
function late(load) {
  let module;
  const get = () => (module ??= load());
  return new Proxy(() => {}, { apply: (_, it, args) => get().apply(it, args), get: (_, name) => get()[name] });
}

// 2 and 3.
function speedUp() {
  const compile = Module._extensions[".js"];
  Module._extensions[".js"] = (module, filename) => {
    if (!(isPackageFile(filename, path.join("lib", "index.js")) && lazyIndex(module, filename))) compile(module, filename);
  };

  const { readFileSync } = fs;
  fs.readFileSync = (file, ...rest) => {
    if (typeof file !== "string" || !isPackageFile(file, ".jsii") || fs.statSync(file).size < 8 << 20) return readFileSync(file, ...rest);
    try {
      return lazyAssembly(file, () => readFileSync(file));
    } catch (error) {
      warn("the index of " + file + " cannot be used", error);
      return readFileSync(file, ...rest);
    }
  };
}

// isPackageFile tells whether file is that file of a package itself, not of one within it.
function isPackageFile(file, within) {
  const tail = path.sep + within;
  if (!file.endsWith(tail)) return false;
  const steps = file.slice(0, -tail.length).split(path.sep);
  return steps.at(-2) === "node_modules" || (steps.at(-3) === "node_modules" && steps.at(-2).startsWith("@"));
}

// lazyIndex gives module getters for what a generated index would require at once.
function lazyIndex(module, filename) {
  const getters = new Map();
  for (const line of fs.readFileSync(filename, "utf8").split("\n")) {
    const required = /^exports\.([A-Za-z_$][\w$]*) = require\("(\.\/[^"]+)"\);$/.exec(line);
    if (required) getters.set(required[1], required[2]);
    else if (!/^(|"use strict";|\/\*\*| \*.*|\/\/.*|Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);|exports\.[\w$]+ = .*void 0;)$/.test(line)) return false;
  }
  if (getters.size < 100) return false;
  Object.defineProperty(module.exports, "__esModule", { value: true });
  for (const [name, from] of getters) {
    Object.defineProperty(module.exports, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = module.require(from);
        Object.defineProperty(module.exports, name, { enumerable: true, value });
        return value;
      },
    });
  }
  return true;
}

// lazyAssembly returns a stand-in for the content of an assembly: a buffer that the next
// JSON.parse turns into the assembly, with types that are read when they are asked for.
function lazyAssembly(file, readAll) {
  const real = fs.realpathSync(file);
  // jsii's package cache: .../NAME/VERSION/DIGEST/.jsii
  const [name, version, key] = real.split(path.sep).slice(-5, -1).join("/").match(/([^/]+\/[^/]+)\/([^/]+)\/([0-9a-f]{64})$/)?.slice(1) ?? [];
  if (!key) throw new Error("jsii's package cache is off");
  const family = name.replace("/", "+") + "@";
  const indexFile = cacheFile(`${family}${version}-${key}`, "json");
  const size = fs.statSync(real).size;

  let index;
  try {
    const [sum, text] = fs.readFileSync(indexFile, "utf8").split("\n");
    if (digest(text) !== sum) throw new Error("it is damaged");
    index = JSON.parse(text);
    if (index.size !== size) throw new Error("it is of another file");
  } catch (error) {
    if (error.code !== "ENOENT") warn("the index of " + name + " is made anew", error);
    index = makeIndex(readAll(), size);
    save(indexFile, JSON.stringify(index), family);
  }

  const parsed = index.head;
  const namespaces = new Map(Object.entries(index.namespaces));
  const types = new Map(Object.entries(index.types));
  let whole; // the stock way, if a type cannot be read by its own
  function typeOf(fqn) {
    if (whole) return whole[fqn];
    if (!types.has(fqn)) {
      try {
        readNamespace(namespaceOf(fqn));
      } catch (error) {
        warn("a part of " + name + " cannot be read", error);
      }
      if (!types.has(fqn)) {
        whole = JSON.parse(readAll().toString("utf8")).types;
        if (fqn in whole) remove(indexFile);
        return whole[fqn];
      }
    }
    return types.get(fqn);
  }
  function readNamespace(namespace) {
    if (!namespaces.has(namespace)) return;
    const [start, end, sum] = namespaces.get(namespace);
    const data = read(real, start, end - start);
    if (digest(data) !== sum) throw new Error("it has changed");
    for (const [fqn, type] of Object.entries(JSON.parse(`{${data}}`, withoutDocs))) types.set(fqn, type);
  }
  // The types that are in use are in the index, from the next start on.
  const known = types.size;
  atExit.push(() => {
    if (!whole && types.size > known) save(indexFile, JSON.stringify({ ...index, types: Object.fromEntries(types) }), family);
  });
  parsed.types = new Proxy({}, {
    get: (_, fqn) => (typeof fqn === "string" ? typeOf(fqn) : undefined),
    has: (_, fqn) => typeof fqn === "string" && typeOf(fqn) !== undefined,
  });

  const standIn = Buffer.from(JSON.stringify({ "fastjsii stand-in": indexFile }));
  const { parse } = JSON;
  JSON.parse = (text, ...rest) => {
    if (text !== standIn.toString("utf8")) return parse(text, ...rest);
    JSON.parse = parse;
    return parsed;
  };
  return standIn;
}

// withoutDocs drops what is written for people, most of a type. jsii itself does not look at it.
function withoutDocs(key, value) {
  return key === "docs" || key === "locationInModule" ? undefined : value;
}

// namespaceOf returns the part of a type's name that its module has in common:
// "@cdktf/provider-aws.lb" of "@cdktf/provider-aws.lb.LbAccessLogs".
function namespaceOf(fqn) {
  return fqn.split(".", 2).join(".");
}

// makeIndex finds where in an assembly each namespace is. It relies on how jsii writes
// one (JSON with an indent of two), and throws where that does not hold.
function makeIndex(data, size) {
  const open = data.indexOf('\n  "types": {\n');
  const close = data.indexOf("\n  }", open);
  if (open < 0 || close < 0) throw new Error("the assembly is laid out in another way");
  const first = open + '\n  "types": {'.length;
  const head = JSON.parse(data.toString("utf8", 0, first) + data.toString("utf8", close));
  delete head.submodules; // most of it, for those who generate documentation

  const namespaces = {};
  const mark = '\n    "';
  let last;
  for (let at = data.indexOf(mark, first); at >= 0 && at < close; at = data.indexOf(mark, at + 1)) {
    const fqn = data.toString("utf8", at + mark.length, data.indexOf('"', at + mark.length));
    const namespace = namespaceOf(fqn);
    if (namespace === last) continue;
    if (namespaces[namespace]) throw new Error("the assembly is not sorted");
    if (last) namespaces[last][1] = at - 1; // without the comma
    namespaces[namespace] = [at, 0, ""];
    last = namespace;
  }
  if (!last) throw new Error("the assembly has no types");
  namespaces[last][1] = close;
  for (const range of Object.values(namespaces)) range[2] = digest(data.subarray(range[0], range[1]));
  return { size, head, namespaces, types: {} };
}

// 4. What jsii itself does not need is in adapted. archiver is a third of what cdktf loads, and
// packs the assets of a program that has some.
function lateArchiver() {
  const { _load } = Module;
  Module._load = (request, ...rest) => (request === "archiver" ? late(() => _load(request, ...rest)) : _load(request, ...rest));
}

// 5. cacheCode compiles modules with what V8 made of the same text before. V8 itself checks
// no more than its version, its flags and the text's length: the rest is up to the digests.
function cacheCode() {
  const file = cacheFile(`code-${process.arch}-${v8.cachedDataVersionTag()}`, "bin");
  const known = new Map(); // digest of a text: its code
  try {
    const data = fs.readFileSync(file);
    const body = data.subarray(SUM + 1);
    if (digest(body) !== data.toString("latin1", 0, SUM)) throw new Error("it is damaged");
    const table = body.subarray(0, body.indexOf("\n"));
    let at = table.length + 1;
    for (const [key, size] of JSON.parse(table.toString())) known.set(key, body.subarray(at, (at += size)));
  } catch (error) {
    if (error.code !== "ENOENT") warn("the code cache is made anew", error);
  }

  const used = new Map(); // digest of a text: its script
  let added = false;
  function run(module, filename, data, key) {
    const cachedData = known.get(key);
    const script = new vm.Script(Module.wrap(text(data)), { filename, cachedData });
    used.set(key, script);
    if (!cachedData || script.cachedDataRejected) added = true;

    const require = (id) => module.require(id);
    require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
    require.main = process.mainModule;
    require.extensions = Module._extensions;
    require.cache = Module._cache;
    return script.runInThisContext().call(module.exports, module.exports, require, module, filename, path.dirname(filename));
  }

  const load = Module._extensions[".js"];
  Module._extensions[".js"] = (module, filename) => {
    const data = fs.readFileSync(filename);
    const key = digest(data);
    if (known.has(key)) run(module, filename, data, key);
    else load(module, filename);
  };
  const { _compile } = Module.prototype;
  Module.prototype._compile = function (content, filename, ...rest) {
    // What a script by itself cannot do is Node's business.
    if (content.startsWith("#!") || /\bimport\s*\(/.test(content)) return _compile.call(this, content, filename, ...rest);
    const data = Buffer.from(content);
    return run(this, filename, data, digest(data));
  };

  // At the end, for the functions that were compiled on the way to be in it.
  atExit.push(() => {
    if (!added) return;
    // What other programs use is kept, as long as it is not much.
    const codes = fs.statSync(file, { throwIfNoEntry: false })?.size > 16 << 20 ? new Map() : new Map(known);
    for (const [key, script] of used) codes.set(key, script.createCachedData());
    const table = JSON.stringify([...codes].map(([key, code]) => [key, code.length]));
    save(file, Buffer.concat([Buffer.from(table + "\n"), ...codes.values()]), "code-");
  });
}

// text is that of a module, without the source map at its end: half of it, and V8 would keep
// it in the cached code, too.
function text(data) {
  const map = data.lastIndexOf("\n//# sourceMappingURL=data:");
  return data.toString("utf8", 0, map < 0 || data.indexOf("\n", map + 1) >= 0 ? data.length : map);
}

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

// read reads a part of a file.
function read(file, start, length) {
  const data = Buffer.allocUnsafeSlow(length);
  const fd = fs.openSync(file, "r");
  try {
    return data.subarray(0, fs.readSync(fd, data, 0, length, start));
  } finally {
    fs.closeSync(fd);
  }
}

// The first line of a file in the cache is the SHA-256 of the rest, in hexadecimal digits.
const SUM = 64;

const HOUR = 3600e3; // in milliseconds

// cacheFile names a file of the cache. What another version of this script wrote is not read.
function cacheFile(name, extension) {
  return path.join(cache, `${name}-${version}.${extension}`);
}

// save writes a file aside and renames it, so that nobody reads half of it, and removes what is
// old of its family, the files whose names begin alike. A cache that cannot be written costs
// time at each run, no more.
function save(file, body, family) {
  const aside = `${file}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(aside, digest(body) + "\n");
    fs.appendFileSync(aside, body);
    fs.renameSync(aside, file);
    for (const other of fs.readdirSync(cache)) {
      if (other.startsWith(family) && other !== path.basename(file) && isOld(other)) remove(path.join(cache, other));
    }
  } catch (error) {
    remove(aside); // on a full disk, a part of it
    warn("the cache cannot be written", error);
  }
}

// isOld tells whether nobody needs a file any more: another version of this script wrote it, or
// a process that came to its end before it was whole, or it is of a package or of options of
// Node that may still be in use, but are more likely not. The CLI has options of its own.
function isOld(name) {
  const written = fs.statSync(path.join(cache, name), { throwIfNoEntry: false })?.mtimeMs;
  return !name.includes(version) || written < Date.now() - (name.endsWith(".tmp") ? HOUR : 30 * 24 * HOUR);
}

function remove(file) {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // It is found to be useless again next time.
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
