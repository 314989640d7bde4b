/// A query with its ORDER BY and LIMIT: whatever may stand in parentheses as a sub-select.
package final class Query: Sendable {
  package let with: WithClause?
  package let body: Body
  package let orderBy: [SortItem]
  package let limit: Limit?
  package let offset: Expression?
  package let locking: [Locking]
  package let range: SourceRange
  package let height: Int

  package init(
    with: WithClause? = nil,
    body: Body,
    orderBy: [SortItem] = [],
    limit: Limit? = nil,
    offset: Expression? = nil,
    locking: [Locking] = [],
    range: SourceRange,
    height: Int
  ) {
    self.with = with
    self.body = body
    self.orderBy = orderBy
    self.limit = limit
    self.offset = offset
    self.locking = locking
    self.range = range
    self.height = height
  }

  /// What makes the rows.
  package enum Body: Sendable {
    case select(Select)
    case values(Values)
    case setOperation(SetOperation)
    /// A query in parentheses with clauses of its own.
    case nested(Query)
  }

  package enum Limit: Sendable {
    /// `LIMIT ALL`
    case all
    case count(Expression)
    /// `FETCH FIRST n ROWS WITH TIES`
    case countWithTies(Expression)
  }

  /// `FOR UPDATE`, kept for its error.
  package struct Locking: Sendable {
    package let strength: String
    package let range: SourceRange
  }
}

/// `VALUES (…), (…)`.
package final class Values: Sendable {
  package let rows: [[Expression]]
  package let range: SourceRange

  package init(rows: [[Expression]], range: SourceRange) {
    self.rows = rows
    self.range = range
  }
}

/// `left UNION [ALL] right`.
package final class SetOperation: Sendable {
  package enum Kind: String, Hashable, Sendable {
    case union, intersect, except
  }
  package let kind: Kind
  package let isAll: Bool
  package let left: Query.Body
  package let right: Query.Body
  package let range: SourceRange

  package init(
    kind: Kind,
    isAll: Bool,
    left: Query.Body,
    right: Query.Body,
    range: SourceRange
  ) {
    self.kind = kind
    self.isAll = isAll
    self.left = left
    self.right = right
    self.range = range
  }
}

/// `WITH [RECURSIVE] …`.
package struct WithClause: Sendable {
  package struct Member: Sendable {
    package let name: Identifier
    package let columns: [Identifier]
    package let isMaterialized: Bool?
    /// A query; data-changing statements are refused by the parser.
    package let query: Query
  }
  package let isRecursive: Bool
  package let members: [Member]
  package let range: SourceRange
}

/// `SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW …`.
package final class Select: Sendable {
  package let distinct: Distinct
  package let items: [SelectItem]
  package let from: [FromItem]
  package let filter: Expression?
  package let groupBy: GroupBy?
  package let having: Expression?
  package let windows: [NamedWindow]
  package let range: SourceRange

  package init(
    distinct: Distinct = .no,
    items: [SelectItem],
    from: [FromItem] = [],
    filter: Expression? = nil,
    groupBy: GroupBy? = nil,
    having: Expression? = nil,
    windows: [NamedWindow] = [],
    range: SourceRange
  ) {
    self.distinct = distinct
    self.items = items
    self.from = from
    self.filter = filter
    self.groupBy = groupBy
    self.having = having
    self.windows = windows
    self.range = range
  }

  package enum Distinct: Sendable {
    case no
    case rows
    /// `DISTINCT ON (…)`
    case on([Expression])
  }

  package struct NamedWindow: Sendable {
    package let name: Identifier
    package let definition: WindowDefinition
  }
}

/// An item of a select list or of RETURNING.
package struct SelectItem: Sendable {
  package let value: Expression
  package let alias: Identifier?

  package init(value: Expression, alias: Identifier? = nil) {
    self.value = value
    self.alias = alias
  }
}

/// `GROUP BY [ALL | DISTINCT] …`.
package struct GroupBy: Sendable {
  package indirect enum Element: Sendable {
    case expression(Expression)
    /// `()`
    case empty(SourceRange)
    case rollup([Element], SourceRange)
    case cube([Element], SourceRange)
    case sets([Element], SourceRange)
  }
  package let isDistinct: Bool
  /// `GROUP BY ALL`: by every item of the select list that has no aggregate.
  package let isByAllItems: Bool
  package let elements: [Element]
  package let range: SourceRange
}
