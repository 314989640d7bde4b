import Columnar

/// The aggregates: which argument types they take and what they give.
enum AggregateCatalog {
  /// How an aggregate is called.
  enum Form: Sendable {
    /// f(x)
    case plain
    /// f(fraction) WITHIN GROUP (ORDER BY x)
    case ordered
  }

  static let names: [String: Form] = [
    "count": .plain, "sum": .plain, "avg": .plain, "min": .plain, "max": .plain,
    "bool_and": .plain, "every": .plain, "bool_or": .plain, "stddev": .plain,
    "stddev_samp": .plain, "stddev_pop": .plain, "variance": .plain, "var_samp": .plain,
    "var_pop": .plain, "string_agg": .plain, "any_value": .plain, "median": .plain,
    "approx_count_distinct": .plain, "approx_quantile": .plain, "approx_median": .plain,
    "min_by": .plain, "max_by": .plain, "arg_min": .plain, "arg_max": .plain, "first": .plain,
    "last": .plain, "percentile_cont": .ordered, "percentile_disc": .ordered, "mode": .ordered,
  ]

  /// The function and result type of a plain aggregate over one argument; `nil` where PostgreSQL has none.
  ///
  /// - Returns: Also the type that the argument must become.
  static func resolve(
    _ name: String,
    over type: LogicalType
  ) -> (function: AggregateFunction, argument: LogicalType, result: LogicalType)? {
    let base = type.base
    switch name {
    case "count": return (.count, type, .bigint)
    case "min", "max":
      guard isOrdered(base) else { return nil }
      let result: LogicalType = base == .varchar(nil) ? .text : type
      return (name == "min" ? .minimum : .maximum, type, result)
    case "any_value": return (.anyValue, type, type)
    case "bool_and", "every": return base == .boolean ? (.boolAnd, .boolean, .boolean) : nil
    case "bool_or": return base == .boolean ? (.boolOr, .boolean, .boolean) : nil
    case "sum": return sum(type).map { (.sum, type, $0) }
    case "avg": return average(type).map { (.average, type, $0) }
    case "stddev", "stddev_samp": return spread(type, .standardDeviation(isSample: true))
    case "stddev_pop": return spread(type, .standardDeviation(isSample: false))
    case "variance", "var_samp": return spread(type, .variance(isSample: true))
    case "var_pop": return spread(type, .variance(isSample: false))
    default: return nil
    }
  }

  static func isOrdered(_ type: LogicalType) -> Bool {
    switch type {
    case .boolean, .uuid, .jsonb, .bytea, .array, .unknown: false
    default: true
    }
  }

  private static func sum(_ type: LogicalType) -> LogicalType? {
    switch type {
    case .smallint, .integer: .bigint
    case .bigint: .numeric(NumericShape(precision: 38, scale: 0))
    // A trillion values of 26 digits add up to 38; sums of longer ones may need more.
    case .numeric(let shape?) where shape.isScaled && shape.precision <= 26:
      .numeric(NumericShape(precision: 38, scale: shape.scale))
    case .numeric: .numeric(nil)
    case .real: .real
    case .double: .double
    case .interval: .interval
    case .time: .interval
    default: nil
    }
  }

  private static func average(_ type: LogicalType) -> LogicalType? {
    switch type {
    case .smallint, .integer, .bigint, .numeric: .numeric(nil)
    case .real, .double: .double
    case .interval: .interval
    case .time: .interval
    default: nil
    }
  }

  private static func spread(
    _ type: LogicalType,
    _ function: AggregateFunction
  ) -> (AggregateFunction, LogicalType, LogicalType)? {
    switch type {
    case .smallint, .integer, .bigint, .numeric: (function, type, .numeric(nil))
    case .real, .double: (function, .double, .double)
    default: nil
    }
  }
}
