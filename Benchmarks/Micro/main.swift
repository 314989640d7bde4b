// Small measurements of hot loops: `swift run -c release microbench encoding`.

let names = CommandLine.arguments.dropFirst()
if names.isEmpty || names.contains("encoding") { EncodingBenchmark(blockCount: 512).run() }
