import Catalog
import Columnar
import Execution
import Planning
import Storage
import Synchronization

/// Rows that lie between two moments, by what is to be done with them and how they are read.
enum RollupPiece: UInt32, CaseIterable {
  case added, addedRows, removed, removedRows

  /// The id under which they are scanned: no table's.
  var id: TableID { TableID(.max - rawValue) }
  var isRetraction: Bool { self == .removed || self == .removedRows }

  func table(_ table: TableDefinition) -> TableDefinition {
    var table = table
    table.id = id
    return table
  }
}

/// A bound rollup with the plans by which it follows its table, made once.
final class RollupPlans: Sendable {
  private struct Key: Hashable {
    var target: TableID
    var pieces: [RollupPiece]
    /// More pieces, of another moment.
    var others: [RollupPiece] = []
    /// What of the target.
    var what = ""
  }
  let rollup: BoundRollup
  /// Of the parts of linked rows.
  let filters = ValueFilters()
  /// Of those plans that read few rows.
  let pipelines = RowPipelines()
  private let known = Mutex<[Key: Plan]>([:])

  init(_ rollup: BoundRollup) { self.rollup = rollup }

  /// The types of the columns of all of the rollup's tables.
  var types: [[LogicalType]] { rollup.tables.map { $0.columns.map(\.type) } }

  private func plan(_ key: Key, _ make: () -> Plan) -> Plan {
    if let plan = known.withLock({ $0[key] }) { return plan }
    let plan = PlanRules.apply(make())
    known.withLock { $0[key] = plan }
    return plan
  }

  /// The values that rows of one of the rollup's tables of values really change.
  func changedValues(_ value: BoundRollup.Value) -> Plan {
    plan(Key(target: value.table.id, pieces: [])) { rollup.changedValues(value) }
  }

  /// The values that rows of one of the rollup's tables of values are of: some may come out as they were.
  func touchedValues(_ value: BoundRollup.Value) -> Plan {
    plan(Key(target: value.table.id, pieces: [], what: "touched values")) {
      let rows = rollup.rows(of: value.table, under: value.table.id)
      return Plan.columns([rollup.keys.count], of: rows)
    }
  }

  /// All rows of one of the rollup's tables of values.
  func rows(of value: BoundRollup.Value) -> Plan {
    plan(Key(target: value.table.id, pieces: [], what: "rows of values")) {
      rollup.rows(of: value.table, under: value.table.id)
    }
  }

  /// As ``BoundRollup/change(of:after:came:)``.
  func change(of arrivals: Arrivals, after: TableID, came: TableID) -> Plan {
    plan(Key(target: arrivals.table.id, pieces: [])) {
      rollup.change(of: arrivals, after: after, came: came)
    }
  }

  /// The keys that linked rows look up, and those that the second table's changed rows have: some may come out as they were.
  func touchedLinks(_ lookup: RollupLookup) -> Plan {
    plan(Key(target: lookup.linked.id, pieces: [], what: "touched links")) {
      let rows = lookup.linked.rows(of: lookup.linked.main, under: lookup.linked.id)
      return Plan.columns([lookup.linkPlace], of: rows)
    }
  }

  /// As ``touchedLinks(_:)`` for the second table's rows, over some pieces.
  func touchedOthers(_ lookup: RollupLookup, _ pieces: [RollupPiece]) -> Plan {
    plan(Key(target: lookup.table.id, pieces: pieces, what: "touched others")) {
      let keys = pieces.map {
        Plan.columns([lookup.otherKeyPlace], of: lookup.others(under: $0.id))
      }
      return keys.dropFirst().reduce(keys[0]) {
        Plan(.setOperation(.union, $0, $1, isAll: true), output: $0.output)
      }
    }
  }

  /// The keys that linked rows look up which really change.
  func changedLinks(_ lookup: RollupLookup) -> Plan {
    plan(Key(target: lookup.linked.id, pieces: [], what: "links")) {
      RollupLookup.values(
        of: lookup.linkPlace,
        in: lookup.linked.merged(lookup.linked.main, isSorted: false)
      )
    }
  }

