// What the store should hold, as plain dictionaries, and the random work that changes both.

import Catalog
import Columnar
import Storage
import SystemIO

/// The contents of the test tables: rows by id, by table.
typealias Contents = [UInt32: [Int64: TestRow]]

/// One random step.
enum SimulatedStep: CustomStringConvertible {
  case write([TableWrite], CommitMode, rollsBack: Bool)
  case truncate(UInt32)
  case dropPartition(UInt32, Int32)
  case seal, compact, checkpoint, flush, reopen

  var description: String {
    switch self {
    case .write(let writes, let mode, let rollsBack):
      "write \(mode)\(rollsBack ? " and roll back" : ""): \(writes)"
    case .truncate(let table): "truncate \(table)"
    case .dropPartition(let table, let key): "drop partition \(key) of \(table)"
    case .seal: "seal"
    case .compact: "compact"
    case .checkpoint: "checkpoint"
    case .flush: "flush"
    case .reopen: "reopen"
    }
  }
}

/// Deletes, then inserts, in one table.
struct TableWrite: CustomStringConvertible {
  var table: UInt32
  var deletes: [Int64]
  var inserts: [TestRow]
  var description: String { "-\(deletes.count) +\(inserts.count) in \(table)" }
}

/// Months that rows of the test fall into; nil: the NULL partition.
let simulatedMonths: [Int32?] = [0, 1, 2, nil]

extension SeededRandom {
  mutating func row(_ id: Int64) -> TestRow {
    let month = simulatedMonths[below(simulatedMonths.count)]
    return TestRow(
      id: id,
      time: month.map { Int64($0) * monthMicroseconds + Int64(below(1000)) },
      name: oneIn(5) ? nil : String(repeating: "n", count: below(30)) + "\(below(1000))"
    )
  }

  /// A step that fits the contents.
  mutating func step(_ contents: Contents) -> SimulatedStep {
    switch below(40) {
    case 0: return .truncate(UInt32(1 + below(2)))
    case 1: return .dropPartition(UInt32(1 + below(2)), Int32(below(3)))
    case 2...6: return .seal
    case 7...9: return .compact
    case 10...12: return .checkpoint
    case 13: return .flush
    case 14: return .reopen
    default:
      let tables: [UInt32] = oneIn(3) ? [1, 2] : [UInt32(1 + below(2))]
      let writes = tables.map { write($0, contents[$0] ?? [:]) }
      return .write(writes, oneIn(4) ? .relaxed : .durable, rollsBack: oneIn(12))
    }
  }

  private mutating func write(_ table: UInt32, _ rows: [Int64: TestRow]) -> TableWrite {
    var write = TableWrite(table: table, deletes: [], inserts: [])
    var taken: Set<Int64> = []
    for _ in 0..<below(oneIn(4) ? 40 : 4) {
      let id = Int64(below(200))
      guard taken.insert(id).inserted else { continue }
      if rows[id] != nil {
        write.deletes.append(id)
        if oneIn(2) { write.inserts.append(row(id)) }
      } else {
        write.inserts.append(row(id))
      }
    }
    return write
  }
}

/// The contents after a step that succeeds.
func apply(_ step: SimulatedStep, to contents: Contents) -> Contents {
  var contents = contents
  switch step {
  case .write(let writes, _, false):
    for write in writes {
      for id in write.deletes { contents[write.table]?[id] = nil }
      for row in write.inserts { contents[write.table, default: [:]][row.id] = row }
    }
  case .truncate(let table): contents[table] = [:]
  case .dropPartition(let table, let key):
    contents[table] = contents[table]?.filter { _, row in
      row.time.map { Int32($0 / monthMicroseconds) != key } ?? true
    }
  default: break
  }
  return contents
}

extension Store {
  /// All rows of both tables.
  func contents() throws -> Contents {
    var contents: Contents = [:]
    for table in [1, 2] as [UInt32] {
      contents[table] = [:]
      for row in try rows(table) { contents[table]?[row.id] = row }
    }
    return contents
  }

  /// Does a step; ``SimulatedStep/reopen`` is the caller's.
  func perform(_ step: SimulatedStep, _ random: inout SeededRandom) throws {
    switch step {
    case .write(let writes, let mode, let rollsBack):
      let transaction = begin()
      for write in writes {
        let table = TableID(write.table)
        let found = try transaction.locate(table, keys: keys(write.deletes))
        guard found.allSatisfy({ $0 != nil }) else { throw MissingRow(step: "\(step)") }
        if random.oneIn(3), !write.inserts.isEmpty {
          let point = transaction.savepoint()
          try transaction.delete(table, locators: found.compactMap { $0 })
          try transaction.insert(table, batch(write.inserts))
          transaction.roll(back: point)
        }
        try transaction.delete(table, locators: found.compactMap { $0 })
        let middle = random.below(write.inserts.count + 1)
        try transaction.insert(table, batch(Array(write.inserts[..<middle])))
        if random.oneIn(2) { _ = try transaction.table(table, scope: .unrestricted) }
        try transaction.insert(table, batch(Array(write.inserts[middle...])))
      }
      if rollsBack { transaction.rollback() } else { try transaction.commit(mode: mode) }
    case .truncate(let table): try change(.truncate(TableID(table)))
    case .dropPartition(let table, let key):
      try change(.dropPartition(TableID(table), PartitionKey(key)))
    case .seal:
      for table in [1, 2] as [UInt32] {
        for month in simulatedMonths where random.oneIn(2) {
          try seal(TableID(table), month.map { PartitionKey($0) } ?? .null)
        }
      }
    case .compact:
      for table in [1, 2] as [UInt32] {
        let month = simulatedMonths[random.below(4)]
        try compact(
          TableID(table),
          month.map { PartitionKey($0) } ?? .null,
          random.oneIn(2) ? .forced : random.oneIn(2) ? .quiet : .limits
        )
      }
    case .checkpoint: try checkpoint()
    case .flush: try flush()
    case .reopen: break
    }
  }
}

struct MissingRow: Error { var step: String }
