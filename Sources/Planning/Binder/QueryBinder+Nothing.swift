import Columnar
import ReportSyntax

extension QueryBinder {
  /// No rows, for a SELECT over relations that are always empty whose expressions are not supported; nil: it is another.
  ///
  /// The catalog has relations for what does not exist here (policies, publications, …). Clients ask them with arrays, lateral functions
  /// and the like, none of which is ever computed.
  func nothing(_ select: Select, after error: PlanningError) -> Plan? {
    guard ["0A000", "42883", "42809", "42P01", "42703"].contains(error.sqlState),
      select.groupBy == nil,
      select.having == nil, hasNoRows(select.from),
      !select.items.contains(where: { hasAggregate($0.value) })
    else { return nil }
    guard let (_, scope) = try? bind(from: select.from) else { return nil }
    let expressions = ExpressionBinder(
      context: context,
      scope: SelectScope(scope, windows: [], self)
    )
    var output: [OutputColumn] = []
    for item in select.items {
      if case .wildcard(let path) = item.value.kind {
        guard let columns = try? scope.columns(of: path, range: item.value.range) else {
          return nil
        }
        output += columns.map { OutputColumn(name: $0.name, type: $0.type) }
        continue
      }
      let bound = try? expressions.bind(item.value)
      // A column that is not there is an error all the same.
      if bound == nil, case .column = item.value.kind { return nil }
      let type = bound?.type ?? .text
      output.append(
        OutputColumn(
          name: item.alias?.text ?? item.value.columnName,
          type: type == .unknown ? .text : type
        )
      )
    }
    return Plan(.values(rows: []), output: output)
  }

  /// Whether a SELECT gives no row because of its FROM.
  func hasNoRows(_ query: Query) -> Bool {
    guard case .select(let select) = query.body, select.groupBy == nil,
      !select.items.contains(where: { hasAggregate($0.value) })
    else { return false }
    return hasNoRows(select.from)
  }

  private func hasNoRows(_ items: [FromItem]) -> Bool { items.contains(where: hasNoRows) }

  private func hasNoRows(_ item: FromItem) -> Bool {
    switch item.kind {
    case .table(let name):
      name.name.text.hasPrefix("pg_")
        && candidates(name).contains(where: binder.systemTables.isAlwaysEmpty)
    case .join(let join):
      switch join.kind {
      case .inner, .cross: hasNoRows(join.left) || hasNoRows(join.right)
      case .left: hasNoRows(join.left)
      case .right: hasNoRows(join.right)
      case .full: hasNoRows(join.left) && hasNoRows(join.right)
      }
    case .function(let function): isNull(function.calls)
    case .query: false
    }
  }

  /// Columns of the catalog that are arrays and always NULL.
  private static let nullColumns: Set = ["reloptions", "attoptions", "spcoptions", "setconfig"]

  /// Whether a function in FROM is `unnest` of such a column.
  private func isNull(_ calls: [Expression]) -> Bool {
    guard calls.count == 1, case .function(let call) = calls[0].kind,
      call.name.name.text == "unnest", call.arguments.count == 1,
      case .column(let path) = call.arguments[0].value.kind
    else { return false }
    return Self.nullColumns.contains(path.last?.text ?? "")
  }

  /// Whether an expression holds an aggregate, which has a row where there is none.
  private func hasAggregate(_ expression: Expression) -> Bool {
    if case .function(let call) = expression.kind, call.window == nil,
      call.isStar || AggregateCatalog.names[call.name.name.text] != nil
    {
      return true
    }
    return expression.children.contains(where: hasAggregate)
  }
}
