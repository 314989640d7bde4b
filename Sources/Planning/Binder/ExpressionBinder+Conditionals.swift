import Columnar
import ReportSyntax

extension ExpressionBinder {
  func bindCase(_ conditional: Case, _ range: SourceRange) throws(PlanningError) -> BoundExpression
  {
    let operand = try conditional.operand.map { (operand: Expression) throws(PlanningError) in
      (expression: try bind(operand), range: operand.range)
    }
    var conditions: [BoundExpression] = []
    var results: [(expression: BoundExpression, range: SourceRange)] = []
    for branch in conditional.branches {
      if let operand {
        conditions.append(
          try compare(
            .equal,
            Operator("=", range: branch.condition.range),
            operand.expression,
            operand.range,
            try bind(branch.condition),
            branch.condition.range
          )
        )
      } else {
        conditions.append(try bindCondition(branch.condition, clause: "CASE/WHEN"))
      }
      results.append((try bind(branch.result), branch.result.range))
    }
    let otherwise: (expression: BoundExpression, range: SourceRange)
    if let last = conditional.otherwise {
      otherwise = (try bind(last), last.range)
    } else {
      otherwise = (BoundExpression(.constant(.null), .unknown), range)
    }
    // PostgreSQL looks at ELSE first.
    let type = try context.commonType(of: [otherwise] + results, context: "CASE")
    var branches: [(when: BoundExpression, then: BoundExpression)] = []
    for (condition, result) in zip(conditions, results) {
      branches.append(
        (
          when: condition,
          then: try context.coerce(result.expression, to: type, range: result.range)
        )
      )
    }
    let last = try context.coerce(otherwise.expression, to: type, range: otherwise.range)
    return simplified(branches, otherwise: last, type)
  }

  /// Drops branches that can't be taken and ends at one that always is.
  private func simplified(
    _ branches: [(when: BoundExpression, then: BoundExpression)],
    otherwise: BoundExpression,
    _ type: LogicalType
  ) -> BoundExpression {
    var kept: [(when: BoundExpression, then: BoundExpression)] = []
    var last = otherwise
    for branch in branches {
      if branch.when.isConstant(.boolean(false)) || branch.when.isConstant(.null) { continue }
      if branch.when.isConstant(.boolean(true)) {
        last = branch.then
        break
      }
      kept.append(branch)
    }
    return kept.isEmpty ? last : BoundExpression(.caseWhen(kept, otherwise: last), type)
  }

  func bindCoalesce(_ operands: [Expression]) throws(PlanningError) -> BoundExpression {
    let values = try unified(operands, context: "COALESCE")
    return context.folded(BoundExpression(.coalesce(values), values[0].type))
  }

  func bindExtreme(
    _ function: ScalarFunction,
    _ operands: [Expression],
    _ name: String
  ) throws(PlanningError) -> BoundExpression {
    let values = try unified(operands, context: name)
    return call(function, values, values[0].type)
  }

  /// `NULLIF(a, b)` is `CASE WHEN a = b THEN NULL ELSE a END`, of a's type.
  func bindNullIf(
    _ left: Expression,
    _ right: Expression,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    var l = try bind(left)
    let r = try bind(right)
    if l.type == .unknown, r.type == .unknown { l = context.settle(l) }
    let (x, y) = try comparable(l, left.range, r, right.range, Operator("=", range: range))
    let equal = call(.compare(.equal), [x, y], .boolean)
    // Of the type in which both were compared, as in PostgreSQL, but with a's own scale.
    if l.type == .unknown {
      l = x
    } else if x.type.base != l.type.base {
      let type: LogicalType = x.type.base == .numeric(nil) ? .numeric(l.numericShape) : x.type
      l = try context.coerce(l, to: type, range: left.range)
    } else if l.type.category == .string {
      l = BoundExpression(l.node, .text)
    }
    return simplified(
      [(when: equal, then: BoundExpression(.constant(.null), l.type))],
      otherwise: l,
      l.type
    )
  }

  private func unified(
    _ operands: [Expression],
    context name: String
  ) throws(PlanningError) -> [BoundExpression] {
    var items: [(expression: BoundExpression, range: SourceRange)] = []
    for operand in operands { items.append((try bind(operand), operand.range)) }
    let type = try context.commonType(of: items, context: name)
    var values: [BoundExpression] = []
    for item in items {
      values.append(try context.coerce(item.expression, to: type, range: item.range))
    }
    return values
  }

  // MARK: Casts

  func bindCast(
    _ operand: Expression,
    _ name: TypeName,
    _ cast: Cast
  ) throws(PlanningError) -> BoundExpression {
    if let object = try bindObjectCast(operand, name) { return object }
    let (name, precision) = name.withoutTimePrecision
    let type = try LogicalType(name)
    if case .array(let items) = operand.kind, case .array(let element) = type {
      return try bindArray(items, operand.range, element: element)
    }
    let value = try intervalLiteral(try bind(operand), name, operand.range)
    guard canCoerce(value.type, to: type, for: .explicit) else {
      throw PlanningError(
        "42846",
        "cannot cast type \(value.type.displayName) to \(type.displayName)",
        at: cast.location
      )
    }
    let bound = try context.coerce(value, to: type, purpose: .explicit, range: operand.range)
    return limited(context.shaped(bound), to: precision)
  }

