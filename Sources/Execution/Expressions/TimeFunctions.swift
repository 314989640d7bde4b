import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// Functions of dates and times; `nil` for any other function.
  func timeFunction(
    _ function: ScalarFunction,
    _ arguments: [BoundExpression],
    _ type: LogicalType
  ) throws(ExecutionError) -> ExpressionNode? {
    switch function {
    case .dateTruncate: return try dateTruncate(arguments)
    case .extract, .datePart: return try extract(arguments, type)
    case .dateBin: return try dateBin(try compile(arguments))
    case .age: return try age(arguments)
    case .atTimeZone: return try atTimeZone(arguments)
    case .justifyHours:
      return map(try compile(arguments[0])) { (span: Interval) throws(ValueError) in
        try span.justifyingHours()
      }
    case .justifyDays:
      return map(try compile(arguments[0])) { (span: Interval) throws(ValueError) in
        try span.justifyingDays()
      }
    case .justifyInterval:
      return map(try compile(arguments[0])) { (span: Interval) throws(ValueError) in
        try span.justified()
      }
    case .limitPrecision: return try limitPrecision(arguments)
    case .makeDate: return makeDate(try compile(arguments))
    case .makeTimestamp: return makeTimestamp(try compile(arguments))
    case .makeInterval: return makeInterval(try compile(arguments))
    case .toTimestamp where arguments.count == 1: return fromEpoch(try compile(arguments[0]))
    default: return nil
    }
  }

  /// Half a unit is rounded away from zero, as PostgreSQL's typmods do.
  private func limitPrecision(
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode {
    let (node, digits) = (try compile(arguments[0]), try compile(arguments[1]))
    if arguments[0].type == .interval {
      return map(node, digits) { (span: Interval, digits: Int64) in
        var span = span
        span.microseconds = Decimal.divideRounding(span.microseconds, unit(digits)) &* unit(digits)
        return span
      }
    }
    return map(node, digits) { (moment: Int64, digits: Int64) in
      if Civil.isInfinite(timestamp: moment) { return moment }
      return Decimal.divideRounding(moment, unit(digits)) &* unit(digits)
    }
  }

  // MARK: date_trunc

  private func dateTruncate(
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode {
    let value = try compile(arguments[1])
    let type = arguments[1].type
    var zone: TimeZone? = type == .timestamptz ? context.timeZone : nil
    let word = try constantText(arguments[0])
    if arguments.count > 2, let named = try constantText(arguments[2]) {
      zone = try self.zone(named)
    } else if arguments.count > 2 {
      zone = nil
    }
    guard let word, type != .timestamptz || zone != nil else {
      return dateTruncateByRow(try compile(arguments), type)
    }
    guard let field = TimeField(named: word), field.canTruncate else {
      let isZone = TimeField(named: word)?.isZone == true
      let error =
        isZone
        ? TimeField.notSupported(word.lowercased(), type: type.sqlName)
        : TimeField.notRecognized(word.lowercased(), type: type.sqlName)
      if type == .interval { throw ExecutionError(error) }
      // Infinity is its own start, whatever the unit.
      return map(value) { (moment: Int64) throws(ValueError) in
        guard Civil.isInfinite(timestamp: moment) else { throw error }
        return moment
      }
    }
    if type == .interval {
      return map(value) { (span: Interval) throws(ValueError) in try span.truncated(to: field) }
    }
    let usual = UsualLanes()
    let inZone = zone
    return unary(.int64, value) { (input, rows, output) throws(ExecutionError) in
      let vector = usual.lanes(input, rows)
      let lanes = vector.int64.extracting(0..<rows)
      var out = output.mutableInt64
      try raising { () throws(ValueError) in
        if let inZone {
          try inZone.truncate(lanes, to: field, into: &out)
        } else {
          try Civil.truncate(lanes, to: field, into: &out)
        }
      }
    }
  }

  /// The field or the zone depends on the row.
  private func dateTruncateByRow(_ nodes: [ExpressionNode], _ type: LogicalType) -> ExpressionNode {
    let (zones, sessionZone) = (context.timeZones, context.timeZone)
    return strict(nodes[1].kind, nodes) { (inputs, rows, output) throws(ExecutionError) in
      let (name, value) = (inputs[0], inputs[1])
      let valid = ValidRows(output)
      for row in 0..<rows where valid[row] {
        let word = String(decoding: name.views[row].bytes, as: UTF8.self)
        guard let field = TimeField(named: word), field.canTruncate else {
          throw ExecutionError(TimeField.notRecognized(word.lowercased(), type: type.sqlName))
        }
        var zone = sessionZone
        if let zoneName = inputs.dropFirst(2).first {
          let wanted = String(decoding: zoneName.views[row].bytes, as: UTF8.self)
          guard let found = zones.zone(forExpression: wanted) else {
            throw ExecutionError(TimeZoneDatabase.notRecognized(wanted))
          }
          zone = found
        }
        let chosen = zone
        if type == .interval {
          let span = value.interval[row]
          var out = output.mutableInterval
          out[row] = try raising { () throws(ValueError) in try span.truncated(to: field) }
          continue
        }
        let moment = value.int64[row]
        var out = output.mutableInt64
        out[row] = try raising { () throws(ValueError) in
          type == .timestamptz
            ? try chosen.truncate(moment, to: field) : try Civil.truncate(moment, to: field)
        }
      }
    }
  }

  /// The string of a constant; `nil` for NULL and for what depends on rows.
  func constantText(_ expression: BoundExpression) throws(ExecutionError) -> String? {
    guard let value = try constantValue(expression), case .bytes(let bytes) = value else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The value of an expression without columns; `nil` for what depends on rows.
  func constantValue(_ expression: BoundExpression) throws(ExecutionError) -> Datum? {
    let node = try compile(expression)
    if let constant = node as? ConstantNode { return constant.value }
    if let constant = node as? LazyConstantNode { return try constant.value() }
    return nil
  }

  /// The zone of a name, offset or abbreviation.
  func zone(_ name: String) throws(ExecutionError) -> TimeZone {
    guard
      let zone = context.timeZones.zone(forExpression: name, at: context.statementStart)
    else { throw ExecutionError(TimeZoneDatabase.notRecognized(name)) }
    return zone
  }

  // MARK: AT TIME ZONE

  private func atTimeZone(
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode {
    // AT TIME ZONE gives (moment, zone), the function timezone (zone, moment).
    let isSwapped = arguments[0].type.isText
    let (moment, name) = isSwapped ? (arguments[1], arguments[0]) : (arguments[0], arguments[1])
    let node = try compile(moment)
    let toLocal = moment.type == .timestamptz
    if let constant = try constantText(name) {
      return shift(node, try zone(constant), toLocal: toLocal)
    }
    let zones = context.timeZones
    return map(node, try compile(name)) { (moment: Int64, name: ByteView) throws(ValueError) in
      let word = String(decoding: name.bytes, as: UTF8.self)
      guard let zone = zones.zone(forExpression: word, at: moment) else {
        throw TimeZoneDatabase.notRecognized(word)
      }
      return toLocal ? try zone.local(fromUTC: moment) : try zone.utc(fromLocal: moment)
    }
  }

  // MARK: date_bin, age

  private func dateBin(_ nodes: [ExpressionNode]) throws(ExecutionError) -> ExpressionNode {
    strict(.int64, nodes) { (inputs, rows, output) throws(ExecutionError) in
      let (stride, moment, origin) = (inputs[0], inputs[1], inputs[2])
      let strides = stride.interval
      let moments = moment.int64
      let origins = origin.int64
      var out = output.mutableInt64
      try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
        out[row] = try bin(moments[row], strides[row], origins[row])
      }
    }
  }

  private func age(_ arguments: [BoundExpression]) throws(ExecutionError) -> ExpressionNode {
    var nodes: [ExpressionNode] = []
    for argument in arguments {
      let node = try compile(argument)
      let isZoned = argument.type == .timestamptz
      nodes.append(isZoned ? shift(node, context.timeZone, toLocal: true) : node)
    }
    if nodes.count == 1 {
      let today = try Self.today(context)
      nodes.insert(
        ConstantNode(.int64(today &* Civil.microsecondsPerDay), kind: .int64),
        at: 0
      )
    }
    return map(nodes[0], nodes[1]) { (x: Int64, y: Int64) throws(ValueError) in
      try Civil.age(x, y)
    }
  }

  /// The session's date.
  static func today(_ context: EvaluationContext) throws(ExecutionError) -> Int64 {
    try raising { () throws(ValueError) in
      Civil.date(timestamp: try context.timeZone.local(fromUTC: context.statementStart))
    }
  }

  // MARK: Making of parts

  private func makeDate(_ nodes: [ExpressionNode]) -> ExpressionNode {
    strict(.int64, nodes) { (inputs, rows, output) throws(ExecutionError) in
      let (year, month, day) = (inputs[0], inputs[1], inputs[2])
      var out = output.mutableInt64
      try forEachValidRow(output, rows) { (row) throws(ExecutionError) in
        out[row] = try days(year.int64[row], month.int64[row], day.int64[row])
      }
    }
  }

  private func makeTimestamp(_ nodes: [ExpressionNode]) -> ExpressionNode {
    strict(.int64, nodes) { (inputs, rows, output) throws(ExecutionError) in
      var out = output.mutableInt64
      let valid = ValidRows(output)
      for row in 0..<rows where valid[row] {
        let parts = inputs.prefix(5).map { $0.int64[row] }
        let last = inputs[5]
        let seconds = last.float64[row]
        let date = try days(parts[0], parts[1], parts[2])
        let (hour, minute) = (parts[3], parts[4])
        let microseconds = (seconds * 1_000_000).rounded(.toNearestOrEven)
        guard (0...24).contains(hour), (0...59).contains(minute), seconds >= 0, seconds <= 60,
          hour < 24 || (minute == 0 && seconds == 0)
        else {
          let shown = seconds < 10 ? "0\(plainSeconds(seconds))" : plainSeconds(seconds)
          throw .sql(
            "22008",
            "time field value out of range: \(hour):\(minute < 10 ? "0" : "")\(minute):\(shown)"
          )
        }
        let time = (hour * 60 + minute) * 60_000_000 + Int64(microseconds)
        guard let moment = Civil.timestamp(days: date, time: time) else {
          throw .sql("22008", "timestamp out of range")
        }
        out[row] = moment
      }
    }
  }

  private func makeInterval(_ nodes: [ExpressionNode]) -> ExpressionNode {
    guard !nodes.isEmpty else { return ConstantNode(.interval(Interval()), kind: .interval) }
    return strict(.interval, nodes) { (inputs, rows, output) throws(ExecutionError) in
      var out = output.mutableInterval
      let valid = ValidRows(output)
      for row in 0..<rows where valid[row] {
        var parts = inputs.prefix(6).map { $0.int64[row] }
        parts += Array(repeating: 0, count: 6 - parts.count)
        var seconds = 0.0
        if let last = inputs.dropFirst(6).first { seconds = last.float64[row] }
        let micros = (seconds * 1_000_000).rounded(.toNearestOrEven)
        guard let months = Int32(exactly: parts[0] * 12 + parts[1]),
          let days = Int32(exactly: parts[2] * 7 + parts[3]), micros.magnitude < 0x1p62
        else { throw .intervalOutOfRange }
        out[row] = Interval(
          months: months,
          days: days,
          microseconds: (parts[4] * 60 + parts[5]) * 60_000_000 + Int64(micros)
        )
      }
    }
  }

  /// to_timestamp(seconds since 1970).
  private func fromEpoch(_ node: ExpressionNode) -> ExpressionNode {
    map(node) { (seconds: Double) throws(ValueError) in
      if seconds.isNaN { throw ValueError("22008", "timestamp cannot be NaN") }
      if seconds.isInfinite {
        return seconds < 0 ? TimeLimits.timestampNegativeInfinity : TimeLimits.timestampInfinity
      }
      let micros =
        ((seconds - Double(Civil.unixEpochSeconds)) * 1_000_000).rounded(.toNearestOrEven)
      guard micros.magnitude < 0x1p63, Civil.isInRange(timestamp: Int64(micros)) else {
        throw ValueError("22008", "timestamp out of range: \"\(plainSeconds(seconds))\"")
      }
      return Int64(micros)
    }
  }
}

extension TimeField {
  /// Whether it asks for the zone's distance from UTC.
  var isZone: Bool { self == .timezone || self == .timezoneHour || self == .timezoneMinute }

  /// Whether date_trunc takes it.
  var canTruncate: Bool {
    switch self {
    case .microseconds, .milliseconds, .second, .minute, .hour, .day, .week, .month, .quarter,
      .year, .decade, .century, .millennium:
      true
    default: false
    }
  }
}

/// The start of the bin of `stride` that `moment` falls into, counted from `origin`.
private func bin(
  _ moment: Int64,
  _ stride: Interval,
  _ origin: Int64
) throws(ExecutionError)
  -> Int64
{
  if Civil.isInfinite(timestamp: moment) { return moment }
  guard !Civil.isInfinite(timestamp: origin) else { throw .sql("22008", "origin out of range") }
  guard stride.months == 0 else {
    throw .sql("0A000", "timestamps cannot be binned into intervals containing months or years")
  }
  let (dayPart, overflowA) = Int64(stride.days).multipliedReportingOverflow(
    by: Civil.microsecondsPerDay
  )
  let (length, overflowB) = dayPart.addingReportingOverflow(stride.microseconds)
  guard !overflowA, !overflowB else { throw .intervalOutOfRange }
  guard length > 0 else { throw .sql("22008", "stride must be greater than zero") }
  let (distance, overflow) = moment.subtractingReportingOverflow(origin)
  guard !overflow else { throw .intervalOutOfRange }
  let rest = distance % length
  let start = moment - rest - (rest < 0 ? length : 0)
  guard Civil.isInRange(timestamp: start) else { throw .timestampOutOfRange }
  return start
}

/// The day of a year (negative: BC), month and day.
private func days(_ year: Int64, _ month: Int64, _ day: Int64) throws(ExecutionError) -> Int64 {
  let astronomical = year < 0 ? year + 1 : year
  let date = CivilDate(year: Int(astronomical), month: Int(month), day: Int(day))
  func shown(_ value: Int64) -> String { (0..<10).contains(value) ? "0\(value)" : "\(value)" }
  guard year != 0, (1...12).contains(month), (1...31).contains(day), Civil.isValid(date) else {
    throw .sql("22008", "date field value out of range: \(year)-\(shown(month))-\(shown(day))")
  }
  let result = Civil.days(year: date.year, month: date.month, day: date.day)
  guard result >= Civil.dateMin, result <= Civil.dateMax else {
    throw .sql("22008", "date out of range: \(year)-\(shown(month))-\(shown(day))")
  }
  return result
}

/// As C's %g writes it, for messages.
private func plainSeconds(_ value: Double) -> String {
  value == value.rounded() && value.magnitude < 1e6 ? "\(Int64(value))" : "\(value)"
}

/// The microseconds of the last digit of 0...5 behind the second.
private func unit(_ digits: Int64) -> Int64 { powerOfTen64(6 - Int(digits)) }
