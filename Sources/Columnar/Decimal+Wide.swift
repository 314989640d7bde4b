// Numerics of more than 38 digits in lanes. A `Decimal` stays a plain value: where its digits do not fit the
// coefficient, it says where they lie.
//
//   kind    coefficient, low half            coefficient, high half     who frees the digits
//   finite  the digits themselves            (the same number)          nobody
//   wide    address of limbs in an arena     ± count of bytes           the vector whose arena it is
//   boxed   address of a `DigitsBox`         ±1                         whoever settles or takes it
//
// Functions of numerics give boxed results; the loop that puts them into a vector settles them there, so that no
// vector holds a box. The sign of the coefficient is the value's in all three.

/// Digits on their way from a function to a vector.
private final class DigitsBox {
  let magnitude: WideInteger
  init(_ magnitude: WideInteger) { self.magnitude = magnitude }
}

extension Decimal {
  /// Whether the digits are in the coefficient, so that arithmetic is machine arithmetic.
  @inline(__always)
  package var isNarrow: Bool { kind == .finite }
  /// Whether the digits lie elsewhere.
  @inline(__always)
  package var isWide: Bool { kind.rawValue >= Kind.wide.rawValue }

  /// A finite value in the narrowest form; boxed when it needs more than 38 digits.
  ///
  /// - Throws: 22003 for what PostgreSQL's format cannot hold.
  package init(_ value: WideDecimal) throws(ValueError) {
    if value.scale <= Self.digitsMax, let narrow = value.magnitude.narrow,
      narrow <= Self.coefficientMax
    {
      self.init(
        coefficient: value.isNegative ? -Int128(narrow) : Int128(narrow),
        scale: value.scale
      )
      return
    }
    let value = try value.checked()
    if value.magnitude.isZero {
      // Zero with a long fraction: no digits, but more places than a narrow value has.
      self.init(boxed: .zero, isNegative: false, scale: value.scale)
      return
    }
    self.init(boxed: value.magnitude, isNegative: value.isNegative, scale: value.scale)
  }

  private init(boxed magnitude: WideInteger, isNegative: Bool, scale: Int) {
    // SAFETY: the reference is balanced by `takeDigits`, which every settling of a vector calls.
    let box = unsafe Unmanaged.passRetained(DigitsBox(magnitude)).toOpaque()
    let address = UInt64(UInt(bitPattern: box))
    let sign: Int64 = magnitude.isZero ? 0 : isNegative ? -1 : 1
    self.init(coefficient: Int128(sign) << 64 | Int128(address), scale: scale, kind: .boxed)
  }

  /// Where the limbs of a wide value lie.
  package init(limbs: ByteView, isNegative: Bool, scale: Int) {
    let address = unsafe UInt64(UInt(bitPattern: limbs.start))
    let count = isNegative ? -Int64(limbs.count) : Int64(limbs.count)
    self.init(coefficient: Int128(count) << 64 | Int128(address), scale: scale, kind: .wide)
  }

  private var address: UInt { UInt(UInt64(truncatingIfNeeded: coefficient)) }
  private var high: Int64 { Int64(truncatingIfNeeded: coefficient >> 64) }

  /// The limbs of a value of kind wide.
  package var limbBytes: ByteView {
    precondition(kind == .wide)
    // SAFETY: the vector that holds the lane keeps its arena alive; an address is never 0.
    let start = unsafe UnsafePointer<UInt8>(bitPattern: address).unsafelyUnwrapped
    return unsafe ByteView(start: start, count: Int(high.magnitude))
  }

  /// How many bytes the limbs of a value of kind wide take.
  package var limbByteCount: Int { Int(high.magnitude) }

  /// The digits of a finite value as one number.
  package var magnitudeDigits: WideInteger {
    switch kind {
    case .wide: WideInteger(limbBytes: limbBytes.span)
    case .boxed:
      // SAFETY: a box lives until it is taken.
      unsafe Unmanaged<DigitsBox>.fromOpaque(
        UnsafeRawPointer(bitPattern: address).unsafelyUnwrapped
      ).takeUnretainedValue().magnitude
    default: WideInteger(coefficient.magnitude)
    }
  }

