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
