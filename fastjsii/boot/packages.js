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

// lazyIndex has module require what a generated index would require at once when it is asked for.
function lazyIndex(module, filename) {
  const modules = new Map();
  for (const line of fs.readFileSync(filename, "utf8").split("\n")) {
    const required = /^exports\.([A-Za-z_$][\w$]*) = require\("(\.\/[^"]+)"\);$/.exec(line);
    if (required) modules.set(required[1], required[2]);
    else if (!/^(|"use strict";|\/\*\*| \*.*|\/\/.*|Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);|exports\.[\w$]+ = .*void 0;)$/.test(line)) return false;
  }
  if (modules.size < 100) return false;
  Object.defineProperty(module.exports, "__esModule", { value: true });
  module.exports = new Proxy(module.exports, {
    get: (exported, name) => (modules.has(name) ? (exported[name] ??= module.require(modules.get(name))) : exported[name]),
    has: (exported, name) => modules.has(name) || name in exported,
  });
  return true;
}
