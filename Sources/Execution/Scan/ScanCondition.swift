internal import Columnar
internal import Planning

/// One conjunct of a scan's condition, taken apart once a statement.
///
/// The expression's columns are places among the scan's columns.
struct ScanCondition {
  /// How a group's rows are tested.
  enum Test {
    /// A lane of an int64 column within the bounds: compared as encoded.
    case integers(column: Int, ClosedRange<Int64>)
    /// A lane of an int64 column other than this one: compared as encoded.
    case integersExcept(column: Int, Int64)
    /// A lane of an int64 column that is one of these, ascending: few are compared as encoded, one after the other.
    case integerSet(column: Int, [Int64])
    /// A condition on one bytes column: evaluated once for each entry of a dictionary.
    case text(column: Int)
    case isNull(column: Int, negated: Bool)
    /// Anything else: evaluated over decoded columns.
    case general
  }

  var expression: BoundExpression
  var test: Test
  /// How the stored strings answer the condition, where they can; only with ``Test/text(column:)``.
  var search: TextSearch?
  var zone: ZonePredicate
  var columns: [Int]
  var canRaise: Bool
  /// A rough cost a row, compared with that of a range on integers, 1.
  var cost: Double

  /// Takes one conjunct apart.
  init(_ expression: BoundExpression, _ shared: ExecutionShared) throws(ExecutionError) {
    let traits = ExpressionTraits(expression)
    self.expression = expression
    columns = traits.columns.sorted()
    canRaise = traits.canRaise
    zone = traits.isVolatile ? .unknown : try Self.zone(expression, shared)
    test = .general
    cost = Double(traits.cost)
    switch zone {
    case .integers(let column, let bounds):
      test = .integers(column: column, bounds)
      canRaise = false
      cost = 1
    case .integersExcept(let column, let value):
      test = .integersExcept(column: column, value)
      canRaise = false
      cost = 1
    case .integerSet(let column, let lanes):
      test = .integerSet(column: column, lanes)
      canRaise = false
    case .isNull(let column):
      test = .isNull(column: column, negated: false)
      cost = 0.5
    case .isNotNull(let column):
      test = .isNull(column: column, negated: true)
      cost = 0.5
    default:
      guard columns.count == 1, !traits.canRaise, !traits.isVolatile,
        Self.isText(expression, column: columns[0])
      else { return }
      test = .text(column: columns[0])
      search = try TextSearch.of(expression, shared)
      cost = 2
    }
  }

  /// Whether every mention of `column` in the expression is one of a bytes column.
  private static func isText(_ expression: BoundExpression, column: Int) -> Bool {
    var found = false
    func visit(_ part: BoundExpression) {
      switch part.node {
      case .column(column): if part.type.laneKind == .bytes { found = true }
      case .column, .constant, .parameter: break
      case .call(_, let parts), .and(let parts), .or(let parts), .coalesce(let parts):
        parts.forEach(visit)
      case .cast(let inner), .not(let inner), .isNull(let inner, _), .isTruth(let inner, _, _),
        .inList(let inner, _, _):
        visit(inner)
      case .caseWhen(let branches, let otherwise):
        for branch in branches {
          visit(branch.when)
          visit(branch.then)
        }
        visit(otherwise)
      case .quantified(let operand, _, let array, _):
        visit(operand)
        visit(array)
      }
    }
    visit(expression)
    return found
  }

  // MARK: Zones

  /// What statistics can decide of `expression`.
  static func zone(
    _ expression: BoundExpression,
    _ shared: ExecutionShared
  ) throws(ExecutionError) -> ZonePredicate {
    switch expression.node {
    case .constant(let value): return zone(value)
    case .parameter: return zone(try evaluateConstant(expression, shared))
    case .and(let parts):
      var zones: [ZonePredicate] = []
      for part in parts { zones.append(try zone(part, shared)) }
      return .and(zones)
    case .or(let parts):
      var zones: [ZonePredicate] = []
      for part in parts { zones.append(try zone(part, shared)) }
      return .or(zones)
    case .isNull(let operand, let negated):
      guard case .column(let column) = operand.node else { return .unknown }
      return negated ? .isNotNull(column: column) : .isNull(column: column)
    case .inList(let operand, let members, negated: false):
      return zone(members: members, of: operand)
    case .call(.compare(let comparison), let arguments) where arguments.count == 2:
      return try zone(comparison, arguments[0], arguments[1], shared)
    default: return .unknown
    }
  }

