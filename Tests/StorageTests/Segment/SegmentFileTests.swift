import Catalog
import ColumnEncoding
import Columnar
import Storage
import SystemIO
import TestSupport
import Testing

@Suite struct SegmentFileTests {
  private func open(
    _ fileSystem: any FileSystem,
    _ definition: TableDefinition,
    _ summary: SegmentSummary? = nil,
    cacheBytes: Int = 1 << 20
  ) throws(StorageError) -> SegmentFile {
    try SegmentFile.open(
      fileSystem: fileSystem,
      path: "a.seg",
      definition: definition,
      cache: BlockCache(capacityBytes: cacheBytes),
      expected: summary
    )
  }

  @Test(arguments: [0, 1, 63, 64, 65, 1000], [BlockCompression.none, .lz4, .zstd])
  func `a segment gives back its rows in sort order`(
    count: Int,
    compression: BlockCompression
  ) throws {
    let fileSystem = SimulatedFileSystem()
    let definition = SegmentSamples.definition()
    let rows = SegmentSamples.rows(count, idStep: 1, seed: 5)
    let (summary, sorted) = try SegmentSamples.write(
      rows,
      definition,
      to: fileSystem,
      compression: compression
    )
    let file = try open(fileSystem, definition, summary)
    #expect(file.rowCount == count && summary.rowCount == count)
    #expect(try SegmentSamples.read(file) == sorted)
    // A second time, now from the cache.
    #expect(try SegmentSamples.read(file) == sorted)
    for row in sorted.indices.dropFirst() {
      let (a, b) = (sorted[row - 1], sorted[row])
      #expect((a.tenant, a.createdAt) <= (b.tenant, b.createdAt))
    }
    var findings: [CheckFinding] = []
    file.verify { findings.append($0) }
    #expect(findings == [])
  }

  @Test(arguments: [1, 3, 1_000_003], [[0], [4, 0]] as [[UInt32]])
  func `every key is found, and no other`(idStep: Int64, key: [UInt32]) throws {
    let fileSystem = SimulatedFileSystem()
    let definition = SegmentSamples.definition(key: key)
    let rows = SegmentSamples.rows(2000, idStep: idStep, seed: 9)
    let (_, sorted) = try SegmentSamples.write(rows, definition, to: fileSystem)
    let file = try open(fileSystem, definition)
    let whole = SegmentSamples.batch(sorted)
    let keys = Batch(columns: key.map { whole.columns[Int($0)] }, rowCount: sorted.count)
    var found = [Int32](repeating: -1, count: sorted.count)
    try file.locate(keys: KeyHashes(of: keys), of: keys, into: &found)
    #expect(found == (0..<2000).map { Int32($0) })
    let absent = SegmentSamples.batch(
      sorted.map { row in
        var other = row
        other.id += 500_000_000_000
        return other
      }
    )
    let absentKeys = Batch(columns: key.map { absent.columns[Int($0)] }, rowCount: 2000)
    found = [Int32](repeating: -1, count: 2000)
    try file.locate(keys: KeyHashes(of: absentKeys), of: absentKeys, into: &found)
    #expect(found.allSatisfy { $0 == -1 })
  }

  @Test func `statistics are those of the rows`() throws {
    let fileSystem = SimulatedFileSystem()
    let definition = SegmentSamples.definition()
    let rows = SegmentSamples.rows(700, idStep: 1, seed: 1)
    let (_, sorted) = try SegmentSamples.write(rows, definition, to: fileSystem)
    let file = try open(fileSystem, definition)
    let total = try #require(file.statistics(ColumnID(3), block: nil))
    let amounts = sorted.compactMap(\.amount)
    #expect(total.sum == amounts.reduce(0) { $0 + Int128($1) })
    #expect(total.nullCount == 700 - amounts.count)
    #expect(total.minimum == .int64(amounts.min() ?? 0))
    #expect(total.maximum == .int64(amounts.max() ?? 0))
    #expect(try #require(file.statistics(ColumnID(1), block: nil)).isSorted)
    let block = try #require(file.statistics(ColumnID(3), block: 2))
    #expect(block.sum == sorted[128..<192].compactMap(\.amount).reduce(0) { $0 + Int128($1) })
    let sketch = try #require(file.sketch(ColumnID(0)))
    #expect(abs(sketch.estimate - 700) < 70)
  }

  @Test func `a column added later gives its missing value`() throws {
    let fileSystem = SimulatedFileSystem()
    var definition = SegmentSamples.definition()
    let rows = SegmentSamples.rows(100, idStep: 1, seed: 1)
    _ = try SegmentSamples.write(rows, definition, to: fileSystem)
    definition.columns.append(
      ColumnDefinition(
        id: ColumnID(6),
        name: "note",
        type: .text,
        missingValue: .bytes(Array("none".utf8))
      )
    )
    let file = try open(fileSystem, definition)
    let block = try file.block(ColumnID(6), at: 1)
    #expect(block.rowCount == 36)
    #expect(try block.value(at: 35) == .bytes(Array("none".utf8)))
  }

