// late stands for a module that is loaded when it is asked for.
function late(load) {
  let module;
  const get = () => (module ??= load());
  return new Proxy(() => {}, { apply: (_, it, args) => get().apply(it, args), get: (_, name) => get()[name] });
}

// 4. What jsii itself does not need is in adapted. archiver is a third of what cdktf loads, and
// packs the assets of a program that has some. semver compares versions of Terraform, for a program that imports or moves.
function lateLibraries() {
  const { _load } = Module;
  const libraries = ["archiver", "semver"];
  Module._load = (request, ...rest) => (libraries.includes(request) ? late(() => _load(request, ...rest)) : _load(request, ...rest));
}
