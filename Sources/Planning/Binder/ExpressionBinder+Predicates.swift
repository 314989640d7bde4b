import Columnar
import ReportSyntax

extension ExpressionBinder {
  func bindPredicate(_ expression: Expression) throws(PlanningError) -> BoundExpression {
    switch expression.kind {
    case .test(let operand, let test, let isNegated): return try bindTest(operand, test, isNegated)
    case .distinct(let left, let right, let isNegated, let location):
      return try bindDistinct(left, right, isNegated, location)
    case .between(let between): return try bindBetween(between)
    case .inList(let operand, let items, let isNegated, let location):
      return try bindInList(operand, items, isNegated, location)
    case .like(let like): return try bindLike(like)
    case .quantified(let operand, let symbol, let quantifier, let array):
      return try bindQuantified(operand, symbol, quantifier, array)
    default: throw .unsupported("this predicate", at: expression.range)
    }
  }

  private func bindTest(
    _ operand: Expression,
    _ test: Test,
    _ isNegated: Bool
  ) throws(PlanningError) -> BoundExpression {
    if test == .null {
      let value = context.settle(try bind(operand))
      return context.folded(BoundExpression(.isNull(value, negated: isNegated), .boolean))
    }
    let truth: Truth = test == .true ? .yes : test == .false ? .no : .unknown
    let value = try bindCondition(operand, clause: "IS \(test.rawValue.uppercased())")
    return context.folded(BoundExpression(.isTruth(value, truth, negated: isNegated), .boolean))
  }

  private func bindDistinct(
    _ left: Expression,
    _ right: Expression,
    _ isNegated: Bool,
    _ location: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    let symbol = Operator("=", range: location)
    let (l, r) = try comparable(try bind(left), left.range, try bind(right), right.range, symbol)
    let distinct = call(.isDistinctFrom, [l, r], .boolean)
    return isNegated ? context.folded(BoundExpression(.not(distinct), .boolean)) : distinct
  }

  private func bindBetween(_ between: Between) throws(PlanningError) -> BoundExpression {
    let value = try bind(between.value)
    let lower = try bind(between.lower)
    let upper = try bind(between.upper)
    func inside(
      _ low: BoundExpression,
      _ high: BoundExpression
    ) throws(PlanningError)
      -> BoundExpression
    {
      .conjunction(of: [
        try compare(
          .greaterOrEqual,
          Operator(">=", range: between.location),
          value,
          between.value.range,
          low,
          between.lower.range
        ),
        try compare(
          .lessOrEqual,
          Operator("<=", range: between.location),
          value,
          between.value.range,
          high,
          between.upper.range
        ),
      ])
    }
    let straight = try inside(lower, upper)
    let result =
      between.isSymmetric
      ? BoundExpression.disjunction(of: [straight, try inside(upper, lower)]) : straight
    return between.isNegated ? context.folded(BoundExpression(.not(result), .boolean)) : result
  }

  // MARK: IN and ANY

  private func bindInList(
    _ operand: Expression,
    _ items: [Expression],
    _ isNegated: Bool,
    _ location: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    if case .row = operand.kind { return try bindRowInList(operand, items, isNegated, location) }
    let value = try bind(operand)
    var bound: [(expression: BoundExpression, range: SourceRange)] = [(value, operand.range)]
    for item in items { bound.append((try bind(item), item.range)) }
    // A list of one family is compared in one type; else item by item, as PostgreSQL does.
    let known = bound.filter { $0.expression.type != .unknown }
    let isUniform = known.allSatisfy {
      $0.expression.type.category == known[0].expression.type.category
    }
    if isUniform, bound.dropFirst().allSatisfy({ isConstant($0.expression) }) {
      let mergedBefore = context.scaleMerging
      context.scaleMerging = .all
      defer { context.scaleMerging = mergedBefore }
      let type = try context.commonType(of: bound, context: "IN")
      let left = try inListOperand(value, type, operand.range)
      var members: [Datum] = []
      for item in bound.dropFirst() {
        members.append(try constant(item.expression, as: left.type, item.range))
      }
      return context.folded(BoundExpression(.inList(left, members, negated: isNegated), .boolean))
    }
    let symbol = Operator("=", range: location)
    var equalities: [BoundExpression] = []
    for item in bound.dropFirst() {
      equalities.append(
        try compare(.equal, symbol, value, operand.range, item.expression, item.range)
      )
    }
    let any = BoundExpression.disjunction(of: equalities)
    return isNegated ? context.folded(BoundExpression(.not(any), .boolean)) : any
  }

  /// Strings of any kind and integers of any width are compared as they are.
  private func inListOperand(
    _ value: BoundExpression,
    _ type: LogicalType,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    if value.type.category == .string, type.category == .string { return value }
    if value.type.isInteger, type.isInteger { return value }
    return try context.coerce(value, to: type, range: range)
  }

