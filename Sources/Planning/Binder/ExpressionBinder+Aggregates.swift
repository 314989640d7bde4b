import Columnar
import ReportSyntax

/// Aggregates that PostgreSQL does not have, under the names of DuckDB and Timescale.
extension ExpressionBinder {
  /// Binds `min_by`, `max_by` (`arg_min`, `arg_max`, `first`, `last`) and the approximate aggregates.
  ///
  /// - Returns: nil: it is another aggregate.
  /// - Throws: 42883 for arguments that it does not take.
  func bindFurtherAggregate(
    _ call: FunctionCall,
    _ inner: ExpressionBinder,
    _ filter: BoundExpression?
  ) throws(PlanningError) -> BoundAggregate? {
    switch call.name.name.text {
    case "min_by", "arg_min", "first": try bindExtremeBy(.minimumBy, call, inner, filter)
    case "max_by", "arg_max", "last": try bindExtremeBy(.maximumBy, call, inner, filter)
    case "approx_count_distinct": try bindApproximateCount(call, inner, filter)
    case "approx_quantile", "approx_median": try bindApproximateQuantile(call, inner, filter)
    default: nil
    }
  }

  private func bindExtremeBy(
    _ function: AggregateFunction,
    _ call: FunctionCall,
    _ inner: ExpressionBinder,
    _ filter: BoundExpression?
  ) throws(PlanningError) -> BoundAggregate {
    let range = call.name.range
    guard call.arguments.count == 2 else { throw try noAggregate(call, inner, range) }
    let value = context.settle(try inner.bind(call.arguments[0].value))
    let order = context.settle(try inner.bind(call.arguments[1].value))
    // Of several values of the same place the least is taken: both must have an order.
    guard AggregateCatalog.isOrdered(value.type.base) || value.type == .boolean,
      AggregateCatalog.isOrdered(order.type.base)
    else { throw try noAggregate(call, inner, range) }
    return BoundAggregate(
      function: function,
      arguments: [value, order],
      filter: filter,
      type: value.type
    )
  }

  private func bindApproximateCount(
    _ call: FunctionCall,
    _ inner: ExpressionBinder,
    _ filter: BoundExpression?
  ) throws(PlanningError) -> BoundAggregate {
    guard call.arguments.count == 1 else { throw try noAggregate(call, inner, call.name.range) }
    let value = context.settle(try inner.bind(call.arguments[0].value))
    return BoundAggregate(
      function: .approximateDistinct,
      arguments: [BoundExpression(.call(.sketchCell, [value]), .integer)],
      filter: filter,
      type: .bigint
    )
  }

  /// The exact percentile of approximate values.
  private func bindApproximateQuantile(
    _ call: FunctionCall,
    _ inner: ExpressionBinder,
    _ filter: BoundExpression?
  ) throws(PlanningError) -> BoundAggregate {
    let isMedian = call.name.name.text == "approx_median"
    guard call.arguments.count == (isMedian ? 1 : 2) else {
      throw try noAggregate(call, inner, call.name.range)
    }
    let range = call.arguments[0].value.range
    let value = try inner.bind(call.arguments[0].value, as: .double)
    var part = 0.5
    if !isMedian { part = try boundFraction(call.arguments[1].value, "approx_quantile") }
    return try percentile(
      part,
      isContinuous: false,
      BoundExpression(.call(.approximate, [value]), .double),
      isDescending: false,
      filter,
      range
    )
  }

  /// A fraction from 0 to 1, which must be constant.
  func boundFraction(
    _ argument: Expression,
    _ name: String
  ) throws(PlanningError) -> Double {
    let fraction = try bind(argument, as: .double)
    guard case .constant(let datum) = fraction.node else {
      throw .unsupported("a fraction that is not constant in \(name)", at: argument.range)
    }
    guard case .double(let part) = datum, part >= 0, part <= 1 else {
      let shown: String = if case .double(let value) = datum { "\(value)" } else { "NULL" }
      throw PlanningError(
        "22003",
        "percentile value \(shown) is not between 0 and 1",
        at: argument.range
      )
    }
    return part
  }
}
