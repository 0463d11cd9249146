// 1. The launcher's main script is replaced by the program, whose descriptor 3 becomes
// standard input and output.
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
  lateLibraries();
  inspectNamesOnce();
  skipCreationStacks();
  const main = new Module(program, null);
  main.filename = program;
  main.paths = Module._nodeModulePaths(path.dirname(program));
  process.mainModule = main;
  main._compile(adapted(source.toString("utf8")), program);
}

// INLINE is where jsii is about to call a method in Go.
const INLINE = `__classPrivateFieldGet(this, _Kernel_instances, "m", _Kernel_debug).call(this, "invoke sync method override", override, "args", methodArgs);`;

// 9, and a part of 4 and 6: adapted changes jsii's program. It unpacks packages, and checks assemblies against
// their schema, with libraries that it hardly ever needs. It reads a package, of 34 MB, in pieces of 16 KB
// for its digest. It describes the type of each value for a message before it looks whether there is
// one. And it asks Go for each call of a method that Go overrides, also where Node has its text (Inline, in fastjsii.go).
function adapted(source) {
  return `const late = ${late}; const inline = { ${process.env.FAST_JSII_INLINE || ""} }; ${source}`
    .replace("const tar = __webpack_require__(5194);", "const tar = late(() => __webpack_require__(5194));")
    .replaceAll("const ajv_1 = __webpack_require__(4588);", "const ajv_1 = late(() => __webpack_require__(4588));")
    .replace("const buffer = Buffer.alloc(16384);", "const buffer = Buffer.alloc(131072);")
    .replace("assert(typeRef != null, `", "typeRef != null || assert(false, `")
    .replace(INLINE, `${INLINE} if (Object.hasOwn(inline, methodName)) return inline[methodName].apply(obj, methodArgs);`);
}
