import Columnar
import ReportSyntax

extension ExpressionBinder {
  func bindCall(_ call: FunctionCall, _ range: SourceRange) throws(PlanningError) -> BoundExpression
  {
    let name = call.name.name.text
    if let schema = call.name.schema, schema.text != "pg_catalog" {
      throw PlanningError(
        "42883",
        "function \(call.name.description)(\(try argumentTypes(call))) does not exist",
        at: call.name.range,
        hint: Self.functionHint
      )
    }
    if let window = call.window { return try bindWindow(call, window, range) }
    if AggregateCatalog.names[name] != nil || call.isStar {
      return try scope.aggregate(try bindAggregate(call, range), range: range)
    }
    if call.isDistinct || !call.orderBy.isEmpty || call.filter != nil || !call.withinGroup.isEmpty {
      let what = call.isDistinct ? "DISTINCT" : call.filter != nil ? "FILTER" : "ORDER BY"
      throw PlanningError(
        "42809",
        "\(what) specified, but \(name) is not an aggregate function",
        at: range
      )
    }
    return try bindScalarCall(call, name, range)
  }

  static let functionHint =
    "No function matches the given name and argument types. You might need to add explicit type casts."

  private func argumentTypes(_ call: FunctionCall) throws(PlanningError) -> String {
    var names: [String] = []
    for argument in call.arguments { names.append(try bind(argument.value).type.displayName) }
    return names.joined(separator: ", ")
  }

  // MARK: Scalar functions

  private func bindScalarCall(
    _ call: FunctionCall,
    _ name: String,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    guard call.arguments.allSatisfy({ $0.name == nil }) else {
      return try bindNamedCall(call, name, range)
    }
    var arguments: [BoundExpression] = []
    for argument in call.arguments { arguments.append(try bind(argument.value)) }
    let ranges = call.arguments.map(\.value.range)
    if let special = try bindSpecial(name, arguments, ranges) { return special }
    let written = call.form == .extract ? "pg_catalog.\(name)" : call.name.description
    return try resolve(name, written, arguments, ranges, range)
  }

  /// Chooses the overload and converts the arguments.
  func resolve(
    _ name: String,
    _ written: String,
    _ given: [BoundExpression],
    _ ranges: [SourceRange],
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    let types = given.map(\.type)
    let signature = "\(written)(\(types.map(\.displayName).joined(separator: ", ")))"
    switch OverloadResolution.choose(FunctionCatalog.overloads[name] ?? [], for: types) {
    case .none:
      throw PlanningError(
        "42883",
        "function \(signature) does not exist",
        at: range,
        hint: Self.functionHint
      )
    case .ambiguous:
      throw PlanningError(
        "42725",
        "function \(signature) is not unique",
        at: range,
        hint:
          "Could not choose a best candidate function. You might need to add explicit type casts."
      )
    case .found(let overload):
      var arguments: [BoundExpression] = []
      for (index, argument) in given.enumerated() {
        guard let parameter = overload.parameter(index, of: given.count) else { continue }
        arguments.append(
          try context.coerceOperand(argument, to: parameter, range: ranges[index])
        )
      }
      return try finish(overload, arguments, ranges, range)
    }
  }

  /// Adds what a function takes from the session, and gives numerics one common form.
  private func finish(
    _ overload: FunctionOverload,
    _ given: [BoundExpression],
    _ ranges: [SourceRange],
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    var arguments = given
    switch overload.function {
    case .dateTruncate where arguments.count == 2 && arguments[1].type == .timestamptz:
      arguments.append(
        BoundExpression(.constant(.bytes(Array(context.settings.timeZoneName.utf8))), .text)
      )
    case .modulo where arguments[0].type.base == .numeric(nil):
      return try numericArithmetic(
        .modulo,
        Operands(
          left: arguments[0],
          leftRange: ranges[0],
          right: arguments[1],
          rightRange: ranges[1]
        )
      )
    case .squareRoot, .exponential, .naturalLogarithm, .logarithm, .power:
      for index in arguments.indices where arguments[index].type.base == .numeric(nil) {
        arguments[index] = try context.coerce(
          arguments[index],
          to: .numeric(nil),
          range: ranges[index]
        )
      }
    case .round, .truncate:
      // Digits that are not constant give every value a scale of its own.
      if arguments.count == 2, overload.resultType(of: arguments) == .numeric(nil) {
        arguments[0] = try context.coerce(arguments[0], to: .numeric(nil), range: ranges[0])
      }
    default: break
    }
    let type = overload.resultType(of: arguments)
    return call(overload.function, arguments, type)
  }

