package import Columnar
package import ReportSyntax

// Conversions: which are allowed is TypeCategory's matter; here they are put into the tree.

extension BindingContext {
  /// Converts an expression.
  ///
  /// `type`: With its modifiers; `.numeric(nil)` keeps no shape (use ``coerceOperand(_:to:range:)`` for that).
  /// `range`: The expression's text, for errors.
  /// Throws: 42846 no such cast; 22P02 and its kin where a constant does not convert.
  package func coerce(
    _ expression: BoundExpression,
    to type: LogicalType,
    purpose: CoercionPurpose = .implicit,
    range: SourceRange?
  ) throws(PlanningError) -> BoundExpression {
    if expression.type == type { return expression }
    if expression.type == .unknown {
      switch expression.node {
      case .parameter(let index): return settleParameter(index, as: type)
      case .constant(.null): return BoundExpression(.constant(.null), type)
      case .constant where type == .text || type == .varchar(nil):
        return BoundExpression(expression.node, type)
      default: break
      }
    }
    guard canCoerce(expression.type, to: type, for: purpose) else {
      throw PlanningError(
        "42846",
        "cannot cast type \(expression.type.displayName) to \(type.displayName)",
        at: range
      )
    }
    let cast = conversion(of: expression, to: type, purpose)
    guard cast.isFoldable else { return cast }
    do throws(PlanningError) {
      return BoundExpression(.constant(try folding.fold(cast)), type)
    } catch {
      // A literal of a wrong form is wrong whether it is evaluated or not; 1/0 only when it is.
      guard expression.type == .unknown || isConstant(expression) else { return cast }
      throw PlanningError(
        error.sqlState,
        error.message,
        at: error.range ?? (expression.type == .unknown && error.sqlState != "22001" ? range : nil),
        detail: error.detail,
        hint: error.hint
      )
    }
  }

  /// Converts constants of one type to the type of the column that they are assigned to, all at once.
  ///
  /// - Returns: Nil when they do not convert this way; each by itself then says what is wrong with it.
  func assign(_ values: [Datum], of type: LogicalType, to target: LogicalType) -> [Datum]? {
    guard canCoerce(type, to: target, for: .assignment) else { return nil }
    if case .array = target { return nil }
    let source = type == .unknown ? LogicalType.text : type
    if source == target { return values }
    let column = BoundExpression(.column(0), source)
    do throws(PlanningError) {
      return try folding.fold(
        conversion(of: column, to: target, .assignment),
        over: values,
        of: source
      )
    } catch {
      return nil
    }
  }

  /// A cast; assigning to a column with a length checks where CAST would cut.
  private func conversion(
    of expression: BoundExpression,
    to type: LogicalType,
    _ purpose: CoercionPurpose
  ) -> BoundExpression {
    let length: Int
    switch type {
    case .varchar(let limit?): length = limit
    case .char(let width): length = width
    default: return BoundExpression(.cast(expression), type)
    }
    let isText = expression.type.category == .string || expression.type == .unknown
    let text = isText ? expression : BoundExpression(.cast(expression), .text)
    guard purpose != .explicit else { return BoundExpression(.cast(text), type) }
    let limit = BoundExpression(.constant(.int64(Int64(length))), .integer)
    return BoundExpression(.call(.checkLength, [text, limit]), type)
  }

  /// Converts an operand to the type that an overload takes: a numeric parameter takes any shape, and text any string.
  func coerceOperand(
    _ expression: BoundExpression,
    to type: LogicalType,
    range: SourceRange?
  ) throws(PlanningError) -> BoundExpression {
    switch (expression.type, type.base) {
    case (.numeric, .numeric): return expression
    case (.text, .text), (.varchar, .text), (.char, .text): return expression
    case (_, .numeric) where expression.type.isInteger:
      return try coerce(expression, to: .numeric(expression.numericShape), range: range)
    case (.unknown, .numeric):
      return shaped(try coerce(expression, to: .numeric(nil), range: range))
    default: return try coerce(expression, to: type, range: range)
    }
  }

  /// Gives a numeric constant without a shape the shape of its value.
  func shaped(_ expression: BoundExpression) -> BoundExpression {
    guard expression.type == .numeric(nil), case .constant(.decimal(let value)) = expression.node,
      value.kind == .finite
    else { return expression }
    var digits = 0
    var rest = value.coefficient.magnitude
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    let scale = Int(value.scale)
    let precision = max(digits, scale, 1)
    guard precision <= shapeDigitsMax else { return expression }
    let datum: Datum =
      precision <= 18 ? .int64(Int64(value.coefficient)) : .int128(value.coefficient)
    return BoundExpression(
      .constant(datum),
      .numeric(NumericShape(precision: precision, scale: scale))
    )
  }

