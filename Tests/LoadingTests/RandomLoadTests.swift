import Catalog
import Columnar
import Foundation
import Loading
import Storage
import Synchronization
import TestSupport
import Testing

/// Files of random rows in random dialects against a model.
///
/// `LOAD_ROUNDS` asks for more rounds, `LOAD_SEED`
/// for a seed that failed.
@Suite struct RandomLoadTests {
  private static var rounds: Int {
    ProcessInfo.processInfo.environment["LOAD_ROUNDS"].flatMap(Int.init) ?? 60
  }
  private static var firstSeed: UInt64 {
    ProcessInfo.processInfo.environment["LOAD_SEED"].flatMap(UInt64.init) ?? 1
  }

  private func options(_ file: RandomFile, _ dice: inout Dice) -> (inout LoadOptions) -> Void {
    let threads = 1 + dice.number(below: 3)
    let chunkBytes = 60 + dice.number(below: 3000)
    let memoryBytes = dice.number(below: 2) == 0 ? 100_000 : 1 << 30
    let settledRows = dice.number(below: 2) == 0 ? 10 : 1 << 16
    return { options in
      options.layout = file.dialect.layout
      options.columns = file.dialect.hasHeader ? nil : file.columns
      options.threadCount = threads
      options.chunkBytes = chunkBytes
      options.memoryBytes = memoryBytes
      options.settledRows = settledRows
    }
  }

  private func expect(
    _ found: [Int64: [Datum]],
    _ model: [Int64: RandomFile.Row],
    _ seed: UInt64
  ) throws {
    #expect(Set(found.keys) == Set(model.keys), "seed \(seed)")
    for (id, row) in model {
      let values = try #require(found[id])
      #expect(values[2] == row.name.map { .bytes(Array($0.utf8)) } ?? .null, "seed \(seed)")
      #expect(values[3] == row.extra.map { .int64($0) } ?? .null, "seed \(seed)")
      let moment = try row.at.map { text in
        try Datum(parsing: Array(text.utf8).span, as: .timestamp, DateTimeContext())
      }
      #expect(values[1] == moment ?? .null, "seed \(seed)")
    }
  }

  @Test func `good rows arrive, bad ones are named by line and column`() throws {
    for seed in Self.firstSeed..<Self.firstSeed + UInt64(Self.rounds) {
      var dice = Dice(seed: seed)
      let file = RandomFile(&dice, rowCount: 1 + dice.number(below: 900), badShare: 25)
      let change = options(file, &dice)
      let fixture = try LoadFixture()
      let rejected = Mutex<[RejectedRow]>([])
      let report = try fixture.load(file.bytes) { options in
        change(&options)
        options.skipsBadRows = true
      } rejects: { row in
        rejected.withLock { $0.append(row) }
      }
      let rows = rejected.withLock { $0 }
      #expect(rows.map(\.reason.line) == file.bad.map(\.line), "seed \(seed)")
      #expect(rows.map(\.text) == file.bad.map(\.text), "seed \(seed)")
      for (row, bad) in zip(rows, file.bad) {
        #expect(bad.column == nil || row.reason.column == bad.column, "seed \(seed)")
      }
      #expect(report.rowCount == file.good.count && report.rejectedCount == file.bad.count)
      try expect(try fixture.rows(), file.model(.error), seed)
    }
  }

  @Test func `the first bad row ends a load and nothing stays`() throws {
    for seed in Self.firstSeed..<Self.firstSeed + UInt64(Self.rounds / 2) {
      var dice = Dice(seed: seed)
      let file = RandomFile(&dice, rowCount: 600, badShare: 200)
      let change = options(file, &dice)
      let fixture = try LoadFixture()
      do throws(LoadError) {
        let report = try fixture.load(file.bytes, change)
        #expect(file.bad.isEmpty && report.rowCount == file.good.count, "seed \(seed)")
      } catch {
        guard case .row(let reason) = error, let first = file.bad.first else {
          Issue.record("seed \(seed): \(error)")
          continue
        }
        #expect(reason.line == first.line, "seed \(seed)")
        #expect(first.column == nil || reason.column == first.column, "seed \(seed)")
        #expect(fixture.segmentFiles == [], "seed \(seed)")
        #expect(try fixture.rows().isEmpty, "seed \(seed)")
      }
    }
  }

