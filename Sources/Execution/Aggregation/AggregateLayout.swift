internal import Columnar
internal import Planning

/// The states that the aggregates of a plan node need: calls that can share a state do.
struct AggregateLayout {
  /// One kind of state over one argument list.
  struct Slot: Hashable {
    enum Kind: Hashable {
      case count
      /// Sum and count: sum, avg, count(x).
      case sum
      case minimum, maximum
      case spread
      case boolean
      /// Both parts of a sum of squares.
      case squares
      /// The call itself: percentiles, mode, string_agg, any_value.
      case own(AggregateFunction, Int)
    }

    var kind: Kind
    var arguments: [BoundExpression]
    var filter: BoundExpression?
    var isDistinct: Bool
  }

  /// How distinct counts come about.
  private enum DistinctForm {
    /// By sets in the states.
    case sets
    /// Not at all: the values are keys of the grouping.
    case keys
    /// By counting rows, each of which brings a value that its group has not seen.
    case counts
  }

  let calls: [BoundAggregate]
  private var distinctForm = DistinctForm.sets
  private(set) var slots: [Slot] = []
  /// The slot of each call.
  private(set) var slotOfCall: [Int] = []
  /// A call of each slot, for what all calls of a slot have in common.
  private(set) var callOfSlot: [BoundAggregate] = []
  /// What is evaluated for each row: every different argument and filter of the slots that some call reads.
  private(set) var inputs: [BoundExpression] = []
  /// Places of each slot's arguments among ``inputs``.
  private(set) var argumentsOfSlot: [[Int]] = []
  /// Place of each slot's filter among ``inputs``.
  private(set) var filterOfSlot: [Int?] = []

  init(_ given: [BoundAggregate]) throws(ExecutionError) {
    let calls = given.map { Self.overNarrowSeconds(Self.overDoubles($0)) }
    self.calls = calls
    for (place, call) in calls.enumerated() {
      let slot = Slot(
        kind: Self.kind(call, place),
        arguments: call.arguments + call.order.map(\.expression),
        filter: call.filter,
        isDistinct: call.isDistinct
      )
      if let known = slots.firstIndex(of: slot) {
        slotOfCall.append(known)
      } else {
        slotOfCall.append(slots.count)
        slots.append(slot)
        callOfSlot.append(call)
      }
    }
    shareCounts()
    listInputs()
  }

  private mutating func listInputs() {
    inputs = []
    argumentsOfSlot = []
    filterOfSlot = []
    func place(of expression: BoundExpression) -> Int {
      if let known = inputs.firstIndex(of: expression) { return known }
      inputs.append(expression)
      return inputs.count - 1
    }
    for (number, slot) in slots.enumerated() {
      guard isUsed(number) else {
        argumentsOfSlot.append([])
        filterOfSlot.append(nil)
        continue
      }
      argumentsOfSlot.append(slot.arguments.map(place))
      filterOfSlot.append(slot.filter.map(place))
    }
  }

  /// percentile_cont of numbers works on doubles, whatever the numbers' type.
  ///
  /// Scaled integers order as their doubles do, and only the values found need to become doubles.
  private static func overDoubles(_ call: BoundAggregate) -> BoundAggregate {
    switch call.function {
    case .percentileContinuous, .weightedPercentile(_, isContinuous: true): break
    default: return call
    }
    guard call.type == .double else { return call }
    var changed = call
    func cast(_ expression: BoundExpression) -> BoundExpression {
      expression.type == .double || expression.type.laneKind == .int64
        ? expression : BoundExpression(.cast(expression), .double)
    }
    changed.arguments = call.arguments.map(cast)
    changed.order = call.order.map { key in
      SortKey(
        expression: cast(key.expression),
        isDescending: key.isDescending,
        nullsFirst: key.nullsFirst
      )
    }
    return changed
  }