  /// Below 0, 0 or above 0 for finite values.
  @inline(__always)
  var coefficientSign: Int {
    isNarrow ? Int(truncatingIfNeeded: coefficient.signum()) : Int(high.signum())
  }

  /// Takes a finite value out of its box; the lane or variable must not be used afterwards when it was boxed.
  package func taken() -> WideDecimal {
    let value = WideDecimal(
      isNegative: coefficientSign < 0,
      scale: Int(scale),
      magnitude: magnitudeDigits
    )
    if kind == .boxed {
      // SAFETY: balances `passRetained`; the box is used no more.
      unsafe Unmanaged<DigitsBox>.fromOpaque(
        UnsafeRawPointer(bitPattern: address).unsafelyUnwrapped
      ).release()
    }
    return value
  }

  /// For hashing: the equal value without zeroes at the end; where that is wide still, a digest of it in place
  /// of the coefficient (kind wide, not to be read as a number).
  package var hashImage: Decimal {
    guard isWide else { return self }
    let value = WideDecimal(self).canonical()
    if value.scale <= Self.digitsMax, let narrow = value.magnitude.narrow,
      narrow <= Self.coefficientMax
    {
      return Decimal(
        coefficient: value.isNegative ? -Int128(narrow) : Int128(narrow),
        scale: value.scale
      )
    }
    var low: UInt64 = value.isNegative ? 0x9e37_79b9_7f4a_7c15 : 0x243f_6a88_85a3_08d3
    var high: UInt64 = 0xa076_1d64_78bd_642f
    for limb in value.magnitude.limbs {
      let (top, bottom) = (low ^ UInt64(limb)).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
      low = top ^ bottom
      high = (high ^ low) &* 0xff51_afd7_ed55_8ccd
    }
    return Decimal(
      coefficient: Int128(truncatingIfNeeded: high) << 64 | Int128(low),
      scale: value.scale,
      kind: .wide
    )
  }
}

extension Datum {
  /// A numeric as a value; takes it out of its box.
  package init(numeric value: Decimal) {
    self = value.isWide ? .wide(value.taken()) : .decimal(value)
  }

  /// The numeric, boxed when it is wide; nil for other kinds.
  package var numeric: Decimal? {
    switch self {
    case .decimal(let value): value
    case .wide(let value): try? Decimal(value)
    default: nil
    }
  }
}

extension Vector {
  /// Brings digits that lie elsewhere into this vector's arena: rows `rows` of a decimal vector that were just
  /// written.
  ///
  /// Every loop that writes numerics that may be wide calls it, or ``keepWides(of:rows:)``.
  package func settleWides(_ rows: Range<Int>) {
    var lanes = mutableDecimal
    for row in rows where lanes[row].isWide {
      let value = lanes[row].taken()
      lanes[row] = storeWide(value)
    }
  }

  /// As ``settleWides(_:)`` after lanes were copied from `source`.
  @inline(__always)
  package func keepWides(of source: Vector, _ rows: Range<Int>) {
    if source.hasWides { settleWides(rows) }
  }

  /// Copies digits into the arena.
  private func storeWide(_ value: WideDecimal) -> Decimal {
    markWide()
    let limbs = value.magnitude.limbs
    var bytes: [UInt8] = []
    bytes.reserveCapacity(limbs.count * 4)
    for limb in limbs {
      for shift in stride(from: UInt32(0), to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: limb >> shift))
      }
    }
    return Decimal(limbs: store(bytes.span), isNegative: value.isNegative, scale: value.scale)
  }

  /// Writes a numeric that may be boxed or belong to another vector.
  package func setDecimal(_ value: Decimal, at row: Int) {
    var lanes = mutableDecimal
    lanes[row] = value.isWide ? storeWide(value.taken()) : value
  }
}
