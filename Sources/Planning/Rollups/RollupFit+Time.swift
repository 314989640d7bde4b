import Columnar

extension RollupFit {
  /// What a condition says of the moments of a column, as far as it is a range.
  struct MomentRange {
    var column: Int
    /// The first moment inside, and the first beyond; microseconds.
    var lower: Int64?
    var upper: Int64?

    mutating func narrow(_ other: MomentRange) {
      if let bound = other.lower { lower = max(lower ?? bound, bound) }
      if let bound = other.upper { upper = min(upper ?? bound, bound) }
    }
  }

  /// The key that cuts a column of moments as finely as a form asks for.
  private func bucketKey(_ column: Int, refining form: TimeBucket.Form) -> Int? {
    keys.indices.first { place in
      guard let bucket = rollup.keys[keys[place]].bucket, bucket.column == column else {
        return false
      }
      return bucket.refines(form)
    }
  }

  /// An expression of a moment that is the same for all moments of a bucket, over the bucket's start.
  mutating func rewriteMoment(_ expression: BoundExpression, _ level: Level) -> BoundExpression? {
    if case .isNull(let operand, let isNegated) = expression.node {
      return rewriteNull(operand, isNegated, level)
    }
    if case .call(.compare, _) = expression.node { return rewriteRange(expression, level) }
    guard let form = MomentForm(expression, sessionZone: context.settings.timeZoneName),
      case .column(let column)? = level.origin(of: form.moment)?.node,
      let key = bucketKey(column, refining: form.bucket)
    else { return nil }
    noteKey(keys[key])
    let start = self.column(key, level)
    return expression.replacing(form.moment, by: start)
  }

  /// Whether a moment is NULL shows in any bucket of it.
  private mutating func rewriteNull(
    _ operand: BoundExpression,
    _ isNegated: Bool,
    _ level: Level
  ) -> BoundExpression? {
    guard case .column(let column)? = level.origin(of: operand)?.node,
      let key = keys.indices.first(where: { rollup.keys[keys[$0]].bucket?.column == column })
    else { return nil }
    noteKey(keys[key])
    return BoundExpression(.isNull(self.column(key, level), negated: isNegated), .boolean)
  }

  /// A comparison of a moment with a constant at which a bucket begins.
  private mutating func rewriteRange(
    _ condition: BoundExpression,
    _ level: Level
  ) -> BoundExpression? {
    guard let origin = level.origin(of: condition), let range = range(of: origin) else {
      return nil
    }
    for (place, number) in keys.enumerated()
    where rollup.keys[number].bucket?.column == range.column {
      let bounds = [range.lower, range.upper].compactMap { $0 }
      guard bounds.allSatisfy({ bucketStart(of: $0, number) == $0 }) else { continue }
      noteKey(number)
      return Self.conditions(of: column(place, level), from: range.lower, to: range.upper).first
    }
    return nil
  }

  /// `lower <= moment AND moment < upper`, as far as there are bounds.
  static func conditions(
    of moment: BoundExpression,
    from lower: Int64?,
    to upper: Int64?
  ) -> [BoundExpression] {
    func compare(_ comparison: ComparisonOperator, _ bound: Int64) -> BoundExpression {
      let constant = BoundExpression(.constant(.int64(bound)), moment.type)
      return BoundExpression(.call(.compare(comparison), [moment, constant]), .boolean)
    }
    var list: [BoundExpression] = []
    if let lower { list.append(compare(.greaterOrEqual, lower)) }
    if let upper { list.append(compare(.less, upper)) }
    return list
  }

  // MARK: Ranges

  /// The range of moments that a condition over the table's columns asks for; nil: it is something else.
  func range(of condition: BoundExpression) -> MomentRange? {
    guard case .call(.compare(let comparison), let sides) = condition.node, sides.count == 2 else {
      return nil
    }
    if case .column(let column) = sides[0].node, let moment = moment(sides[1]) {
      return range(column, comparison, moment)
    }
    if case .column(let column) = sides[1].node, let moment = moment(sides[0]) {
      return range(column, comparison.mirrored, moment)
    }
    return nil
  }

  private func moment(_ expression: BoundExpression) -> Int64? {
    guard expression.type == .timestamptz || expression.type == .timestamp,
      expression.isConstantForStatement, let value = try? context.folding.fold(expression),
      case .int64(let moment) = value, !Civil.isInfinite(timestamp: moment),
      Civil.isInRange(timestamp: moment)
    else { return nil }
    return moment
  }

  private func range(
    _ column: Int,
    _ comparison: ComparisonOperator,
    _ moment: Int64
  ) -> MomentRange? {
    switch comparison {
    case .less: MomentRange(column: column, upper: moment)
    case .lessOrEqual: MomentRange(column: column, upper: moment + 1)
    case .greater: MomentRange(column: column, lower: moment + 1)
    case .greaterOrEqual: MomentRange(column: column, lower: moment)
    case .equal, .notEqual: nil
    }
  }

  // MARK: Buckets

  /// The bucket that a moment lies in.
  func bucketStart(of moment: Int64, _ key: Int) -> Int64? {
    let expression = rollup.keys[key].expression
    let constant = expression.mapChildren { child in
      child.columnIndex == nil ? child : BoundExpression(.constant(.int64(moment)), child.type)
    }
    guard let value = try? context.folding.fold(constant), case .int64(let start) = value else {
      return nil
    }
    return start
  }

  /// The first start of a bucket at or behind a moment.
  func bucketStart(atOrBehind moment: Int64, _ key: Int) -> Int64? {
    guard let own = bucketStart(of: moment, key), let bucket = rollup.keys[key].bucket else {
      return nil
    }
    if own == moment { return own }
    // The next bucket, if the step did not lead over it.
    guard let next = bucketStart(of: own + bucket.stepMicroseconds, key), next > moment,
      bucketStart(of: next - 1, key) == own
    else { return nil }
    return next
  }
}
