import CLZ4
import CZlib
import CZstd
import Catalog
import ColumnEncoding
import Columnar
import Loading
import Storage
import Synchronization
import SystemIO
import TestSupport
import Testing

/// Bytes in memory, given out in uneven pieces.
final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private let offset = Mutex(0)
  private let step: Int

  init(_ bytes: [UInt8], step: Int = 997) {
    self.bytes = bytes
    self.step = step
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int {
    offset.withLock { offset in
      let count = min(step, buffer.count, bytes.count - offset)
      unsafe buffer.copyBytes(from: bytes[offset..<offset + count])
      offset += count
      return count
    }
  }
}

/// A store in memory with one table: id, at, name.
struct LoadFixture {
  let fileSystem = SimulatedFileSystem()
  let store: Store
  let table = TableID(1)

  init() throws {
    var options = StoreOptions()
    options.blockRowCount = 64
    options.runsInBackground = false
    try fileSystem.makeDirectory("db")
    store = try Store.open(fileSystem, at: "db", options: options)
    let definition = TableDefinition(
      id: table,
      name: "t",
      columns: [
        ColumnDefinition(id: ColumnID(0), name: "id", type: .bigint, isNullable: false),
        ColumnDefinition(id: ColumnID(1), name: "at", type: .timestamp),
        ColumnDefinition(id: ColumnID(2), name: "name", type: .text),
        ColumnDefinition(id: ColumnID(3), name: "extra", type: .integer),
      ],
      primaryKey: [ColumnID(0)],
      partitionColumn: ColumnID(1),
      sortKey: [ColumnID(1), ColumnID(0)]
    )
    let transaction = store.begin()
    try transaction.change(.createTable(definition))
    try transaction.commit(mode: .durable)
  }

  func load(
    _ text: String,
    _ change: (inout LoadOptions) -> Void = { _ in },
    rejects: @escaping @Sendable (RejectedRow) -> Void = { _ in }
  ) throws(LoadError) -> LoadReport {
    try load(Array(text.utf8), change, rejects: rejects)
  }

  func load(
    _ bytes: [UInt8],
    _ change: (inout LoadOptions) -> Void = { _ in },
    rejects: @escaping @Sendable (RejectedRow) -> Void = { _ in }
  ) throws(LoadError) -> LoadReport {
    var options = LoadOptions()
    options.columns = ["id", "at", "name"]
    options.chunkBytes = 700
    change(&options)
    let loader = BulkLoader(store, table: table, options: options)
    return try loader.load(MemorySource(bytes), name: "file.csv", rejects: rejects)
  }

  /// Live rows by id.
  func rows() throws -> [Int64: [Datum]] {
    let snapshot = try #require(store.published.table(table, scope: .unrestricted))
    var rows: [Int64: [Datum]] = [:]
    for partition in snapshot.partitions {
      for source in partition.sources {
        for row in 0..<source.source.rowCount where source.deletions?.isDeleted(row) != true {
          let (block, place) = row.quotientAndRemainder(dividingBy: source.source.blockRowCount)
          let values = try (0..<4).map {
            try source.source.block(ColumnID($0), at: block).value(at: place)
          }
          guard case .int64(let id) = values[0] else { continue }
          #expect(rows[id] == nil)
          rows[id] = values
        }
      }
    }
    #expect(snapshot.liveRowCount == rows.count)
    return rows
  }

  var segmentFiles: [String] { fileSystem.filePaths.filter { $0.hasSuffix(".seg") } }
}

@Suite struct BulkLoaderTests {
  private func text(_ rows: [(id: Int, month: Int, name: String?)]) -> String {
    rows.map { row in
      let month = row.month % 12 + 1
      let padded = month < 10 ? "0\(month)" : "\(month)"
      let name = row.name.map { "\"\($0)\"" } ?? ""
      return "\(row.id),\(2020 + row.month / 12)-\(padded)-05 10:00:00,\(name)\n"
    }.joined()
  }

