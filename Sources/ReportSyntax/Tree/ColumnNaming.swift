extension SelectItem {
  /// The name of the result's column: the alias, or what PostgreSQL makes of the expression.
  package var columnName: String { alias?.text ?? value.columnName }
}

extension Expression {
  /// The name PostgreSQL gives to a column of this expression.
  package var columnName: String { figuredName().name ?? "?column?" }

  /// The name and how sure it is: a name of strength 1 yields to another.
  private func figuredName() -> (name: String?, strength: Int) {
    switch kind {
    case .column(let parts): return (parts.last?.text, 2)
    case .field(_, let name): return (name.text, 2)
    case .element(let base, _), .slice(let base, _, _), .collate(let base, _):
      return base.figuredName()
    case .function(let call): return (call.name.name.text, 2)
    case .atTimeZone: return ("timezone", 2)
    case .cast(let value, let type, _): return castName(value, type)
    case .conditional(let value):
      let inner = value.otherwise?.figuredName() ?? (name: nil, strength: 0)
      return inner.strength <= 1 ? ("case", 1) : inner
    case .scalarQuery(let query): return (query.firstColumnName, 2)
    case .sessionValue(let value, _): return (value.rawValue, 2)
    default: return (fixedName, fixedName == nil ? 0 : 2)
    }
  }

  private func castName(_ value: Expression, _ type: TypeName) -> (name: String?, strength: Int) {
    let inner = value.figuredName()
    return inner.name == nil || inner.strength <= 1 ? (type.name.name.text, 1) : inner
  }

  /// The name of constructs that have always the same.
  private var fixedName: String? {
    switch kind {
    case .exists: "exists"
    case .arrayQuery, .array: "array"
    case .row: "row"
    case .coalesce: "coalesce"
    case .nullif: "nullif"
    case .greatest: "greatest"
    case .least: "least"
    case .grouping: "grouping"
    default: nil
    }
  }
}

extension Query {
  /// The name of the only column of a scalar sub-select.
  fileprivate var firstColumnName: String? {
    var body = self.body
    while true {
      switch body {
      case .select(let select): return select.items.first?.columnName
      case .values: return "column1"
      case .setOperation(let operation): body = operation.left
      case .nested(let query): body = query.body
      }
    }
  }
}