  /// Gives an untyped literal or parameter the type text; leaves others alone.
  package func settle(_ expression: BoundExpression) -> BoundExpression {
    guard expression.type == .unknown else { return expression }
    if case .parameter(let index) = expression.node { return settleParameter(index, as: .text) }
    return BoundExpression(expression.node, .text)
  }

  /// Folds a call of constants; what cannot be computed now raises its error when it is evaluated.
  func folded(_ expression: BoundExpression) -> BoundExpression {
    guard expression.isFoldable else { return expression }
    do throws(PlanningError) {
      return BoundExpression(.constant(try folding.fold(expression)), expression.type)
    } catch {
      return expression
    }
  }

  private func isConstant(_ expression: BoundExpression) -> Bool {
    if case .constant = expression.node { true } else { false }
  }

  private func settleParameter(_ index: Int, as type: LogicalType) -> BoundExpression {
    let settled: LogicalType =
      switch type {
      case .numeric: .numeric(nil)
      case .varchar, .char, .unknown: .text
      default: type
      }
    if parameterTypes[index] == nil { parameterTypes[index] = settled }
    let parameter = BoundExpression(.parameter(index), parameterTypes[index] ?? settled)
    return parameter.type == type ? parameter : BoundExpression(.cast(parameter), type)
  }

  /// The expression of `$index + 1`: its value where it is known, else a parameter of its type.
  func parameter(_ index: Int, range: SourceRange) throws(PlanningError) -> BoundExpression {
    guard index >= 0, index < 65_535 else {
      throw PlanningError("42P02", "there is no parameter $\(index + 1)", at: range)
    }
    if index >= parameterTypes.count {
      guard acceptsNewParameters else {
        throw PlanningError("42P02", "there is no parameter $\(index + 1)", at: range)
      }
      parameterTypes += Array(repeating: nil, count: index + 1 - parameterTypes.count)
    }
    guard let type = parameterTypes[index] else {
      return BoundExpression(.parameter(index), .unknown)
    }
    if let values = parameterValues, index < values.count {
      return shaped(BoundExpression(.constant(values[index]), type))
    }
    return BoundExpression(.parameter(index), type)
  }

  /// The type that all of `items` can become (PostgreSQL 10.5: UNION, CASE and their kin).
  ///
  /// `context`: How the error names the construct: `CASE`, `UNION`, `VALUES`, `IN`…
  /// Throws: 42804.
  package func commonType(
    of items: [(expression: BoundExpression, range: SourceRange)],
    context: String
  ) throws(PlanningError) -> LogicalType {
    var chosen: LogicalType?
    for item in items where item.expression.type != .unknown {
      let type = item.expression.type.base
      guard let current = chosen else {
        chosen = type
        continue
      }
      if type == current { continue }
      guard type.category == current.category else {
        throw .mismatch(
          "\(context) types \(current.displayName) and \(type.displayName) cannot be matched",
          at: item.range
        )
      }
      if !current.isPreferred, canCoerce(current, to: type, for: .implicit),
        !canCoerce(type, to: current, for: .implicit) || type.isPreferred
      {
        chosen = type
      }
    }
    guard let chosen else { return .text }
    for item in items where !canCoerce(item.expression.type, to: chosen, for: .implicit) {
      throw .mismatch(
        "\(context) could not convert type \(item.expression.type.displayName) "
          + "to \(chosen.displayName)",
        at: item.range
      )
    }
    guard case .numeric = chosen else { return chosen }
    return .numeric(commonShape(of: items.map(\.expression)))
  }

  /// The shape that holds the values of all; `nil` where there is none.
  private func commonShape(of expressions: [BoundExpression]) -> NumericShape? {
    var common: NumericShape?
    var zeros: [NumericShape] = []
    for expression in expressions {
      if case .constant(.null) = expression.node { continue }
      guard let shape = expression.numericShape else { return nil }
      if scaleMerging == .zeros, expression.isZero {
        zeros.append(shape)
        continue
      }
      guard let current = common else {
        common = shape
        continue
      }
      // A value keeps its own display scale: 1 beside 2.5 stays 1, unless only the value matters.
      guard current.scale == shape.scale || scaleMerging == .all, let union = current.union(shape)
      else { return nil }
      common = union
    }
    for shape in zeros {
      guard let current = common else {
        common = shape
        continue
      }
      guard shape.scale <= current.scale, let union = current.union(shape) else { return nil }
      common = union
    }
    return common
  }
}

extension BoundExpression {
  /// Whether it is a number that is a constant zero.
  fileprivate var isZero: Bool {
    guard case .constant(let value) = node else { return false }
    switch value {
    case .int64(0), .int128(0): return true
    default: return false
    }
  }
}
