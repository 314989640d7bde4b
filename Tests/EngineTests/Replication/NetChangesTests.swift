// Changes netted and applied, against a dictionary that applies them one by one.
// ALMANAC_CDC_SEED chooses the numbers.

import Catalog
import Columnar
import Engine
import Foundation
import Replication
import Storage
import SystemIO
import TestSupport
import Testing

/// A row of the model: a key of two columns, a month, a value that may be NULL, and one that may be left out.
private struct ModelRow: Equatable {
  var tenant: Int64
  var id: Int64
  var day: Int64
  var note: String?
  var toast: String

  var key: [Int64] { [tenant, id] }
  var text: String { "\(tenant)|\(id)|\(day)|\(note ?? "NULL")|\(toast)" }
}

/// Makes change batches row by row, as the decoder would.
private struct BatchBuilder {
  static let kinds: [LaneKind] = [.int64, .int64, .int64, .bytes, .bytes]
  var changes: [ChangeKind] = []
  var rows: [ModelRow] = []
  var oldKeys: [[Int64]] = []
  var oldKeyRows: [Int32] = []
  var unchanged: Set<Int> = []

  mutating func add(
    _ kind: ChangeKind,
    _ row: ModelRow,
    oldKey: [Int64]? = nil,
    keeps: Bool = false
  ) {
    if let oldKey {
      oldKeys.append(oldKey)
      oldKeyRows.append(Int32(rows.count))
    }
    if keeps { unchanged.insert(rows.count) }
    changes.append(kind)
    rows.append(row)
  }

  func batch() -> ChangeBatch {
    let batch = Batch(kinds: Self.kinds, capacity: max(64, rows.count))
    var mask = RowMask(rowCount: rows.count)
    for (index, row) in rows.enumerated() {
      let isDelete = changes[index] == .delete
      batch.columns[0].set(index, to: .int64(row.tenant))
      batch.columns[1].set(index, to: .int64(row.id))
      batch.columns[2].set(index, to: isDelete ? .null : .int64(row.day))
      batch.columns[3].set(
        index,
        to: isDelete ? .null : row.note.map { .bytes(Array($0.utf8)) } ?? .null
      )
      let isKept = unchanged.contains(index)
      if isKept { mask.insert(index) }
      batch.columns[4].set(index, to: isDelete || isKept ? .null : .bytes(Array(row.toast.utf8)))
    }
    batch.rowCount = rows.count
    let olds = Batch(kinds: [.int64, .int64], capacity: max(64, oldKeys.count))
    for (index, key) in oldKeys.enumerated() {
      for column in 0..<2 { olds.columns[column].set(index, to: .int64(key[column])) }
    }
    olds.rowCount = oldKeys.count
    let types: [LogicalType] = [.bigint, .bigint, .date, .text, .text]
    return ChangeBatch(
      relation: SourceRelation(
        id: 1,
        schema: "public",
        name: "t",
        identity: .primaryKey,
        columns: types.indices.map { SourceColumn(name: "c\($0)", typeID: 20) }
      ),
      layout: RelationLayout(
        columns: types.enumerated().map { .init(source: $0, typeID: 20, type: $1) },
        key: [0, 1]
      ),
      kinds: changes,
      rows: batch,
      oldKeys: oldKeys.isEmpty ? nil : olds,
      oldKeyRows: oldKeyRows,
      unchanged: [nil, nil, nil, nil, unchanged.isEmpty ? nil : mask],
      failure: nil
    )
  }
}

/// Random changes and what they make of the table.
private struct ChangeModel {
  var rows: [[Int64]: ModelRow] = [:]
  var random: SeededRandom
  var nextToast = 0

  mutating func newRow(_ key: [Int64]) -> ModelRow {
    nextToast += 1
    return ModelRow(
      tenant: key[0],
      id: key[1],
      day: Int64(random.below(120)),
      note: random.oneIn(4) ? nil : "note \(random.below(10))",
      toast: "toast \(nextToast)"
    )
  }

  mutating func freeKey() -> [Int64]? {
    for _ in 0..<20 {
      let key = [Int64(random.below(3)), Int64(random.below(40))]
      if rows[key] == nil { return key }
    }
    return nil
  }

