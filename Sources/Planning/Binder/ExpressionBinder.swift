package import Columnar
package import ReportSyntax

/// Settles names, types and functions of one scalar expression.
///
/// A bare string literal, NULL or parameter comes back with the type unknown; whoever uses it coerces or
/// settles it, as PostgreSQL's parser does.
package struct ExpressionBinder {
  package let context: BindingContext
  package let scope: any NameScope

  package init(context: BindingContext, scope: any NameScope) {
    self.context = context
    self.scope = scope
  }

  /// Binds an expression as it stands.
  package func bind(_ expression: Expression) throws(PlanningError) -> BoundExpression {
    if context.stack.isExceeded { throw .tooDeep(at: expression.range) }
    switch expression.kind {
    case .literal(let literal): return try bind(literal, range: expression.range)
    case .column(let path): return try scope.column(path, range: expression.range)
    case .parameter(let number):
      return try context.parameter(number - 1, range: expression.range)
    case .namedParameter(let name):
      guard let value = context.namedParameters[name.text] else {
        throw PlanningError(
          "42703",
          "parameter \":\(name.text)\" does not exist",
          at: expression.range
        )
      }
      return value
    case .and(let operands): return .conjunction(of: try conditions(operands, "AND"))
    case .or(let operands): return context.folded(.disjunction(of: try conditions(operands, "OR")))
    case .not(let operand):
      return context.folded(
        BoundExpression(.not(try bindCondition(operand, clause: "NOT")), .boolean)
      )
    case .unary(let symbol, let operand): return try bindUnary(symbol, operand, expression.range)
    case .binary(let symbol, let left, let right): return try bindBinary(symbol, left, right)
    case .test, .distinct, .between, .inList, .like, .quantified:
      return try bindPredicate(expression)
    case .inQuery, .quantifiedQuery, .exists, .scalarQuery, .arrayQuery:
      return try scope.subquery(expression, binder: self)
    case .conditional(let conditional): return try bindCase(conditional, expression.range)
    case .coalesce(let operands): return try bindCoalesce(operands)
    case .nullif(let left, let right): return try bindNullIf(left, right, expression.range)
    case .greatest(let operands): return try bindExtreme(.greatest, operands, "GREATEST")
    case .least(let operands): return try bindExtreme(.least, operands, "LEAST")
    case .cast(let operand, let name, let cast): return try bindCast(operand, name, cast)
    case .collate(let operand, let name): return try bindCollate(operand, name)
    case .atTimeZone(let operand, let zone): return try bindAtTimeZone(operand, zone)
    case .function(let call): return try bindCall(call, expression.range)
    case .sessionValue(let value, let precision):
      return bindSessionValue(value, precision)
    case .array(let items): return try bindArray(items, expression.range)
    case .element, .slice, .field, .allFields, .row, .grouping, .wildcard, .defaultValue:
      return try refuse(expression)
    }
  }

  /// Binds an expression and converts it, implicitly unless said otherwise.
  package func bind(
    _ expression: Expression,
    as type: LogicalType,
    for purpose: CoercionPurpose = .implicit
  ) throws(PlanningError) -> BoundExpression {
    let bound = try bind(expression)
    return try context.coerce(bound, to: type, purpose: purpose, range: expression.range)
  }

  /// Binds an expression that gives true, false or NULL.
  ///
  /// `clause`: What the error names: `WHERE`, `HAVING`, `AND`…
  package func bindCondition(
    _ expression: Expression,
    clause: String
  ) throws(PlanningError) -> BoundExpression {
    let bound = try bind(expression)
    guard bound.type == .boolean || bound.type == .unknown else {
      throw .mismatch(
        "argument of \(clause) must be type boolean, not type \(bound.type.displayName)",
        at: expression.range
      )
    }
    return try context.coerce(bound, to: .boolean, range: expression.range)
  }

  /// Binds an expression and gives an untyped literal the type text.
  package func bindSettled(_ expression: Expression) throws(PlanningError) -> BoundExpression {
    context.settle(try bind(expression))
  }

  private func conditions(
    _ operands: [Expression],
    _ clause: String
  ) throws(PlanningError) -> [BoundExpression] {
    var bound: [BoundExpression] = []
    bound.reserveCapacity(operands.count)
    for operand in operands { bound.append(try bindCondition(operand, clause: clause)) }
    return bound
  }

  private func bind(_ literal: Literal, range: SourceRange) throws(PlanningError) -> BoundExpression
  {
    switch literal {
    case .null: return BoundExpression(.constant(.null), .unknown)
    case .boolean(let value): return BoundExpression(.constant(.boolean(value)), .boolean)
    case .integer(let text), .number(let text): return try NumberLiteral.bind(text, range: range)
    case .string(let text): return BoundExpression(.constant(.bytes(Array(text.utf8))), .unknown)
    case .bits, .hexadecimal: throw .unsupported("type bit", at: range)
    }
  }

  private func refuse(_ expression: Expression) throws(PlanningError) -> BoundExpression {
    let range = expression.range
    switch expression.kind {
    case .element, .slice: throw .unsupported("an array subscript", at: range)
    case .field, .allFields: throw .unsupported("selecting a field of a composite value", at: range)
    case .row: throw .unsupported("a row constructor here", at: range)
    case .grouping: throw .unsupported("GROUPING", at: range)
    case .defaultValue:
      throw PlanningError("42601", "DEFAULT is not allowed in this context", at: range)
    default:
      throw PlanningError("42601", "row expansion via \"*\" is not supported here", at: range)
    }
  }
}

extension BoundExpression {
  /// All of `conditions`, nested ANDs flattened and constants taken out.
  package static func conjunction(of conditions: [BoundExpression]) -> BoundExpression {
    var flat: [BoundExpression] = []
    for condition in conditions {
      if case .and(let inner) = condition.node { flat += inner } else { flat.append(condition) }
    }
    flat.removeAll { $0.isConstant(.boolean(true)) }
    if let never = flat.first(where: { $0.isConstant(.boolean(false)) }) { return never }
    if flat.isEmpty { return BoundExpression(.constant(.boolean(true)), .boolean) }
    return flat.count == 1 ? flat[0] : BoundExpression(.and(flat), .boolean)
  }

  /// Any of `conditions`, nested ORs flattened and constants taken out.
  package static func disjunction(of conditions: [BoundExpression]) -> BoundExpression {
    var flat: [BoundExpression] = []
    for condition in conditions {
      if case .or(let inner) = condition.node { flat += inner } else { flat.append(condition) }
    }
    flat.removeAll { $0.isConstant(.boolean(false)) }
    if let always = flat.first(where: { $0.isConstant(.boolean(true)) }) { return always }
    if flat.isEmpty { return BoundExpression(.constant(.boolean(false)), .boolean) }
    return flat.count == 1 ? flat[0] : BoundExpression(.or(flat), .boolean)
  }

  /// Whether this is that constant.
  package func isConstant(_ datum: Datum) -> Bool {
    if case .constant(datum) = node { true } else { false }
  }
}

private func ~= (pattern: Datum, value: Datum) -> Bool { pattern == value }
