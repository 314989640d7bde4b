import Catalog
import Columnar
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
    let snapshot = store.published
    let definition = try #require(snapshot.catalog.rollups["r"])
    let table = try #require(snapshot.table(definition.table, scope: .unrestricted))
    let rollup = try RollupBinding(folding: ExpressionFolding()).bind(
      definition,
      of: table.definition
    )
    return store.loadRollup(
      definition,
      tables: rollup.tables,
      sources: table.partitions.flatMap(\.sources)
    )
  }

  @Test func `a rollup of today's format is read`() throws {
    let image = try #require(try image(on: try disk()))
    #expect(image.covered.map(\.segmentNumber) == [1])
    #expect(image.covered.map { $0.deletions?.deletedCount } == [1])
    // Three groups of k, nineteen pairs of k and n.
    #expect(image.parts.values.map(\.rowCount).sorted() == [3, 19])
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
}