  /// Functions whose arguments may be of any type.
  private func bindSpecial(
    _ name: String,
    _ arguments: [BoundExpression],
    _ ranges: [SourceRange]
  ) throws(PlanningError) -> BoundExpression? {
    switch name {
    case "time_bucket": return try bindTimeBucket(arguments, ranges)
    case "concat", "concat_ws":
      guard arguments.count >= (name == "concat" ? 1 : 2) else { return nil }
      var texts: [BoundExpression] = []
      for (argument, range) in zip(arguments, ranges) { texts.append(try asText(argument, range)) }
      return call(name == "concat" ? .concat : .concatWithSeparator, texts, .text)
    case "pi" where arguments.isEmpty:
      return BoundExpression(.constant(.double(Double.pi)), .double)
    case "div" where arguments.count == 2:
      let symbol = Operator("/", range: ranges[0])
      let quotient = try apply(
        symbol,
        try context.coerce(arguments[0], to: .numeric(nil), range: ranges[0]),
        ranges[0],
        try context.coerce(arguments[1], to: .numeric(nil), range: ranges[1]),
        ranges[1]
      )
      return call(.truncate, [quotient], .numeric(nil))
    default: return nil
    }
  }

  /// make_interval(days => 10) and the like: named arguments of the functions that have names.
  private func bindNamedCall(
    _ call: FunctionCall,
    _ name: String,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    guard name == "make_interval" else {
      throw PlanningError(
        "42883",
        "function \(call.name.description)(\(try argumentTypes(call))) does not exist",
        at: range,
        hint: Self.functionHint
      )
    }
    let names = ["years", "months", "weeks", "days", "hours", "mins", "secs"]
    var values: [BoundExpression] = names.map {
      $0 == "secs"
        ? BoundExpression(.constant(.double(0)), .double)
        : BoundExpression(.constant(.int64(0)), .integer)
    }
    for (place, argument) in call.arguments.enumerated() {
      guard let index = argument.name.map({ names.firstIndex(of: $0.text) }) ?? place,
        index < names.count
      else {
        throw PlanningError(
          "42883",
          "function make_interval(\(argument.name?.text ?? "?") => …) does not exist",
          at: range,
          hint: Self.functionHint
        )
      }
      values[index] = try bind(argument.value, as: index == 6 ? .double : .integer)
    }
    return self.call(.makeInterval, values, .interval)
  }

  // MARK: Aggregates

