// late stands for a module that is loaded when it is asked for.
function late(load) {
  let module;
  const get = () => (module ??= load());
  return new Proxy(() => {}, { apply: (_, it, args) => get().apply(it, args), get: (_, name) => get()[name] });
}

// 4. What jsii itself does not need is in adapted. archiver is a third of what cdktf loads, and
// packs the assets of a program that has some.
function lateArchiver() {
  const { _load } = Module;
  Module._load = (request, ...rest) => (request === "archiver" ? late(() => _load(request, ...rest)) : _load(request, ...rest));
}
