import Catalog
import Columnar
import Planning
import ReportSyntax

/// A statement about the row of one key, bound once for all values of its parameters.
struct BoundKeyStatement {
  let action: KeyStatement.Action
  let table: TableDefinition
  let output: [OutputColumn]?
  let parameterTypes: [LogicalType]
  /// Which parameters come as strings that are read as their types.
  let areStrings: [Bool]
  private(set) var rowKinds: [LaneKind] = []
  private(set) var readColumns: [(id: ColumnID, place: Int)] = []
  private(set) var arguments: [BoundExpression?] = []
  private(set) var keyPlaces: [Int] = []
  private(set) var conditions: [BoundExpression] = []
  private(set) var values: [BoundExpression] = []
  private(set) var outputs: [BoundExpression] = []

  /// Nil: the statement is not about one key alone, or must be planned anew each time.
  ///
  /// - Parameters:
  ///   - bound: The statement, its parameters left as such.
  ///   - parameterTypes: Theirs.
  ///   - areStrings: Which come as strings that are read as their types.
  init?(_ bound: BoundStatement, parameterTypes: [LogicalType], areStrings: [Bool]) {
    self.parameterTypes = parameterTypes
    self.areStrings = areStrings
    switch bound {
    case .query(let plan):
      guard let scan = KeyScan(plan), scan.conditions.count > 0 else { return nil }
      (action, table, output) = (.select, scan.scan.table, plan.output)
      guard settle(scan, values: [], outputs: scan.outputs) else { return nil }
    case .update(let plan):
      (action, table, output) = (.update, plan.table, plan.returning?.output)
      guard let scan = KeyScan(plan.source), scan.isWholeRow,
        Self.leavesKey(of: plan.table, plan.values)
      else { return nil }
      let outputs = plan.returning?.expressions ?? []
      guard settle(scan, values: plan.values, outputs: outputs) else { return nil }
    case .delete(let plan):
      (action, table, output) = (.delete, plan.table, plan.returning?.output)
      guard let scan = KeyScan(plan.source),
        scan.outputs.last?.columnIndex == KeyScan.locator
      else { return nil }
      let outputs = (plan.returning?.expressions ?? []).map { $0.substituting(scan.outputs) }
      guard settle(scan, values: [], outputs: outputs) else { return nil }
    case .insert(let plan):
      (action, table, output) = (.insert, plan.table, plan.returning?.output)
      guard case .error = plan.conflict, case .values(let rows) = plan.source.node,
        rows.count == 1, rows[0].count == plan.table.columns.count
      else { return nil }
      settleRow(rows[0], outputs: plan.returning?.expressions ?? [])
      guard !isRefused else { return nil }
    }
  }

  private var isRefused = false

  /// Whether an UPDATE leaves the columns of the key as they are.
  private static func leavesKey(of table: TableDefinition, _ values: [BoundExpression]) -> Bool {
    table.primaryKey.allSatisfy { id in
      guard let index = table.index(of: id) else { return false }
      return values[index].columnIndex == index
    }
  }

  /// Settles a statement about a row that is there.
  private mutating func settle(
    _ scan: KeyScan,
    values: [BoundExpression],
    outputs: [BoundExpression]
  ) -> Bool {
    guard let (key, rest) = scan.pinned() else { return false }
    var arguments = KeyArguments(rowWidth: scan.scan.columns.count)
    keyPlaces = key.map { arguments.add($0) }
    conditions = rest.map { arguments.rewrite($0) }
    self.values = values.map { arguments.rewrite($0) }
    self.outputs = outputs.map { arguments.rewrite($0) }
    self.arguments = arguments.sources
    var used: Set<Int> = []
    for expression in conditions + self.values + self.outputs {
      used.formUnion(expression.columnIndexes)
    }
    for (place, id) in scan.scan.columns.enumerated() {
      guard let index = table.index(of: id) else { return false }
      rowKinds.append(table.columns[index].type.laneKind)
      if used.contains(place) { readColumns.append((id, place)) }
    }
    return !arguments.isRefused
  }

