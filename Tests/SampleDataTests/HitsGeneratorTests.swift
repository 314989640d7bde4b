import Foundation
import SampleData
import TestSupport
import Testing

/// ClickBench's page views: the same bytes for ever, and a log that PostgreSQL itself finds in order.
@Suite struct HitsGeneratorTests {
  @Test(arguments: [
    (1 as UInt64, 254_171_392_606_014_833 as UInt64), (7, 13_469_855_871_136_881_601),
  ])
  func `a seed gives the same bytes for ever`(seed: UInt64, expected: UInt64) {
    let generator = HitsGenerator(rowCount: 3_000, seed: seed)
    #expect(fnv(collected { sink in generator.write(to: sink) }) == expected)
  }

  @Test func `parts make the whole`() {
    let generator = HitsGenerator(rowCount: 2_000, seed: 3)
    var parts = Array((HitsColumns.names.joined(separator: ",") + "\n").utf8)
    for start in stride(from: 0, to: 2_000, by: 499) {
      parts += collected { sink in generator.write(rows: start..<start + 499, to: sink) }
    }
    #expect(parts == collected { sink in generator.write(to: sink) })
  }

  @Test func `hits come in order of time but for ten minutes`() throws {
    let bytes = collected { sink in HitsGenerator(rowCount: 60_000, seed: 5).write(to: sink) }
    var latest = 0
    for line in bytes.split(separator: UInt8(ascii: "\n")).dropFirst() {
      let text = String(decoding: line, as: UTF8.self)
      let time = try #require(text.firstMatch(of: /,2013-07-(\d\d) (\d\d):(\d\d):(\d\d),/))
      let parts = try [time.1, time.2, time.3, time.4].map { try #require(Int($0)) }
      let second = ((parts[0] * 24 + parts[1]) * 60 + parts[2]) * 60 + parts[3]
      #expect(second > latest - 600)
      latest = max(latest, second)
    }
  }

  @Test func `no rows are a header line`() {
    let bytes = collected { sink in HitsGenerator(rowCount: -1).write(to: sink) }
    #expect(bytes.count { $0 == UInt8(ascii: "\n") } == 1)
    #expect(HitsColumns.names.count == 105)
  }

  @Test func `PostgreSQL loads it, and it looks like a web log`() throws {
    let generator = HitsGenerator(rowCount: 60_000, seed: 5)
    try PostgresServer.shared().withDatabase(named: "sample hits") { connection in
      try connection.execute(Self.table())
      let bytes = collected { sink in generator.write(to: sink) }
      try connection.copyIn("COPY hits FROM STDIN (FORMAT csv, HEADER match)", chunks: [bytes])
      let checks = [
        "count(*) = 60000",
        "count(DISTINCT watchid) = 60000",
        "min(eventtime) >= '2013-07-01' AND max(eventtime) < '2013-08-01'",
        "bool_and(eventtime::date = eventdate)",
        "count(DISTINCT eventdate) = 31",
        "avg((counterid = 62)::int) BETWEEN 0.02 AND 0.04",
        "count(DISTINCT counterid) > 1500",
        "avg((searchphrase = '')::int) BETWEEN 0.8 AND 0.9",
        "count(DISTINCT searchphrase) > 2000",
        "avg((advengineid <> 0)::int) BETWEEN 0.001 AND 0.03",
        "avg((url LIKE '%google%')::int) BETWEEN 0.001 AND 0.02",
        "avg((title LIKE '%Google%')::int) BETWEEN 0.002 AND 0.03",
        "count(DISTINCT userid) BETWEEN 8000 AND 20000",
        "count(*) FILTER (WHERE userid = 435090932899640449) > 0",
        "count(*) FILTER (WHERE refererhash = 3594120000172545465) > 50",
        "count(*) FILTER (WHERE urlhash = 2868770270353813622) > 200",
        "count(DISTINCT url) BETWEEN 8000 AND 30000",
        "count(DISTINCT url) = count(DISTINCT urlhash) AND count(DISTINCT url) = count(DISTINCT (url, urlhash))",
        "count(DISTINCT referer) = count(DISTINCT refererhash) AND count(DISTINCT referer) = count(DISTINCT (referer, refererhash))",
        "count(DISTINCT mobilephonemodel) > 20",
        "avg((mobilephonemodel = '')::int) > 0.9",
        "avg(length(url)) BETWEEN 30 AND 100",
        "count(*) FILTER (WHERE title LIKE '%,%' OR title LIKE '%\"%') > 5000",
      ]
      for check in checks {
        let answer = try connection.execute("SELECT \(check) FROM hits")[0].texts
        #expect(answer == [["t"]], "\(check)")
      }
    }
  }

  /// The DDL beside the benchmark.
  private static func table() throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(
      contentsOf: root.appendingPathComponent("Benchmarks/Macro/hits.sql"),
      encoding: .utf8
    )
  }
}
