// Loaded into Node before all else, in words that each Node understands: one that is too old ends here, without a word of its own.
if (parseInt(process.versions.node, 10) < 20) process.exit(1);