  private static func zone(_ value: Datum) -> ZonePredicate {
    if case .boolean(true) = value { .always } else { .never }
  }

  private static func zone(members: [Datum], of operand: BoundExpression) -> ZonePredicate {
    guard case .column(let column) = operand.node else { return .unknown }
    let present = members.filter { !$0.isNull }
    if present.isEmpty { return .never }
    if operand.type.laneKind == .int64 {
      var lanes: [Int64] = []
      for member in present {
        guard case .int64(let lane) = member else { return .unknown }
        lanes.append(lane)
      }
      return .integerSet(column: column, lanes.sorted())
    }
    guard case .bytes = present[0] else { return .unknown }
    return .or(
      present.map { value in
        let bound = ZoneBound(value: value, isInclusive: true)
        return .range(column: column, lower: bound, upper: bound)
      }
    )
  }

  private static func zone(
    _ comparison: ComparisonOperator,
    _ left: BoundExpression,
    _ right: BoundExpression,
    _ shared: ExecutionShared
  ) throws(ExecutionError) -> ZonePredicate {
    if let place = plainColumn(left), isConstant(right) {
      return zone(comparison, place, try evaluateConstant(right, shared), right.type)
    }
    if let place = plainColumn(right), isConstant(left) {
      return zone(comparison.mirrored, place, try evaluateConstant(left, shared), left.type)
    }
    return .unknown
  }

  private static func zone(
    _ comparison: ComparisonOperator,
    _ place: (column: Int, type: LogicalType),
    _ value: Datum,
    _ type: LogicalType
  ) -> ZonePredicate {
    if value.isNull { return .never }
    if place.type.laneKind == .int64, comparison == .notEqual {
      return switch IntegerBounds.of(.equal, value, type, columnType: place.type) {
      case .range(let range) where range.lowerBound == range.upperBound:
        .integersExcept(column: place.column, range.lowerBound)
      // No lane has the value, so only NULL does not differ from it.
      case .nothing: .isNotNull(column: place.column)
      default: .unknown
      }
    }
    if place.type.laneKind == .int64 {
      guard let bounds = IntegerBounds.of(comparison, value, type, columnType: place.type) else {
        return .unknown
      }
      switch bounds {
      case .nothing: return .never
      case .range(let range): return .integers(column: place.column, range)
      }
    }
    guard place.type.laneKind == type.laneKind, place.type.scale == type.scale,
      place.type.laneKind != .decimal, place.type.laneKind != .interval
    else { return .unknown }
    let inclusive = ZoneBound(value: value, isInclusive: true)
    let exclusive = ZoneBound(value: value, isInclusive: false)
    return switch comparison {
    case .equal: .range(column: place.column, lower: inclusive, upper: inclusive)
    case .less: .range(column: place.column, lower: nil, upper: exclusive)
    case .lessOrEqual: .range(column: place.column, lower: nil, upper: inclusive)
    case .greater: .range(column: place.column, lower: exclusive, upper: nil)
    case .greaterOrEqual: .range(column: place.column, lower: inclusive, upper: nil)
    case .notEqual: .unknown
    }
  }

  /// Whether the expression has the same value for all rows of a statement.
  static func isConstant(_ expression: BoundExpression) -> Bool {
    let traits = ExpressionTraits(expression)
    return traits.columns.isEmpty && !traits.isVolatile
  }

  /// The column that `expression` is, seen through casts that keep the lanes' values.
  static func plainColumn(_ expression: BoundExpression) -> (column: Int, type: LogicalType)? {
    switch expression.node {
    case .column(let column): return (column, expression.type)
    case .cast(let inner):
      guard let place = plainColumn(inner) else { return nil }
      switch (place.type, expression.type) {
      case (.smallint, .integer), (.smallint, .bigint), (.integer, .bigint): return place
      case (.varchar, .text), (.text, .varchar(nil)): return place
      case (.smallint, .numeric), (.integer, .numeric), (.bigint, .numeric): return place
      case (.numeric(let from?), .numeric(let to)):
        guard let to else { return place }
        return to.scale >= from.scale && to.precision >= from.precision ? place : nil
      default: return nil
      }
    default: return nil
    }
  }
}

extension ComparisonOperator {
  /// The operator with its sides exchanged.
  var mirrored: ComparisonOperator {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    case .equal, .notEqual: self
    }
  }
}
