import Catalog
import ColumnEncoding
import Columnar
import Storage
import SystemIO
import TestSupport
import Testing

@Suite struct StoreTests {
  @Test func `committed rows are there after a restart, in whichever form`() throws {
    let disk = SimulatedFileSystem()
    let store = try openStore(disk)
    try store.createTable()
    let rows = (0..<200).map {
      TestRow(id: $0, time: $0 % 3 * monthMicroseconds, name: $0 % 5 == 0 ? nil : "n\($0)")
    }
    for start in stride(from: 0, to: 200, by: 20) {
      try store.insert(Array(rows[start..<(start + 20)]))
      if start == 60 { try store.maintainPartitions() }
      if start == 100 { try store.checkpoint() }
    }
    #expect(try store.rows() == rows)
    store.abandon()
    let again = try openStore(disk.cleanClone())
    #expect(try again.rows() == rows)
    try again.close()
    let third = try openStore(disk.cleanClone())
    #expect(try third.rows() == rows)
  }

  @Test func `deletes and updates find rows in delta and segments`() throws {
    let store = try openStore()
    try store.createTable()
    try store.insert((0..<100).map { TestRow(id: $0, time: 0, name: "a") })
    try store.seal(TableID(1), PartitionKey(0))
    try store.insert((100..<120).map { TestRow(id: $0, time: 0, name: "b") })
    try store.delete([5, 99, 110, 5000])
    let left = (0..<120).filter { ![5, 99, 110].contains($0) }
    #expect(try store.rows().map(\.id) == left.map { Int64($0) })
    // The same keys may come again.
    try store.insert([TestRow(id: 5, time: nil, name: "again")])
    try store.seal(TableID(1), PartitionKey.null)
    let found = try store.published.locate(TableID(1), keys: keys([5, 99, 110, 7]))
    #expect(found.map { $0 != nil } == [true, false, false, true])
    try store.compact(TableID(1), PartitionKey(0), .forced)
    #expect(try store.rows().count == 118)
    #expect(store.maintenanceCounters.seals == 2)
    #expect(store.maintenanceCounters.compactions == 1)
  }

