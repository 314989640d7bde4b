import Catalog
import Columnar
import ReportSyntax

extension RollupLookup {
  /// Both tables' columns side by side, as if they were one table; those of the second may be missing.
  static func sideBySide(
    _ base: TableDefinition,
    _ other: TableDefinition,
    id: TableID
  ) -> TableDefinition {
    var columns: [Catalog.ColumnDefinition] = []
    for column in base.columns + other.columns {
      let place = columns.count
      columns.append(
        Catalog.ColumnDefinition(
          id: ColumnID(UInt32(place)),
          name: column.name,
          type: column.type,
          isNullable: place >= base.columns.count || column.isNullable
        )
      )
    }
    func moved(_ id: ColumnID) -> ColumnID? { base.index(of: id).map { ColumnID(UInt32($0)) } }
    return TableDefinition(
      id: id,
      schema: base.schema,
      name: base.name,
      columns: columns,
      primaryKey: base.primaryKey.compactMap(moved),
      tenantColumn: base.tenantColumn.flatMap(moved)
    )
  }

  /// What a rollup over both tables is kept as.
  ///
  /// - Parameters:
  ///   - rollup: Over both tables' columns.
  ///   - base: The first table.
  ///   - table: The second.
  ///   - pairs: What the join compares.
  ///   - range: Where the join stands in the text.
  /// - Returns: The look-up.
  /// - Throws: 0A000 where the groups could not be kept exactly.
  static func make(
    of rollup: BoundRollup,
    _ base: TableDefinition,
    _ table: TableDefinition,
    _ pairs: [Pair],
    range: SourceRange?
  ) throws(PlanningError) -> RollupLookup {
    func unsupported(_ what: String) -> PlanningError {
      PlanningError("0A000", "\(what) in a rollup over two tables is not supported", at: range)
    }
    guard table.primaryKey.count == 1, let keyID = table.primaryKey.first,
      let key = pairs.first(where: { table.columns[$0.other].id == keyID })
    else { throw unsupported("a join that does not compare the second table's primary key") }
    guard rollup.values.isEmpty else {
      throw unsupported("min, max, count(DISTINCT …) and what else needs single values")
    }
    let ownCount = base.columns.count
    func isOwn(_ expression: BoundExpression) -> Bool {
      expression.columnIndexes.allSatisfy { $0 < ownCount }
    }
    func isOther(_ expression: BoundExpression) -> Bool {
      expression.columnIndexes.allSatisfy { $0 >= ownCount }
    }
    let arguments = rollup.sums.map(\.argument)
    for expression in rollup.keys.map(\.expression) + arguments
    where !isOwn(expression) && !isOther(expression) {
      throw unsupported("an expression over columns of both")
    }
    guard rollup.conditions.allSatisfy(isOwn) else {
      throw unsupported("a condition on the second table")
    }
    for sum in rollup.sums {
      guard sum.squares == nil,
        sum.sum == nil || BoundRollup.productType(of: sum.argument.type) != nil
      else { throw unsupported("a sum of \(sum.argument.type)") }
    }
    let links = pairs.map { pair in
      BoundExpression(.column(pair.own), base.columns[pair.own].type)
    }
    var own = rollup.keys.filter { isOwn($0.expression) }
    for expression in links + arguments.filter(isOwn)
    where !own.contains(where: { $0.expression == expression }) {
      own.append(
        BoundRollup.Key(name: "column\(own.count + 1)", expression: expression, bucket: nil)
      )
    }
    let places = Set(pairs.map(\.other))
      .union(
        (rollup.keys.map(\.expression) + arguments).filter { !isOwn($0) }.flatMap { expression in
          expression.columnIndexes.map { $0 - ownCount }
        }
      )
    let link = BoundExpression(.column(key.own), base.columns[key.own].type)
    func rows(isLinked: Bool) -> BoundRollup {
      let condition = BoundExpression(.isNull(link, negated: isLinked), .boolean)
      return groups(of: rollup, base, own, condition, link: key.own)
    }
    return RollupLookup(
      base: base,
      table: table,
      pairs: pairs,
      key: key,
      otherPlaces: places.sorted(),
      linked: rows(isLinked: true),
      loose: rows(isLinked: false)
    )
  }

  /// The first table's rows by some keys, those with one value of the link together.
  private static func groups(
    of rollup: BoundRollup,
    _ base: TableDefinition,
    _ keys: [BoundRollup.Key],
    _ condition: BoundExpression,
    link: Int
  ) -> BoundRollup {
    var definition = rollup.definition
    definition.id = TableID(rollup.id.rawValue + 1)
    var columns = keys.enumerated().map { place, key in
      Catalog.ColumnDefinition(
        id: ColumnID(UInt32(place)),
        name: key.name,
        type: key.expression.type
      )
    }
    let lead = columns.indices.filter { keys[$0].expression.columnIndex == link }
    let order = (lead + columns.indices.filter { !lead.contains($0) }).map { columns[$0].id }
    columns.append(
      Catalog.ColumnDefinition(
        id: ColumnID(UInt32(columns.count)),
        name: "n",
        type: .bigint,
        isNullable: false
      )
    )
    let main = TableDefinition(
      id: definition.id,
      schema: base.schema,
      name: "\(rollup.definition.name).1",
      columns: columns,
      sortKey: order
    )
    return BoundRollup(
      definition: definition,
      table: base,
      keys: keys,
      conditions: rollup.conditions + [condition],
      sums: [],
      values: [],
      arrivals: [],
      main: main
    )
  }
}
