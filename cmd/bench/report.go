package main

const head = `# Benchmarks

` + "`make bench`" + ` measures and writes this page. Machine: %s/%s, %d CPUs; %s. Each figure is the median of %d
runs that alternate with those beside it, on warm caches except where it is the first time. "Stock" is the same program with ` + "`FAST_SYNTH=0`" + `.

`

const explanation = `
## Where the time goes

A CDKTF program in Go talks to Node: jsii, the bridge, runs CDKTF and the provider bindings there, and Go sends a message for each object, method and property.
The AWS provider package has 2,142 modules and describes its 23,208 types in 120 MB of JSON. The stock path loads all of it at each start, and uses two per
cent. The fast path does less:

1. **Modules** of the provider are loaded when they are asked for.
2. **Types** are read from where a small index says that they are in the JSON. The index is made once for each provider version, in the user's cache directory.
3. **The launcher** starts one Node process, not two.
4. **Compiled code** is kept in V8's code cache, beside the index. Libraries that are hardly ever needed are loaded when they are asked for.
5. **Descriptions** of values, for messages that are hardly ever shown, are made when one is shown.
6. **Stacks of calls**, which with Go are those within jsii, are not noted.
7. **Addresses** are made in Node (` + "`Inline`" + `), which otherwise asks Go, and Go asks back: 19 of the 55 messages that a service took.
8. **Keys and values without a token** are taken as they are, instead of resolved three times.
9. **One processor** is enough for Go, which waits for Node. With more, a synth takes a tenth longer.
10. **Memory** that Node has just used is freed at 24 MB, not at 48. It is as fast.

What remains is starting Node and loading CDKTF, jsii's unpacking, which writes and hashes 34 MB at each start, and with many services the messages.
` + "`cdktf synth`" + ` spends two seconds of its own, and ` + "`go test`" + ` half a second on linking.

The programs in TypeScript are translated from what Go makes. They have references and expressions as text, and resolve no tokens, which one that is written by
hand would.

What was tried, and left out:

- *Answering before an object is made*: a tenth less with 100 services. An error would name another object.
- *V8's flags* and *a larger heap in Go*: no difference. *Both processes on one processor*: a sixth slower.
- *A snapshot of Node with all of it loaded*: it needs one script with all in it, made anew for each Node.
- *References as text in the design*: 15 messages less for each service. The code would no longer say what refers to what.

## Why this is safe

The JSON is the same to the byte, which a test checks. What the fast path relies on is checked at each start:

- jsii's program and CDKTF's resolver of tokens are those that it was written for (their SHA-256);
- the provider's index has no line of a form that is not known;
- the type file is laid out as jsii writes it, and is the one that the index was made from (its digest in jsii's cache, its size);
- each part that is read from it, and the index, have the SHA-256 that is noted;
- compiled code is that of the very same text (its SHA-256), by the same V8, and its file is whole (its SHA-256).

Where one does not hold, the stock path is taken, with one line of warning at most. Tests damage each of them in turn. ` + "`FAST_SYNTH=0`" + ` switches all of it off.
`
