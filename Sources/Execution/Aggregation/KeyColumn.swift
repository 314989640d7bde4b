internal import Columnar
internal import Kernels

/// One key of a grouping: turns each batch's values into 64-bit words, equal where the values are.
///
/// Integers (and dates, times, small numerics) and booleans are their own words; strings and wide values are
/// numbered by tables. A dictionary's entries are numbered when they first come, so a row costs a look into an array.
final class KeyColumn {
  enum Form {
    /// The word is the lane.
    case integer
    /// The word is the pattern of a double.
    case float
    /// The word is a number from 0.
    case numbered
  }

  let kind: LaneKind
  let form: Form
  /// The batch's words.
  ///
  /// Those of NULL rows mean nothing. Unused when `lanesAreWords`.
  let words = GroupArray<UInt64>(0)
  private let ownHashes = GroupArray<UInt64>(0)
  private let strings: StringTable?
  private let wides: KeyTable<UInt128>?
  /// First seen intervals and decimals by number: equal ones may look different.
  private let intervals = GroupArray<Interval>(Interval())
  private let decimals = Vector(kind: .decimal, capacity: 64)
  /// What is known of a dictionary's codes.
  private final class CodeNumbers {
    let owner: TextDictionary
    /// Number + 1 by code; 0: the code has not come yet.
    let marks: GroupArray<UInt32>
    /// How many codes have not come yet.
    var missing: Int

    init(_ owner: TextDictionary) {
      self.owner = owner
      marks = GroupArray(0, capacity: max(1, owner.count))
      missing = owner.count
    }
  }
  private var dictionaries: [ObjectIdentifier: CodeNumbers] = [:]
  private var lastDictionary: CodeNumbers?
  /// The codes of a batch that came for the first time, their strings, hashes and numbers.
  private let newCodes = GroupArray<UInt32>(0)
  private let newStrings = Vector(kind: .bytes, capacity: 64)
  private let newNumbers = GroupArray<UInt64>(0)

  init(kind: LaneKind, borrowsStrings: Bool = false) {
    self.kind = kind
    switch kind {
    case .bool, .int64: form = .integer
    case .float64: form = .float
    case .int128, .uuid, .interval, .decimal, .bytes: form = .numbered
    }
    strings =
      kind == .bytes || kind == .decimal
      ? StringTable(borrows: borrowsStrings && kind == .bytes) : nil
    wides = kind == .int128 || kind == .uuid || kind == .interval ? KeyTable() : nil
  }

  /// How many numbers are given out.
  var numberCount: Int { strings?.count ?? wides?.count ?? 0 }

  /// Whether the lanes of an int64 vector are the words, without a copy.
  var lanesAreWords: Bool { kind == .int64 }

  var byteCount: Int { (strings?.byteCount ?? 0) + (wides?.byteCount ?? 0) }

  /// Gives back what only new values need.
  func freeze() {
    strings?.freeze()
    wides?.freeze()
    dictionaries = [:]
    lastDictionary = nil
  }

  /// Computes ``words`` for rows 0..<`count`; nothing to do when `lanesAreWords`.
  ///
  /// - Parameters:
  ///   - vector: The values.
  ///   - count: How many.
  ///   - hashes: Of the values, where they are known (`hashRows`).
  func encode(_ vector: Vector, count: Int, hashes: Vector? = nil) {
    words.reserve(count)
    switch kind {
    case .int64: break
    case .bool:
      let lanes = vector.bool
      var out = words.mutableSpan
      for row in 0..<count { out[row] = UInt64(lanes[row]) }
    case .float64:
      let lanes = vector.float64
      var out = words.mutableSpan
      for row in 0..<count { out[row] = Self.word(lanes[row]) }
    case .bytes: encodeStrings(vector, count, hashes)
    case .decimal: encodeDecimals(vector, count)
    case .int128, .uuid, .interval: encodeWides(vector, count)
    }
  }

  /// Equal for equal doubles: one zero, one NaN.
  static func word(_ value: Double) -> UInt64 {
    value == 0 ? 0 : value.isNaN ? Double.nan.bitPattern : value.bitPattern
  }

