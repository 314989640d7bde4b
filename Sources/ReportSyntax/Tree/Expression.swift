/// A scalar expression as written.
///
/// Nodes are immutable, and the parser bounds ``height``, so walking or releasing a tree
/// recursively is safe on a small stack.
package final class Expression: Sendable {
  package let kind: Kind
  /// The text without parentheses around it; its start is PostgreSQL's `exprLocation`.
  package let range: SourceRange
  /// Levels of nodes below and with this one.
  package let height: Int

  package init(_ kind: Kind, range: SourceRange, height: Int = 1) {
    self.kind = kind
    self.range = range
    self.height = height
  }

  /// What an expression says.
  package enum Kind: Sendable {
    case literal(Literal)
    /// `a`, `t.a`, `s.t.a`
    case column([Identifier])
    /// `*`, `t.*`; only in select lists, RETURNING and row constructors.
    case wildcard([Identifier])
    /// `$1`
    case parameter(Int)
    /// `:name`
    case namedParameter(Identifier)
    case unary(Operator, Expression)
    case binary(Operator, Expression, Expression)
    /// Flat: two operands or more, none of which is itself an AND.
    case and([Expression])
    /// Flat: two operands or more, none of which is itself an OR.
    case or([Expression])
    case not(Expression)
    /// `x IS [NOT] NULL`, `TRUE`, …
    case test(Expression, Test, isNegated: Bool)
    /// `a IS [NOT] DISTINCT FROM b`
    case distinct(Expression, Expression, isNegated: Bool, location: SourceRange)
    case between(Between)
    case inList(Expression, [Expression], isNegated: Bool, location: SourceRange)
    case inQuery(Expression, Query, isNegated: Bool, location: SourceRange)
    case like(Like)
    /// `x = ANY (array)`
    case quantified(Expression, Operator, Quantifier, Expression)
    /// `x = ANY (SELECT …)`
    case quantifiedQuery(Expression, Operator, Quantifier, Query)
    case exists(Query)
    case scalarQuery(Query)
    /// `ARRAY(SELECT …)`
    case arrayQuery(Query)
    /// `ARRAY[…]`; a nested bracket list is a nested array.
    case array([Expression])
    /// `ROW(…)` or `(a, b)`
    case row([Expression], isExplicit: Bool)
    case cast(Expression, TypeName, Cast)
    case collate(Expression, QualifiedName)
    /// `x AT TIME ZONE z`
    case atTimeZone(Expression, zone: Expression)
    /// `a[i]`
    case element(Expression, Expression)
    /// `a[i:j]`
    case slice(Expression, lower: Expression?, upper: Expression?)
    /// `(x).name`
    case field(Expression, Identifier)
    /// `(x).*`
    case allFields(Expression)
    case conditional(Case)
    case function(FunctionCall)
    case coalesce([Expression])
    case nullif(Expression, Expression)
    case greatest([Expression])
    case least([Expression])
    /// `CURRENT_DATE`, `CURRENT_TIMESTAMP(3)`, `USER`, …
    case sessionValue(SessionValue, precision: Int32?)
    case grouping([Expression])
    /// `DEFAULT` in VALUES, SET and INSERT.
    case defaultValue
  }
}

/// A constant as written.
package enum Literal: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// Digits with an optional minus sign; any length.
  case integer(String)
  /// Digits with a point or an exponent, and an optional minus sign.
  case number(String)
  case string(String)
  /// `B'0101'`, its digits.
  case bits(String)
  /// `X'1F'`, its digits.
  case hexadecimal(String)
}

/// An operator with its place.
package struct Operator: Hashable, Sendable {
  /// The schema of `OPERATOR(pg_catalog.~)`.
  package let schema: [Identifier]
  /// `<>` also for `!=`; `~~`, `!~~`, `~~*`, `!~~*` for LIKE and ILIKE before ANY and ALL.
  package let symbol: String
  package let range: SourceRange

  package init(_ symbol: String, schema: [Identifier] = [], range: SourceRange = .none) {
    self.symbol = symbol
    self.schema = schema
    self.range = range
  }
}

package enum Test: String, Hashable, Sendable {
  case null, `true`, `false`, unknown
}

package enum Quantifier: String, Hashable, Sendable {
  case any, all
}

/// `x [NOT] BETWEEN [SYMMETRIC] a AND b`.
package struct Between: Sendable {
  package let value: Expression
  package let lower: Expression
  package let upper: Expression
  package let isSymmetric: Bool
  package let isNegated: Bool
  package let location: SourceRange
}

/// `x [NOT] LIKE p [ESCAPE e]` and its kin.
package struct Like: Sendable {
  package enum Style: String, Hashable, Sendable {
    case like
    case ilike
    case similar = "similar to"
  }
  package let value: Expression
  package let pattern: Expression
  package let escape: Expression?
  package let style: Style
  package let isNegated: Bool
  package let location: SourceRange
}

/// How a cast was written, and where.
package struct Cast: Hashable, Sendable {
  package enum Style: Hashable, Sendable {
    /// `x::type`
    case colons
    /// `CAST(x AS type)`
    case function
    /// `type 'text'`
    case literal
  }
  package let style: Style
  /// Where PostgreSQL reports an impossible cast.
  package let location: SourceRange
}

/// `CASE [x] WHEN … THEN … [ELSE …] END`.
package struct Case: Sendable {
  package struct Branch: Sendable {
    package let condition: Expression
    package let result: Expression
  }
  package let operand: Expression?
  package let branches: [Branch]
  package let otherwise: Expression?
}

/// Values of the session that have a syntax of their own.
package enum SessionValue: String, CaseIterable, Hashable, Sendable {
  case currentDate = "current_date"
  case currentTime = "current_time"
  case currentTimestamp = "current_timestamp"
  case localTime = "localtime"
  case localTimestamp = "localtimestamp"
  case currentRole = "current_role"
  case currentUser = "current_user"
  case sessionUser = "session_user"
  case user = "user"
  case currentCatalog = "current_catalog"
  case currentSchema = "current_schema"
}