  mutating func step(_ builder: inout BatchBuilder) {
    switch random.below(6) {
    case 0, 1:
      guard let key = freeKey() else { return }
      let row = newRow(key)
      rows[key] = row
      builder.add(.insert, row)
    case 2:
      guard
        let key = rows.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }).randomElement(
          using: &random
        )
      else { return }
      rows[key] = nil
      builder.add(.delete, ModelRow(tenant: key[0], id: key[1], day: 0, note: nil, toast: ""))
    default:
      guard
        let key = rows.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }).randomElement(
          using: &random
        ),
        let old = rows[key]
      else { return }
      let moves = random.oneIn(3) ? freeKey() : nil
      var row = newRow(moves ?? key)
      let keeps = random.oneIn(2)
      if keeps { row.toast = old.toast }
      rows[key] = nil
      rows[row.key] = row
      builder.add(.update, row, oldKey: moves == nil ? nil : key, keeps: keeps)
    }
  }
}

private let tableText = """
  CREATE TABLE t (tenant bigint, id bigint, day date, note text, toast text, PRIMARY KEY (tenant, id))
    PARTITION BY MONTH (day)
  """

@Suite struct NetChangesTests {
  @Test func `netted changes leave the table as changes one by one would`() throws {
    let seed =
      ProcessInfo.processInfo.environment["ALMANAC_CDC_SEED"].flatMap { UInt64($0) }
      ?? UInt64.random(in: 1..<1 << 40)
    print("ALMANAC_CDC_SEED=\(seed)")
    let database = try TestDatabase()
    let session = try database.session()
    try session.run(tableText)
    let store = database.database.store
    let id = try #require(store.published.catalog.table(RelationName(schema: "public", name: "t")))
      .id
    var model = ChangeModel(random: SeededRandom(seed: seed))
    for round in 0..<150 {
      let transaction = store.begin()
      // A group may be put into the transaction in several stages.
      for _ in 0..<(1 + model.random.below(3)) {
        let net = NetChanges(key: [0, 1])
        for _ in 0..<(1 + model.random.below(4)) {
          var builder = BatchBuilder()
          for _ in 0..<model.random.below(30) { model.step(&builder) }
          try net.add(builder.batch())
          if model.random.oneIn(40) {
            net.truncate()
            model.rows = [:]
          }
        }
        try net.apply(to: transaction, id, in: store)
      }
      try transaction.commit()
      if model.random.oneIn(5),
        let partition = store.published.table(id, scope: .unrestricted)?.partitions.first
      {
        _ = try store.seal(id, partition.key)
      }
      let found = try session.run(
        "SELECT tenant, id, day - DATE '2000-01-01', note, toast FROM t ORDER BY tenant, id"
      )
      let expected = model.rows.values
        .sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.text)
      #expect(found == expected, "round \(round), seed \(seed)")
      if found != expected { return }
    }
  }

  @Test func `a change of a row that is not there, or is there already, is told`() throws {
    let database = try TestDatabase()
    let session = try database.session()
    try session.run(tableText)
    try session.run("INSERT INTO t VALUES (1, 1, '2000-01-01', 'n', 'stored')")
    let store = database.database.store
    let id = try #require(store.published.catalog.table(RelationName(schema: "public", name: "t")))
      .id
    func failure(_ build: (inout BatchBuilder) -> Void) -> ChangeProblem.Kind? {
      var builder = BatchBuilder()
      build(&builder)
      let net = NetChanges(key: [0, 1])
      let transaction = store.begin()
      defer { transaction.rollback() }
      do {
        try net.add(builder.batch())
        try net.apply(to: transaction, id, in: store)
        return nil
      } catch let problem as ChangeProblem {
        return problem.kind
      } catch ApplyFailure.problem(let problem) {
        return problem.kind
      } catch {
        Issue.record("\(error)")
        return nil
      }
    }
    func row(_ id: Int64) -> ModelRow { ModelRow(tenant: 1, id: id, day: 0, note: nil, toast: "x") }
    #expect(failure { $0.add(.delete, row(2)) } == .missingKey)
    #expect(failure { $0.add(.update, row(2)) } == .missingKey)
    #expect(failure { $0.add(.update, row(3), oldKey: [1, 2]) } == .missingKey)
    #expect(failure { $0.add(.insert, row(1)) } == .duplicateKey)
    #expect(
      failure {
        $0.add(.insert, row(1)); $0.add(.delete, row(1))
      } == nil
    )
    #expect(failure { $0.add(.update, row(1), keeps: true) } == nil)
    #expect(failure { $0.add(.insert, row(2), keeps: true) } == .unresolvedValue)
    #expect(
      failure {
        $0.add(.insert, row(2)); $0.add(.insert, row(2)); $0.add(.delete, row(2))
      } == .duplicateKey
    )
    #expect(
      failure {
        $0.add(.delete, row(1)); $0.add(.delete, row(1))
      } == .missingKey
    )
    #expect(
      failure {
        $0.add(.delete, row(1)); $0.add(.update, row(1))
      } == .missingKey
    )
  }
}