  private func encodeStrings(_ vector: Vector, _ count: Int, _ hashes: Vector?) {
    guard let strings else { return }
    var out = words.mutableSpan
    if let dictionary = vector.dictionary {
      let known = codeNumbers(of: dictionary)
      if known.missing > 0 { numberNewCodes(vector, known, strings, count) }
      let table = known.marks.span
      let codes = vector.codes
      precondition(count <= out.count && count <= codes.count)
      for row in 0..<count {
        let code = unsafe Int(codes[unchecked: row])
        // A NULL row's code may be anything.
        let mark = unsafe code < table.count ? table[unchecked: code] : 0
        unsafe out[unchecked: row] = UInt64(mark &- 1)
      }
      return
    }
    let views = vector.views
    guard !vector.hasNulls else {
      for word in 0..<(count + 63) / 64 {
        let first = word &* 64
        let rows = first..<min(first &+ 64, count)
        let nulls = vector.nulls(inWord: word, of: count)
        if nulls.nonzeroBitCount == rows.count { continue }
        for row in rows where nulls &>> UInt64(row &- first) & 1 == 0 {
          out[row] = UInt64(strings.number(views[row]))
        }
      }
      return
    }
    ownHashes.reserve(count)
    var hashed = ownHashes.mutableSpan
    if let hashes {
      let lanes = hashes.int64
      for row in 0..<count { hashed[row] = UInt64(bitPattern: lanes[row]) }
    } else {
      hashRows(vector, count, into: &hashed)
    }
    strings.numbers(views, hashes: ownHashes.span, count: count, into: &out)
  }

  private func codeNumbers(of dictionary: TextDictionary) -> CodeNumbers {
    if let lastDictionary, lastDictionary.owner === dictionary { return lastDictionary }
    let key = ObjectIdentifier(dictionary)
    let known = dictionaries[key] ?? CodeNumbers(dictionary)
    dictionaries[key] = known
    lastDictionary = known
    return known
  }

  /// Numbers the strings of the codes that have not come before, all at once: mostly few entries of a dictionary are met.
  private func numberNewCodes(
    _ vector: Vector,
    _ known: CodeNumbers,
    _ strings: StringTable,
    _ count: Int
  ) {
    let (dictionary, marks) = (known.owner, known.marks)
    let codes = vector.codes
    let isNullable = vector.hasNulls
    newCodes.reserve(count)
    var table = marks.mutableSpan
    var new = newCodes.mutableSpan
    var added = 0
    for row in 0..<count where !isNullable || vector.isValid(row) {
      let code = codes[row]
      guard table[Int(code)] == 0 else { continue }
      // No other row of the batch brings it again.
      table[Int(code)] = 1
      new[added] = code
      added += 1
    }
    guard added > 0 else { return }
    known.missing -= added
    let fresh = newStrings
    fresh.reset()
    fresh.reserve(added)
    var views = fresh.mutableViews
    for place in 0..<added { views[place] = dictionary[Int(new[place])] }
    ownHashes.reserve(added)
    newNumbers.reserve(added)
    var hashes = ownHashes.mutableSpan
    var numbers = newNumbers.mutableSpan
    hashRows(fresh, added, into: &hashes)
    strings.numbers(fresh.views, hashes: ownHashes.span, count: added, into: &numbers)
    for place in 0..<added {
      table[Int(new[place])] = 1 &+ UInt32(truncatingIfNeeded: numbers[place])
    }
  }

  private func encodeDecimals(_ vector: Vector, _ count: Int) {
    guard let strings else { return }
    let lanes = vector.decimal
    for row in 0..<count where vector.isValid(row) {
      let before = strings.count
      let number = Self.withCanonicalBytes(lanes[row]) { strings.number($0) }
      if strings.count > before {
        decimals.reserve(strings.count)
        decimals.setDecimal(lanes[row], at: Int(number))
      }
      words[row] = UInt64(number)
    }
  }

  /// Calls `body` with bytes that are equal for equal numerics of any scale.
  static func withCanonicalBytes<Result>(_ value: Decimal, _ body: (ByteView) -> Result) -> Result {
    if value.isWide { return withWideBytes(value, body) }
    var coefficient = value.coefficient
    var scale = value.scale
    while scale > 0, coefficient % 10 == 0 {
      coefficient /= 10
      scale -= 1
    }
    if value.kind != .finite { scale = 0 }
    let image: InlineArray<3, UInt64> = [
      UInt64(truncatingIfNeeded: coefficient), UInt64(truncatingIfNeeded: coefficient >> 64),
      UInt64(UInt32(bitPattern: scale)) << 8 | UInt64(value.kind.rawValue),
    ]
    return unsafe image.span.bytes.withUnsafeBytes { bytes in
      // SAFETY: the image has 24 bytes and outlives the call.
      let start = unsafe bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
      return unsafe body(ByteView(start: start, count: 24))
    }
  }

