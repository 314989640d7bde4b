// PostgreSQL's binary forms (typsend): integers in network order, numerics in digits of base 10,000.

package import Columnar

extension OutputBuffer {
  /// Appends the binary form of a row that is not NULL.
  ///
  /// - Parameters:
  ///   - vector: Lanes of the form's kind.
  ///   - row: Not NULL.
  ///   - form: Of the column's type.
  package mutating func appendBinary(of vector: Vector, row: Int, _ form: ValueForm) {
    switch form {
    case .boolean: append(vector.bool[row])
    case .smallint: appendBigEndian(Int16(truncatingIfNeeded: vector.int64[row]))
    case .integer, .date: appendBigEndian(Int32(truncatingIfNeeded: vector.int64[row]))
    case .bigint, .time, .timestamp, .timestamptz: appendBigEndian(vector.int64[row])
    case .scaled64(let scale):
      appendNumeric(coefficient: Int128(vector.int64[row]), scale: Int(scale))
    case .scaled128(let scale): appendNumeric(coefficient: vector.int128[row], scale: Int(scale))
    case .decimal: appendNumeric(vector.decimal[row])
    case .real: appendBigEndian(Float(vector.float64[row]).bitPattern)
    case .double: appendBigEndian(vector.float64[row].bitPattern)
    case .text, .bytea: append(vector.byteView(at: row))
    case .padded(let width): append(vector.byteView(at: row).span, paddedTo: Int(width))
    case .jsonb:
      append(1 as UInt8)
      append(vector.byteView(at: row))
    case .uuid: appendBigEndian(vector.uuid[row])
    case .interval: appendInterval(vector.interval[row])
    case .array(let element):
      // Arrays lie in text form, which was made by us; what cannot be read is sent as empty.
      let values = try? parseArray(
        vector.byteView(at: row).span,
        element.type,
        DateTimeContext()
      )
      appendArray(values ?? [], element)
    }
  }

  /// Appends the binary form of a value that is not NULL.
  package mutating func appendBinary(of value: Datum, _ form: ValueForm) {
    switch (form, value) {
    case (_, .null): break
    case (_, .boolean(let value)): append(value ? 1 as UInt8 : 0)
    case (.smallint, .int64(let value)): appendBigEndian(Int16(truncatingIfNeeded: value))
    case (.integer, .int64(let value)), (.date, .int64(let value)):
      appendBigEndian(Int32(truncatingIfNeeded: value))
    case (.scaled64(let scale), .int64(let value)):
      appendNumeric(coefficient: Int128(value), scale: Int(scale))
    case (_, .int64(let value)): appendBigEndian(value)
    case (.scaled128(let scale), .int128(let value)):
      appendNumeric(coefficient: value, scale: Int(scale))
    case (_, .int128(let value)): appendNumeric(coefficient: value, scale: 0)
    case (_, .decimal(let value)): appendNumeric(value)
    case (_, .wide(let value)): appendNumeric(value)
    case (.real, .double(let value)): appendBigEndian(Float(value).bitPattern)
    case (_, .double(let value)): appendBigEndian(value.bitPattern)
    case (.jsonb, .bytes(let value)):
      append(1 as UInt8)
      append(value)
    case (.padded(let width), .bytes(let value)): append(value.span, paddedTo: Int(width))
    case (_, .bytes(let value)): append(value)
    case (_, .uuid(let value)): appendBigEndian(value)
    case (_, .interval(let value)): appendInterval(value)
    case (.array(let element), .array(let values)): appendArray(values, element)
    case (_, .array): break
    }
  }

  private mutating func appendInterval(_ value: Interval) {
    appendBigEndian(value.microseconds)
    appendBigEndian(value.days)
    appendBigEndian(value.months)
  }

  private mutating func appendNumeric(_ value: Decimal) {
    switch value.kind {
    case .finite: appendNumeric(coefficient: value.coefficient, scale: Int(value.scale))
    case .wide, .boxed: appendNumeric(WideDecimal(value))
    case .notANumber: appendNumericHeader(0, 0, 0xc000, 0)
    // PostgreSQL sends 32 as the display scale of infinities; readers must not care.
    case .positiveInfinity: appendNumericHeader(0, 0, 0xd000, 32)
    case .negativeInfinity: appendNumericHeader(0, 0, 0xf000, 32)
    }
  }

