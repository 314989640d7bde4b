/// How the values of a column are written: what remains of ``LogicalType`` when a row is at hand.
///
/// Small and flat, so that a switch a cell is cheap.
package enum ValueForm: Sendable, Hashable {
  case boolean
  case smallint, integer, bigint
  /// int64 lanes with `scale` digits behind the point.
  case scaled64(scale: UInt8)
  /// int128 lanes with `scale` digits behind the point.
  case scaled128(scale: UInt8)
  case decimal
  case real, double
  case text
  /// Shown with blanks up to so many characters.
  case padded(Int32)
  case jsonb, bytea, uuid
  case date, time, timestamp, timestamptz, interval
  /// Bytes lanes in PostgreSQL's text form.
  case array(ArrayElement)

  package init(_ type: LogicalType) {
    switch type {
    case .boolean: self = .boolean
    case .smallint: self = .smallint
    case .integer: self = .integer
    case .bigint: self = .bigint
    case .numeric(let shape?) where shape.isScaled:
      let scale = UInt8(truncatingIfNeeded: shape.scale)
      self = shape.precision <= 18 ? .scaled64(scale: scale) : .scaled128(scale: scale)
    case .numeric: self = .decimal
    case .real: self = .real
    case .double: self = .double
    case .text, .varchar, .unknown: self = .text
    case .char(let width): self = .padded(Int32(clamping: width))
    case .uuid: self = .uuid
    case .date: self = .date
    case .time: self = .time
    case .timestamp: self = .timestamp
    case .timestamptz: self = .timestamptz
    case .interval: self = .interval
    case .jsonb: self = .jsonb
    case .bytea: self = .bytea
    case .array(let element): self = .array(element)
    }
  }
}

extension Vector {
  /// The bytes of a row of a bytes vector, with or without a dictionary.
  @inline(__always)
  package func byteView(at row: Int) -> ByteView {
    if let dictionary { return dictionary[Int(codes[row])] }
    return views[row]
  }
}

extension OutputBuffer {
  /// Appends the text of a row that is not NULL.
  ///
  /// - Parameters:
  ///   - vector: Lanes of the form's kind.
  ///   - row: Below the batch's row count, not NULL.
  ///   - form: Of the column's type.
  ///   - cursor: The session's zone.
  package mutating func appendText(
    of vector: Vector,
    row: Int,
    _ form: ValueForm,
    _ cursor: inout ZoneCursor
  ) {
    switch form {
    case .boolean: append(boolean: vector.bool[row] != 0)
    case .smallint, .integer, .bigint: append(integer: vector.int64[row])
    case .scaled64(let scale): append(scaled: vector.int64[row], scale: Int(scale))
    case .scaled128(let scale): append(scaled: vector.int128[row], scale: Int(scale))
    case .decimal: append(decimal: vector.decimal[row])
    case .real: append(real: Float(vector.float64[row]))
    case .double: append(double: vector.float64[row])
    case .text, .jsonb, .array: append(vector.byteView(at: row))
    case .padded(let width): append(vector.byteView(at: row).span, paddedTo: Int(width))
    case .bytea: append(bytea: vector.byteView(at: row).span)
    case .uuid: append(uuid: vector.uuid[row])
    case .date: append(date: vector.int64[row])
    case .time: append(time: vector.int64[row])
    case .timestamp: append(timestamp: vector.int64[row])
    case .timestamptz: append(timestamptz: vector.int64[row], &cursor)
    case .interval: append(interval: vector.interval[row])
    }
  }

  /// Appends the text of a value that is not NULL; nothing for NULL, and for a value of another type.
  package mutating func appendText(
    of value: Datum,
    _ form: ValueForm,
    zone: TimeZone
  ) {
    switch (form, value) {
    case (.boolean, .boolean(let value)): append(boolean: value)
    case (.scaled64(let scale), .int64(let value)): append(scaled: value, scale: Int(scale))
    case (.scaled128(let scale), .int128(let value)): append(scaled: value, scale: Int(scale))
    case (.date, .int64(let value)): append(date: value)
    case (.time, .int64(let value)): append(time: value)
    case (.timestamp, .int64(let value)): append(timestamp: value)
    case (.timestamptz, .int64(let value)): append(timestamptz: value, zone: zone)
    case (_, .int64(let value)): append(integer: value)
    case (_, .int128(let value)): append(integer: value)
    case (_, .decimal(let value)): append(decimal: value)
    case (_, .wide(let value)): append(wide: value)
    case (.real, .double(let value)): append(real: Float(value))
    case (_, .double(let value)): append(double: value)
    case (.bytea, .bytes(let value)): append(bytea: value.span)
    case (.padded(let width), .bytes(let value)): append(value.span, paddedTo: Int(width))
    case (_, .bytes(let value)): append(value)
    case (_, .uuid(let value)): append(uuid: value)
    case (_, .interval(let value)): append(interval: value)
    case (.array(let element), .array(let values)):
      append(array: values, ValueForm(element.type), zone: zone)
    case (_, .array), (_, .boolean), (_, .null): break
    }
  }
}

extension Datum {
  /// Reads a value of a type from its text.
  ///
  /// - Parameters:
  ///   - text: Untrusted; of text types it must be UTF-8 already checked.
  ///   - type: Of the result.
  ///   - context: The session's zone and clock.
  /// - Throws: PostgreSQL's error for the type.
  package init(
    parsing text: Span<UInt8>,
    as type: LogicalType,
    _ context: DateTimeContext
  ) throws(ValueError) {
    switch type {
    case .boolean: self = .boolean(try parseBoolean(text))
    case .smallint: self = .int64(try parseInteger(text, .smallint))
    case .integer: self = .int64(try parseInteger(text, .integer))
    case .bigint: self = .int64(try parseInteger(text, .bigint))
    case .numeric(let shape?) where shape.isScaled:
      self =
        shape.precision <= 18
        ? .int64(try parseScaled64(text, shape)) : .int128(try parseScaled(text, shape))
    case .numeric(let shape?):
      self = Datum(numeric: try Decimal(parsing: text, shape))
    case .numeric(nil): self = Datum(numeric: try Decimal(parsing: text))
    case .real: self = .double(Double(try parseReal(text)))
    case .double: self = .double(try parseDouble(text))
    case .text, .unknown: self = .bytes(copy(text))
    case .varchar(let limit):
      guard let limit else {
        self = .bytes(copy(text))
        return
      }
      let length = try lengthFitting(
        text,
        limit: limit,
        type: "character varying",
        isExplicit: false
      )
      self = .bytes(copy(text.extracting(0..<length)))
    case .char(let limit):
      var length = try lengthFitting(text, limit: limit, type: "character", isExplicit: false)
      while length > 0, text[length - 1] == 0x20 { length -= 1 }
      self = .bytes(copy(text.extracting(0..<length)))
    case .uuid: self = .uuid(try parseUUID(text))
    case .date: self = .int64(try parseDate(text, context))
    case .time: self = .int64(try parseTime(text, context))
    case .timestamp: self = .int64(try parseTimestamp(text, context))
    case .timestamptz: self = .int64(try parseTimestamptz(text, context))
    case .interval: self = .interval(try parseInterval(text))
    case .jsonb: self = .bytes(try normalizeJSON(text))
    case .bytea: self = .bytes(try parseBytea(text))
    case .array(let element): self = .array(try parseArray(text, element.type, context))
    }
  }
}

/// A copy of the bytes.
func copy(_ bytes: Span<UInt8>) -> [UInt8] {
  unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
}