  /// Sums of the seconds between two moments work on 64 bits.
  ///
  /// The difference of two moments in microseconds always fits them, although such a numeric may have 19 digits; sums take
  /// lanes of any size.
  private static func overNarrowSeconds(_ call: BoundAggregate) -> BoundAggregate {
    guard call.function == .sum || call.function == .average, call.arguments.count == 1,
      case .call(.extract, let parts) = call.arguments[0].node, parts.count == 2,
      parts[1].type == .interval, case .call(.subtract, let moments) = parts[1].node,
      moments.allSatisfy({ $0.type == .timestamp || $0.type == .timestamptz }),
      case .numeric(let shape?) = call.arguments[0].type, shape.scale == 6
    else { return call }
    var changed = call
    let narrow = NumericShape(precision: 18, scale: shape.scale)
    changed.arguments = [BoundExpression(call.arguments[0].node, .numeric(narrow))]
    return changed
  }

  /// Counts of an argument whose sum is computed anyway come from that state.
  private mutating func shareCounts() {
    for place in slots.indices where slots[place].kind == .count && !slots[place].isDistinct {
      var sum = slots[place]
      sum.kind = .sum
      guard let shared = slots.firstIndex(of: sum) else { continue }
      for call in slotOfCall.indices where slotOfCall[call] == place { slotOfCall[call] = shared }
    }
  }

  /// Whether some call reads the slot.
  func isUsed(_ slot: Int) -> Bool {
    slotOfCall.contains(slot) && !(distinctForm == .keys && isDistinct(slot))
  }

  /// Whether a slot counts different integers, which may be split by their hash.
  func countsIntegers(_ place: Int) -> Bool {
    let slot = slots[place]
    return slot.kind == .count && slot.arguments.count == 1
      && slot.arguments[0].type.laneKind == .int64
  }

  /// The same in two steps, where all distinct calls count the values of one expression: a grouping by the keys and these values, whose
  /// groups are then grouped by the keys alone.
  ///
  /// - Returns: The expression, and the layouts of both steps; nil: the states' sets must do.
  /// - Throws: 0A000 for an aggregate that there is no state for.
  func inTwoSteps() throws(ExecutionError) -> (
    values: BoundExpression, first: AggregateLayout, second: AggregateLayout
  )? {
    var values: BoundExpression?
    for (place, slot) in slots.enumerated() where isUsed(place) {
      guard isDistinct(place) else {
        guard try makeState(place).partialKinds != nil else { return nil }
        continue
      }
      guard slot.kind == .count, slot.filter == nil, slot.arguments.count == 1,
        values == nil || values == slot.arguments[0]
      else { return nil }
      values = slot.arguments[0]
    }
    guard let values else { return nil }
    var (first, second) = (self, self)
    first.distinctForm = .keys
    first.listInputs()
    second.distinctForm = .counts
    return (values, first, second)
  }

  /// What the calls of a slot compute.
  private func functions(ofSlot slot: Int) -> [AggregateFunction] {
    var functions: [AggregateFunction] = []
    for (call, place) in zip(calls, slotOfCall) where place == slot {
      if !functions.contains(call.function) { functions.append(call.function) }
    }
    return functions
  }

  private static func kind(_ call: BoundAggregate, _ place: Int) -> Slot.Kind {
    switch call.function {
    case .countRows, .count: .count
    case .sum, .average: .sum
    // A value is a minimum or maximum once or many times.
    case .minimum: .minimum
    case .maximum: .maximum
    case .standardDeviation, .variance: .spread
    case .boolAnd, .boolOr: .boolean
    case .percentileContinuous, .percentileDiscrete, .mode:
      .own(.mode, call.order.first?.isDescending == true ? 1 : 0)
    case .stringAggregate, .anyValue, .singleValue: .own(call.function, place)
    case .weightedPercentile, .weightedMode:
      .own(.weightedMode, call.order.first?.isDescending == true ? 1 : 0)
    case .squares: .squares
    case .minimumBy, .maximumBy, .approximateDistinct, .spreadOfSums: .own(call.function, 0)
    }
  }

  /// Whether a slot must let each value of a group through once.
  func isDistinct(_ place: Int) -> Bool {
    let slot = slots[place]
    return slot.isDistinct && slot.kind != .minimum && slot.kind != .maximum
      && slot.kind != .boolean
  }