  /// A time, timestamp or interval rounded to so many digits behind the second.
  private func limited(_ value: BoundExpression, to precision: Int32?) -> BoundExpression {
    guard let precision, precision < 6 else { return value }
    let digits = BoundExpression(.constant(.int64(Int64(precision))), .integer)
    return call(.limitPrecision, [value, digits], value.type)
  }

  /// `interval '1' day` is `interval '1 day'`.
  ///
  /// Cutting finer fields off, as `interval '90 s' minute` does, is refused.
  private func intervalLiteral(
    _ value: BoundExpression,
    _ name: TypeName,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    guard let fields = name.intervalFields else { return value }
    guard let unit = fields.unit, case .constant(.bytes(let text)) = value.node,
      text.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x2b })
    else { throw .unsupported("an interval type with fields", at: range) }
    return BoundExpression(.constant(.bytes(text + Array(" \(unit)".utf8))), .unknown)
  }

  func bindCollate(
    _ operand: Expression,
    _ name: QualifiedName
  ) throws(PlanningError)
    -> BoundExpression
  {
    guard ["C", "POSIX", "default", "C.UTF-8", "C.utf8", "ucs_basic"].contains(name.name.text)
    else {
      throw PlanningError(
        "42704",
        "collation \"\(name.name.text)\" for encoding \"UTF8\" does not exist",
        at: name.range
      )
    }
    let value = context.settle(try bind(operand))
    guard value.type.category == .string else {
      throw .mismatch(
        "collations are not supported by type \(value.type.displayName)",
        at: name.range
      )
    }
    return value
  }

  func bindAtTimeZone(
    _ operand: Expression,
    _ zone: Expression
  ) throws(PlanningError)
    -> BoundExpression
  {
    var value = try bind(operand)
    let zoneValue = try bind(zone)
    if zoneValue.type == .interval {
      throw .unsupported("AT TIME ZONE with an interval", at: zone.range)
    }
    let isText = zoneValue.type == .unknown || zoneValue.type.category == .string
    if isText, value.type == .unknown || value.type == .date {
      value = try context.coerce(value, to: .timestamptz, range: operand.range)
    }
    let hasZoneName = zoneValue.type == .unknown || zoneValue.type.category == .string
    let name = hasZoneName ? context.settle(zoneValue) : zoneValue
    switch (value.type, hasZoneName) {
    case (.timestamptz, true): return call(.atTimeZone, [value, name], .timestamp)
    case (.timestamp, true): return call(.atTimeZone, [value, name], .timestamptz)
    default:
      throw PlanningError(
        "42883",
        "function pg_catalog.timezone(\(zoneValue.type.displayName), \(value.type.displayName)) does not exist",
        at: operand.range,
        hint: "No function matches the given name and argument types. "
          + "You might need to add explicit type casts."
      )
    }
  }

  // MARK: Arrays and session values

  /// `ARRAY[…]` of constants.
  func bindArray(
    _ items: [Expression],
    _ range: SourceRange,
    element given: ArrayElement? = nil
  ) throws(PlanningError) -> BoundExpression {
    var bound: [(expression: BoundExpression, range: SourceRange)] = []
    for item in items { bound.append((try bind(item), item.range)) }
    if bound.isEmpty, given == nil {
      throw PlanningError(
        "42P18",
        "cannot determine type of empty array",
        at: range,
        hint: "Explicitly cast to the desired type, for example ARRAY[]::integer[]."
      )
    }
    var element = given
    if element == nil {
      element = ArrayElement(try context.commonType(of: bound, context: "ARRAY"))
    }
    guard let element else { throw .unsupported("an array of arrays", at: range) }
    var members: [Datum] = []
    for item in bound {
      let value = try context.coerce(
        item.expression,
        to: element.type,
        purpose: given == nil ? .implicit : .explicit,
        range: item.range
      )
      guard case .constant(let datum) = value.node else {
        throw .unsupported("an array of values that are not constant", at: item.range)
      }
      members.append(datum)
    }
    return BoundExpression(.constant(.array(members)), .array(element))
  }

  func bindSessionValue(
    _ value: SessionValue,
    _ precision: Int32?
  ) -> BoundExpression {
    limited(sessionValue(value), to: precision)
  }

  private func sessionValue(_ value: SessionValue) -> BoundExpression {
    switch value {
    case .currentDate: BoundExpression(.call(.currentDate, []), .date)
    case .currentTimestamp: BoundExpression(.call(.now, []), .timestamptz)
    case .localTimestamp: BoundExpression(.call(.localTimestamp, []), .timestamp)
    case .currentTime, .localTime:
      BoundExpression(.cast(BoundExpression(.call(.localTimestamp, []), .timestamp)), .time)
    case .currentRole, .currentUser, .sessionUser, .user:
      BoundExpression(.call(.currentUser, []), .text)
    case .currentCatalog: BoundExpression(.call(.currentDatabase, []), .text)
    case .currentSchema: BoundExpression(.call(.currentSchema, []), .text)
    }
  }
}

extension TypeName {
  /// The name of a scalar time type without its precision, and the precision; casts apply it by themselves,
  /// columns of a precision there are none.
  fileprivate var withoutTimePrecision: (TypeName, Int32?) {
    guard arrayDimensions == 0, intervalFields == nil, modifiers.count == 1,
      ["time", "timestamp", "timestamptz", "interval"].contains(name.name.text)
    else { return (self, nil) }
    return (TypeName(name: name, range: range), modifiers[0])
  }
}