  @Test(arguments: [1, 2, 3], [200_000, 1 << 30])
  func `rows in any order of months arrive, whatever the memory`(
    threads: Int,
    memory: Int
  ) throws {
    let fixture = try LoadFixture()
    var dice = Dice(seed: 3)
    let rows = (0..<20_000).map { id in
      (
        id: id, month: Int(dice.next() % 30),
        name: dice.next() % 6 == 0 ? nil : "n\(id % 50)\nline, two"
      )
    }
    let report = try fixture.load(text(rows)) {
      $0.threadCount = threads
      $0.memoryBytes = memory
      $0.defaults = [ColumnID(3): .int64(7)]
    }
    #expect(report.rowCount == 20_000)
    #expect(memory > 200_000 ? report.segmentCount == 30 : report.segmentCount > 30)
    let found = try fixture.rows()
    #expect(found.count == 20_000)
    for row in rows {
      let values = try #require(found[Int64(row.id)])
      #expect(values[2] == row.name.map { .bytes(Array($0.utf8)) } ?? .null)
      #expect(values[3] == .int64(7))
    }
  }

  @Test func `a bad row ends the load, names its line and leaves nothing`() throws {
    let fixture = try LoadFixture()
    for bad in [1, 500, 4000] {
      var lines = (1...4000).map { "\($0),2024-01-01 00:00:00,x" }
      lines[bad - 1] = "\(bad),2024-13-01 00:00:00,x"
      do throws(LoadError) {
        _ = try fixture.load(lines.joined(separator: "\n")) { $0.threadCount = 3 }
        Issue.record("a bad row was loaded")
      } catch {
        guard case .row(let reason) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(reason.line == bad && reason.column == "at")
      }
    }
    #expect(fixture.segmentFiles == [])
    #expect(try fixture.rows().isEmpty)
  }

  @Test func `bad rows can be left out and are handed over in order`() throws {
    let fixture = try LoadFixture()
    var lines = (1...3000).map { "\($0),2024-01-01 00:00:00,x" }
    lines[9] = "ten,2024-01-01 00:00:00,x"
    lines[99] = "100,2024-01-01 00:00:00"
    lines[2499] = ",2024-01-01 00:00:00,x"
    let rejected = Mutex<[RejectedRow]>([])
    let report = try fixture.load(lines.joined(separator: "\n")) {
      $0.skipsBadRows = true
    } rejects: { row in
      rejected.withLock { $0.append(row) }
    }
    #expect(report.rowCount == 2997 && report.rejectedCount == 3)
    let all = rejected.withLock { $0 }
    #expect(all.map(\.reason.line) == [10, 100, 2500])
    #expect(all.map(\.reason.error.sqlState) == ["22P02", "22P04", "23502"])
    #expect(String(decoding: all[0].text, as: UTF8.self) == lines[9])
    #expect(try fixture.rows().count == 2997)
  }

  @Test func `a key that is there already is an error, replaces or is left out`() throws {
    let first = "1,2024-01-01 00:00:00,a\n2,2024-02-01 00:00:00,b\n"
    let second = "2,2024-03-01 00:00:00,B\n3,2024-03-01 00:00:00,c\n3,2024-04-01 00:00:00,C\n"
    func names(_ rule: ConflictRule) throws -> [Int64: Datum] {
      let fixture = try LoadFixture()
      _ = try fixture.load(first)
      _ = try fixture.load(second) { $0.conflictRule = rule }
      return try fixture.rows().mapValues { $0[2] }
    }
    func text(_ text: String) -> Datum { .bytes(Array(text.utf8)) }
    #expect(try names(.update) == [1: text("a"), 2: text("B"), 3: text("C")])
    #expect(try names(.skip) == [1: text("a"), 2: text("b"), 3: text("c")])
    let fixture = try LoadFixture()
    _ = try fixture.load(first)
    for text in [second, "5,2024-03-01 00:00:00,\n5,2024-04-01 00:00:00,\n"] {
      do throws(LoadError) {
        _ = try fixture.load(text)
        Issue.record("a duplicate was loaded")
      } catch {
        guard case .duplicateKey(let table, let columns, let key) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(table == "t" && columns == ["id"])
        #expect(key == [.int64(text == second ? 2 : 5)])
      }
    }
    #expect(try fixture.rows().count == 2)
    #expect(fixture.segmentFiles.count == 2)
  }

