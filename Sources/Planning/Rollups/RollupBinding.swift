package import Catalog
import Columnar
package import ReportSyntax

/// Binds CREATE ROLLUP: as the grouped query that the rollup must equal.
package struct RollupBinding {
  private let folding: any ConstantFolding

  /// - Parameter folding: Computes constants; of a session in the definition's time zone.
  package init(folding: any ConstantFolding) { self.folding = folding }

  /// Binds a stored definition against its table as it is now.
  ///
  /// - Throws: XX000 where the stored text does not fit any more, which no statement can bring about.
  package func bind(
    _ definition: RollupDefinition,
    of table: TableDefinition,
    lookup: TableDefinition? = nil
  ) throws(PlanningError) -> BoundRollup {
    let statements: [ParsedStatement]
    do throws(SyntaxError) {
      statements = try Parser.parseStatements(Array(definition.text.utf8))
    } catch {
      throw PlanningError("XX000", "stored rollup \"\(definition.name)\": \(error.message)")
    }
    guard case .createRollup(let create) = statements.first?.statement else {
      throw PlanningError("XX000", "stored rollup \"\(definition.name)\" is no rollup")
    }
    do throws(PlanningError) {
      var bound = try bind(
        create,
        of: Self.named(table, definition.columns),
        definition,
        lookup: lookup.map { Self.named($0, definition.lookup?.columns ?? [:]) }
      )
      bound.table = table
      if let lookup {
        bound.table = RollupLookup.sideBySide(table, lookup, id: definition.jointID)
        bound.lookup = bound.lookup?.renamed(table, lookup)
      }
      // A rollup of before there were arrivals took no ids for them.
      if bound.tables.count > definition.idCount { bound.arrivals = [] }
      return bound
    } catch {
      throw error.withoutPosition
    }
  }

  /// A table with the names that columns had when a text was written: they may have been renamed since.
  private static func named(
    _ table: TableDefinition,
    _ names: [ColumnID: String]
  ) -> TableDefinition {
    var named = table
    for place in named.columns.indices {
      named.columns[place].name = names[named.columns[place].id] ?? "(\(place))"
    }
    return named
  }

  /// Binds a statement.
  ///
  /// - Parameters:
  ///   - create: The statement.
  ///   - table: The table that it names.
  ///   - definition: Gives ids, name and zone; what the statement decides is filled in by the caller.
  ///   - lookup: The second table, where the statement names one.
  /// - Returns: The rollup, over the table's columns.
  /// - Throws: What the defining query raises; 0A000 for what cannot be kept exactly.
  package func bind(
    _ create: CreateRollup,
    of table: TableDefinition,
    _ definition: RollupDefinition,
    lookup: TableDefinition? = nil
  ) throws(PlanningError) -> BoundRollup {
    let found = try defining(create, of: table, lookup, zone: definition.timeZone)
    func overTable(_ expression: BoundExpression) -> BoundExpression {
      expression.mapColumns { found.places[$0] }
    }
    var joined = table
    if let lookup {
      joined = RollupLookup.sideBySide(table, lookup, id: definition.jointID)
    }
    var shape = RollupShape(definition, joined)
    for (place, key) in found.keys.enumerated() {
      let alias = create.keys[place].alias?.text
      try shape.add(
        key: overTable(key),
        name: alias ?? create.keys[place].value.columnName,
        range: create.keys[place].value.range
      )
    }
    for (call, written) in found.calls {
      var call = call
      call.arguments = call.arguments.map(overTable)
      call.order = call.order.map { $0.mapExpression(overTable) }
      try shape.add(call, isFiltered: call.filter != nil, range: written.range)
    }
    let conditions = found.conditions.map(overTable)
    for condition in conditions where condition.isVolatile || condition.dependsOnSession {
      throw PlanningError(
        "42P17",
        "conditions of a rollup must not depend on the session or the moment",
        at: create.filter?.range
      )
    }
    var rollup = shape.rollup(conditions: conditions)
    if let months = create.retainMonths {
      let range = create.keys.first?.value.range
      rollup.retention = try Self.retention(months, of: rollup, over: table, range: range)
    }
    if let lookup {
      rollup.lookup = try RollupLookup.make(
        of: rollup,
        table,
        lookup,
        found.pairs,
        range: create.lookup?.condition.range
      )
    }
    return rollup
  }

  /// Which months a rollup holds: a query can tell only where it has a bucket of the column that makes them.
  private static func retention(
    _ months: Int32,
    of rollup: BoundRollup,
    over table: TableDefinition,
    range: SourceRange?
  ) throws(PlanningError) -> BoundRollup.Retention {
    guard let column = table.partitionColumn.flatMap(table.index(of:)) else {
      throw PlanningError(
        "42P16",
        "RETAIN of a rollup needs a table with PARTITION BY MONTH",
        at: range
      )
    }
    guard rollup.keys.contains(where: { $0.bucket?.column == column }) else {
      let name = table.columns[column].name
      throw PlanningError(
        "42P17",
        "RETAIN of a rollup needs a key that cuts \"\(name)\" into buckets of time",
        at: range
      )
    }
    return BoundRollup.Retention(months: Int(months), column: column)
  }

  /// What the defining query groups: keys, aggregates and conditions over its rows.
  private struct Parts {
    var keys: [BoundExpression] = []
    var calls: [(BoundAggregate, Expression)] = []
    var conditions: [BoundExpression]
    /// Of the rows' columns, the place in the table; those of a second table stand behind the first's.
    var places: [Int]
    var pairs: [RollupLookup.Pair]
  }

  /// The defining query: its keys and its aggregates over one scan, or over a scan and what it looks up.
  private func defining(
    _ create: CreateRollup,
    of table: TableDefinition,
    _ lookup: TableDefinition?,
    zone: String
  ) throws(PlanningError) -> Parts {
    var catalog = CatalogSnapshot()
    for table in [table, lookup].compactMap({ $0 }) {
      catalog.apply(.createSchema(table.schema))
      catalog.apply(.createTable(table))
    }
    let context = BindingContext(
      catalog: catalog,
      settings: BindingSettings(searchPath: [table.schema], timeZoneName: zone),
      folding: folding
    )
    let items =
      create.keys.map { SelectItem(value: $0.value) }
      + create.aggregates.map { SelectItem(value: $0) }
    let query = try Self.query(create, items, table, lookup)
    let bound = try Binder(context: context).bindQuery(query)
    guard context.parameterTypes.isEmpty else {
      throw PlanningError("42P02", "there is no parameter $1")
    }
    guard let found = Defining(FilterPushdown.apply(bound)), found.list.count == items.count,
      var parts = Self.parts(of: found.input, table, lookup)
    else {
      throw PlanningError("0A000", "the query of this rollup is too complicated")
    }
    for (place, expression) in found.list.enumerated() {
      guard let column = expression.columnIndex else {
        if place < create.keys.count {
          throw PlanningError(
            "42P17",
            "a key of a rollup must use a column",
            at: items[place].value.range
          )
        }
        throw PlanningError(
          "42P17",
          "STORE takes aggregates as they are",
          at: items[place].value.range
        )
      }
      if place < create.keys.count {
        guard column < found.keys.count, !parts.keys.contains(found.keys[column]) else {
          throw PlanningError(
            "42701",
            "the key is there twice",
            at: items[place].value.range
          )
        }
        parts.keys.append(found.keys[column])
      } else {
        guard column >= found.keys.count else {
          throw PlanningError(
            "42P17",
            "STORE takes aggregates",
            at: items[place].value.range
          )
        }
        parts.calls.append((found.calls[column - found.keys.count], items[place].value))
      }
    }
    return parts
  }

  /// What is grouped: a scan, or a look-up of one scan's rows in another.
  private static func parts(
    of input: Plan,
    _ table: TableDefinition,
    _ lookup: TableDefinition?
  ) -> Parts? {
    guard let lookup else {
      guard case .scan(let scan) = input.node else { return nil }
      let places = scan.columns.map { table.index(of: $0) ?? 0 }
      return Parts(conditions: scan.filters, places: places, pairs: [])
    }
    guard case .join(let left, let right, .left, let keys, nil) = input.node,
      case .scan(let own) = left.node, case .scan(let other) = right.node, other.filters.isEmpty
    else { return nil }
    let ownPlaces = own.columns.map { table.index(of: $0) ?? 0 }
    let otherPlaces = other.columns.map { lookup.index(of: $0) ?? 0 }
    var pairs: [RollupLookup.Pair] = []
    for key in keys {
      guard let left = key.left.columnIndex, let right = key.right.columnIndex else { return nil }
      pairs.append(RollupLookup.Pair(own: ownPlaces[left], other: otherPlaces[right]))
    }
    return Parts(
      conditions: own.filters,
      places: ownPlaces + otherPlaces.map { $0 + table.columns.count },
      pairs: pairs
    )
  }

  /// `SELECT keys, aggregates FROM table [LEFT JOIN …] WHERE condition GROUP BY keys`, read back from its text.
  ///
  /// The tables have the names that the text gives them, whatever they are called now.
  private static func query(
    _ create: CreateRollup,
    _ items: [SelectItem],
    _ table: TableDefinition,
    _ lookup: TableDefinition?
  ) throws(PlanningError) -> Query {
    let list = items.map { Printer.text(of: $0.value) }.joined(separator: ", ")
    let keys = create.keys.indices.map { String($0 + 1) }.joined(separator: ", ")
    func source(_ table: TableDefinition, _ name: QualifiedName) -> String {
      Printer.quoted(table.schema) + "." + Printer.quoted(table.name) + " AS "
        + Printer.quoted(name.name.text)
    }
    var from = source(table, create.table)
    if let lookup, let written = create.lookup {
      from += " LEFT JOIN " + source(lookup, written.table) + " ON "
      from += Printer.text(of: written.condition)
    }
    let condition = create.filter.map { " WHERE " + Printer.text(of: $0) } ?? ""
    let text = "SELECT \(list) FROM \(from)\(condition) GROUP BY \(keys)"
    do throws(SyntaxError) {
      return try Parser.parseQuery(Array(text.utf8))
    } catch {
      throw PlanningError("42601", error.message)
    }
  }
}

/// A grouping, found in a bound plan.
private struct Defining {
  var list: [BoundExpression]
  var keys: [BoundExpression]
  var calls: [BoundAggregate]
  /// What is grouped.
  var input: Plan

  init?(_ plan: Plan) {
    var plan = plan
    var list = plan.columns
    while case .project(let input, let inner) = plan.node {
      list = list.map { $0.substituting(inner) }
      plan = input
    }
    guard case .aggregate(var input, var keys, var calls) = plan.node else { return nil }
    while case .project(let source, let inner) = input.node {
      keys = keys.map { $0.substituting(inner) }
      calls = calls.map { $0.mapExpressions { $0.substituting(inner) } }
      input = source
    }
    self.list = list
    self.keys = keys
    self.calls = calls
    self.input = input
  }
}

extension RollupDefinition {
  /// The last of the ids that a rollup over two tables takes: it stands for the columns of both.
  fileprivate var jointID: TableID { TableID(id.rawValue + 2) }
}

extension BoundExpression {
  /// Whether the value may differ between sessions or moments.
  var dependsOnSession: Bool {
    if case .call(let function, _) = node, function.dependsOnSession { return true }
    return children.contains { $0.dependsOnSession }
  }
}
