import Catalog
import Columnar

/// A look-up that a query writes as a LEFT JOIN, made one scan of both tables' columns, and back.
///
/// The join may stand above others: each row of the first table finds at most one of the second, so it does not matter
/// when that is looked for.
struct JoinedScan {
  let lookup: RollupLookup
  /// Both tables' columns side by side.
  let table: TableDefinition

  /// - Parameter rollup: nil is returned where it is over one table.
  init?(_ rollup: BoundRollup) {
    guard let lookup = rollup.lookup else { return nil }
    self.lookup = lookup
    table = rollup.table
  }

  private var ownCount: Int { lookup.base.columns.count }
  private var otherColumns: [OutputColumn] {
    table.columns[ownCount...].map { OutputColumn(name: $0.name, type: $0.type) }
  }

  // MARK: From the join

  /// The plan with the look-up in its scan; nil: it looks nothing up, or something else.
  func applied(to plan: Plan) -> Plan? {
    switch plan.node {
    case .filter(let input, let condition):
      return applied(to: input).map { Plan(.filter($0, condition), output: plan.output) }
    case .project(let input, let list):
      return applied(to: input).map { Plan(.project($0, list), output: plan.output) }
    case .join(let left, let right, let kind, let keys, let residual):
      if kind == .left, residual == nil, let scan = lookedUp(plan, left, right, keys) {
        return scan
      }
      func join(_ left: Plan, _ right: Plan) -> Plan {
        Plan(.join(left, right, kind, keys: keys, residual: residual), output: plan.output)
      }
      if kind != .right, kind != .full, let changed = applied(to: left) {
        return join(changed, right)
      }
      guard kind == .inner || kind == .cross || kind == .right else { return nil }
      return applied(to: right).map { join(left, $0) }
    default: return nil
    }
  }

  /// What the first table's scan must be for a join to be the look-up.
  private struct Wanted {
    /// Columns of the plan, and the places in the first table that they come from.
    var columns: [(place: Int, own: Int)] = []
    /// Conditions that the scan must have: the column, by its place in the first table, is the constant.
    var constants: [(own: Int, value: Datum)] = []
  }

  private func lookedUp(
    _ plan: Plan,
    _ left: Plan,
    _ right: Plan,
    _ keys: [(left: BoundExpression, right: BoundExpression)]
  ) -> Plan? {
    guard let other = otherSide(right) else { return nil }
    var wanted = Wanted()
    var seen: Set<Int> = []
    for key in keys {
      guard let place = key.left.columnIndex, let column = key.right.columnIndex,
        let pair = lookup.pairs.firstIndex(where: { $0.other == other.places[column] })
      else { return nil }
      wanted.columns.append((place, lookup.pairs[pair].own))
      seen.insert(pair)
    }
    for (place, value) in other.constants {
      guard let pair = lookup.pairs.firstIndex(where: { $0.other == place }) else { return nil }
      wanted.constants.append((lookup.pairs[pair].own, value))
      seen.insert(pair)
    }
    guard seen.count == lookup.pairs.count, !wanted.columns.isEmpty,
      let wide = widened(left, wanted)
    else { return nil }
    let count = left.output.count
    let list = (0..<count).map(wide.column) + other.places.map { wide.column(count + $0) }
    return Plan(.project(wide, list), output: plan.output)
  }

  /// The second table's columns that a plan hands on unchanged, and the constants that its rows have.
  private func otherSide(_ plan: Plan) -> (places: [Int], constants: [(place: Int, value: Datum)])?
  {
    switch plan.node {
    case .project(let input, let list):
      guard let side = otherSide(input) else { return nil }
      let places = list.compactMap { $0.columnIndex.map { side.places[$0] } }
      return places.count == list.count ? (places, side.constants) : nil
    case .scan(let scan):
      guard scan.table.id == lookup.table.id, !scan.emitsLocator else { return nil }
      let places = scan.columns.compactMap { lookup.table.index(of: $0) }
      guard places.count == scan.columns.count else { return nil }
      var constants: [(place: Int, value: Datum)] = []
      for filter in scan.filters {
        guard let (column, value) = Self.constant(filter) else { return nil }
        constants.append((places[column], value))
      }
      return (Array(places.prefix(scan.outputCount)), constants)
    default: return nil
    }
  }

  /// `column = constant`.
  private static func constant(_ condition: BoundExpression) -> (column: Int, value: Datum)? {
    guard case .call(.compare(.equal), let sides) = condition.node, sides.count == 2 else {
      return nil
    }
    for (side, other) in [(sides[0], sides[1]), (sides[1], sides[0])] {
      if let column = side.columnIndex, case .constant(let value) = other.node, !value.isNull {
        return (column, value)
      }
    }
    return nil
  }

