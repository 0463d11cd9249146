package main

const head = `# Benchmarks

` + "`make bench`" + ` measures and writes this page. Machine: %s/%s, %d CPUs; %s. Each figure is the median of %d
runs that alternate with those beside it, on warm caches except where it is the first time. "Stock" is the same program with ` + "`FAST_SYNTH=0`" + `.

`

const explanation = `
## Where the time goes

A CDKTF program in Go talks to Node: jsii, the bridge, runs CDKTF itself and the provider bindings, which are TypeScript, in
a Node process, and Go sends it a message for each object, method and property. The AWS provider package has 2,142 modules and
describes its 23,208 types in 120 MB of JSON. The stock path loads all of it at each start, and then uses two per cent.

1. **The index.** ` + "`lib/index.js`" + ` requires all modules at once. Here it gets a getter for each, which requires the module when it is asked for.
2. **The types.** jsii reads and parses the JSON as a whole. Here a small index (1 MB, made once for each provider version, in the user's
   cache directory beside jsii's own) says where in the file each resource's types are. Those in use are read from there, and are in the
   index from then on, without their documentation.
3. **The launcher.** jsii starts two Node processes, of which the first only passes on bytes. Here the first does the work.
4. **Compiling.** Node compiles each module at each start. Here V8's code cache (1.5 MB, beside the index) keeps what was compiled, and the
   source maps, half of the text, are left out. Libraries that jsii and CDKTF load but hardly ever need (to unpack packages, to pack
   assets) are loaded when they are asked for.
5. **Messages.** jsii describes the type and the name of each value that passes, for a message that is hardly ever shown. Here each is
   described once.
6. **Stacks.** CDKTF notes with each token by which calls it was made. With Go, those are calls within jsii: they are not noted.

What remains: starting Node and loading CDKTF itself; jsii's unpacking, which writes and hashes 34 MB at each start; and with many services
the messages, some 50 for each. ` + "`cdktf synth`" + ` spends two seconds of its own (it loads itself, asks for versions four times), which the
row of the program that only copies the result shows: it is the least that is possible. ` + "`go test`" + ` spends half a second on
linking. Those do not get faster by what is done here.

## Why this is safe

The package changes how jsii and its packages are loaded, and what they prepare for messages that are not shown. The code that makes
the JSON is that of the same provider and the same CDKTF, and the JSON is the same to the byte, which a test checks. What it relies on is
checked at each start:

- jsii's program is the one that it was written for (its SHA-256);
- the provider's index has no line of a form that is not known;
- the type file is laid out as jsii writes it, and is the one that the index was made from (its digest in jsii's cache, its size);
- each part that is read from it has the SHA-256 that the index says, and the index its own;
- compiled code is that of the very same text (its SHA-256), by the same V8, and the file that it comes from is whole (its SHA-256).

Where one does not hold, the stock path is taken, with one line of warning at most. Tests damage each of them in turn: another jsii, another
provider package, a cache that cannot be written, an index or a code cache that is empty, cut off, altered, of another text, or lacks a type; a fault half-way through the start; two cold starts at once.
` + "`FAST_SYNTH=0`" + ` switches all of it off.
`
