// One column of many rows from text or binary fields into lanes: a loop a type, and the complete parsers for
// whatever the loop refuses.

internal import Columnar
internal import PostgresProtocol

/// Decodes the fields of rows, column by column.
@safe
struct ColumnDecoder {
  // SAFETY: the buffer is kept; fields lie inside of it, behind at least 8 bytes and in front of 64.
  private let base: UnsafePointer<UInt8>
  private let buffer: ByteBuffer
  private let fields: RowFields
  private let rowCount: Int
  /// The first row that could not be taken, with its reason.
  private(set) var failure: (row: Int, error: ValueError)?
  private(set) var unchanged: RowMask?

  /// For rows of `fields`, which lie in `slab`.
  init(_ slab: ByteBuffer, _ fields: RowFields) {
    unsafe base = UnsafePointer(slab.base.assumingMemoryBound(to: UInt8.self))
    buffer = slab
    self.fields = fields
    rowCount = fields.rowCount
  }

  /// Fills a vector of ``LogicalType/laneKind`` with the fields of a column.
  ///
  /// - Parameters:
  ///   - place: Of the column in the tuples.
  ///   - column: What it is.
  ///   - vector: Has room for the rows.
  mutating func decode(_ place: Int, _ column: RelationLayout.Column, into vector: Vector) {
    unchanged = nil
    failure = nil
    switch column.type {
    case .boolean: booleans(place, column, vector)
    case .smallint, .integer, .bigint: integers(place, column, vector)
    case .numeric(let shape?) where shape.isScaled && shape.precision <= 18:
      scaled(place, column, vector, shape)
    case .numeric(nil): decimals(place, column, vector)
    case .date: dates(place, column, vector)
    case .time: times(place, column, vector)
    case .timestamp, .timestamptz: moments(place, column, vector)
    case .real, .double: doubles(place, column, vector)
    case .text, .varchar, .char, .jsonb, .bytea, .unknown, .array: bytes(place, column, vector)
    case .uuid: uuids(place, column, vector)
    case .numeric, .interval:
      for row in 0..<rowCount { decodeSlowly(row, place, column, vector) }
    }
  }

  // MARK: The loops

  /// Calls `fast` for every value; rows that it refuses go through the complete parsers.
  @inline(__always)
  private mutating func each<Lane>(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector,
    _ lanes: inout MutableSpan<Lane>,
    _ zero: Lane,
    _ fast: (UnsafePointer<UInt8>, Int, Bool) -> Lane?
  ) {
    precondition(rowCount <= lanes.count && place < fields.width)
    var slow: [Int] = []
    for row in 0..<rowCount {
      let field = fields.field(row, place)
      guard field.isValue else {
        unsafe lanes[unchecked: row] = zero
        note(field, row, vector)
        continue
      }
      // SAFETY: row < lanes.count; the decoder of messages has checked that fields lie in the slab.
      if let value = unsafe fast(base + field.place, field.count, field.isBinary) {
        unsafe lanes[unchecked: row] = value
      } else {
        slow.append(row)
      }
    }
    for row in slow { decodeSlowly(row, place, column, vector) }
  }

  /// A field without a value: NULL, or unchanged.
  @inline(never)
  private mutating func note(_ field: FieldRef, _ row: Int, _ vector: Vector) {
    vector.setNull(row)
    guard field.isUnchanged else { return }
    if unchanged == nil { unchanged = RowMask(rowCount: rowCount) }
    unchanged?.insert(row)
  }

  private mutating func booleans(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector
  ) {
    var lanes = vector.mutableBool
    unsafe each(place, column, vector, &lanes, 0) { start, count, isBinary in
      guard count == 1 else { return nil }
      let byte = unsafe start[0]
      if isBinary { return byte == 0 ? 0 : 1 }
      return byte == 0x74 ? 1 : byte == 0x66 ? 0 : nil
    }
  }

  private mutating func integers(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector
  ) {
    let range: ClosedRange<Int64> =
      switch column.type {
      case .smallint: -32_768...32_767
      case .integer: Int64(Int32.min)...Int64(Int32.max)
      default: .min ... .max
      }
    let isUnsigned = column.typeID == 26
    var lanes = vector.mutableInt64
    unsafe each(place, column, vector, &lanes, 0) { start, count, isBinary in
      guard isBinary else {
        guard let value = unsafe fastInteger(start, count), range.contains(value) else {
          return nil
        }
        return value
      }
      switch count {
      case 4:
        let value = unsafe bigEndian(start, UInt32.self)
        return isUnsigned ? Int64(value) : Int64(Int32(bitPattern: value))
      case 8: return unsafe bigEndian(start, Int64.self)
      case 2: return Int64(unsafe bigEndian(start, Int16.self))
      default: return nil
      }
    }
  }

