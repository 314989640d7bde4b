// Small measurements of hot loops: `swift run -c release microbench encoding storage`.

let names = CommandLine.arguments.dropFirst()
if names.isEmpty || names.contains("encoding") { EncodingBenchmark(blockCount: 512).run() }
if names.contains("storage") { StorageBenchmark(rowCount: 3_600_000).run() }
if names.isEmpty || names.contains("expression") { ExpressionBenchmark().run() }