  @Test func `a file is loaded once, unless asked for`() throws {
    let fixture = try LoadFixture()
    let file = "1,2024-01-01 00:00:00,a\n"
    _ = try fixture.load(file)
    do throws(LoadError) {
      _ = try fixture.load(file) { $0.conflictRule = .update }
      Issue.record("loaded twice")
    } catch {
      guard case .loadedBefore(let name) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(name == "file.csv")
    }
    let report = try fixture.load(file) {
      $0.conflictRule = .update
      $0.mayRepeat = true
    }
    #expect(report.replacedCount == 1)
    #expect(try fixture.rows().count == 1)
  }

  @Test func `packed files are unpacked, and damaged ones refused`() throws {
    let plain = Array(
      (1...2000).map { "\($0),2024-01-01 00:00:00,name \($0 % 9)\n" }.joined().utf8
    )
    for packed in [
      gzip(plain), gzip(Array(plain[..<9000])) + gzip(Array(plain[9000...])), zstd(plain),
      lz4(plain),
    ] {
      let fixture = try LoadFixture()
      #expect(try fixture.load(packed).rowCount == 2000)
      #expect(throws: LoadError.self) { try fixture.load(Array(packed.dropLast(20))) }
      var damaged = packed
      damaged[packed.count / 2] ^= 0xff
      damaged[packed.count / 2 + 1] ^= 0xff
      #expect(throws: LoadError.self) { try fixture.load(damaged) }
    }
  }

  private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = unsafe z_stream()
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    unsafe deflateInit2_(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + 1000)
    unsafe input.withUnsafeMutableBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe stream.next_in = input.baseAddress
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(output.count)
        unsafe deflate(&stream, Z_FINISH)
      }
    }
    let count = unsafe Int(stream.total_out)
    unsafe deflateEnd(&stream)
    return Array(output[..<count])
  }

  private func zstd(_ bytes: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    let room = output.count
    let count = unsafe ZSTD_compress(&output, room, bytes, bytes.count, 3)
    return Array(output[..<count])
  }

  private func lz4(_ bytes: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: LZ4F_compressFrameBound(bytes.count, nil))
    let room = output.count
    let count = unsafe LZ4F_compressFrame(&output, room, bytes, bytes.count, nil)
    return Array(output[..<count])
  }

  @Test func `the header line can name the columns`() throws {
    let fixture = try LoadFixture()
    let report = try fixture.load("extra,id,at\n4,1,2024-01-01 00:00:00\n") {
      $0.columns = nil
      $0.layout.header = .skip
    }
    #expect(report.rowCount == 1)
    #expect(try fixture.rows()[1]?[3] == .int64(4))
    #expect(throws: LoadError.self) {
      try fixture.load("id,nothing\n1,2\n") {
        $0.columns = nil
        $0.layout.header = .skip
      }
    }
  }

  @Test func `a full disk fails the load and the store lives on`() throws {
    let fixture = try LoadFixture()
    let rows = (1...20_000).map { "\($0),2024-01-01 00:00:00,some text \($0)\n" }.joined()
    var faults = FaultPlan()
    faults.capacityBytes = fixture.fileSystem.usedBytes + 50_000
    fixture.fileSystem.setFaults(faults)
    do throws(LoadError) {
      _ = try fixture.load(rows)
      Issue.record("loaded on a full disk")
    } catch {
      guard case .storage(let reason) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(reason.isDiskFull)
    }
    #expect(fixture.segmentFiles == [])
    fixture.fileSystem.setFaults(FaultPlan())
    #expect(try fixture.load(rows).rowCount == 20_000)
  }
}
