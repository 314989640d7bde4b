import Catalog
import Columnar
import Engine
import Execution
import Foundation
import Planning
import Storage
import SystemIO
import TestSupport
import Testing

/// The files of a rollup: read as some build wrote them, passed over when anything is wrong with them.
@Suite struct RollupFileTests {
  private func disk() throws -> SimulatedFileSystem {
    let disk = SimulatedFileSystem()
    try disk.makeDirectory("/data")
    for (path, text) in goldenRollup {
      let bytes = try #require(Data(base64Encoded: text))
      try disk.open(path, .createNew).write([UInt8](bytes), at: 0)
    }
    return disk
  }

  private func image(on disk: SimulatedFileSystem) throws -> RollupImage? {
    var options = StoreOptions()
    options.runsInBackground = false
    let store = try Store.open(disk, at: "/data", options: options)
    defer { store.abandon() }
    return try image(in: store)
  }

  private func image(in store: Store) throws -> RollupImage? {
    let (rollup, rows) = try rollup(store)
    return store.loadRollup(
      rollup.definition,
      tables: rollup.tables,
      sources: rows.partitions.flatMap(\.sources)
    )
  }

  private func rollup(_ store: Store) throws -> (BoundRollup, TableSnapshot) {
    let snapshot = store.published
    let definition = try #require(snapshot.catalog.rollups["r"])
    let rows = try #require(snapshot.table(definition.table, scope: .unrestricted))
    let binding = RollupBinding(folding: ExpressionFolding())
    return (try binding.bind(definition, of: rows.definition), rows)
  }

  @Test func `a rollup of today's format is read`() throws {
    let image = try #require(try image(on: try disk()))
    #expect(image.covered.map(\.segmentNumber) == [1])
    #expect(image.covered.map { $0.deletions?.deletedCount } == [1])
    // Three groups of k, nineteen pairs of k and n.
    #expect(image.parts.values.joined().map(\.rowCount).sorted() == [3, 19])
  }

  @Test func `every flipped bit of the list is noticed`() throws {
    let size = try disk().content(of: "/data/rollup-2.rlp")?.count ?? 0
    try #require(size > 100)
    for offset in 0..<size {
      let disk = try disk()
      disk.flipBit(offset % 8, ofByte: offset, in: "/data/rollup-2.rlp")
      #expect(try image(on: disk) == nil, "byte \(offset)")
    }
  }

  @Test func `a file of groups that is gone or cut is noticed`() throws {
    let gone = try disk()
    try gone.remove("/data/rollup-2-3.seg")
    #expect(try image(on: gone) == nil)
    let cut = try disk()
    let file = try cut.open("/data/rollup-2-4.seg", .readWrite)
    try file.truncate(to: 100)
    #expect(try image(on: cut) == nil)
  }

  /// What differs is in the file's groups, whose checksums are right: only a comparison with the rows can tell.
  @Test func `check rollup finds the group that is wrong`() throws {
    let disk = try disk()
    #expect(try check(on: disk) == ["r|3|0|NULL"])
    var options = StoreOptions()
    options.runsInBackground = false
    let store = try Store.open(disk, at: "/data", options: options)
    let table = try rollup(store).0.main
    var image = try #require(try image(in: store))
    let writer = try store.makeRollupPart(of: table.id, number: 9, table)
    let groups = Batch(kinds: table.columns.map(\.type.laneKind), capacity: 3)
    // k, n, sum, count: that of k = 1 is one too large.
    for (row, values) in [[0, 6, 63, 6], [1, 6, 67, 6], [2, 7, 77, 7]].enumerated() {
      for (column, value) in values.enumerated() {
        groups.columns[column].set(row, to: .int64(Int64(value)))
      }
    }
    groups.rowCount = 3
    try writer.append(groups)
    image.parts[table.id] = [try #require(try writer.finish())]
    try store.saveRollup(image)
    store.abandon()
    #expect(try check(on: disk) == ["r|3|1|k=1, n=0, sum1=1, count1=0"])
  }

  private func check(on disk: SimulatedFileSystem) throws -> [String] {
    var options = DatabaseOptions(directory: "/data")
    options.fileSystem = disk
    options.threads = 2
    let database = try Database.open(options)
    defer { try? database.close() }
    let session = try RollupPair.session(of: database)
    var state: [String] = []
    let end = ContinuousClock.now + .seconds(60)
    while state != ["ready"], ContinuousClock.now < end {
      state = try session.run("SELECT state FROM almanac.rollups")
      _ = Monitor(()).wait(nanoseconds: 1_000_000) { _ -> Bool? in nil }
    }
    try #require(state == ["ready"])
    return try session.run("CHECK ROLLUP r")
  }
}