  /// The plan's columns, and behind them those of the second table; nil: its rows do not look that up.
  private func widened(_ plan: Plan, _ wanted: Wanted) -> Plan? {
    let output = plan.output + otherColumns
    switch plan.node {
    case .scan(let scan): return widened(scan, wanted).map { Plan(.scan($0), output: output) }
    case .filter(let input, let condition):
      return widened(input, wanted).map { Plan(.filter($0, condition), output: output) }
    case .project(let input, let list):
      var inner = wanted
      inner.columns = []
      for (place, own) in wanted.columns {
        guard let column = list[place].columnIndex else { return nil }
        inner.columns.append((column, own))
      }
      guard let wide = widened(input, inner) else { return nil }
      let others = (input.output.count..<wide.output.count).map(wide.column)
      return Plan(.project(wide, list + others), output: output)
    case .join(let left, let right, let kind, let keys, let residual):
      return widened(left, right, kind, keys, residual, wanted, output)
    default: return nil
    }
  }

  private func widened(_ scan: TableScan, _ wanted: Wanted) -> TableScan? {
    let places = scan.columns.compactMap { lookup.base.index(of: $0) }
    guard scan.table.id == lookup.base.id, !scan.emitsLocator,
      scan.outputCount == scan.columns.count, places.count == scan.columns.count,
      wanted.columns.allSatisfy({ places[$0.place] == $0.own })
    else { return nil }
    let known = scan.filters.compactMap(Self.constant)
    guard
      wanted.constants.allSatisfy({ constant in
        known.contains { places[$0.column] == constant.own && $0.value == constant.value }
      })
    else { return nil }
    let others = table.columns[ownCount...].map(\.id)
    return TableScan(
      table: table,
      columns: places.map { table.columns[$0].id } + others,
      filters: scan.filters
    )
  }

  private func widened(
    _ left: Plan,
    _ right: Plan,
    _ kind: JoinKind,
    _ keys: [(left: BoundExpression, right: BoundExpression)],
    _ residual: BoundExpression?,
    _ wanted: Wanted,
    _ output: [OutputColumn]
  ) -> Plan? {
    let count = left.output.count
    let added = otherColumns.count
    if wanted.columns.allSatisfy({ $0.place < count }), kind != .right, kind != .full {
      guard let wide = widened(left, wanted) else { return nil }
      let residual = residual?.mapColumns { $0 < count ? $0 : $0 + added }
      if kind == .semi || kind == .anti {
        return Plan(.join(wide, right, kind, keys: keys, residual: residual), output: output)
      }
      let joined = Plan(
        .join(wide, right, kind, keys: keys, residual: residual),
        output: wide.output + right.output
      )
      let order =
        Array(0..<count) + Array(count + added..<joined.output.count)
        + Array(count..<count + added)
      return Plan(.project(joined, order.map(joined.column)), output: output)
    }
    guard wanted.columns.allSatisfy({ $0.place >= count }),
      kind == .inner || kind == .cross || kind == .right
    else { return nil }
    var inner = wanted
    inner.columns = wanted.columns.map { ($0.place - count, $0.own) }
    return widened(right, inner).map {
      Plan(.join(left, $0, kind, keys: keys, residual: residual), output: output)
    }
  }

  // MARK: Back to the join

  /// The plan with joins in place of scans of both tables' columns: where a range cuts buckets rows are read.
  func expanded(_ plan: Plan) -> Plan {
    guard case .scan(let scan) = plan.node, scan.table.id == table.id else {
      return plan.mapInputs(expanded)
    }
    let places = scan.columns.map { Int($0.rawValue) }
    let filters = scan.filters.map { $0.mapColumns { places[$0] } }
    let ownFilters = filters.filter { $0.columnIndexes.allSatisfy { $0 < ownCount } }
    func rows(_ table: TableDefinition, _ filters: [BoundExpression]) -> Plan {
      Plan(
        .scan(TableScan(table: table, columns: table.columns.map(\.id), filters: filters)),
        output: table.columns.map { OutputColumn(name: $0.name, type: $0.type) }
      )
    }
    let left = rows(lookup.base, ownFilters)
    let right = rows(lookup.table, [])
    let keys = lookup.pairs.map { (left: left.column($0.own), right: right.column($0.other)) }
    let joined = Plan(
      .join(left, right, .left, keys: keys, residual: nil),
      output: left.output + right.output
    ).filtered(by: filters.filter { !ownFilters.contains($0) })
    return Plan(
      .project(joined, places.prefix(scan.outputCount).map(joined.column)),
      output: plan.output
    )
  }
}