  private mutating func appendNumeric(_ value: WideDecimal) {
    let padding = (4 - value.scale % 4) % 4
    var rest = value.magnitude * .powerOfTen(padding)
    // Groups of four digits, the last first.
    var groups: [UInt16] = []
    while !rest.isZero {
      let (quotient, remainder) = rest.dividedBySmall(10_000)
      groups.append(UInt16(remainder))
      rest = quotient
    }
    let weight = groups.isEmpty ? 0 : groups.count - 1 - (value.scale + padding) / 4
    let first = groups.firstIndex { $0 != 0 } ?? groups.count
    let sign: UInt16 = value.isNegative ? 0x4000 : 0
    appendNumericHeader(groups.count - first, weight, sign, value.scale)
    for group in groups[first...].reversed() { appendBigEndian(group) }
  }

  private mutating func appendNumericHeader(
    _ digits: Int,
    _ weight: Int,
    _ sign: UInt16,
    _ scale: Int
  ) {
    appendBigEndian(Int16(truncatingIfNeeded: digits))
    appendBigEndian(Int16(truncatingIfNeeded: weight))
    appendBigEndian(sign)
    appendBigEndian(Int16(truncatingIfNeeded: scale))
  }

  /// Count, weight of the first digit, sign, display scale, digits of base 10,000 without zeroes at
  /// either end.
  private mutating func appendNumeric(coefficient: Int128, scale: Int) {
    let point = Decimal.powerOfTen(scale).magnitude
    var (whole, fraction) = coefficient.magnitude.quotientAndRemainder(dividingBy: point)
    // Groups of four behind the point: pad the fraction to a multiple of four digits.
    let groupsBehind = (scale + 3) / 4
    let padding = groupsBehind * 4 - scale
    var digits = InlineArray<24, UInt16>(repeating: 0)
    var last = 24
    // The last group holds 4 - padding digits of the fraction.
    var unit = Decimal.powerOfTen(4 - padding).magnitude
    var factor = Decimal.powerOfTen(padding).magnitude
    for _ in 0..<groupsBehind {
      last -= 1
      digits[last] = UInt16(truncatingIfNeeded: fraction % unit &* factor)
      fraction /= unit
      unit = 10_000
      factor = 1
    }
    var weight = -1
    while whole > 0 {
      last -= 1
      digits[last] = UInt16(truncatingIfNeeded: whole % 10_000)
      whole /= 10_000
      weight += 1
    }
    var end = 24
    while last < end, digits[last] == 0 {
      last += 1
      weight -= 1
    }
    while end > last, digits[end - 1] == 0 { end -= 1 }
    if last == end { weight = 0 }
    appendNumericHeader(end - last, weight, coefficient < 0 ? 0x4000 : 0, scale)
    for index in last..<end { appendBigEndian(digits[index]) }
  }

  /// Dimensions, whether there are NULLs, element type, lengths and bounds, elements.
  private mutating func appendArray(_ values: [Datum], _ element: ArrayElement) {
    var lengths: [Int] = []
    var level = values
    while !level.isEmpty {
      lengths.append(level.count)
      guard case .array(let inner) = level[0] else { break }
      level = inner
    }
    appendBigEndian(Int32(lengths.count))
    let hasNullPlace = skip(4)
    appendBigEndian(element.type.id)
    for length in lengths {
      appendBigEndian(Int32(truncatingIfNeeded: length))
      appendBigEndian(Int32(1))
    }
    if appendElements(values, ValueForm(element.type)) { setBigEndian(1, at: hasNullPlace) }
  }

  /// Returns whether an element was NULL.
  private mutating func appendElements(_ values: [Datum], _ form: ValueForm) -> Bool {
    var hasNull = false
    for value in values {
      switch value {
      case .array(let inner): hasNull = appendElements(inner, form) || hasNull
      case .null:
        appendBigEndian(Int32(-1))
        hasNull = true
      default:
        let place = skip(4)
        appendBinary(of: value, form)
        setBigEndian(Int32(truncatingIfNeeded: count - place - 4), at: place)
      }
    }
    return hasNull
  }
}