  @Test func `a key is taken once, in a statement, a transaction and between transactions`() throws
  {
    let store = try openStore()
    try store.createTable()
    let violation = StorageError.uniqueViolation(table: "t1", columns: ["id"], key: [.int64(1)])
    #expect(throws: violation) {
      try store.insert([TestRow(id: 1), TestRow(id: 2), TestRow(id: 1)])
    }
    let first = store.begin()
    let second = store.begin()
    try first.insert(TableID(1), batch([TestRow(id: 1)]))
    #expect(throws: StorageError.self) { try first.insert(TableID(1), batch([TestRow(id: 1)])) }
    try second.insert(TableID(1), batch([TestRow(id: 1)]))
    try first.commit()
    #expect(throws: violation) { try second.commit() }
    #expect(throws: violation) { try store.insert([TestRow(id: 1)]) }
    // Sealing between snapshot and commit hides nothing.
    let third = store.begin()
    try third.insert(TableID(1), batch([TestRow(id: 9, time: 0)]))
    try store.insert([TestRow(id: 9, time: 0)])
    try store.seal(TableID(1), PartitionKey(0))
    #expect(throws: StorageError.self) { try third.commit() }
    #expect(try store.rows().map(\.id) == [1, 9])
  }

  @Test func `NULL is refused where the table takes none`() throws {
    let store = try openStore()
    try store.createTable()
    let rows = batch([TestRow(id: 1)])
    rows.columns[0].setNull(0)
    let transaction = store.begin()
    #expect(throws: StorageError.notNullViolation(table: "t1", column: "id")) {
      try transaction.insert(TableID(1), rows)
    }
  }

  @Test func `a transaction sees its own changes and others do not`() throws {
    let store = try openStore()
    try store.createTable()
    try store.insert((0..<10).map { TestRow(id: $0, time: 0, name: "old") })
    let transaction = store.begin()
    let old = try transaction.locate(TableID(1), keys: keys([3, 4]))
    #expect(try transaction.delete(TableID(1), locators: old.compactMap { $0 }) == 2)
    #expect(try transaction.delete(TableID(1), locators: old.compactMap { $0 }) == 0)
    try transaction.insert(TableID(1), batch([TestRow(id: 3, time: 0, name: "new")]))
    try transaction.insert(
      TableID(1),
      batch([TestRow(id: 20, time: 5 * monthMicroseconds, name: "new")])
    )
    let seen = try #require(try transaction.table(TableID(1), scope: .unrestricted))
    #expect(seen.liveRowCount == 10)
    #expect(try scan(seen).map(\.row).sorted().map(\.id) == [0, 1, 2, 3, 5, 6, 7, 8, 9, 20])
    #expect(try store.rows().allSatisfy { $0.name == "old" })
    let point = transaction.savepoint()
    let own = try transaction.locate(TableID(1), keys: keys([20, 4, 3]))
    #expect(own.map { $0 != nil } == [true, false, true])
    #expect(try transaction.delete(TableID(1), locators: own.compactMap { $0 }) == 2)
    #expect(try transaction.table(TableID(1), scope: .unrestricted)?.liveRowCount == 8)
    transaction.roll(back: point)
    try transaction.commit()
    #expect(try store.rows().map(\.id) == [0, 1, 2, 3, 5, 6, 7, 8, 9, 20])
    #expect(try store.rows()[3].name == "new")
  }

  @Test func `the first of two transactions that change a row wins`() throws {
    let store = try openStore()
    try store.createTable()
    try store.insert([TestRow(id: 1, time: 0), TestRow(id: 2, time: 0)])
    let first = store.begin()
    let second = store.begin()
    for transaction in [first, second] {
      let found = try transaction.locate(TableID(1), keys: keys([1]))
      try transaction.delete(TableID(1), locators: found.compactMap { $0 })
    }
    try first.commit()
    #expect(throws: StorageError.serialization(table: "t1")) { try second.commit() }
  }

  @Test func `a delete follows its row through sealing and compaction`() throws {
    let store = try openStore()
    try store.createTable()
    try store.insert((0..<20).map { TestRow(id: 19 - $0, time: 0) })
    let early = store.begin()
    let found = try early.locate(TableID(1), keys: keys([7]))
    try early.delete(TableID(1), locators: found.compactMap { $0 })
    try store.seal(TableID(1), PartitionKey(0))
    let middle = store.begin()
    let other = try middle.locate(TableID(1), keys: keys([8]))
    try middle.delete(TableID(1), locators: other.compactMap { $0 })
    try store.insert((20..<30).map { TestRow(id: $0, time: 0) })
    try store.seal(TableID(1), PartitionKey(0))
    try store.compact(TableID(1), PartitionKey(0), .forced)
    try early.commit()
    try middle.commit()
    #expect(try store.rows().map(\.id) == (0..<30).filter { $0 != 7 && $0 != 8 })
  }

  @Test func `many small commits are merged and keep their row numbers`() throws {
    var options = testOptions()
    options.sealRowCount = 10_000
    options.mergeBatchCount = 16
    let disk = SimulatedFileSystem()
    let store = try openStore(disk, options: options)
    try store.createTable()
    var kept: [UInt64] = []
    let early = store.begin()
    for id in 0..<600 as Range<Int64> {
      try store.insert([TestRow(id: id, time: 0, name: "x")])
      if id == 10 {
        let transaction = store.begin()
        kept = try transaction.locate(TableID(1), keys: keys([10])).compactMap { $0 }
      }
      if id % 7 == 3 { try store.delete([id / 2]) }
    }
    #expect(early.snapshot.sequence < 3)
    #expect(store.maintenanceCounters.merges > 20)
    let table = try #require(store.published.table(TableID(1), scope: .unrestricted))
    #expect(table.partitions[0].sources.count < 60)
    let now = try store.published.locate(TableID(1), keys: keys([10])).compactMap { $0 }
    #expect(now == kept)
    let before = try store.rows()
    store.abandon()
    #expect(try openStore(disk.cleanClone(), options: options).rows() == before)
  }

  @Test func `a quiet partition with changed rows is written anew, one in use is not`() throws {
    let clock = ManualClock(unixMicroseconds: 1_700_000_000_000_000)
    var options = testOptions()
    options.sealRowCount = 10_000
    options.quietRowsPerChange = 10
    options.clock = clock
    let store = try openStore(options: options)
    try store.createTable()
    try store.insert((0..<900).map { TestRow(id: $0, time: 0, name: "x") })
    try store.seal(TableID(1), PartitionKey(0))
    let later = Int64(options.quietNanoseconds / 1000)
    clock.advance(microseconds: later)
    #expect(try !store.tidyQuietPartition(), "nothing was changed")
    try store.delete((0..<40).map { $0 * 3 })
    clock.advance(microseconds: later)
    #expect(try !store.tidyQuietPartition(), "too few were changed")
    try store.delete((100..<160).map { $0 * 3 })
    try store.insert((1000..<1100).map { TestRow(id: $0, time: 0, name: "y") })
    let rows = try store.rows()
    #expect(try !store.tidyQuietPartition(), "the last change was just now")
    clock.advance(microseconds: later)
    store.deferTidying()
    #expect(try !store.tidyQuietPartition(), "somebody is behind with changes")
    clock.advance(microseconds: 1_000_000)
    #expect(try store.tidyQuietPartition())
    #expect(store.maintenanceCounters.compactions == 1)
    let table = try #require(store.published.table(TableID(1), scope: .unrestricted))
    #expect(table.partitions[0].sources.count == 1)
    #expect(table.partitions[0].sources[0].deletions == nil)
    #expect(try store.rows() == rows)
    #expect(try !store.tidyQuietPartition())
  }

  @Test func `definitions change with their rows`() throws {
    let disk = SimulatedFileSystem()
    let store = try openStore(disk)
    try store.createTable()
    try store.insert((0..<10).map { TestRow(id: $0, time: 0, name: "x") })
    try store.seal(TableID(1), PartitionKey(0))
    try store.insert((10..<15).map { TestRow(id: $0, time: 0, name: "x") })
    var definition = testDefinition()
    definition.columns.append(
      ColumnDefinition(id: ColumnID(4), name: "note", type: .text, missingValue: .bytes([65]))
    )
    definition.columns.remove(at: 2)
    definition.nextColumnID = 5
    try store.change(.alterTable(definition))
    for store in [store, try openStore(disk.cleanClone())] {
      let table = try #require(store.published.table(TableID(1), scope: .unrestricted))
      #expect(table.liveRowCount == 15)
      for source in table.partitions.flatMap(\.sources) {
        #expect(try source.source.block(ColumnID(4), at: 0).value(at: 1) == .bytes([65]))
      }
    }
    try store.change(.truncate(TableID(1)))
    #expect(store.published.table(TableID(1), scope: .unrestricted)?.liveRowCount == 0)
    let segments = disk.filePaths.filter { $0.hasSuffix(".seg") }
    #expect(segments.isEmpty, "the last snapshot is gone, so is the file")
    try store.change(.dropTable(TableID(1)))
    #expect(store.published.table(TableID(1), scope: .unrestricted) == nil)
  }

  @Test func `a snapshot keeps its files until it goes`() throws {
    let disk = SimulatedFileSystem()
    let store = try openStore(disk)
    try store.createTable()
    try store.insert((0..<10).map { TestRow(id: $0, time: 0) })
    try store.seal(TableID(1), PartitionKey(0))
    var snapshot: Snapshot? = store.published
    try store.change(.dropPartition(TableID(1), PartitionKey(0)))
    #expect(try store.rows().isEmpty)
    #expect(disk.filePaths.contains { $0.hasSuffix(".seg") })
    #expect(try snapshot?.table(TableID(1), scope: .unrestricted).map(scan)?.count == 10)
    snapshot = nil
    #expect(!disk.filePaths.contains { $0.hasSuffix(".seg") })
  }

  @Test func `old months go when the table retains so many`() throws {
    let store = try openStore()
    var definition = testDefinition()
    definition.retainMonths = 2
    try store.createTable(definition)
    let now = (store.options.clock.postgresMicroseconds)
    try store.insert((0..<5).map { TestRow(id: $0, time: now - $0 * monthMicroseconds) })
    try store.insert([TestRow(id: 9)])
    try store.dropExpiredPartitions()
    #expect(try store.rows().map(\.id) == [0, 1, 2, 9])
    #expect(store.maintenanceCounters.droppedPartitions == 2)
  }

  @Test func `bulk-loaded segments come with their commit and clash with keys committed since`()
    throws
  {
    let disk = SimulatedFileSystem()
    let store = try openStore(disk)
    try store.createTable()
    try store.insert([TestRow(id: 1, time: 0)])
    func load(_ ids: Range<Int64>) throws -> (Transaction, [BuiltSegment]) {
      let transaction = store.begin()
      let build = try store.beginSegment(of: testDefinition(), partition: PartitionKey(0))
      try build.append(batch(ids.map { TestRow(id: $0, time: 5, name: "bulk") }))
      return (transaction, [try build.finish()])
    }
    let (first, files) = try load(10..<300)
    try first.publish(files, of: TableID(1))
    try first.change(.recordLoadedFile(TableID(1), contentHash: [7], name: "a.csv"))
    #expect(try first.table(TableID(1), scope: .unrestricted)?.liveRowCount == 291)
    #expect(try store.rows().count == 1)
    try first.commit()
    #expect(try store.rows().count == 291)
    #expect(store.published.loadedFile(TableID(1), contentHash: [7]) == "a.csv")
    let (second, more) = try load(300..<400)
    try second.publish(more, of: TableID(1))
    try store.insert([TestRow(id: 350, time: 0)])
    #expect(throws: StorageError.self) { try second.commit() }
    for file in more { store.discard(file) }
    #expect(throws: StorageError.self) { try store.insert([TestRow(id: 10, time: nil)]) }
    store.abandon()
    let again = try openStore(disk.cleanClone())
    #expect(try again.rows().count == 292)
    #expect(again.published.loadedFile(TableID(1), contentHash: [7]) == "a.csv")
  }

  @Test func `one process owns a directory`() throws {
    let disk = SimulatedFileSystem()
    let store = try openStore(disk)
    #expect(throws: StorageError.locked(directory: "/data")) { try openStore(disk) }
    try store.close()
    try openStore(disk).close()
    #expect(throws: StorageError.closed) { try store.createTable() }
  }
}
