// 8. cdktf resolves each key and value three times: it makes contexts, and looks for every kind of token.
// Most have none, and are what they resolve to. Another resolver than that of cdktf 0.21.0 is left as it is.
const RESOLVER = "08c4dba33a40b05fd4f4c1957bd4102695c1b30df595bbb1ad1fb95fdc4a0382"; // SHA-256 of lib/tokens/private/resolve.js

function resolvePlainAtOnce(source) {
  return `const isPlain = ${isPlain}; ${source}`
    .replace(`const pathName = "/" + prefix.join("/");`, `const pathName = { toString: () => "/" + prefix.join("/") };`)
    .replace("makeContext()[0].resolve(key)", "isPlain(key) ? key : $&")
    .replace("makeContext(key)[0].resolve(obj[key])", "isPlain(obj[key]) ? obj[key] : $&")
    .replace("makeContext(`${i}`)[0].resolve(x)", "isPlain(x) ? x : $&");
}

// isPlain tells that there is no token in a value, nor anything that cdktf takes for one. In a string, a
// token is in braces, or a number with an exponent. As a number it is huge. Two texts and a negative number stand for the values of a map.
function isPlain(value) {
  if (typeof value === "string") return !/\{TfToken\[|[-|\d.+]e[-|\d.eE+]|Map Token Value/.test(value);
  return typeof value === "boolean" || value === undefined || (Number.isSafeInteger(value) && value >= 0);
}
