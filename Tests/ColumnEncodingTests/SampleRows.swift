import Columnar

/// Deterministic random numbers (SplitMix64), so that a failing seed can be run again.
struct Dice: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Rows as data, and the vectors made of them.
enum SampleRows {
  static let kinds: [LaneKind] = [
    .bool, .int64, .int128, .float64, .decimal, .bytes, .uuid, .interval,
  ]

  static func vector(_ kind: LaneKind, _ rows: [Datum]) -> Vector {
    let vector = Vector(kind: kind, capacity: max(rows.count, 1))
    for (row, value) in rows.enumerated() { set(vector, row, value) }
    return vector
  }

  private static func set(_ vector: Vector, _ row: Int, _ value: Datum) {
    switch value {
    case .null:
      if vector.kind == .bytes {
        var lanes = vector.mutableViews
        lanes[row] = vector.reserveBytes(0)
      }
      vector.setNull(row)
    case .boolean(let value):
      var lanes = vector.mutableBool
      lanes[row] = value ? 1 : 0
    case .int64(let value):
      var lanes = vector.mutableInt64
      lanes[row] = value
    case .int128(let value):
      var lanes = vector.mutableInt128
      lanes[row] = value
    case .double(let value):
      var lanes = vector.mutableFloat64
      lanes[row] = value
    case .decimal, .wide: vector.setDecimal(value.numeric ?? .zero, at: row)
    case .uuid(let value):
      var lanes = vector.mutableUUID
      lanes[row] = value
    case .interval(let value):
      var lanes = vector.mutableInterval
      lanes[row] = value
    case .bytes(let value):
      var lanes = vector.mutableViews
      lanes[row] = vector.store(value.span)
    case .array: break
    }
  }

  /// Lane `row` of a vector as a value.
  static func datum(_ vector: Vector, _ row: Int) -> Datum {
    guard vector.isValid(row) else { return .null }
    switch vector.kind {
    case .bool: return .boolean(vector.bool[row] != 0)
    case .int64: return .int64(vector.int64[row])
    case .int128: return .int128(vector.int128[row])
    case .float64: return .double(vector.float64[row])
    case .decimal: return Datum(numeric: vector.decimal[row])
    case .uuid: return .uuid(vector.uuid[row])
    case .interval: return .interval(vector.interval[row])
    case .bytes:
      if let dictionary = vector.dictionary {
        return .bytes(dictionary[Int(vector.codes[row])].bytes)
      }
      return .bytes(vector.views[row].bytes)
    }
  }

  /// Shapes of data that lead to each of the encodings.
  enum Shape: CaseIterable {
    case constant, few, narrow, wide, runs, ascending, squares, extreme, coarse
  }

  static func rows(
    _ kind: LaneKind,
    _ shape: Shape,
    count: Int,
    nullEvery: Int?,
    _ dice: inout Dice
  ) -> [Datum] {
    let width = UInt64.random(in: 1...62, using: &dice)
    let base = Int64(truncatingIfNeeded: dice.next() >> 2)
    let unit: Int64 = [24, 1000, 3_000_003, 86_400_000_000, 1 << 40][Int(dice.next() % 5)]
    var rows: [Datum] = []
    rows.reserveCapacity(count)
    for row in 0..<count {
      if let nullEvery, Int.random(in: 0..<nullEvery, using: &dice) == 0 {
        rows.append(.null)
        continue
      }
      let number: Int64 =
        switch shape {
        case .constant: base
        case .few: Int64.random(in: 0..<7, using: &dice)
        case .narrow: base &+ Int64(truncatingIfNeeded: dice.next() >> (64 - width / 2 - 1))
        case .wide: Int64(truncatingIfNeeded: dice.next())
        case .runs: base &+ Int64(row / 300)
        case .ascending: base / 2 &+ Int64(row) &* 1_000_003 &+ Int64(dice.next() % 1000)
        case .squares: base / 4 &+ Int64(row) &* Int64(row) &* 977
        case .coarse: base / 2 &+ Int64(dice.next() >> (64 - min(width, 20))) &* unit
        case .extreme: [Int64.min, Int64.max, 0, -1][Int(dice.next() % 4)]
        }
      rows.append(datum(kind, number, &dice))
    }
    return rows
  }

  private static func datum(_ kind: LaneKind, _ number: Int64, _ dice: inout Dice) -> Datum {
    switch kind {
    case .bool: return .boolean(number & 1 != 0)
    case .int64: return .int64(number)
    case .int128: return .int128(Int128(number) * 9_000_000_007)
    case .float64:
      let special = [Double.nan, .infinity, -.infinity, -0.0]
      return .double(number == .max ? special[Int(dice.next() % 4)] : Double(number) / 8)
    case .decimal:
      let kinds: [Decimal.Kind] = [.notANumber, .positiveInfinity, .negativeInfinity]
      if number == .max {
        return .decimal(Decimal(coefficient: 0, scale: 0, kind: kinds[Int(dice.next() % 3)]))
      }
      if number == .min || number % 1013 == 0 {
        let factor = WideDecimal(Int128(number) + Int128(1) << 100, scale: Int(number & 63))
        let square = factor.multiplied(by: factor)
        return .wide(number & 1 == 0 ? square : square.negated())
      }
      return .decimal(Decimal(coefficient: Int128(number), scale: number % 1009 == 0 ? 3 : 2))
    case .uuid: return .uuid(UInt128(UInt64(bitPattern: number)) << 40)
    case .interval:
      return .interval(
        Interval(
          months: Int32(truncatingIfNeeded: number),
          days: Int32(truncatingIfNeeded: number >> 3),
          microseconds: number
        )
      )
    case .bytes:
      let text = "строка \(number)" + String(repeating: "x", count: Int(abs(number % 300)))
      return .bytes(Array(text.utf8))
    }
  }
}

/// Whether two values are the same, bit for bit (NaN equals NaN, -0 differs from 0).
func same(_ a: Datum, _ b: Datum) -> Bool {
  switch (a, b) {
  case (.null, .null): true
  case (.boolean(let a), .boolean(let b)): a == b
  case (.int64(let a), .int64(let b)): a == b
  case (.int128(let a), .int128(let b)): a == b
  case (.double(let a), .double(let b)): a.bitPattern == b.bitPattern
  case (.decimal(let a), .decimal(let b)):
    a.coefficient == b.coefficient && a.scale == b.scale && a.kind == b.kind
  case (.wide(let a), .wide(let b)): a == b
  case (.uuid(let a), .uuid(let b)): a == b
  case (.interval(let a), .interval(let b)):
    a.months == b.months && a.days == b.days && a.microseconds == b.microseconds
  case (.bytes(let a), .bytes(let b)): a == b
  default: false
  }
}
