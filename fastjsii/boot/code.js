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
    const source = key === RESOLVER ? resolvePlainAtOnce(text(data)) : text(data);
    const script = new vm.Script(Module.wrap(source), { filename, cachedData });
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