  private mutating func scaled(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector,
    _ shape: NumericShape
  ) {
    let unit = (0..<shape.scale).reduce(UInt64(1)) { power, _ in power * 10 }
    let limit = (0..<shape.precision).reduce(UInt64(1)) { power, _ in power * 10 }
    var lanes = vector.mutableInt64
    unsafe each(place, column, vector, &lanes, 0) { start, count, isBinary in
      guard isBinary else {
        return unsafe fastScaled(start, count, scale: shape.scale, unit: unit, limit: limit)
      }
      return unsafe BinaryNumeric(start, count)?.scaled(shape.scale, limit: limit)
    }
  }

  private mutating func decimals(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector
  ) {
    var lanes = vector.mutableDecimal
    unsafe each(place, column, vector, &lanes, .zero) { start, count, isBinary in
      guard isBinary else {
        // More digits than a lane holds need the vector's arena.
        guard count <= 38 else { return nil }
        // SAFETY: the field has `count` bytes.
        return try? unsafe Decimal(parsing: Span(_unsafeStart: start, count: count))
      }
      return unsafe BinaryNumeric(start, count)?.decimal
    }
  }

  private mutating func dates(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector
  ) {
    var dates = DateMemory()
    var lanes = vector.mutableInt64
    unsafe each(place, column, vector, &lanes, 0) { start, count, isBinary in
      guard isBinary else { return unsafe count == 10 ? dates.days(start) : nil }
      guard count == 4 else { return nil }
      let days = Int64(unsafe bigEndian(start, Int32.self))
      return (Civil.dateMin...Civil.dateMax).contains(days) || Civil.isInfinite(date: days)
        ? days : nil
    }
  }

  private mutating func times(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector
  ) {
    var lanes = vector.mutableInt64
    unsafe each(place, column, vector, &lanes, 0) { start, count, isBinary in
      guard isBinary, count == 8 else { return nil }
      let value = unsafe bigEndian(start, Int64.self)
      return (0...86_400_000_000).contains(value) ? value : nil
    }
  }

  private mutating func moments(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector
  ) {
    let needsZone = column.type == .timestamptz
    var dates = DateMemory()
    var lanes = vector.mutableInt64
    unsafe each(place, column, vector, &lanes, 0) { start, count, isBinary in
      guard isBinary else { return unsafe dates.moment(start, count, needsZone: needsZone) }
      guard count == 8 else { return nil }
      let value = unsafe bigEndian(start, Int64.self)
      return Civil.isInRange(timestamp: value) || Civil.isInfinite(timestamp: value) ? value : nil
    }
  }

  private mutating func doubles(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector
  ) {
    let isReal = column.type == .real
    var lanes = vector.mutableFloat64
    unsafe each(place, column, vector, &lanes, 0) { start, count, isBinary in
      guard isBinary else { return nil }
      if isReal {
        guard count == 4 else { return nil }
        return Double(Float(bitPattern: unsafe bigEndian(start, UInt32.self)))
      }
      guard count == 8 else { return nil }
      return Double(bitPattern: unsafe bigEndian(start, UInt64.self))
    }
  }

  private mutating func uuids(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector
  ) {
    var lanes = vector.mutableUUID
    unsafe each(place, column, vector, &lanes, 0) { start, count, isBinary in
      if isBinary { return count == 16 ? unsafe bigEndian(start, UInt128.self) : nil }
      // SAFETY: the field has `count` bytes.
      return try? unsafe parseUUID(Span(_unsafeStart: start, count: count))
    }
  }

  /// Strings: views of the slab.
  private mutating func bytes(
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector
  ) {
    vector.retain(buffer)
    let nothing = unsafe ByteView(start: base, count: 0)
    let isBytea = column.type == .bytea
    let isJSON = column.type == .jsonb
    let isPadded = if case .char = column.type { true } else { false }
    // Another binary form than the characters would be taken for text.
    let hasTextBinary = Self.textBinaries.contains(column.typeID)
    var lanes = vector.mutableViews
    unsafe each(place, column, vector, &lanes, nothing) { start, count, isBinary in
      var (start, count) = unsafe (start, count)
      if isBytea {
        return unsafe isBinary
          ? ByteView(start: start, count: count) : Self.hexadecimal(start, count, vector)
      }
      if isBinary, isJSON {
        guard count >= 1, unsafe start[0] == 1 else { return nil }
        unsafe start += 1
        count &-= 1
      } else if isBinary && !hasTextBinary {
        return nil
      }
      if isPadded { while unsafe count > 0 && start[count &- 1] == 0x20 { count &-= 1 } }
      guard unsafe isASCII(start, count) || isText(start, count) else { return nil }
      return unsafe ByteView(start: start, count: count)
    }
  }

