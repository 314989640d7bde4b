package import Columnar

/// An expression whose names, types and functions are settled.
///
/// A final class, so that sharing is cheap and release of a deep tree is bounded by the parser's depth limit.
/// Columns are positions in the rows of the operator that evaluates the expression.
package final class BoundExpression: Sendable {
  package let node: BoundNode
  package let type: LogicalType

  package init(_ node: BoundNode, _ type: LogicalType) {
    self.node = node
    self.type = type
  }
}

/// What an expression does.
package enum BoundNode: Sendable {
  /// Column `index` of the input rows.
  case column(Int)
  case constant(Datum)
  /// Parameter `index` (0-based) of a prepared statement; constant while a statement runs.
  case parameter(Int)
  /// A scalar function or operator; the arguments already have the types the overload takes.
  case call(ScalarFunction, [BoundExpression])
  /// A conversion; text and unknown sources parse, targets with a typmod round or check.
  case cast(BoundExpression)
  /// n-ary, three-valued; evaluated from the left on the rows still undecided.
  case and([BoundExpression])
  case or([BoundExpression])
  case not(BoundExpression)
  case isNull(BoundExpression, negated: Bool)
  /// IS [NOT] TRUE / FALSE / UNKNOWN.
  case isTruth(BoundExpression, Truth, negated: Bool)
  /// CASE with boolean conditions; a simple CASE is bound to `=` comparisons. No ELSE is a NULL constant.
  case caseWhen([(when: BoundExpression, then: BoundExpression)], otherwise: BoundExpression)
  case coalesce([BoundExpression])
  /// `operand = ANY (list)` with constant members of the operand's type (also IN lists); NULL members count.
  case inList(BoundExpression, [Datum], negated: Bool)
  /// `operand op ANY/ALL (array expression)`, the array not constant at bind time (a parameter).
  case quantified(BoundExpression, ComparisonOperator, array: BoundExpression, isAll: Bool)
}

package enum Truth: Sendable { case yes, no, unknown }

package enum ComparisonOperator: UInt8, Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}

/// Scalar functions and operators; the argument types choose the kernel.
package enum ScalarFunction: Hashable, Sendable {
  case compare(ComparisonOperator)
  case isDistinctFrom
  // arithmetic: both arguments of one type, except for dates, times and intervals
  case add, subtract, multiply, divide, modulo, negate, power
  case abs, sign, round, truncate, ceiling, floor, squareRoot, exponential, naturalLogarithm,
    logarithm
  case math(MathFunction)
  case bits(BitOperation)
  case greatest, least, nullIf
  // text
  case concatenate, concat, concatWithSeparator, lower, upper, length, octetLength, substring,
    position, replace
  case trimLeading, trimTrailing, trimBoth, padLeft, padRight, splitPart, left, right, reverse,
    repeated, startsWith
  /// The text itself, or 22001 when it is longer than so many characters; blanks at its end are cut.
  case checkLength
  case translate, overlay, toHexadecimal, encode, decode
  case initialCapitals, ascii, character, md5, quoteIdentifier, quoteLiteral
  case like(caseInsensitive: Bool), regularExpressionMatch(caseInsensitive: Bool)
  case regularExpressionReplace, regularExpressionLike, regularExpressionCount,
    regularExpressionPosition, regularExpressionPart
  /// substring(text, pattern): the part in parentheses, or else the whole match.
  case substringMatching
  // dates and times
  case dateTruncate, extract, datePart, dateBin, age, atTimeZone, toCharacters, toDate, toTimestamp,
    makeDate
  /// A time, timestamp or interval rounded to 0...5 digits behind the second.
  case limitPrecision
  case makeTimestamp, makeInterval, justifyHours, justifyDays, justifyInterval
  case now, statementTimestamp, clockTimestamp, currentDate, localTimestamp
  case random, generateUUID
  // session and catalog
  case currentUser, currentDatabase, currentSchema, version, backendPID, currentSetting, setConfig
  case cancelBackend, terminateBackend, unlockAll
  case replicatedPosition, waitForPosition
  case catalog(CatalogFunction)
  // approximate aggregates
  /// A register of a ``DistinctSketch`` and the rank that a value has there: register × 64 + rank.
  case sketchCell
  /// A double rounded to seven significant bits, so at most 0.8 % off.
  case approximate
  // sums of doubles in rollups
  /// The exact value of a double; 0 for what is no number.
  case exactNumeric
  /// What a double counts in a ``SpecialDoubles``.
  case specialCount
  /// The double of both sums.
  case doubleOfSums
  // jsonb
  case jsonField, jsonFieldText
}

/// An aggregate call.
package struct BoundAggregate: Sendable {
  package var function: AggregateFunction
  /// Arguments over the input rows; empty for count(*).
  ///
  /// percentile: the value to order by.
  package var arguments: [BoundExpression]
  package var isDistinct: Bool
  package var filter: BoundExpression?
  /// WITHIN GROUP … DESC, or ORDER BY inside the call (string_agg, array_agg).
  package var order: [SortKey]
  package var type: LogicalType

  package init(
    function: AggregateFunction,
    arguments: [BoundExpression],
    isDistinct: Bool = false,
    filter: BoundExpression? = nil,
    order: [SortKey] = [],
    type: LogicalType
  ) {
    self.function = function
    self.arguments = arguments
    self.isDistinct = isDistinct
    self.filter = filter
    self.order = order
    self.type = type
  }
}

package enum AggregateFunction: Hashable, Sendable {
  case countRows, count, sum, average, minimum, maximum, boolAnd, boolOr
  /// The fraction is a constant of the call.
  case percentileContinuous(Double), percentileDiscrete(Double)
  case standardDeviation(isSample: Bool), variance(isSample: Bool)
  case stringAggregate, mode, anyValue
  /// The one value of a scalar sub-query; two rows are an error (21000).
  case singleValue
  /// The first argument where the second is least or greatest; of several the least.
  case minimumBy, maximumBy
  /// approx_count_distinct, of ``ScalarFunction/sketchCell``s.
  case approximateDistinct
  // What rollups are made of and read by.
  /// The sum of squares of integers: of their bits from the 64th on, or of those below.
  case squares(isHigh: Bool)
  /// Of a count, a sum, and both parts of a sum of squares.
  case spreadOfSums(isSample: Bool, isRoot: Bool)
  /// Of a value and how often it is there.
  case weightedPercentile(Double, isContinuous: Bool)
  case weightedMode

  /// Whether it is 0 and not NULL where there are no rows.
  var isZeroOfNothing: Bool { self == .countRows || self == .count || self == .approximateDistinct }
}

/// One key of an ORDER BY.
package struct SortKey: Sendable {
  package var expression: BoundExpression
  package var isDescending: Bool
  package var nullsFirst: Bool

  package init(expression: BoundExpression, isDescending: Bool, nullsFirst: Bool) {
    self.expression = expression
    self.isDescending = isDescending
    self.nullsFirst = nullsFirst
  }
}