  /// The keys of the second table's rows that really change, over some pieces.
  func changedOthers(_ lookup: RollupLookup, _ pieces: [RollupPiece]) -> Plan {
    plan(Key(target: lookup.table.id, pieces: pieces, what: "others")) {
      let parts = pieces.map { piece in
        (rows: lookup.others(under: piece.id), sign: Int64(piece.isRetraction ? -1 : 1))
      }
      return RollupLookup.values(of: lookup.otherKeyPlace, in: lookup.addedUp(parts))
    }
  }

  /// As ``change(of:before:after:)`` for few rows, with the second table's rows as they were and as they are.
  func changeOfFew(_ lookup: RollupLookup) -> Plan {
    plan(Key(target: rollup.id, pieces: [], what: "change of few")) {
      let linked = lookup.linked
      let now = linked.rows(of: linked.main, under: LookupRows.linkedAfter.id)
      let came = linked.rows(of: linked.main, under: LookupRows.linkedCame.id, isRetraction: true)
      let then = Plan(.setOperation(.union, now, came, isAll: true), output: now.output)
      func groups(_ rows: Plan, _ others: LookupRows) -> Plan {
        rollup.joined(lookup, rows, with: lookup.others(under: others.id), asSingleRows: true)
      }
      return rollup.change(
        from: groups(then, .othersBefore),
        to: groups(now, .othersAfter),
        asSingleRows: true
      )
    }
  }

  /// What the groups of looked-up keys gain and lose.
  ///
  /// - Parameters:
  ///   - lookup: The rollup's.
  ///   - before: What lies between the second table as it was and as it is at hand.
  ///   - after: What lies between it as it is wanted and as it is at hand.
  /// - Returns: A plan over the tables of ``LookupRows``.
  func change(
    of lookup: RollupLookup,
    before: [RollupPiece],
    after: [RollupPiece]
  ) -> Plan {
    plan(Key(target: rollup.id, pieces: before, others: after, what: "change")) {
      let linked = lookup.linked
      func others(_ pieces: [RollupPiece], _ side: LookupRows) -> Plan {
        func rows(isRetraction: Bool) -> [Plan] {
          pieces.filter { $0.isRetraction == isRetraction }.map {
            lookup.others(under: side.id(of: $0))
          }
        }
        return lookup.others(
          lookup.others(under: LookupRows.othersNow.id),
          without: rows(isRetraction: false),
          with: rows(isRetraction: true)
        )
      }
      let now = linked.rows(of: linked.main, under: LookupRows.linkedAfter.id)
      let came = linked.rows(of: linked.main, under: LookupRows.linkedCame.id, isRetraction: true)
      let then = Plan(.setOperation(.union, now, came, isAll: true), output: now.output)
      return rollup.change(
        from: rollup.joined(lookup, then, with: others(before, .othersBefore)),
        to: rollup.joined(lookup, now, with: others(after, .othersAfter))
      )
    }
  }

  /// What one of the rollup's tables gets for some rows, with or without making groups of them.
  func plan(
    of target: TableDefinition,
    over pieces: [RollupPiece],
    asSingleRows: Bool
  ) -> Plan {
    plan(Key(target: target.id, pieces: pieces, what: asSingleRows ? "single rows" : "rows")) {
      let queries = pieces.map { piece -> Plan in
        let source = piece.table(rollup.base)
        let isRetraction = piece.isRetraction
        let single =
          asSingleRows
          ? rollup.rowQuery(of: target, over: source, isRetraction: isRetraction) : nil
        return single ?? rollup.query(of: target, over: source, isRetraction: isRetraction)
      }
      return queries.dropFirst().reduce(queries[0]) {
        Plan(.setOperation(.union, $0, $1, isAll: true), output: $0.output)
      }
    }
  }
}
