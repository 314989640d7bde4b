import Catalog
import ColumnEncoding
import Columnar
import Storage
import TestSupport
import Testing

/// What lies between two moments of a table, against the rows of both.
@Suite struct SourceDifferenceTests {
  @Test func `what came and what went makes one moment of another`() throws {
    let seed: UInt64 = 20_261_128
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    let store = try openStore(SimulatedFileSystem())
    try store.createTable()
    var moments: [Snapshot] = [store.published]
    var next: Int64 = 0
    for _ in 0..<120 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0...3:
        let rows = (0..<Int.random(in: 1..<30, using: &random)).map { _ -> TestRow in
          next += 1
          return TestRow(id: next, time: next % 3 * monthMicroseconds, name: "n\(next)")
        }
        try store.insert(rows)
      case 4, 5:
        let ids = try store.rows().map(\.id).shuffled(using: &random).prefix(7)
        try store.delete(Array(ids))
      case 6: _ = try store.seal(TableID(1), PartitionKey(Int32.random(in: 0..<3, using: &random)))
      default:
        _ = try store.compact(
          TableID(1),
          PartitionKey(Int32.random(in: 0..<3, using: &random)),
          .forced
        )
      }
      moments.append(store.published)
    }
    for _ in 0..<400 {
      let from = random.pick(moments)
      let to = random.pick(moments)
      let difference = SourceDifference(from: try sources(from), to: try sources(to))
      let ofPartitions = SourceDifference(from: try partitions(from), to: try partitions(to))
      #expect(ofPartitions.rowCount == difference.rowCount)
      #expect(try ids(ofPartitions.added, sign: 1) == ids(difference.added, sign: 1))
      #expect(try ids(ofPartitions.removed, sign: 1) == ids(difference.removed, sign: 1))
      var rows = try ids(try sources(from), sign: 1)
      for (id, count) in try ids(difference.added, sign: 1) { rows[id, default: 0] += count }
      for (id, count) in try ids(difference.removed, sign: -1) { rows[id, default: 0] += count }
      #expect(rows.filter { $0.value != 0 } == (try ids(try sources(to), sign: 1)))
      if from === to { #expect(difference.isEmpty) }
    }
  }

  /// Sources that nobody changes are the same objects, so that they are passed over at a glance.
  @Test func `a commit leaves the other partitions' sources alone`() throws {
    let store = try openStore(SimulatedFileSystem())
    try store.createTable()
    try store.insert((0..<3).map { TestRow(id: $0, time: $0 * monthMicroseconds, name: "n") })
    let before = try partitions(store.published)
    try store.delete([1])
    let after = try partitions(store.published)
    let isSame = zip(before, after).map { $0.sources.isIdentical(to: $1.sources) }
    #expect(isSame == [true, false, true])
    #expect(SourceDifference(from: before, to: after).removed.map(\.wantedRows) == [[0]])
  }

  private func partitions(_ snapshot: Snapshot) throws -> [PartitionSnapshot] {
    try #require(snapshot.table(TableID(1), scope: .unrestricted)).partitions
  }

  private func sources(_ snapshot: Snapshot) throws -> [SourceSnapshot] {
    try partitions(snapshot).flatMap(\.sources)
  }

  /// How often each id occurs, with a sign.
  private func ids(_ sources: [SourceSnapshot], sign: Int) throws -> [Int64: Int] {
    var counts: [Int64: Int] = [:]
    for source in sources {
      for row in source.wantedRows ?? Array(0..<source.source.rowCount)
      where source.deletions?.isDeleted(row) != true {
        let block = try source.source.block(ColumnID(1), at: row / source.source.blockRowCount)
        guard case .int64(let id) = try block.value(at: row % source.source.blockRowCount) else {
          continue
        }
        counts[id, default: 0] += sign
      }
    }
    return counts
  }
}
