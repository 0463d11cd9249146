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
  const types = new Map(Object.entries(index.types)); // those in use
  let whole; // the stock way, if a type cannot be read by its own
  function typeOf(fqn) {
    if (whole) return whole[fqn];
    if (!types.has(fqn)) {
      try {
        const type = readNamespace(namespaceOf(fqn))?.[fqn];
        if (type) types.set(fqn, type);
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
  const inFile = new Map(); // what has been read, by namespace
  function readNamespace(namespace) {
    if (!inFile.has(namespace) && namespaces.has(namespace)) {
      const [start, end, sum] = namespaces.get(namespace);
      const data = read(real, start, end - start);
      if (digest(data) !== sum) throw new Error("it has changed");
      inFile.set(namespace, JSON.parse(`{${data}}`, withoutDocs));
    }
    return inFile.get(namespace);
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