  private func constant(
    _ item: BoundExpression,
    as type: LogicalType,
    _ range: SourceRange
  ) throws(PlanningError) -> Datum {
    let target =
      item.type.isInteger && type.isInteger
      ? item.type : type.base == .varchar(nil) || type.base == .char(1) ? .text : type
    let value = try context.coerce(item, to: target, range: range)
    guard case .constant(let datum) = value.node else {
      throw PlanningError("XX000", "an IN list member is not a constant", at: range)
    }
    return datum
  }

  private func isConstant(_ expression: BoundExpression) -> Bool {
    if case .constant = expression.node { true } else { false }
  }

  private func bindRowInList(
    _ operand: Expression,
    _ items: [Expression],
    _ isNegated: Bool,
    _ location: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    let symbol = Operator("=", range: location)
    var alternatives: [BoundExpression] = []
    for item in items { alternatives.append(try bindBinary(symbol, operand, item)) }
    let any = BoundExpression.disjunction(of: alternatives)
    return isNegated ? context.folded(BoundExpression(.not(any), .boolean)) : any
  }

  private func bindQuantified(
    _ operand: Expression,
    _ symbol: Operator,
    _ quantifier: Quantifier,
    _ array: Expression
  ) throws(PlanningError) -> BoundExpression {
    guard let comparison = ComparisonOperator(symbol: symbol.symbol) else {
      throw .unsupported(
        "\(symbol.symbol) \(quantifier.rawValue.uppercased()) (array)",
        at: symbol.range
      )
    }
    var value = try bind(operand)
    var list = try bind(array)
    if value.type == .unknown { value = try settle(value, beside: list, operand.range) }
    if list.type == .unknown {
      guard let element = ArrayElement(value.type) else {
        throw .unsupported("an array of \(value.type.displayName)", at: array.range)
      }
      list = try context.coerce(list, to: .array(element), range: array.range)
    }
    guard case .array(let element) = list.type else {
      throw PlanningError(
        "42809",
        "op ANY/ALL (array) requires array on right side",
        at: symbol.range
      )
    }
    let isAll = quantifier == .all
    guard case .constant(let datum) = list.node else {
      let probe = BoundExpression(.constant(.null), element.type)
      let (l, _) = try comparable(value, operand.range, probe, array.range, symbol)
      return BoundExpression(.quantified(l, comparison, array: list, isAll: isAll), .boolean)
    }
    return try bindQuantified(
      value,
      operand.range,
      comparison,
      symbol,
      datum,
      element.type,
      array.range,
      isAll: isAll
    )
  }

  private func settle(
    _ value: BoundExpression,
    beside list: BoundExpression,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    guard case .array(let element) = list.type else { return context.settle(value) }
    return try context.coerce(value, to: element.type, range: range)
  }

  /// A constant array: `= ANY` and `<> ALL` are IN lists, the others comparisons one by one.
  private func bindQuantified(
    _ value: BoundExpression,
    _ range: SourceRange,
    _ comparison: ComparisonOperator,
    _ symbol: Operator,
    _ array: Datum,
    _ type: LogicalType,
    _ arrayRange: SourceRange,
    isAll: Bool
  ) throws(PlanningError) -> BoundExpression {
    guard case .array(let members) = array else {
      return BoundExpression(.constant(.null), .boolean)
    }
    var comparisons: [BoundExpression] = []
    var data: [Datum] = []
    var left = value
    for member in members {
      let constant = context.shaped(BoundExpression(.constant(member), type))
      let (l, r) = try comparable(value, range, constant, arrayRange, symbol)
      comparisons.append(call(.compare(comparison), [l, r], .boolean))
      if case .constant(let datum) = r.node, left === value || l.type == left.type {
        left = l
        data.append(datum)
      }
    }
    let isList = (comparison == .equal && !isAll) || (comparison == .notEqual && isAll)
    if isList, data.count == members.count, !members.isEmpty {
      return context.folded(BoundExpression(.inList(left, data, negated: isAll), .boolean))
    }
    return isAll ? .conjunction(of: comparisons) : .disjunction(of: comparisons)
  }

  // MARK: LIKE

  private func bindLike(_ like: Like) throws(PlanningError) -> BoundExpression {
    guard like.style != .similar else { throw .unsupported("SIMILAR TO", at: like.location) }
    let value = try bind(like.value)
    let pattern = try bind(like.pattern)
    let text = context.settle(value)
    let patternText = context.settle(pattern)
    let name = (like.isNegated ? "!" : "") + (like.style == .ilike ? "~~*" : "~~")
    guard text.type.category == .string, patternText.type.category == .string else {
      throw .noOperator(name, value.type, pattern.type, at: like.location)
    }
    var arguments = [text, patternText]
    if let escape = like.escape { arguments.append(try bind(escape, as: .text)) }
    let match = call(.like(caseInsensitive: like.style == .ilike), arguments, .boolean)
    return like.isNegated ? context.folded(BoundExpression(.not(match), .boolean)) : match
  }
}
