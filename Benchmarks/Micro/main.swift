// Small measurements of hot loops: `swift run -c release microbench encoding`, `… storage [rows]`, and whole plans over
// encoded tables in memory: `swift run -c release microbench execution [rows] [queries…]`; and
// `microbench load deals.csv`; a source's stream: `microbench replication [changes] [pairs]`.

let names = Array(CommandLine.arguments.dropFirst())
if names.isEmpty || names.contains("encoding") { EncodingBenchmark(blockCount: 512).run() }
if let place = names.firstIndex(of: "storage") {
  let rows = names.dropFirst(place + 1).first.flatMap { Int($0) }
  StorageBenchmark(rowCount: rows ?? 3_600_000).run()
}
if names.isEmpty || names.contains("expression") { ExpressionBenchmark().run() }
if let place = names.firstIndex(of: "execution") {
  let rest = names[(place + 1)...]
  let rows = rest.first.flatMap { Int($0) } ?? 20_000_000
  do {
    try ExecutionBenchmark(rowCount: rows).run(only: rest.filter { Int($0) == nil })
  } catch {
    print("failed: \(error)")
  }
}
if names.first == "load", let path = names.last { try LoadBenchmark(path: path).run() }
if let place = names.firstIndex(of: "replication") {
  let rest = names[(place + 1)...].compactMap { Int($0) }
  try ReplicationBenchmark(
    changeCount: rest.first ?? 1_000_000,
    pairCount: rest.dropFirst().first ?? 3
  ).run()
}
