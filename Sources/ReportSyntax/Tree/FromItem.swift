/// A source of rows in FROM.
package final class FromItem: Sendable {
  package let kind: Kind
  package let alias: Alias?
  package let range: SourceRange
  package let height: Int

  package init(_ kind: Kind, alias: Alias?, range: SourceRange, height: Int) {
    self.kind = kind
    self.alias = alias
    self.range = range
    self.height = height
  }

  package enum Kind: Sendable {
    case table(QualifiedName)
    case function(TableFunction)
    case query(Query, isLateral: Bool)
    case join(Join)
  }

  /// `AS name (column, …)`.
  package struct Alias: Sendable {
    package let name: Identifier
    package let columns: [Identifier]

    package init(name: Identifier, columns: [Identifier] = []) {
      self.name = name
      self.columns = columns
    }
  }
}

/// `f(…)` or `ROWS FROM (f(…), …)` in FROM.
package final class TableFunction: Sendable {
  /// One, or several with ROWS FROM.
  ///
  /// Each is a ``Expression/Kind/function(_:)`` or another
  /// expression that PostgreSQL reads there, such as `CURRENT_DATE`.
  package let calls: [Expression]
  package let isRowsFrom: Bool
  package let withOrdinality: Bool
  package let isLateral: Bool
  /// `AS t (a int, b text)`.
  package let columnDefinitions: [ColumnType]

  package init(
    calls: [Expression],
    isRowsFrom: Bool,
    withOrdinality: Bool,
    isLateral: Bool,
    columnDefinitions: [ColumnType]
  ) {
    self.calls = calls
    self.isRowsFrom = isRowsFrom
    self.withOrdinality = withOrdinality
    self.isLateral = isLateral
    self.columnDefinitions = columnDefinitions
  }

  package struct ColumnType: Sendable {
    package let name: Identifier
    package let type: TypeName
  }
}

/// `left JOIN right ON …`.
package final class Join: Sendable {
  package enum Kind: String, Hashable, Sendable {
    case inner, left, right, full, cross
  }
  package enum Condition: Sendable {
    case none
    case on(Expression)
    /// `USING (a, b) [AS alias]`
    case using([Identifier], alias: Identifier?)
    case natural
  }
  package let kind: Kind
  package let left: FromItem
  package let right: FromItem
  package let condition: Condition

  package init(kind: Kind, left: FromItem, right: FromItem, condition: Condition) {
    self.kind = kind
    self.left = left
    self.right = right
    self.condition = condition
  }
}
