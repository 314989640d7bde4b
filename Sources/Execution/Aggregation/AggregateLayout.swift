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
      /// The call itself: percentiles, mode, string_agg, any_value.
      case own(AggregateFunction, Int)
    }

    var kind: Kind
    var arguments: [BoundExpression]
    var filter: BoundExpression?
    var isDistinct: Bool
  }

  let calls: [BoundAggregate]
  private(set) var slots: [Slot] = []
  /// The slot of each call.
  private(set) var slotOfCall: [Int] = []
  /// A call of each slot, for what all calls of a slot have in common.
  private(set) var callOfSlot: [BoundAggregate] = []

  init(_ given: [BoundAggregate]) throws(ExecutionError) {
    let calls = given.map(Self.overDoubles)
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
  }

  /// percentile_cont of numbers works on doubles, whatever the numbers' type.
  private static func overDoubles(_ call: BoundAggregate) -> BoundAggregate {
    guard case .percentileContinuous = call.function, call.type == .double else { return call }
    var changed = call
    func cast(_ expression: BoundExpression) -> BoundExpression {
      expression.type == .double ? expression : BoundExpression(.cast(expression), .double)
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

  /// Counts of an argument whose sum is computed anyway come from that state.
  private mutating func shareCounts() {
    for place in slots.indices where slots[place].kind == .count && !slots[place].isDistinct {
      var sum = slots[place]
      sum.kind = .sum
      guard let shared = slots.firstIndex(of: sum) else { continue }
      for call in slotOfCall.indices where slotOfCall[call] == place { slotOfCall[call] = shared }
    }
  }

  /// The slots that some call reads.
  var usedSlots: Set<Int> { Set(slotOfCall) }

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
    }
  }

  /// A fresh state for a slot.
  func makeState(_ place: Int) throws(ExecutionError) -> AggregateState {
    let slot = slots[place]
    let call = callOfSlot[place]
    guard slot.isDistinct, slot.kind != .minimum, slot.kind != .maximum, slot.kind != .boolean
    else {
      return try makePlainState(slot, call)
    }
    let kinds = slot.arguments.map(\.type.laneKind)
    let inner = slot.kind == .count ? nil : try makePlainState(slot, call)
    return DistinctState(kinds: kinds, inner: inner)
  }

  private func makePlainState(
    _ slot: Slot,
    _ call: BoundAggregate
  ) throws(ExecutionError) -> AggregateState {
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
    case .own(.stringAggregate, _):
      return RowCollectState(
        kinds: slot.arguments.map(\.type.laneKind),
        argumentCount: call.arguments.count,
        order: call.order,
        firstKey: call.arguments.count
      )
    case .own: return makeCollector(slot, call)
    }
  }

  private func makeCollector(_ slot: Slot, _ call: BoundAggregate) -> AggregateState {
    let kind = slot.arguments[0].type.laneKind
    switch kind {
    case .int64, .float64, .bool: return WordCollectState(kind: kind)
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
    default: return makeDecimalSum()
    }
  }

  private func makeExtreme(_ kind: LaneKind, isMaximum: Bool) -> AggregateState {
    switch kind {
    case .int64:
      ExtremeState<Int64>(
        isMaximum: isMaximum,
        worst: isMaximum ? .min : .max,
        lanes: { GroupLanes($0.int64) },
        store: { vector, row, value in
          var out = vector.mutableInt64
          out[row] = value
        }
      )
    case .int128:
      ExtremeState<Int128>(
        isMaximum: isMaximum,
        worst: isMaximum ? .min : .max,
        lanes: { GroupLanes($0.int128) },
        store: { vector, row, value in
          var out = vector.mutableInt128
          out[row] = value
        }
      )
    default: ValueExtremeState(kind: kind, isMaximum: isMaximum)
    }
  }
}