  /// A fresh state for a slot.
  ///
  /// - Parameters:
  ///   - place: The slot.
  ///   - range: Bounds of the slot's argument, where a distinct integer's are known.
  ///   - partitioning: Where different integers go that are too many for a table.
  /// - Returns: It knows of no group.
  /// - Throws: 0A000 for an aggregate that there is no state for.
  func makeState(
    _ place: Int,
    range: KeyRange? = nil,
    _ partitioning: DistinctPartitioning? = nil
  ) throws(ExecutionError) -> AggregateState {
    let slot = slots[place]
    guard isDistinct(place), distinctForm == .sets else { return try makePlainState(place) }
    let kinds = slot.arguments.map(\.type.laneKind)
    let inner = slot.kind == .count ? nil : try makePlainState(place)
    return DistinctState(kinds: kinds, inner: inner, range: range, partitioning)
  }

  private func makePlainState(_ place: Int) throws(ExecutionError) -> AggregateState {
    let slot = slots[place]
    let call = callOfSlot[place]
    guard let argument = slot.arguments.first else { return CountState() }
    let type = argument.type
    switch slot.kind {
    case .count: return CountState()
    case .sum: return makeSum(type)
    case .minimum: return makeExtreme(type.laneKind, isMaximum: false)
    case .maximum: return makeExtreme(type.laneKind, isMaximum: true)
    case .spread:
      if type.laneKind == .float64 { return FloatSpreadState() }
      return ExactSpreadState(kind: type.laneKind, scale: type.scale)
    case .boolean: return BoolState()
    case .own(.anyValue, _): return FirstValueState(kind: type.laneKind, isOnly: false)
    case .own(.singleValue, _): return FirstValueState(kind: type.laneKind, isOnly: true)
    case .squares: return SquaresState()
    case .own(.minimumBy, _), .own(.maximumBy, _):
      return ByExtremeState(
        kinds: slot.arguments.map(\.type.laneKind),
        isMaximum: slot.kind == .own(.maximumBy, 0)
      )
    case .own(.approximateDistinct, _): return ApproximateDistinctState()
    case .own(.spreadOfSums, _): return SpreadOfSumsState(scale: slot.arguments[1].type.scale)
    case .own(.stringAggregate, _), .own(.weightedMode, _):
      return RowCollectState(
        kinds: slot.arguments.map(\.type.laneKind),
        argumentCount: call.arguments.count,
        order: call.order,
        firstKey: call.arguments.count
      )
    case .own: return makeCollector(place)
    }
  }

  private func makeCollector(_ place: Int) -> AggregateState {
    let slot = slots[place]
    let call = callOfSlot[place]
    let kind = slot.arguments[0].type.laneKind
    switch kind {
    case .int64, .float64, .bool:
      return WordCollectState(
        kind: kind,
        functions: functions(ofSlot: place),
        isDescending: call.order.first?.isDescending ?? false
      )
    default:
      let order = SortKey(
        expression: call.arguments[0],
        isDescending: call.order.first?.isDescending ?? false,
        nullsFirst: false
      )
      let kinds = slot.arguments.map(\.type.laneKind)
      return RowCollectState(kinds: kinds, argumentCount: 1, order: [order], firstKey: 0)
    }
  }

  private func makeSum(_ type: LogicalType) -> AggregateState {
    if type == .time { return makeIntervalSum(ofTimes: true) }
    switch type.laneKind {
    case .int64: return IntegerSumState(scale: type.scale)
    case .int128: return WideSumState(scale: type.scale)
    case .float64: return FloatSumState()
    case .interval: return makeIntervalSum(ofTimes: false)
    default: return DecimalSumState()
    }
  }

  private func makeExtreme(_ kind: LaneKind, isMaximum: Bool) -> AggregateState {
    switch kind {
    case .int64: IntegerExtremeState(isMaximum: isMaximum)
    case .int128: WideExtremeState(isMaximum: isMaximum)
    default: ValueExtremeState(kind: kind, isMaximum: isMaximum)
    }
  }
}
