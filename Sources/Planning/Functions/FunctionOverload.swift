import Columnar

/// One signature of a scalar function.
struct FunctionOverload: Sendable {
  enum Result: Sendable {
    case type(LogicalType)
    /// The type of that argument, modifiers dropped for strings.
    case sameAs(Int)
    /// Worked out from the bound arguments.
    case derived(@Sendable ([BoundExpression]) -> LogicalType)
  }

  var parameters: [LogicalType]
  /// Whether the last parameter may repeat, any number of times but at least once.
  var isVariadic = false
  var result: Result
  var function: ScalarFunction

  init(
    _ parameters: [LogicalType],
    _ result: LogicalType,
    _ function: ScalarFunction,
    variadic: Bool = false
  ) {
    self.parameters = parameters
    self.result = .type(result)
    self.function = function
    isVariadic = variadic
  }

  init(_ parameters: [LogicalType], sameAs index: Int, _ function: ScalarFunction) {
    self.parameters = parameters
    result = .sameAs(index)
    self.function = function
  }

  init(
    _ parameters: [LogicalType],
    _ function: ScalarFunction,
    derived: @escaping @Sendable ([BoundExpression]) -> LogicalType
  ) {
    self.parameters = parameters
    result = .derived(derived)
    self.function = function
  }

  /// The type that argument `index` must become; `nil` when there are too many or too few.
  func parameter(_ index: Int, of count: Int) -> LogicalType? {
    if isVariadic { return parameters[min(index, parameters.count - 1)] }
    return count == parameters.count ? parameters[index] : nil
  }

  func accepts(count: Int) -> Bool {
    isVariadic ? count >= parameters.count : count == parameters.count
  }

  func resultType(of arguments: [BoundExpression]) -> LogicalType {
    switch result {
    case .type(let type): type
    case .sameAs(let index): arguments[index].type
    case .derived(let rule): rule(arguments)
    }
  }
}

/// Chooses among overloads by PostgreSQL's rules (10.3): most exact matches, then preferred types, then what the
/// untyped literals may be.
enum OverloadResolution {
  case found(FunctionOverload)
  case none
  case ambiguous

  static func choose(
    _ overloads: [FunctionOverload],
    for types: [LogicalType]
  ) -> OverloadResolution {
    let possible = overloads.filter { overload in
      overload.accepts(count: types.count)
        && types.indices.allSatisfy { index in
          guard let parameter = overload.parameter(index, of: types.count) else { return false }
          return canCoerce(types[index], to: parameter, for: .implicit)
        }
    }
    if possible.count <= 1 { return possible.first.map { .found($0) } ?? .none }
    var best = keepBest(possible) { exactMatches($0, types) }
    if best.count > 1 { best = keepBest(best) { preferredMatches($0, types) } }
    if best.count > 1 { best = keepBest(best) { stringsForUnknown($0, types) } }
    if best.count > 1 { best = keepBest(best) { preferredForUnknown($0, types) } }
    return best.count == 1 ? .found(best[0]) : .ambiguous
  }

  private static func keepBest(
    _ overloads: [FunctionOverload],
    _ score: (FunctionOverload) -> Int
  ) -> [FunctionOverload] {
    let scores = overloads.map(score)
    let top = scores.max() ?? 0
    return zip(overloads, scores).filter { $0.1 == top }.map(\.0)
  }

  private static func count(
    _ overload: FunctionOverload,
    _ types: [LogicalType],
    where matches: (LogicalType, LogicalType) -> Bool
  ) -> Int {
    types.indices.reduce(0) { sum, index in
      guard let parameter = overload.parameter(index, of: types.count) else { return sum }
      return sum + (matches(types[index], parameter) ? 1 : 0)
    }
  }

  private static func exactMatches(_ overload: FunctionOverload, _ types: [LogicalType]) -> Int {
    count(overload, types) { type, parameter in
      type != .unknown
        && (type.base == parameter.base
          || (type.category == .string && parameter.category == .string))
    }
  }

  private static func preferredMatches(_ overload: FunctionOverload, _ types: [LogicalType]) -> Int
  {
    count(overload, types) { type, parameter in
      type != .unknown && (type.base == parameter.base || parameter.isPreferred)
    }
  }

  private static func stringsForUnknown(_ overload: FunctionOverload, _ types: [LogicalType]) -> Int
  {
    count(overload, types) { $0 == .unknown && $1.category == .string }
  }

  private static func preferredForUnknown(
    _ overload: FunctionOverload,
    _ types: [LogicalType]
  ) -> Int {
    count(overload, types) { $0 == .unknown && $1.isPreferred }
  }
}