  @Test(arguments: [ConflictRule.error, .update, .skip])
  func `keys that repeat in a file or in the table follow the rule`(rule: ConflictRule) throws {
    for seed in Self.firstSeed..<Self.firstSeed + UInt64(Self.rounds / 2) {
      var dice = Dice(seed: seed)
      let fixture = try LoadFixture()
      var model: [Int64: RandomFile.Row] = [:]
      for _ in 0..<3 {
        let file = RandomFile(&dice, rowCount: 300, badShare: 0, idCount: 4000)
        let change = options(file, &dice)
        let repeats = Set(file.good.map(\.id)).count < file.good.count
        let isKnown = file.good.contains { model[$0.id] != nil }
        do throws(LoadError) {
          let report = try fixture.load(file.bytes) { options in
            change(&options)
            options.conflictRule = rule
          }
          #expect(rule != .error || (!repeats && !isKnown), "seed \(seed)")
          let before = model
          model = file.model(rule, over: before)
          let replaced = before.keys.filter { id in file.good.contains { $0.id == id } }.count
          #expect(report.replacedCount == (rule == .update ? replaced : 0), "seed \(seed)")
          let added = model.count - before.count + report.replacedCount
          #expect(report.rowCount == added, "seed \(seed)")
          #expect(report.skippedCount == file.good.count - added, "seed \(seed)")
        } catch {
          guard case .duplicateKey(_, _, let key) = error, case .int64(let id)? = key.first else {
            Issue.record("seed \(seed): \(error)")
            continue
          }
          #expect(rule == .error && (repeats || isKnown), "seed \(seed)")
          let count = file.good.count { $0.id == id } + (model[id] == nil ? 0 : 1)
          #expect(count > 1, "seed \(seed)")
        }
        try expect(try fixture.rows(), model, seed)
      }
    }
  }

  @Test(arguments: [1, 3])
  func `strings that are coded at first and then too varied arrive`(threads: Int) throws {
    let fixture = try LoadFixture()
    let rows = (0..<12_000).map { id -> (id: Int, name: String?) in
      if id % 11 == 0 { return (id, nil) }
      return (id, id < 4000 ? "few \(id % 5)" : "all differ \(id)")
    }
    let text = rows.map { "\($0.id),2024-0\(1 + $0.id % 3)-01 00:00:00,\($0.name ?? "")\n" }
    let report = try fixture.load(text.joined()) {
      $0.threadCount = threads
      $0.chunkBytes = 4000
    }
    #expect(report.rowCount == 12_000 && report.segmentCount == 3)
    let found = try fixture.rows()
    for row in rows {
      #expect(found[Int64(row.id)]?[2] == row.name.map { .bytes(Array($0.utf8)) } ?? .null)
    }
  }

  @Test func `months that the file has left are written while it is read`() throws {
    let fixture = try LoadFixture()
    let text = (0..<24_000).map { id in
      let month = id / 2000
      return
        "\(id),\(2023 + month / 12)-\(month % 12 < 9 ? "0" : "")\(month % 12 + 1)-01 00:00:00,x\n"
    }
    let most = Mutex(0)
    var options = LoadOptions()
    options.columns = ["id", "at", "name"]
    options.threadCount = 1
    options.chunkBytes = 700
    options.settledRows = 1000
    let loader = BulkLoader(fixture.store, table: fixture.table, options: options)
    let files = fixture.fileSystem
    let report = try loader.load(MemorySource(Array(text.joined().utf8)), name: "f") { _ in
    } progress: { progress in
      let count = files.filePaths.count { $0.hasSuffix(".seg") }
      if progress.rowCount < 20_000 { most.withLock { $0 = max($0, count) } }
      return true
    }
    #expect(report.rowCount == 24_000)
    #expect(most.withLock { $0 } >= 5)
    #expect(try fixture.rows().count == 24_000)
  }

  @Test func `segments of a transaction that ends otherwise are removed`() throws {
    let fixture = try LoadFixture()
    let file = Array("1,2024-01-01 00:00:00,a\n".utf8)
    var options = LoadOptions()
    options.columns = ["id", "at", "name"]
    let loader = BulkLoader(fixture.store, table: fixture.table, options: options)
    let transaction = fixture.store.begin()
    func load(_ name: String?) throws(LoadError) {
      _ = try loader.load(MemorySource(file), name: name, into: transaction) { _ in
      } progress: { _ in
        true
      }
    }
    let savepoint = transaction.savepoint()
    try load("file")
    #expect(fixture.segmentFiles.count == 1)
    #expect(throws: LoadError.self) { try load("file") }
    transaction.roll(back: savepoint)
    try load(nil)
    try transaction.commit(mode: .durable)
    #expect(fixture.segmentFiles.count == 1)
    #expect(try fixture.rows().count == 1)
    let second = fixture.store.begin()
    options.conflictRule = .update
    _ = try BulkLoader(fixture.store, table: fixture.table, options: options)
      .load(MemorySource(file), name: "again", into: second) { _ in
      } progress: { _ in
        true
      }
    second.rollback()
    #expect(fixture.segmentFiles.count == 1)
    #expect(try fixture.rows().count == 1)
  }

  @Test func `a load whose commit could not be synced keeps its files`() throws {
    let fixture = try LoadFixture()
    var faults = FaultPlan()
    faults.refuse = { operation in
      operation.path.hasSuffix(".wal") && "\(operation.operation)".lowercased().contains("sync")
        ? 5 : nil
    }
    fixture.fileSystem.setFaults(faults)
    #expect(throws: LoadError.self) { try fixture.load("1,2024-01-01 00:00:00,a\n") }
    // The record may be in the log: without the file it could not be replayed.
    #expect(fixture.segmentFiles.count == 1)
  }
}