  @Test func `a flipped bit anywhere is found and named`() throws {
    let fileSystem = SimulatedFileSystem()
    let definition = SegmentSamples.definition()
    let rows = SegmentSamples.rows(80, idStep: 1_000_003, seed: 2)
    let (summary, _) = try SegmentSamples.write(rows, definition, to: fileSystem)
    for offset in 0..<Int(summary.sizeBytes) {
      let copy = fileSystem.cleanClone()
      copy.flipBit(offset % 8, ofByte: offset, in: "a.seg")
      do throws(StorageError) {
        let file = try open(copy, definition)
        var findings: [CheckFinding] = []
        file.verify { findings.append($0) }
        #expect(!findings.isEmpty, "byte \(offset)")
        #expect(findings.allSatisfy { $0.file == "a.seg" })
      } catch {
        switch error {
        case .corrupt(let file, _, _): #expect(file == "a.seg")
        case .foreign(let path, _): #expect(path == "a.seg")
        default: Issue.record("byte \(offset): \(error)")
        }
      }
    }
  }

  @Test func `a truncated file is refused at every length`() throws {
    let fileSystem = SimulatedFileSystem()
    let definition = SegmentSamples.definition()
    let rows = SegmentSamples.rows(80, idStep: 1, seed: 2)
    let (summary, _) = try SegmentSamples.write(rows, definition, to: fileSystem)
    for size in stride(from: 0, to: summary.sizeBytes, by: 7) {
      let copy = fileSystem.cleanClone()
      try copy.open("a.seg", .readWrite).truncate(to: size)
      #expect(throws: StorageError.self) { try self.open(copy, definition) }
    }
  }

  @Test func `a full disk fails the writer and abandoning leaves no file`() throws {
    let fileSystem = SimulatedFileSystem()
    var faults = FaultPlan()
    faults.capacityBytes = 3000
    fileSystem.setFaults(faults)
    let definition = SegmentSamples.definition()
    let writer = try SegmentWriter(
      fileSystem: fileSystem,
      path: "a.seg",
      definition: definition,
      partition: .whole,
      options: SegmentOptions()
    )
    try writer.append(SegmentSamples.batch(SegmentSamples.rows(3000, idStep: 1, seed: 1)))
    do throws(StorageError) {
      _ = try writer.finish()
      Issue.record("written to a full disk")
    } catch {
      #expect(error.isDiskFull)
    }
    writer.abandon()
    #expect(fileSystem.filePaths.isEmpty)
  }

  @Test func `the cache stays below its size and keeps what is used`() throws {
    let fileSystem = SimulatedFileSystem()
    let definition = SegmentSamples.definition()
    let rows = SegmentSamples.rows(20_000, idStep: 1, seed: 3)
    let (_, sorted) = try SegmentSamples.write(rows, definition, to: fileSystem)
    let cache = BlockCache(capacityBytes: 200_000)
    let file = try SegmentFile.open(
      fileSystem: fileSystem,
      path: "a.seg",
      definition: definition,
      cache: cache,
      expected: nil
    )
    #expect(try SegmentSamples.read(file) == sorted)
    #expect(cache.residentBytes <= 200_000 && cache.residentBytes > 50_000)
    // Which blocks are left depends on the parts of the cache that the file's number sends them to; the last one used is.
    _ = try file.block(ColumnID(0), at: file.blockCount - 1)
    let missesBefore = cache.missCount
    _ = try file.block(ColumnID(0), at: file.blockCount - 1)
    #expect(cache.missCount == missesBefore)
  }
}

@Suite struct SortRowsTests {
  private func order(_ column: UInt32, _ a: SegmentSamples.Row, _ b: SegmentSamples.Row) -> Int {
    func compare<T: Comparable>(_ a: T?, _ b: T?) -> Int {
      guard let a, let b else { return a == nil ? (b == nil ? 0 : 1) : -1 }
      return a < b ? -1 : (a == b ? 0 : 1)
    }
    switch column {
    case 1: return compare(a.tenant, b.tenant)
    case 2: return compare(a.createdAt, b.createdAt)
    case 3: return compare(a.amount, b.amount)
    default:
      if a.stage == b.stage { return 0 }
      return a.stage.utf8.lexicographicallyPrecedes(b.stage.utf8) ? -1 : 1
    }
  }

  @Test func `rows are sorted stably with NULLs last, whatever the kinds`() throws {
    var dice = SegmentDice(state: 11)
    for key in [[1], [1, 2], [4], [4, 3], [3, 1, 2]] as [[UInt32]] {
      var definition = SegmentSamples.definition()
      definition.sortKey = key.map { ColumnID($0) }
      let rows = SegmentSamples.rows(3000, idStep: 1, seed: dice.next())
      let batch = SegmentSamples.batch(rows)
      let order = sortRows(batch, by: definition)
      #expect(order.sorted() == (0..<3000).map { Int32($0) })
      for index in order.indices.dropFirst() {
        let (a, b) = (Int(order[index - 1]), Int(order[index]))
        var result = 0
        for column in key where result == 0 {
          result = self.order(column, rows[a], rows[b])
        }
        #expect(result < 0 || (result == 0 && a < b))
      }
    }
  }
}
