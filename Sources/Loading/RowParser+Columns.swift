// One column of a chunk: a tight loop for the usual text, and the complete parser for the rest.

internal import Columnar

extension RowParser {
  func parse(_ column: Int, of chunk: TextChunk, into vector: Vector) {
    switch columns[column].type {
    case .smallint: integers(column, chunk, vector, IntegerType.smallint.range)
    case .integer: integers(column, chunk, vector, IntegerType.integer.range)
    case .bigint: integers(column, chunk, vector, IntegerType.bigint.range)
    case .numeric(let shape?) where shape.isScaled && shape.precision <= 18:
      scaled(column, chunk, vector, shape)
    case .date:
      unsafe int64(column, chunk, vector) { dates, start, count in
        unsafe count == 10 ? dates.days(start) : nil
      }
    case .timestamp:
      unsafe int64(column, chunk, vector) { dates, start, count in
        unsafe dates.moment(start, count, needsZone: false)
      }
    case .timestamptz:
      unsafe int64(column, chunk, vector) { dates, start, count in
        unsafe dates.moment(start, count, needsZone: true)
      }
    case .text, .varchar(nil), .unknown: text(column, chunk, vector)
    default:
      for row in 0..<index.rowCount { parseSlowly(row, column, chunk, vector) }
    }
  }

  private func integers(
    _ column: Int,
    _ chunk: TextChunk,
    _ vector: Vector,
    _ range: ClosedRange<Int64>
  ) {
    unsafe int64(column, chunk, vector) { _, start, count in
      guard let value = unsafe fastInteger(start, count), range.contains(value) else { return nil }
      return value
    }
  }

  private func scaled(
    _ column: Int,
    _ chunk: TextChunk,
    _ vector: Vector,
    _ shape: NumericShape
  ) {
    let unit = UInt64(powerOfTen64(shape.scale))
    let limit = UInt64(powerOfTen64(shape.precision))
    unsafe int64(column, chunk, vector) { _, start, count in
      unsafe fastScaled(start, count, scale: shape.scale, unit: unit, limit: limit)
    }
  }

  /// The loop over int64 lanes; rows that `fast` refuses are read slowly afterwards.
  @inline(__always)
  private func int64(
    _ column: Int,
    _ chunk: TextChunk,
    _ vector: Vector,
    _ fast: (inout DateMemory, UnsafePointer<UInt8>, Int) -> Int64?
  ) {
    let rowCount = index.rowCount
    let fields = index.fields(column)
    let text = unsafe UnsafePointer(chunk.text)
    let nullCount = layout.null.count
    let isNullEmpty = nullCount == 0
    // A copy: through the object every row would pay for the check of exclusive access.
    var dates = self.dates
    defer { self.dates = dates }
    var slow: [Int] = []
    var lanes = vector.mutableInt64
    precondition(rowCount <= lanes.count)
    for row in 0..<rowCount {
      let (start, end) = fields[row]
      let length = end &- start
      // SAFETY: fields lie inside the text, which has 64 bytes in front; row < lanes.count.
      if length == nullCount, unsafe isNullEmpty || isNull(text + start) {
        unsafe lanes[unchecked: row] = 0
        vector.setNull(row)
      } else if let value = unsafe fast(&dates, text + start, length) {
        unsafe lanes[unchecked: row] = value
      } else {
        slow.append(row)
      }
    }
    for row in slow { parseSlowly(row, column, chunk, vector) }
  }

  /// Strings: views of the text where nothing is escaped.
  private func text(_ column: Int, _ chunk: TextChunk, _ vector: Vector) {
    let rowCount = index.rowCount
    let fields = index.fields(column)
    let text = unsafe UnsafePointer(chunk.text)
    let nullCount = layout.null.count
    let mayBeQuoted = chunk.hasQuotes
    let specials = unsafe UnsafePointer(chunk.specials)
    let mayHaveReturns = chunk.hasReturns
    var slow: [Int] = []
    vector.retain(chunk.buffer)
    var lanes = vector.mutableViews
    precondition(rowCount <= lanes.count)
    let special: UInt8 = layout.form == .csv ? layout.quote : 0x5c
    for row in 0..<rowCount {
      let (start, end) = fields[row]
      let length = end &- start
      // SAFETY: as above; the specials tell of all 64 bytes of the text, its end included.
      unsafe lanes[unchecked: row] = ByteView(start: text + start, count: length)
      if length == nullCount, unsafe isNull(text + start) {
        unsafe lanes[unchecked: row] = ByteView(start: text + start, count: 0)
        vector.setNull(row)
      } else if mayBeQuoted,
        unsafe specials[start &>> 6] | specials[end &>> 6] != 0 || length > 64,
        unsafe containsByte(text + start, length, special)
      {
        if let value = unquoted(unsafe lanes[unchecked: row], vector) {
          unsafe lanes[unchecked: row] = value
        } else {
          slow.append(row)
        }
      } else if mayHaveReturns, unsafe containsByte(text + start, length, 0x0d) {
        slow.append(row)
      }
    }
    for row in slow { parseSlowly(row, column, chunk, vector) }
  }

  /// The value of a CSV field that is quoted as a whole, the usual form; nil: the complete rules must look.
  @inline(__always)
  private func unquoted(_ field: ByteView, _ vector: Vector) -> ByteView? {
    let quote = layout.quote
    guard layout.form == .csv, quote == layout.escape, field.count >= 2,
      // SAFETY: both bytes are the field's.
      unsafe field.start[0] == quote && field.start[field.count &- 1] == quote
    else { return nil }
    let inner = unsafe ByteView(start: field.start + 1, count: field.count &- 2)
    guard unsafe containsByte(inner.start, inner.count, quote) else { return inner }
    return undoubled(inner, quote, vector)
  }

  /// A copy without the second of two quotes; nil when a quote stands alone.
  private func undoubled(_ inner: ByteView, _ quote: UInt8, _ vector: Vector) -> ByteView? {
    let room = vector.reserveBytes(inner.count)
    let target = unsafe UnsafeMutablePointer(mutating: room.start)
    var count = 0
    var place = 0
    while place < inner.count {
      // SAFETY: place is inside the field, and count never passes place.
      let byte = unsafe inner.start[place]
      if byte == quote {
        place &+= 1
        guard place < inner.count, unsafe inner.start[place] == quote else { return nil }
      }
      unsafe target[count] = byte
      count &+= 1
      place &+= 1
    }
    return unsafe ByteView(start: target, count: count)
  }
}

extension RowParser {
  /// Whether a field of the length of the NULL text is it.
  private func isNull(_ start: UnsafePointer<UInt8>) -> Bool {
    for place in layout.null.indices where unsafe start[place] != layout.null[place] {
      return false
    }
    return true
  }
}

/// Whether a field holds a byte; eight bytes a step.
@inline(__always)
private func containsByte(_ start: UnsafePointer<UInt8>, _ count: Int, _ byte: UInt8) -> Bool {
  let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
  let raw = unsafe UnsafeRawPointer(start)
  var place = 0
  while place < count {
    // SAFETY: the text has 64 readable bytes behind it.
    let loaded = unsafe raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    let word = loaded ^ pattern
    let hits = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    if hits != 0 { return place &+ hits.trailingZeroBitCount / 8 < count }
    place &+= 8
  }
  return false
}
