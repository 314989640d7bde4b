// Several threads commit while the background thread seals, compacts and writes checkpoints; at random
// moments the disk is copied as a kill or a power loss would leave it. Each thread's commits follow from
// its number alone, and one of its rows tells how many it has done: so every copy can be checked.

import Catalog
import Columnar
import Storage
import Synchronization
import SystemIO
import TestSupport
import Testing

/// One thread's rows and commits.
private struct Client {
  let number: Int
  private var random: SeededRandom
  /// Rows by id, the counter row apart.
  private(set) var rows: [Int64: TestRow] = [:]
  private(set) var commitCount = 0

  init(number: Int) {
    self.number = number
    random = SeededRandom(seed: UInt64(number) &+ 1000)
  }

  var counterID: Int64 { Int64(number) * 1000 }
  var counter: TestRow {
    TestRow(id: counterID, time: Int64(commitCount % 3) * monthMicroseconds, name: "\(commitCount)")
  }

  /// The next commit: ids to delete and rows to insert.
  mutating func next() -> (deletes: [Int64], inserts: [TestRow]) {
    var deletes: [Int64] = commitCount == 0 ? [] : [counterID]
    var inserts: [TestRow] = []
    for _ in 0..<(1 + random.below(6)) {
      let id = counterID + 1 + Int64(random.below(60))
      guard !deletes.contains(id), !inserts.contains(where: { $0.id == id }) else { continue }
      if rows.removeValue(forKey: id) != nil { deletes.append(id) }
      if random.oneIn(3) { continue }
      let row = random.row(id)
      rows[id] = row
      inserts.append(row)
    }
    commitCount += 1
    return (deletes, inserts + [counter])
  }
}

extension Store {
  /// One commit; again on a newer snapshot while others win.
  fileprivate func commit(_ change: (deletes: [Int64], inserts: [TestRow])) throws {
    while true {
      let transaction = begin()
      let found = try transaction.locate(TableID(1), keys: keys(change.deletes))
      guard found.allSatisfy({ $0 != nil }) else { throw MissingRow(step: "\(change)") }
      try transaction.delete(TableID(1), locators: found.compactMap { $0 })
      try transaction.insert(TableID(1), batch(change.inserts))
      do throws(StorageError) {
        return try transaction.commit()
      } catch {
        guard case .serialization = error else { throw error }
      }
    }
  }
}

/// A disk at some moment, with the commits each thread had acknowledged before it was copied.
private struct Moment {
  var disk: SimulatedFileSystem
  var acknowledged: [Int]
}

@Suite struct ConcurrencyTests {
  private let clientCount = 6
  private let commitCount = 120

  private func options() -> StoreOptions {
    var options = testOptions()
    options.runsInBackground = true
    options.sealRowCount = 60
    options.checkpointLogBytes = 20_000
    return options
  }

  @Test func `threads, maintenance and kills leave whole commits, none lost`() throws {
    let disk = SimulatedFileSystem(seed: 3)
    let store = try Store.open(disk, at: "/data", options: options())
    try store.createTable()
    let acknowledged = Mutex([Int](repeating: 0, count: clientCount))
    let failures = Mutex<[String]>([])
    let threads = try (0..<clientCount).map { number in
      try Thread.start(name: "client") { [commitCount] in
        var client = Client(number: number)
        do {
          for _ in 0..<commitCount {
            try store.commit(client.next())
            acknowledged.withLock { $0[number] += 1 }
          }
        } catch {
          failures.withLock { $0.append("client \(number): \(error)") }
        }
      }
    }
    var moments: [Moment] = []
    for seed in 0..<12 as Range<UInt64> {
      sleep(nanoseconds: 15_000_000)
      let before = acknowledged.withLock { $0 }
      let copy = seed % 2 == 0 ? disk.crashClone(seed: seed) : disk.cleanClone()
      moments.append(Moment(disk: copy, acknowledged: before))
    }
    for thread in threads { thread.join() }
    #expect(failures.withLock { $0 } == [])
    #expect(store.maintenanceFailure == nil)
    for _ in 0..<100 where store.maintenanceCounters.seals == 0 { sleep(nanoseconds: 20_000_000) }
    #expect(store.maintenanceCounters.seals > 0)
    try store.close()
    moments.append(
      Moment(
        disk: disk.cleanClone(),
        acknowledged: [Int](repeating: commitCount, count: clientCount)
      )
    )
    for moment in moments { try check(moment) }
  }

  private func check(_ moment: Moment) throws {
    var findings: [CheckFinding] = []
    _ = try checkStore(moment.disk, at: "/data") { findings.append($0) }
    #expect(findings.isEmpty)
    let store = try Store.open(moment.disk, at: "/data", options: testOptions())
    let rows = try store.rows()
    for number in 0..<clientCount {
      var client = Client(number: number)
      let mine = rows.filter { $0.id / 1000 == Int64(number) }
      let counter = mine.first { $0.id == client.counterID }?.name.flatMap { Int($0) } ?? 0
      #expect(counter >= moment.acknowledged[number])
      while client.commitCount < counter { _ = client.next() }
      let expected = Array(client.rows.values) + (counter > 0 ? [client.counter] : [])
      #expect(mine == expected.sorted(), "client \(number) after \(counter) commits")
    }
  }

  @Test func `of many threads that change one row each change is kept`() throws {
    let store = try Store.open(SimulatedFileSystem(), at: "/data", options: options())
    try store.createTable()
    try store.insert([TestRow(id: 1, time: 0, name: "0")])
    let threads = try (0..<4).map { _ in
      try Thread.start(name: "client") {
        for _ in 0..<50 { store.addOne() }
      }
    }
    for thread in threads { thread.join() }
    #expect(try store.rows() == [TestRow(id: 1, time: 0, name: "200")])
    try store.close()
  }
}

extension Store {
  /// Adds one to the name of row 1, again while others win.
  fileprivate func addOne() {
    while true {
      do {
        let transaction = begin()
        guard let table = try transaction.table(TableID(1), scope: .unrestricted),
          let (row, locator) = try scan(table).first
        else { return }
        try transaction.delete(TableID(1), locators: [locator])
        let next = TestRow(id: 1, time: 0, name: "\((row.name.flatMap { Int($0) } ?? 0) + 1)")
        try transaction.insert(TableID(1), batch([next]))
        return try transaction.commit()
      } catch let error as StorageError {
        guard case .serialization = error else { return }
      } catch {
        return
      }
    }
  }
}