  /// As ``withCanonicalBytes(_:_:)``; an odd number of bytes, so never those of a narrow value.
  private static func withWideBytes<Result>(
    _ value: Decimal,
    _ body: (ByteView) -> Result
  ) -> Result {
    let canonical = WideDecimal(value).canonical()
    if canonical.scale <= Decimal.digitsMax, canonical.magnitude.decimalDigits <= Decimal.digitsMax,
      let narrow = try? Decimal(canonical)
    {
      return withCanonicalBytes(narrow, body)
    }
    var bytes: [UInt8] = [canonical.isNegative ? 1 : 0]
    for shift in [0, 8] { bytes.append(UInt8(truncatingIfNeeded: canonical.scale >> shift)) }
    for limb in canonical.magnitude.limbs {
      for shift in stride(from: UInt32(0), to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: limb >> shift))
      }
    }
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      // SAFETY: the array outlives the call; it is not empty.
      unsafe body(ByteView(start: bytes.baseAddress.unsafelyUnwrapped, count: bytes.count))
    }
  }

  private func encodeWides(_ vector: Vector, _ count: Int) {
    guard let wides else { return }
    for row in 0..<count where vector.isValid(row) {
      let before = wides.count
      let number: UInt32
      switch kind {
      case .int128: number = wides.number(UInt128(bitPattern: vector.int128[row]))
      case .uuid: number = wides.number(vector.uuid[row])
      default:
        let interval = vector.interval[row]
        number = wides.number(UInt128(bitPattern: linearMicroseconds(interval)))
        if wides.count > before {
          intervals.reserve(wides.count)
          intervals[Int(number)] = interval
        }
      }
      words[row] = UInt64(number)
    }
  }

  // MARK: Looking up

  /// The word of a value that is not NULL, or nil when no row with it was encoded.
  func findWord(_ vector: Vector, _ row: Int) -> UInt64? {
    switch kind {
    case .bool: return UInt64(vector.bool[row])
    case .int64: return UInt64(bitPattern: vector.int64[row])
    case .float64: return Self.word(vector.float64[row])
    case .bytes: return findString(bytesView(vector, row))
    case .decimal:
      return Self.withCanonicalBytes(vector.decimal[row]) { strings?.find($0) }.map { UInt64($0) }
    case .int128: return wides?.find(UInt128(bitPattern: vector.int128[row])).map { UInt64($0) }
    case .uuid: return wides?.find(vector.uuid[row]).map { UInt64($0) }
    case .interval:
      let word = UInt128(bitPattern: linearMicroseconds(vector.interval[row]))
      return wides?.find(word).map { UInt64($0) }
    }
  }

  /// The word of a string, or nil.
  func findString(_ string: ByteView) -> UInt64? { strings?.find(string).map { UInt64($0) } }

  // MARK: Back to values

  /// Writes the value of a word.
  func write(_ word: UInt64, to vector: Vector, at row: Int) {
    switch kind {
    case .bool:
      var out = vector.mutableBool
      out[row] = UInt8(truncatingIfNeeded: word & 1)
    case .int64:
      var out = vector.mutableInt64
      out[row] = Int64(bitPattern: word)
    case .float64:
      var out = vector.mutableFloat64
      out[row] = Double(bitPattern: word)
    case .bytes:
      var out = vector.mutableViews
      out[row] = strings?.strings[Int(word)] ?? emptyView
    case .decimal:
      let decimals = decimals
      vector.setDecimal(decimals.decimal[Int(word)], at: row)
    case .int128:
      var out = vector.mutableInt128
      out[row] = Int128(bitPattern: wides?.keys[Int(word)] ?? 0)
    case .uuid:
      var out = vector.mutableUUID
      out[row] = wides?.keys[Int(word)] ?? 0
    case .interval:
      var out = vector.mutableInterval
      out[row] = intervals[Int(word)]
    }
  }

  /// Keeps the strings that ``write(_:to:at:)`` gave out alive as long as `vector` is.
  func retainStrings(in vector: Vector) {
    if kind == .bytes, let strings { vector.retain(strings.arena) }
  }
}

/// The length by which PostgreSQL orders intervals: a month is 30 days, a day 24 hours.
@inline(__always)
func linearMicroseconds(_ interval: Interval) -> Int128 {
  Int128(Int64(interval.months) * 30 + Int64(interval.days)) * 86_400_000_000
    + Int128(interval.microseconds)
}
