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

1. **The index.** ` + "`lib/index.js`" + ` requires all modules at once. Here each is required when it is asked for.
2. **The types.** jsii reads and parses the JSON as a whole. Here a small index (0.5 MB, made once for each provider version, in the user's
   cache directory beside jsii's own) says where in the file each resource's types are. Those in use are read from there, and are in the
   index from then on, without their documentation.
3. **The launcher.** jsii starts two Node processes, of which the first only passes on bytes. Here the first does the work.
4. **Compiling.** Node compiles each module at each start. Here V8's code cache (1.5 MB, beside the index) keeps what was compiled, and the
   source maps, half of the text, are left out. Libraries that jsii and CDKTF load but hardly ever need (to unpack packages, to pack
   assets, to compare versions) are loaded when they are asked for.
5. **Descriptions.** jsii describes the type and the name of each value that passes, for a message that is hardly ever shown. Here types are
   described when that message is shown, and names once.
6. **Stacks.** CDKTF notes with each token by which calls it was made. With Go, those are calls within jsii: they are not noted.
7. **Addresses.** CDKTF asks the stack for the address of each element. The rule is in Go, which asks Node for the element's path to answer: 19 of
   the 55 messages that a service took. Here Node has the rule, too (` + "`Inline`" + `), and Go is asked without the fast start only.
8. **Tokens.** CDKTF resolves each key and value three times. Here those without a token are taken as they are.
9. **Processors.** Go and Node wait for each other. Go has one processor meanwhile: with more, it looks for work on them, and a synth takes a tenth longer.
10. **Memory.** Node lets what it has just made grow to three times 8 MB instead of 16 before it frees what is no more in use. It is as fast.

What remains: starting Node and loading CDKTF itself; jsii's unpacking, which writes and hashes 34 MB at each start; and with many services
the messages that are listed above. A profile of Node with 100 services: 31 % waiting for Go and its messages, 18 % resolving tokens, 16 % turning
messages into values and back, 11 % loading, 5 % freeing memory; the rest is the work of CDKTF and its classes, as in TypeScript.

` + "`cdktf synth`" + ` spends two seconds of its own (it loads itself, asks for versions four times), which the
row of the program that only copies the result shows: it is the least that is possible. ` + "`go test`" + ` spends half a second on
linking. Those do not get faster by what is done here.

The programs in TypeScript are translated from what Go makes: they have the same resources from the same classes, but references and
expressions as text. They resolve no tokens, which one that is written by hand would. They note the stacks of calls, though (6).

What was tried, and left out:

- *Answering before an object is made*, for Go to go on meanwhile: a tenth less with 100 services. An error would come one message late, and
  name another object.
- *V8's flags* (` + "`--always-sparkplug`, `--maglev`, `--no-lazy-feedback-allocation`" + `) and *a larger heap in Go* (` + "`GOGC=400`" + `): no difference.
- *Both processes on one processor*, for short ways: a sixth slower, as Node compiles and frees memory on the other.
- *A snapshot of Node with all of it loaded*: it takes no modules that are required, so jsii, CDKTF and the bindings would have to be bundled
  into one script, and made anew for each Node.
- *Asking for less in the design*, with addresses and references as text: as many as 15 messages less for each service. The code would no longer
  say what refers to what, and CDKTF would not know it.

## Why this is safe

The package changes how jsii and its packages are loaded, what they prepare for messages that are not shown, and where an address and a value
without tokens come from. The rest is the code of the same provider and the same CDKTF, and the JSON is the same to the byte, which a
test checks. What it relies on is checked at each start:

- jsii's program is the one that it was written for (its SHA-256), and so is CDKTF's resolver of tokens;
- the provider's index has no line of a form that is not known;
- the type file is laid out as jsii writes it, and is the one that the index was made from (its digest in jsii's cache, its size);
- each part that is read from it has the SHA-256 that the index says, and the index its own;
- compiled code is that of the very same text (its SHA-256), by the same V8, and the file that it comes from is whole (its SHA-256).

Where one does not hold, the stock path is taken, with one line of warning at most. Tests damage each of them in turn: another jsii, another
provider package, another resolver, a rule of addresses that is no JavaScript, a cache that cannot be written, an index or a code cache that
is empty, cut off, altered, of another text, or lacks a type; a fault half-way through the start; two cold starts at once.
` + "`FAST_SYNTH=0`" + ` switches all of it off.
`
