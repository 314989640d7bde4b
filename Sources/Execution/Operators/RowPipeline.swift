package import Catalog
package import Columnar
package import Planning
internal import Storage

/// Runs a plan over few rows again and again: what an execution makes of a plan is made once, here.
///
/// Following a table row by row costs mostly the making and undoing of operators. Only scans, filters, projections, unions
/// and joins by equal keys; every row of the tables is read one by one. Used by one thread at a time.
package final class RowPipeline {
  private let root: RowStep

  /// - Parameters:
  ///   - plan: The plan; nil is returned where it has other operators.
  ///   - context: What its expressions depend on.
  /// - Throws: What compiling an expression raises.
  package init?(_ plan: Plan, context: EvaluationContext) throws(ExecutionError) {
    guard let root = try Self.step(plan, context) else { return nil }
    self.root = root
  }

  /// Runs the plan.
  ///
  /// - Parameters:
  ///   - tables: The tables that it scans, each of few rows; one that is not there has none.
  ///   - held: Rows of some of them that were read already, with the columns that are scanned.
  ///   - take: Gets batches with the plan's columns, valid until it returns.
  /// - Throws: What reading, computing or `take` raises.
  package func run(
    _ tables: any TableProvider,
    held: [TableID: HeldRows] = [:],
    _ take: (Batch) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {
    try root.run(RowTables(tables: tables, held: held), take)
  }

  private static func step(
    _ plan: Plan,
    _ context: EvaluationContext
  ) throws(ExecutionError) -> RowStep? {
    switch plan.node {
    case .scan(let scan): return scan.emitsLocator ? nil : try ScanStep(scan, context)
    case .values(let rows): return rows.isEmpty ? UnionStep([]) : nil
    case .filter(let input, let condition):
      guard let input = try step(input, context) else { return nil }
      return FilterStep(input, try Predicate([condition], context: context), plan.output)
    case .project(let input, let list):
      guard let input = try step(input, context) else { return nil }
      return ProjectStep(input, try RowExpressions(list, context))
    case .setOperation(.union, let first, let second, isAll: true):
      guard let first = try step(first, context), let second = try step(second, context) else {
        return nil
      }
      return UnionStep([first, second])
    case .join(let left, let right, let kind, let keys, nil):
      guard let join = RowJoin(left, right, kind, keys),
        let probe = try step(join.isLeftProbed ? left : right, context),
        let build = try step(join.isLeftProbed ? right : left, context)
      else { return nil }
      return try JoinStep(join, probe: probe, build: build, plan.output, context)
    default: return nil
    }
  }
}

/// What a pipeline reads.
private struct RowTables {
  var tables: any TableProvider
  var held: [TableID: HeldRows]
}

/// An operator that hands its rows on.
private class RowStep {
  func run(
    _ tables: RowTables,
    _ take: (Batch) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {}
}

/// Rows that pass a scan's conditions.
private final class ScanStep: RowStep {
  private let scan: TableScan
  private let predicate: Predicate?
  private let columns: Batch
  private let output: Batch
  private let selection = SelectionBuffer()

  init(_ scan: TableScan, _ context: EvaluationContext) throws(ExecutionError) {
    self.scan = scan
    predicate = scan.filters.isEmpty ? nil : try Predicate(scan.filters, context: context)
    let types = scan.columns.map { scan.table.columns[scan.table.index(of: $0) ?? 0].type }
    columns = Batch(kinds: types.map(\.laneKind), capacity: 64)
    output = Batch(kinds: types.prefix(scan.outputCount).map(\.laneKind), capacity: 64)
  }

  override func run(
    _ tables: RowTables,
    _ take: (Batch) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {
    if let held = tables.held[scan.table.id], held.has(scan.columns) {
      guard held.rowCount > 0 else { return }
      let vectors = held.vectors(scan.columns)
      return try hand(Batch(columns: vectors, rowCount: held.rowCount), take)
    }
    guard let table = tables.tables.table(scan.table.id), let gather = RowGather(table.rowByRow)
    else { return }
    var first = 0
    while first < gather.rowCount {
      let range = first..<min(gather.rowCount, first + vectorRowsMax)
      first = range.upperBound
      do throws(StorageError) {
        try gather.read(range, columns: scan.columns, into: columns.columns)
      } catch {
        throw ExecutionError(error)
      }
      columns.rowCount = range.count
      try hand(columns, take)
    }
  }

  /// Hands those of some rows on that pass.
  private func hand(
    _ rows: Batch,
    _ take: (Batch) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {
    let handed = Batch(
      columns: Array(rows.columns.prefix(scan.outputCount)),
      rowCount: rows.rowCount
    )
    guard let predicate else { return try take(handed) }
    let selection = selection
    let count = try selection.fill(rows, where: predicate)
    guard count > 0 else { return }
    compact(handed, selection.span(count), into: output)
    try take(output)
  }
}

/// Rows for which a condition is true.
private final class FilterStep: RowStep {
  private let input: RowStep
  private let predicate: Predicate
  private let output: Batch
  private let selection = SelectionBuffer()

  init(_ input: RowStep, _ predicate: Predicate, _ columns: [OutputColumn]) {
    self.input = input
    self.predicate = predicate
    output = Batch(kinds: columns.map(\.type.laneKind), capacity: 64)
  }

  override func run(
    _ tables: RowTables,
    _ take: (Batch) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {
    try input.run(tables) { (batch) throws(ExecutionError) in
      let selection = selection
      let count = try selection.fill(batch, where: predicate)
      guard count > 0 else { return }
      compact(batch, selection.span(count), into: output)
      try take(output)
    }
  }
}

/// Expressions over each row.
private final class ProjectStep: RowStep {
  private let input: RowStep
  private let expressions: RowExpressions

  init(_ input: RowStep, _ expressions: RowExpressions) {
    self.input = input
    self.expressions = expressions
  }

  override func run(
    _ tables: RowTables,
    _ take: (Batch) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {
    try input.run(tables) { (batch) throws(ExecutionError) in
      try take(Batch(columns: try expressions.evaluate(batch), rowCount: batch.rowCount))
    }
  }
}

/// The rows of several steps, one behind the other.
private final class UnionStep: RowStep {
  private let inputs: [RowStep]

  init(_ inputs: [RowStep]) { self.inputs = inputs }

  override func run(
    _ tables: RowTables,
    _ take: (Batch) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {
    for input in inputs { try input.run(tables, take) }
  }
}

/// The form of a join that a pipeline knows: rows of one side, each with those of the other that have equal keys.
private struct RowJoin {
  /// Whether the left side's rows look up the right's.
  let isLeftProbed: Bool
  /// Whether rows that find none are there, with NULLs.
  let keepsAll: Bool
  let leftCount: Int
  let probeKeys: [BoundExpression]
  let buildKeys: [BoundExpression]

  init?(
    _ left: Plan,
    _ right: Plan,
    _ kind: JoinKind,
    _ keys: [(left: BoundExpression, right: BoundExpression)]
  ) {
    guard kind == .inner || kind == .left || kind == .right else { return nil }
    let isLeftProbed = kind != .right
    self.isLeftProbed = isLeftProbed
    keepsAll = kind != .inner
    // Whole numbers of one type are equal where their values are.
    let isKnown = keys.allSatisfy { pair in
      pair.left.type == pair.right.type && pair.left.type.isInteger
    }
    guard !keys.isEmpty, isKnown else { return nil }
    leftCount = left.output.count
    probeKeys = keys.map { isLeftProbed ? $0.left : $0.right }
    buildKeys = keys.map { isLeftProbed ? $0.right : $0.left }
  }
}

extension LogicalType {
  fileprivate var isInteger: Bool { self == .smallint || self == .integer || self == .bigint }
}

private final class JoinStep: RowStep {
  private let join: RowJoin
  private let probe: RowStep
  private let build: RowStep
  private let probeKeys: RowExpressions
  private let buildKeys: RowExpressions
  private let output: [OutputColumn]

  init(
    _ join: RowJoin,
    probe: RowStep,
    build: RowStep,
    _ output: [OutputColumn],
    _ context: EvaluationContext
  ) throws(ExecutionError) {
    self.join = join
    self.probe = probe
    self.build = build
    self.output = output
    probeKeys = try RowExpressions(join.probeKeys, context)
    buildKeys = try RowExpressions(join.buildKeys, context)
  }

  override func run(
    _ tables: RowTables,
    _ take: (Batch) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {
    var rows: [[Datum]: [[Datum]]] = [:]
    try build.run(tables) { (batch) throws(ExecutionError) in
      let keys = try buildKeys.evaluate(batch)
      for row in 0..<batch.rowCount {
        guard let key = Self.key(keys, row) else { continue }
        rows[key, default: []].append(batch.columns.map { $0.datum(at: row) })
      }
    }
    let buildCount = join.isLeftProbed ? output.count - join.leftCount : join.leftCount
    let none = [[Datum](repeating: .null, count: buildCount)]
    try probe.run(tables) { (batch) throws(ExecutionError) in
      let keys = try probeKeys.evaluate(batch)
      let joined = Batch(kinds: output.map(\.type.laneKind), capacity: batch.rowCount)
      var count = 0
      for row in 0..<batch.rowCount {
        let found = Self.key(keys, row).flatMap { rows[$0] } ?? (join.keepsAll ? none : [])
        for other in found {
          let own = batch.columns.map { $0.datum(at: row) }
          let values = join.isLeftProbed ? own + other : other + own
          for (column, value) in values.enumerated() {
            joined.columns[column].set(count, to: value)
          }
          count += 1
        }
      }
      guard count > 0 else { return }
      joined.rowCount = count
      try take(joined)
    }
  }

  /// The keys of a row; nil: one is NULL and equals nothing.
  private static func key(_ keys: [Vector], _ row: Int) -> [Datum]? {
    var key: [Datum] = []
    key.reserveCapacity(keys.count)
    for vector in keys {
      guard vector.isValid(row) else { return nil }
      key.append(vector.datum(at: row))
    }
    return key
  }
}
