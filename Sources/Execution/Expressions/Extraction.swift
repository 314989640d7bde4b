import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// extract(field from x), a numeric whose scale the field decides, and date_part, a double.
  func extract(
    _ arguments: [BoundExpression],
    _ type: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    // date_part of a date is that of its first moment.
    let isDatePart = type == .double && arguments[1].type == .date
    let source = isDatePart ? .timestamp : arguments[1].type
    guard let word = try constantText(arguments[0]) else {
      if try compile(arguments[0]).isConstant { return ConstantNode(.null, kind: type.laneKind) }
      throw unsupported("extract with a field that is not constant")
    }
    guard let field = TimeField(named: word) else {
      throw ExecutionError(TimeField.notRecognized(word.lowercased(), type: source.sqlName))
    }
    let value =
      isDatePart
      ? try cast(try compile(arguments[1]), .date, to: .timestamp) : try compile(arguments[1])
    try checkSupport(field, word, source)
    if field == .julian, source != .interval { return try extractJulian(value, source, type) }
    let scaled: ExpressionNode
    switch source {
    case .interval:
      if field == .epoch, let seconds = try secondsBetween(arguments[1]) {
        return finish(seconds, scale: field.scale, type)
      }
      let wide = map(value) { (span: Interval) throws(ValueError) in try span.extract(field) }
      return finish(wide, scale: field.scale, type)
    case .time:
      scaled = map(value) { (time: Int64) in Civil.extract(field, fromTimeOfDay: time) }
    case .date: scaled = extractVector(value, field, isDate: true, type)
    case .timestamptz
    where field == .timezone || field == .timezoneHour
      || field == .timezoneMinute:
      scaled = extractZone(value, field)
    case .timestamptz where field != .epoch:
      scaled = extractVector(
        shift(value, context.timeZone, toLocal: true),
        field,
        isDate: false,
        type
      )
    default: scaled = extractVector(value, field, isDate: false, type)
    }
    return finish(scaled, scale: field.scale, type)
  }

  /// 0A000 for a field that the type does not have.
  private func checkSupport(
    _ field: TimeField,
    _ word: String,
    _ source: LogicalType
  ) throws(ExecutionError) {
    let isClock: Bool
    switch field {
    case .microseconds, .milliseconds, .second, .minute, .hour: isClock = true
    default: isClock = false
    }
    let isSupported: Bool
    switch source {
    case .date: isSupported = !isClock && !field.isZone
    case .time: isSupported = isClock || field == .epoch
    case .timestamp: isSupported = !field.isZone
    case .interval:
      switch field {
      case .week, .isoyear, .dow, .isodow, .doy, .julian: isSupported = false
      default: isSupported = !field.isZone
      }
    default: isSupported = true
    }
    guard isSupported else {
      throw ExecutionError(TimeField.notSupported(word.lowercased(), type: source.sqlName))
    }
  }

  /// The microseconds of `timestamp - timestamp`, without an interval in between: its days have 24 hours.
  ///
  /// - Returns: nil for any other interval.
  private func secondsBetween(
    _ span: BoundExpression
  ) throws(ExecutionError) -> ExpressionNode? {
    guard case .call(.subtract, let moments) = span.node, moments.count == 2,
      moments.allSatisfy({ $0.type == .timestamp || $0.type == .timestamptz })
    else { return nil }
    return binary(.int64, try compile(moments[0]), try compile(moments[1])) {
      (left, right, rows, output) throws(ExecutionError) in
      let (x, y) = (left.int64, right.int64)
      var out = output.mutableInt64
      precondition(rows <= x.count && rows <= y.count && rows <= out.count)
      var signs: Int64 = 0
      for row in 0..<rows {
        // SAFETY: row < rows, checked above.
        let (later, earlier) = unsafe (x[unchecked: row], y[unchecked: row])
        let time = later &- earlier
        unsafe out[unchecked: row] = time
        // Negative when the difference overflows, or a moment is infinite: the largest or smallest lane.
        signs |= (later ^ earlier) & (later ^ time)
        signs |= (later ^ later &>> 63) &+ 1
        signs |= (earlier ^ earlier &>> 63) &+ 1
      }
      guard signs < 0 else { return }
      let valid = ValidRows(output)
      for row in 0..<rows where valid[row] {
        _ = try raising { () throws(ValueError) in try Civil.difference(x[row], y[row]) }
      }
    }
  }

  /// A whole vector at once; a field of infinity is NULL, or infinite where the field only grows.
  private func extractVector(
    _ node: ExpressionNode,
    _ field: TimeField,
    isDate: Bool,
    _ type: LogicalType
  ) -> ExpressionNode {
    let usual = UsualLanes()
    let isDouble = type == .double
    return unary(.int64, node) { (input, rows, output) throws(ExecutionError) in
      let vector = usual.lanes(input, rows)
      let lanes = vector.int64.extracting(0..<rows)
      var out = output.mutableInt64
      let hasInfinite = try raising { () throws(ValueError) in
        isDate
          ? try Civil.extract(field, fromDates: lanes, into: &out)
          : try Civil.extract(field, from: lanes, into: &out)
      }
      guard hasInfinite else { return }
      let valid = ValidRows(output)
      for row in 0..<rows where valid[row] {
        let value = lanes[row]
        let isInfinite =
          isDate ? Civil.isInfinite(date: value) : Civil.isInfinite(timestamp: value)
        guard isInfinite else { continue }
        guard Civil.isInfinitePreserved(field) else {
          output.setNull(row)
          continue
        }
        guard isDouble else {
          throw .sql("0A000", "extract of a growing field of an infinite value is not supported")
        }
        out[row] = value < 0 ? .min : .max
      }
    }
  }

  private func extractZone(_ node: ExpressionNode, _ field: TimeField) -> ExpressionNode {
    let zone = context.timeZone
    return map(node) { (moment: Int64) in
      let seconds = Int64(zone.secondsEast(at: moment))
      return switch field {
      case .timezone: seconds
      case .timezoneHour: seconds / 3600
      default: seconds / 60 % 60
      }
    }
  }

  private func extractJulian(
    _ node: ExpressionNode,
    _ source: LogicalType,
    _ type: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    let local = source == .timestamptz ? shift(node, context.timeZone, toLocal: true) : node
    let isDate = source == .date
    let decimal = map(local) { (value: Int64) throws(ValueError) in
      if isDate ? Civil.isInfinite(date: value) : Civil.isInfinite(timestamp: value) {
        return value < 0 ? Decimal.negativeInfinity : Decimal.positiveInfinity
      }
      return isDate ? Decimal(value + Civil.epochJulianDay) : try Civil.extractJulian(value)
    }
    return try cast(decimal, .numeric(nil), to: type)
  }

  /// A scaled integer in the result's type.
  private func finish(
    _ node: ExpressionNode,
    scale: Int,
    _ type: LogicalType
  ) -> ExpressionNode {
    if type == .double {
      let unit = Decimal.powerOfTen(scale)
      if node.kind == .int128 {
        return map(node) { (value: Int128) in Double(value) / Double(unit) }
      }
      return map(node) { (value: Int64) in
        if value == .max || value == .min { return value < 0 ? -Double.infinity : .infinity }
        return Double(value) / Double(unit)
      }
    }
    let source = NumericShape(precision: node.kind == .int64 ? 18 : 38, scale: scale)
    guard case .numeric(let shape?) = type else { return toDecimal(node, .numeric(source)) }
    if node.kind == .int64, shape.scale == scale, type.laneKind == .int64 { return node }
    return castScaled(node, source, shape)
  }
}