  /// Types of PostgreSQL's own whose binary form is their text.
  private static let textBinaries: Set<UInt32> = [
    19, 25, 114, 1042, 1043, TypeDirectory.enumeration,
  ]

  /// The bytes of `\x0a0b…`, in the vector's memory.
  private static func hexadecimal(
    _ start: UnsafePointer<UInt8>,
    _ count: Int,
    _ vector: Vector
  ) -> ByteView? {
    guard unsafe count >= 2 && count % 2 == 0 && start[0] == 0x5c && start[1] == 0x78 else {
      return nil
    }
    let view = vector.reserveBytes(count / 2 - 1)
    // SAFETY: as many bytes as were reserved, nobody else has seen them.
    let target = unsafe UnsafeMutablePointer(mutating: view.start)
    for index in 0..<view.count {
      let high = unsafe hexValue(start[2 &+ 2 &* index])
      let low = unsafe hexValue(start[3 &+ 2 &* index])
      guard high | low < 16 else { return nil }
      unsafe target[index] = high &<< 4 | low
    }
    return view
  }

  // MARK: One value with all rules

  private mutating func decodeSlowly(
    _ row: Int,
    _ place: Int,
    _ column: RelationLayout.Column,
    _ vector: Vector
  ) {
    let field = fields.field(row, place)
    guard field.isValue else {
      vector.set(row, to: .null)
      note(field, row, vector)
      return
    }
    // SAFETY: the field lies in the slab.
    let bytes = unsafe Span(_unsafeStart: base + field.place, count: field.count)
    do throws(ValueError) {
      guard field.isBinary else {
        if vector.kind == .bytes && column.type != .bytea { try validateUTF8(bytes) }
        let type = column.type == .jsonb ? .text : column.type
        vector.set(row, to: try Datum(parsing: bytes, as: type, .plain))
        return
      }
      vector.set(row, to: try Datum(binary: bytes, oid: column.typeID, as: column.type))
    } catch {
      vector.set(row, to: .null)
      if failure.map({ row < $0.row }) ?? true { failure = (row, error) }
    }
  }
}

/// An integer in network order.
@inline(__always)
private func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(
  _ start: UnsafePointer<UInt8>,
  _ type: T.Type
) -> T {
  // SAFETY: the caller has compared the field's size.
  unsafe T(bigEndian: UnsafeRawPointer(start).loadUnaligned(as: type))
}

/// The value of a hexadecimal digit; 255 for anything else.
@inline(__always)
private func hexValue(_ byte: UInt8) -> UInt8 {
  let digit = byte &- 48
  if digit < 10 { return digit }
  let letter = (byte | 0x20) &- 97
  return letter < 6 ? letter &+ 10 : 255
}

/// Whether all bytes are 1...127; eight bytes a step.
@inline(__always)
private func isASCII(_ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  let raw = unsafe UnsafeRawPointer(start)
  var place = 0
  while place &+ 8 <= count {
    // SAFETY: place + 8 <= count.
    let word = unsafe raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    let hasZero = (word &- 0x0101_0101_0101_0101) & ~word
    if (word | hasZero) & 0x8080_8080_8080_8080 != 0 { return false }
    place &+= 8
  }
  guard place < count else { return true }
  // SAFETY: slabs have 64 bytes behind their last field.
  let word = unsafe raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
  let rest = word | (~0 &<< UInt64(truncatingIfNeeded: (count &- place) &* 8))
  let isHigh = word & ~(~0 &<< UInt64(truncatingIfNeeded: (count &- place) &* 8))
  let hasZero = (rest &- 0x0101_0101_0101_0101) & ~rest
  return (isHigh | hasZero) & 0x8080_8080_8080_8080 == 0
}

/// Whether bytes are UTF-8 without zeroes.
@inline(never)
private func isText(_ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  // SAFETY: the field has `count` bytes.
  let bytes = unsafe Span(_unsafeStart: start, count: count)
  do throws(ValueError) {
    try validateUTF8(bytes)
    return true
  } catch { return false }
}
