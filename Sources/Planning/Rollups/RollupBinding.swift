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
    of table: TableDefinition
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
    // Under the names of then: columns may have been renamed since.
    var named = table
    for place in named.columns.indices {
      if let name = definition.columns[named.columns[place].id] {
        named.columns[place].name = name
      } else {
        named.columns[place].name = "(\(place))"
      }
    }
    do throws(PlanningError) {
      var bound = try bind(create, of: named, definition)
      bound.table = table
      // A rollup of before there were arrivals took no ids for them.
      if bound.tables.count > definition.idCount { bound.arrivals = [] }
      return bound
    } catch {
      throw error.withoutPosition
    }
  }

  /// Binds a statement.
  ///
  /// - Parameters:
  ///   - create: The statement.
  ///   - table: The table that it names.
  ///   - definition: Gives ids, name and zone; what the statement decides is filled in by the caller.
  /// - Returns: The rollup, over the table's columns.
  /// - Throws: What the defining query raises; 0A000 for what cannot be kept exactly.
  package func bind(
    _ create: CreateRollup,
    of table: TableDefinition,
    _ definition: RollupDefinition
  ) throws(PlanningError) -> BoundRollup {
    let (keys, calls, scan) = try defining(create, of: table, zone: definition.timeZone)
    let toTable = scan.columns.map { table.index(of: $0) ?? 0 }
    func overTable(_ expression: BoundExpression) -> BoundExpression {
      expression.mapColumns { toTable[$0] }
    }
    var shape = RollupShape(definition, table)
    for (place, key) in keys.enumerated() {
      let alias = create.keys[place].alias?.text
      try shape.add(
        key: overTable(key),
        name: alias ?? create.keys[place].value.columnName,
        range: create.keys[place].value.range
      )
    }
    for (call, written) in calls {
      var call = call
      call.arguments = call.arguments.map(overTable)
      call.order = call.order.map { $0.mapExpression(overTable) }
      try shape.add(call, isFiltered: call.filter != nil, range: written.range)
    }
    let conditions = scan.filters.map(overTable)
    for condition in conditions where condition.isVolatile || condition.dependsOnSession {
      throw PlanningError(
        "42P17",
        "conditions of a rollup must not depend on the session or the moment",
        at: create.filter?.range
      )
    }
    return shape.rollup(conditions: conditions)
  }

  /// The defining query: its keys and its aggregates over one scan.
  private func defining(
    _ create: CreateRollup,
    of table: TableDefinition,
    zone: String
  ) throws(PlanningError) -> (
    keys: [BoundExpression], calls: [(BoundAggregate, Expression)], scan: TableScan
  ) {
    var catalog = CatalogSnapshot()
    catalog.apply(.createSchema(table.schema))
    catalog.apply(.createTable(table))
    let context = BindingContext(
      catalog: catalog,
      settings: BindingSettings(searchPath: [table.schema], timeZoneName: zone),
      folding: folding
    )
    let items =
      create.keys.map { SelectItem(value: $0.value) }
      + create.aggregates.map { SelectItem(value: $0) }
    let query = try Self.query(create, items, table)
    let bound = try Binder(context: context).bindQuery(query)
    guard context.parameterTypes.isEmpty else {
      throw PlanningError("42P02", "there is no parameter $1")
    }
    guard let found = Defining(FilterPushdown.apply(bound)), found.list.count == items.count else {
      throw PlanningError("0A000", "the query of this rollup is too complicated")
    }
    var keys: [BoundExpression] = []
    var calls: [(BoundAggregate, Expression)] = []
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
        guard column < found.keys.count, !keys.contains(found.keys[column]) else {
          throw PlanningError(
            "42701",
            "the key is there twice",
            at: items[place].value.range
          )
        }
        keys.append(found.keys[column])
      } else {
        guard column >= found.keys.count else {
          throw PlanningError(
            "42P17",
            "STORE takes aggregates",
            at: items[place].value.range
          )
        }
        calls.append((found.calls[column - found.keys.count], items[place].value))
      }
    }
    return (keys, calls, found.scan)
  }

  /// `SELECT keys, aggregates FROM table WHERE condition GROUP BY keys`, read back from its text.
  private static func query(
    _ create: CreateRollup,
    _ items: [SelectItem],
    _ table: TableDefinition
  ) throws(PlanningError) -> Query {
    let list = items.map { Printer.text(of: $0.value) }.joined(separator: ", ")
    let keys = create.keys.indices.map { String($0 + 1) }.joined(separator: ", ")
    let name = Printer.quoted(table.schema) + "." + Printer.quoted(table.name)
    let condition = create.filter.map { " WHERE " + Printer.text(of: $0) } ?? ""
    let text = "SELECT \(list) FROM \(name)\(condition) GROUP BY \(keys)"
    do throws(SyntaxError) {
      return try Parser.parseQuery(Array(text.utf8))
    } catch {
      throw PlanningError("42601", error.message)
    }
  }
}

/// A grouping over one scan, found in a bound plan.
private struct Defining {
  var list: [BoundExpression]
  var keys: [BoundExpression]
  var calls: [BoundAggregate]
  var scan: TableScan

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
    guard case .scan(let scan) = input.node else { return nil }
    self.list = list
    self.keys = keys
    self.calls = calls
    self.scan = scan
  }
}

extension BoundExpression {
  /// Whether the value may differ between sessions or moments.
  var dependsOnSession: Bool {
    if case .call(let function, _) = node, function.dependsOnSession { return true }
    return children.contains { $0.dependsOnSession }
  }
}
