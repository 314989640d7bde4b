/// A call of a function, an aggregate or a window function.
package final class FunctionCall: Sendable {
  package let name: QualifiedName
  package let arguments: [Argument]
  /// `count(*)`.
  package let isStar: Bool
  package let isDistinct: Bool
  package let orderBy: [SortItem]
  /// `WITHIN GROUP (ORDER BY …)`.
  package let withinGroup: [SortItem]
  package let filter: Expression?
  package let window: Window?
  package let form: Form

  package init(
    name: QualifiedName,
    arguments: [Argument],
    isStar: Bool = false,
    isDistinct: Bool = false,
    orderBy: [SortItem] = [],
    withinGroup: [SortItem] = [],
    filter: Expression? = nil,
    window: Window? = nil,
    form: Form = .ordinary
  ) {
    self.name = name
    self.arguments = arguments
    self.isStar = isStar
    self.isDistinct = isDistinct
    self.orderBy = orderBy
    self.withinGroup = withinGroup
    self.filter = filter
    self.window = window
    self.form = form
  }

  package struct Argument: Sendable {
    /// The name of `name => value`.
    package let name: Identifier?
    package let value: Expression
    package let isVariadic: Bool

    package init(name: Identifier? = nil, value: Expression, isVariadic: Bool = false) {
      self.name = name
      self.value = value
      self.isVariadic = isVariadic
    }
  }

  /// The standard's own syntax for some functions.
  ///
  /// The arguments stand in the order of the function
  /// that ``name`` names.
  package enum Form: Hashable, Sendable {
    case ordinary
    /// `EXTRACT(month FROM x)`: the field is a string literal.
    case extract
    /// `SUBSTRING(x FROM a FOR b)`
    case substring
    /// `SUBSTRING(x SIMILAR p ESCAPE e)`
    case substringSimilar
    /// `POSITION(a IN b)`: arguments are b, a.
    case position
    /// `OVERLAY(x PLACING y FROM a FOR b)`
    case overlay
    /// `TRIM(BOTH c FROM x)`: ``name`` is btrim, ltrim or rtrim.
    case trim
    /// `(a, b) OVERLAPS (c, d)`
    case overlaps
    /// `NORMALIZE(x, NFC)`, `x IS NFC NORMALIZED` and the like.
    case normalize
    /// `COLLATION FOR (x)`
    case collationFor
  }
}

/// `OVER w` or `OVER (…)`.
package enum Window: Sendable {
  case named(Identifier)
  case inline(WindowDefinition)
}

/// The body of a window: `[base] PARTITION BY … ORDER BY … frame`.
package final class WindowDefinition: Sendable {
  package let base: Identifier?
  package let partitionBy: [Expression]
  package let orderBy: [SortItem]
  package let frame: WindowFrame?
  package let range: SourceRange

  package init(
    base: Identifier?,
    partitionBy: [Expression],
    orderBy: [SortItem],
    frame: WindowFrame?,
    range: SourceRange
  ) {
    self.base = base
    self.partitionBy = partitionBy
    self.orderBy = orderBy
    self.frame = frame
    self.range = range
  }
}

/// `ROWS BETWEEN … AND … EXCLUDE …`.
package struct WindowFrame: Sendable {
  package enum Unit: String, Hashable, Sendable {
    case range, rows, groups
  }
  package enum Bound: Sendable {
    case unboundedPreceding
    case preceding(Expression)
    case currentRow
    case following(Expression)
    case unboundedFollowing
  }
  package enum Exclusion: String, Hashable, Sendable {
    case currentRow = "current row"
    case group
    case ties
    case noOthers = "no others"
  }
  package let unit: Unit
  package let start: Bound
  /// Nil without BETWEEN.
  package let end: Bound?
  package let exclusion: Exclusion?
  package let range: SourceRange
}

/// An item of ORDER BY.
package struct SortItem: Sendable {
  package let value: Expression
  package let isDescending: Bool
  /// `NULLS FIRST` or `LAST`; nil when not said: then last ascending, first descending.
  package let nullsFirst: Bool?
  /// `USING >`.
  package let usingOperator: Operator?

  package init(
    value: Expression,
    isDescending: Bool = false,
    nullsFirst: Bool? = nil,
    usingOperator: Operator? = nil
  ) {
    self.value = value
    self.isDescending = isDescending
    self.nullsFirst = nullsFirst
    self.usingOperator = usingOperator
  }
}
