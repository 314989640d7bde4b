internal import Columnar
internal import Planning

/// generate_series(start, stop [, step]) over integers, numerics and timestamps.
final class SeriesProducer: Producer {
  private let arguments: [BoundExpression]
  private let shared: ExecutionShared

  init(_ arguments: [BoundExpression], types: [LogicalType], _ shared: ExecutionShared) {
    self.arguments = arguments
    self.shared = shared
    super.init(types: types)
  }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    var values: [Datum] = []
    for argument in arguments { values.append(try evaluateConstant(argument, shared)) }
    return try SeriesStream(values, type: types[0], shared)
  }
}

private final class SeriesStream: BatchStream {
  /// What comes next and what ends it.
  private enum State {
    case over
    case integers(next: Int64, stop: Int64, step: Int64)
    case numerics(next: WideDecimal, stop: WideDecimal, step: WideDecimal)
    case times(next: Int64, stop: Int64, step: Interval, isRising: Bool)
  }

  private var state: State
  private let isZoned: Bool
  private let shared: ExecutionShared
  private let output: Batch

  init(_ values: [Datum], type: LogicalType, _ shared: ExecutionShared) throws(ExecutionError) {
    self.shared = shared
    isZoned = type == .timestamptz
    output = Batch(kinds: [type.laneKind])
    guard values.count >= 2, !values.contains(where: \.isNull) else {
      state = .over
      return
    }
    switch (values[0], values[1]) {
    case (.int64(let start), .int64(let stop)):
      guard values.count > 2 else {
        state = .integers(next: start, stop: stop, step: 1)
        return
      }
      switch values[2] {
      case .int64(let step):
        guard step != 0 else { throw Self.zeroStep }
        state = .integers(next: start, stop: stop, step: step)
      case .interval(let step):
        let length = linearMicroseconds(step)
        guard length != 0 else { throw Self.zeroStep }
        state = .times(next: start, stop: stop, step: step, isRising: length > 0)
      default: throw Self.unsupported
      }
    default:
      let numbers = values.map { $0.wideDecimal }
      guard values.allSatisfy({ $0.isNumeric }) else { throw Self.unsupported }
      guard let start = numbers[0], let stop = numbers[1],
        let step = numbers.count > 2 ? numbers[2] : WideDecimal(1, scale: 0)
      else { throw .sql("22023", "start value cannot be NaN") }
      guard !step.magnitude.isZero else { throw Self.zeroStep }
      state = .numerics(next: start, stop: stop, step: step)
    }
  }

  private static let zeroStep = ExecutionError.sql("22023", "step size cannot equal zero")
  private static let unsupported = ExecutionError.sql("0A000", "generate_series over these types")

  override func next() throws(ExecutionError) -> Batch? {
    try shared.check()
    let column = output.columns[0]
    column.reset()
    var count = 0
    while count < groupRowCount {
      do throws(ValueError) {
        guard try step(into: column, at: count) else { break }
      } catch {
        throw ExecutionError(error)
      }
      count += 1
    }
    output.rowCount = count
    return count > 0 ? output : nil
  }

  /// Writes the next value; false: there is none.
  private func step(into column: Vector, at row: Int) throws(ValueError) -> Bool {
    switch state {
    case .over: return false
    case .integers(let next, let stop, let step):
      guard step > 0 ? next <= stop : next >= stop else { return false }
      var out = column.mutableInt64
      out[row] = next
      let (after, overflow) = next.addingReportingOverflow(step)
      state = overflow ? .over : .integers(next: after, stop: stop, step: step)
    case .numerics(let next, let stop, let step):
      let order = next.compare(stop)
      guard step.isNegative ? order >= 0 : order <= 0 else { return false }
      column.setDecimal(try Decimal(next), at: row)
      state = .numerics(next: next.adding(step), stop: stop, step: step)
    case .times(let next, let stop, let step, let isRising):
      guard isRising ? next <= stop : next >= stop else { return false }
      var out = column.mutableInt64
      out[row] = next
      state = .times(next: try add(step, to: next), stop: stop, step: step, isRising: isRising)
    }
    return true
  }

  /// A step of the session's calendar where the series has a zone.
  private func add(_ step: Interval, to time: Int64) throws(ValueError) -> Int64 {
    guard isZoned else { return try Civil.add(time, step) }
    return try shared.context.timeZone.add(time, step)
  }
}

extension Datum {
  fileprivate var isNumeric: Bool {
    switch self {
    case .decimal, .wide: true
    default: false
    }
  }

  /// A finite numeric; nil for NaN, infinities and everything else.
  fileprivate var wideDecimal: WideDecimal? {
    switch self {
    case .decimal(let value): value.isFinite ? WideDecimal(value) : nil
    case .wide(let value): value
    default: nil
    }
  }
}
