// One field with all of PostgreSQL's rules: NULL, quotes, escapes, every type.

internal import Columnar

extension RowParser {
  /// Reads a field into its lane, or notes why the row is bad.
  func parseSlowly(_ row: Int, _ column: Int, _ chunk: TextChunk, _ vector: Vector) {
    let (start, end) = index.field(row, column)
    let raw = chunk.view(start, end)
    if isNull(raw) {
      vector.setNullLane(row)
      return
    }
    do throws(ValueError) {
      let type = columns[column].type
      guard try unescape(raw) else {
        try vector.setLane(row, parsing: raw.span, as: type, context)
        return
      }
      let value = scratch
      try vector.setLane(row, parsing: value.span, as: type, context)
    } catch {
      vector.setNullLane(row)
      fail(row, column, error)
    }
  }

  /// The NULL text; in CSV a quoted field never equals it, because its quotes are part of the bytes.
  private func isNull(_ raw: ByteView) -> Bool {
    guard raw.count == layout.null.count else { return false }
    let bytes = raw.span
    for place in bytes.indices where bytes[place] != layout.null[place] { return false }
    return true
  }

  /// The bytes of a field without quotes and escapes; as they stand where they are wrong.
  func value(of raw: ByteView) -> [UInt8] {
    do throws(ValueError) {
      return try unescape(raw) ? scratch : raw.bytes
    } catch {
      return raw.bytes
    }
  }

  /// Copies the field's value to `scratch`; false when it stands there as it is.
  private func unescape(_ raw: ByteView) throws(ValueError) -> Bool {
    layout.form == .csv ? try unquote(raw) : try unescapeText(raw)
  }

  private func unquote(_ raw: ByteView) throws(ValueError) -> Bool {
    let bytes = raw.span
    var isPlain = true
    for place in bytes.indices {
      if bytes[place] == layout.quote { isPlain = false }
      if bytes[place] == 0x0d && isPlain {
        throw ValueError("22P04", "unquoted carriage return found in data")
      }
    }
    if isPlain { return false }
    scratch.removeAll(keepingCapacity: true)
    var isInside = false
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      if isInside && byte == layout.escape && place + 1 < bytes.count
        && (bytes[place + 1] == layout.quote || bytes[place + 1] == layout.escape)
      {
        scratch.append(bytes[place + 1])
        place += 2
        continue
      }
      guard byte != 0x0d || isInside else {
        throw ValueError("22P04", "unquoted carriage return found in data")
      }
      if byte == layout.quote { isInside.toggle() } else { scratch.append(byte) }
      place += 1
    }
    return true
  }

  /// Backslash sequences of COPY's text format.
  private func unescapeText(_ raw: ByteView) throws(ValueError) -> Bool {
    let bytes = raw.span
    var isPlain = true
    for place in bytes.indices {
      if bytes[place] == 0x5c {
        isPlain = false
        break
      }
      if bytes[place] == 0x0d {
        throw ValueError("22P04", "literal carriage return found in data")
      }
    }
    if isPlain { return false }
    scratch.removeAll(keepingCapacity: true)
    var hasBinary = false
    var place = 0
    while place < bytes.count {
      guard bytes[place] == 0x5c, place + 1 < bytes.count else {
        scratch.append(bytes[place])
        place += 1
        continue
      }
      place += 2
      switch bytes[place - 1] {
      case 0x62: scratch.append(0x08)
      case 0x66: scratch.append(0x0c)
      case 0x6e: scratch.append(0x0a)
      case 0x72: scratch.append(0x0d)
      case 0x74: scratch.append(0x09)
      case 0x76: scratch.append(0x0b)
      case let digit where digit >= 0x30 && digit < 0x38:
        scratch.append(octal(bytes, &place))
        hasBinary = true
      case 0x78 where place < bytes.count && hexDigit(bytes[place]) != nil:
        scratch.append(hexadecimal(bytes, &place))
        hasBinary = true
      case let byte: scratch.append(byte)
      }
    }
    if hasBinary { try checkScratch() }
    return true
  }

  /// One to three octal digits, the first of them just before `place`.
  private func octal(_ bytes: Span<UInt8>, _ place: inout Int) -> UInt8 {
    var value = Int(bytes[place - 1]) - 0x30
    for _ in 0..<2 where place < bytes.count && bytes[place] >= 0x30 && bytes[place] < 0x38 {
      value = value * 8 + Int(bytes[place]) - 0x30
      place += 1
    }
    return UInt8(truncatingIfNeeded: value)
  }

  /// One or two hexadecimal digits.
  private func hexadecimal(_ bytes: Span<UInt8>, _ place: inout Int) -> UInt8 {
    var value: UInt8 = 0
    for _ in 0..<2 {
      guard place < bytes.count, let digit = hexDigit(bytes[place]) else { break }
      value = value &* 16 &+ digit
      place += 1
    }
    return value
  }

  private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// Bytes written as numbers may be no characters.
  private func checkScratch() throws(ValueError) {
    guard String(validating: scratch, as: UTF8.self) == nil || scratch.contains(0) else { return }
    throw .invalidUTF8(Array(scratch.prefix(2)))
  }
}

extension Vector {
  /// Makes a row NULL and its lane harmless.
  func setNullLane(_ row: Int) {
    switch kind {
    case .bytes:
      let empty = reserveBytes(0)
      var lanes = mutableViews
      lanes[row] = empty
    case .int64:
      var lanes = mutableInt64
      lanes[row] = 0
    case .float64:
      var lanes = mutableFloat64
      lanes[row] = 0
    case .bool:
      var lanes = mutableBool
      lanes[row] = 0
    case .int128:
      var lanes = mutableInt128
      lanes[row] = 0
    case .decimal:
      var lanes = mutableDecimal
      lanes[row] = Decimal(coefficient: 0, scale: 0)
    case .uuid:
      var lanes = mutableUUID
      lanes[row] = 0
    case .interval:
      var lanes = mutableInterval
      lanes[row] = Interval()
    }
    setNull(row)
  }

  /// Reads text of a type into a lane.
  func setLane(
    _ row: Int,
    parsing text: Span<UInt8>,
    as type: LogicalType,
    _ context: DateTimeContext
  ) throws(ValueError) {
    switch type {
    case .text, .varchar(nil), .unknown: setLane(row, bytes: text)
    default: set(row, to: try Datum(parsing: text, as: type, context))
    }
  }

  /// Copies bytes into a lane.
  func setLane(_ row: Int, bytes: Span<UInt8>) {
    setValid(row)
    let view = store(bytes)
    var lanes = mutableViews
    lanes[row] = view
  }
}