  /// Binds an aggregate call; arguments are over the rows that are aggregated.
  private func bindAggregate(
    _ call: FunctionCall,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundAggregate {
    let name = call.name.name.text
    let inner = ExpressionBinder(context: context, scope: AggregateArgumentScope(outer: scope))
    let filter = try call.filter.map { (condition: Expression) throws(PlanningError) in
      let names = AggregateArgumentScope(outer: scope, clause: "FILTER")
      return try ExpressionBinder(context: context, scope: names).bindCondition(
        condition,
        clause: "FILTER"
      )
    }
    if call.isStar {
      guard name == "count" else {
        throw PlanningError(
          "42883",
          "function \(name)() does not exist",
          at: range,
          hint: Self.functionHint
        )
      }
      return BoundAggregate(function: .countRows, arguments: [], filter: filter, type: .bigint)
    }
    if AggregateCatalog.names[name] == .ordered {
      return try bindOrderedSet(call, name, inner, filter, range)
    }
    guard call.withinGroup.isEmpty else {
      throw PlanningError(
        "42809",
        "\(name) is not an ordered-set aggregate, so it cannot have WITHIN GROUP",
        at: range
      )
    }
    let order = try sortKeys(call.orderBy, inner)
    if name == "string_agg" { return try bindStringAggregate(call, inner, order, filter, range) }
    if let bound = try bindFurtherAggregate(call, inner, filter) { return bound }
    guard call.arguments.count == 1 else { throw try noAggregate(call, inner, range) }
    let mergedBefore = context.scaleMerging
    context.scaleMerging = name == "count" ? .all : name == "sum" || name == "avg" ? .zeros : .none
    defer { context.scaleMerging = mergedBefore }
    var argument = try inner.bind(call.arguments[0].value)
    if argument.type == .unknown { argument = settledArgument(argument, of: name) }
    if name == "median" {
      return try percentile(
        0.5,
        isContinuous: true,
        argument,
        isDescending: false,
        filter,
        call.arguments[0].value.range
      )
    }
    guard let resolved = AggregateCatalog.resolve(name, over: argument.type) else {
      throw try noAggregate(call, inner, range)
    }
    argument = try context.coerce(
      argument,
      to: resolved.argument,
      range: call.arguments[0].value.range
    )
    // min, max and the logical ones are the same over distinct values.
    let ignoresDuplicates: Set<AggregateFunction> = [
      .minimum, .maximum, .boolAnd, .boolOr, .anyValue,
    ]
    return BoundAggregate(
      function: resolved.function,
      arguments: [argument],
      isDistinct: call.isDistinct && !ignoresDuplicates.contains(resolved.function),
      filter: filter,
      order: [],
      type: resolved.result
    )
  }

  private func settledArgument(_ argument: BoundExpression, of name: String) -> BoundExpression {
    context.settle(argument)
  }

  func noAggregate(
    _ call: FunctionCall,
    _ inner: ExpressionBinder,
    _ range: SourceRange
  ) throws(PlanningError) -> PlanningError {
    let types = try inner.argumentTypes(call)
    return PlanningError(
      "42883",
      "function \(call.name.description)(\(types)) does not exist",
      at: range,
      hint: Self.functionHint
    )
  }

  private func bindStringAggregate(
    _ call: FunctionCall,
    _ inner: ExpressionBinder,
    _ order: [SortKey],
    _ filter: BoundExpression?,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundAggregate {
    guard call.arguments.count == 2 else { throw try noAggregate(call, inner, range) }
    let value = context.settle(try inner.bind(call.arguments[0].value))
    guard value.type.category == .string else { throw try noAggregate(call, inner, range) }
    let separator = try inner.bind(call.arguments[1].value, as: .text)
    return BoundAggregate(
      function: .stringAggregate,
      arguments: [value, separator],
      isDistinct: call.isDistinct,
      filter: filter,
      order: order,
      type: .text
    )
  }

  private func bindOrderedSet(
    _ call: FunctionCall,
    _ name: String,
    _ inner: ExpressionBinder,
    _ filter: BoundExpression?,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundAggregate {
    guard call.withinGroup.count == 1 else {
      throw PlanningError(
        "42809",
        "WITHIN GROUP is required for ordered-set aggregate \(name)",
        at: range
      )
    }
    let key = call.withinGroup[0]
    let value = context.settle(try inner.bind(key.value))
    if name == "mode" {
      return BoundAggregate(
        function: .mode,
        arguments: [value],
        filter: filter,
        order: try sortKeys(call.withinGroup, inner),
        type: value.type
      )
    }
    guard call.arguments.count == 1 else { throw try noAggregate(call, inner, range) }
    let argument = call.arguments[0].value
    let part = try boundFraction(argument, name)
    return try percentile(
      part,
      isContinuous: name == "percentile_cont",
      value,
      isDescending: key.isDescending,
      filter,
      range
    )
  }

  func percentile(
    _ fraction: Double,
    isContinuous: Bool,
    _ value: BoundExpression,
    isDescending: Bool,
    _ filter: BoundExpression?,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundAggregate {
    var order = [SortKey(expression: value, isDescending: isDescending, nullsFirst: false)]
    guard isContinuous else {
      return BoundAggregate(
        function: .percentileDiscrete(fraction),
        arguments: [value],
        filter: filter,
        order: order,
        type: value.type
      )
    }
    // percentile_cont is over double precision or interval.
    guard value.type == .interval || value.type.category == .numeric else {
      throw PlanningError(
        "42883",
        "function percentile_cont(numeric, \(value.type.displayName)) does not exist",
        at: range,
        hint: Self.functionHint
      )
    }
    // Numbers that are machine words are turned to doubles when a group is written, others at once.
    var value = value
    if case .numeric = value.type, value.type.laneKind != .int64 {
      value = try context.coerce(value, to: .double, range: range)
      order[0].expression = value
    }
    return BoundAggregate(
      function: .percentileContinuous(fraction),
      arguments: [value],
      filter: filter,
      order: order,
      type: value.type == .interval ? .interval : .double
    )
  }

  /// ORDER BY inside a call: expressions only, no ordinals.
  func sortKeys(
    _ items: [SortItem],
    _ inner: ExpressionBinder
  ) throws(PlanningError) -> [SortKey] {
    var keys: [SortKey] = []
    for item in items {
      keys.append(
        SortKey(
          expression: context.settle(try inner.bind(item.value)),
          isDescending: item.isDescending,
          nullsFirst: item.nullsFirst ?? item.isDescending
        )
      )
    }
    return keys
  }

  // MARK: Windows

  private func bindWindow(
    _ call: FunctionCall,
    _ window: Window,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    let definition = try scope.windowDefinition(window)
    guard definition.frame == nil else { throw .unsupported("a window frame", at: range) }
    var partition: [BoundExpression] = []
    for expression in definition.partitionBy { partition.append(try bindSettled(expression)) }
    let order = try sortKeys(definition.orderBy, self)
    let ranking: [String: WindowFunction] = [
      "row_number": .rowNumber, "rank": .rank, "dense_rank": .denseRank,
    ]
    let name = call.name.name.text
    if let function = ranking[name], call.arguments.isEmpty, !call.isStar {
      return try scope.window(
        BoundWindow(
          function: function,
          arguments: [],
          partition: partition,
          order: order,
          type: .bigint
        ),
        range: range
      )
    }
    if name == "lag", call.arguments.count == 1, !call.isDistinct, call.filter == nil {
      let value = try bindSettled(call.arguments[0].value)
      return try scope.window(
        BoundWindow(
          function: .previous,
          arguments: [value],
          partition: partition,
          order: order,
          type: value.type
        ),
        range: range
      )
    }
    guard AggregateCatalog.names[name] == .plain || call.isStar else {
      throw .unsupported("window function \(name)", at: range)
    }
    guard !call.isDistinct, call.filter == nil else {
      throw .unsupported("DISTINCT or FILTER in a window function", at: range)
    }
    let aggregate = try bindAggregate(call, range)
    return try scope.window(
      BoundWindow(
        function: .aggregate(aggregate.function),
        arguments: aggregate.arguments,
        partition: partition,
        order: order,
        type: aggregate.type
      ),
      range: range
    )
  }
}

/// The names inside an aggregate's arguments: the query's columns, but no further aggregate.
private final class AggregateArgumentScope: NameScope {
  private let outer: any NameScope
  /// The clause that messages name; nil: the arguments.
  private let clause: String?

  init(outer: any NameScope, clause: String? = nil) {
    self.outer = outer
    self.clause = clause
  }

  func column(_ path: [Identifier], range: SourceRange) throws(PlanningError) -> BoundExpression {
    try outer.column(path, range: range)
  }

  func aggregate(
    _ aggregate: BoundAggregate,
    range: SourceRange
  ) throws(PlanningError)
    -> BoundExpression
  {
    throw PlanningError(
      "42803",
      clause.map { "aggregate functions are not allowed in \($0)" }
        ?? "aggregate function calls cannot be nested",
      at: range
    )
  }

  func window(_ window: BoundWindow, range: SourceRange) throws(PlanningError) -> BoundExpression {
    throw PlanningError(
      "42803",
      "aggregate function calls cannot contain window function calls",
      at: range
    )
  }

  func subquery(
    _ expression: Expression,
    binder: ExpressionBinder
  ) throws(PlanningError)
    -> BoundExpression
  {
    try outer.subquery(expression, binder: binder)
  }

  func windowDefinition(_ window: Window) throws(PlanningError) -> WindowDefinition {
    try outer.windowDefinition(window)
  }
}