  /// Settles an INSERT of one row.
  private mutating func settleRow(_ values: [BoundExpression], outputs: [BoundExpression]) {
    var arguments = KeyArguments(rowWidth: table.columns.count)
    self.values = values.map { arguments.rewrite($0) }
    self.outputs = outputs.map { arguments.rewrite($0) }
    self.arguments = arguments.sources
    rowKinds = table.columns.map(\.type.laneKind)
    isRefused = arguments.isRefused
  }
}

extension KeyScan {
  /// Whether rows come as the table's columns in their order, and the locator behind them.
  fileprivate var isWholeRow: Bool {
    guard scan.columns == scan.table.columns.map(\.id), outputs.count == scan.columns.count + 1
    else { return false }
    return outputs.dropLast().enumerated().allSatisfy { $1.columnIndex == $0 }
      && outputs.last?.columnIndex == Self.locator
  }
}

extension Statement {
  /// Whether it has the form of a statement about the row of one key.
  var mayConcernOneKey: Bool {
    switch self {
    case .update(let update): update.with == nil && update.from.isEmpty && update.filter != nil
    case .delete(let delete): delete.with == nil && delete.using.isEmpty && delete.filter != nil
    case .insert(let insert): insert.with == nil && insert.conflict == nil && insert.hasOneRow
    case .query(let query): query.readsOneTable
    default: false
    }
  }

  /// The table or view that a query reads.
  var relationRead: QualifiedName? {
    guard case .query(let query) = self, case .select(let select) = query.body,
      case .table(let name)? = select.from.first?.kind
    else { return nil }
    return name
  }

  /// The parameters that stand in what the statement gives, where their values may make types.
  var outputParameters: Set<Int> {
    var items: [SelectItem] = []
    switch self {
    case .update(let update): items = update.returning
    case .delete(let delete): items = delete.returning
    case .insert(let insert): items = insert.returning
    case .query(let query):
      if case .select(let select) = query.body { items = select.items }
    default: break
    }
    var found: Set<Int> = []
    for item in items { item.value.addParameters(to: &found) }
    return found
  }
}

extension Statement {
  /// Where strings stand that are nothing but values: assigned to a column, inserted, or compared with a column for equality.
  var plainStrings: Set<Int> {
    var values: [Expression] = []
    switch self {
    case .update(let update):
      values = update.assignments.map(\.value)
      update.filter?.addCompared(to: &values)
    case .delete(let delete): delete.filter?.addCompared(to: &values)
    case .insert(let insert):
      if case .query(let query) = insert.rows, case .values(let list) = query.body {
        values = list.rows.flatMap { $0 }
      }
    case .query(let query):
      if case .select(let select) = query.body { select.filter?.addCompared(to: &values) }
    default: break
    }
    var places: Set<Int> = []
    for value in values {
      if case .literal(.string) = value.kind { places.insert(Int(value.range.lower)) }
    }
    return places
  }
}

extension Insert {
  fileprivate var hasOneRow: Bool {
    guard case .query(let query) = rows, query.isPlain, case .values(let values) = query.body
    else { return false }
    return values.rows.count == 1
  }
}

extension Query {
  /// Whether it is a body and nothing else.
  fileprivate var isPlain: Bool {
    with == nil && orderBy.isEmpty && limit == nil && offset == nil && locking.isEmpty
  }

  fileprivate var readsOneTable: Bool {
    guard isPlain, case .select(let select) = body, case .no = select.distinct,
      select.from.count == 1, case .table = select.from[0].kind
    else { return false }
    return select.filter != nil && select.groupBy == nil && select.having == nil
      && select.windows.isEmpty
  }
}

extension Expression {
  /// What conditions that must all hold compare columns with.
  fileprivate func addCompared(to found: inout [Expression]) {
    switch kind {
    case .and(let parts): for part in parts { part.addCompared(to: &found) }
    case .binary(let symbol, let left, let right) where symbol.symbol == "=":
      if case .column = left.kind { found.append(right) }
      if case .column = right.kind { found.append(left) }
    default: break
    }
  }

  fileprivate func addParameters(to found: inout Set<Int>) {
    if case .parameter(let number) = kind { found.insert(number) }
    for child in children { child.addParameters(to: &found) }
  }
}
