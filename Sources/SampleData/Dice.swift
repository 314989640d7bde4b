/// Random numbers without a state: the number of a row's roll depends on the seed, the table and the
/// row only.
///
/// So any row of any table can be made alone, tables can refer to each other without remembering
/// rows, and the output is the same on every machine. The mixing function is splitmix64's.
struct Dice: Sendable {
  private let key: UInt64

  /// - Parameters:
  ///   - seed: The user's seed.
  ///   - stream: Tells the tables apart.
  init(seed: UInt64, stream: UInt64) {
    key = Self.mix(seed &+ stream &* 0xd1b5_4a32_d192_ed03)
  }

  /// 64 random bits for a row.
  @inline(__always)
  func roll(_ row: Int, _ throwNumber: UInt64 = 0) -> UInt64 {
    Self.mix((key ^ UInt64(truncatingIfNeeded: row)) &+ throwNumber &* 0x9e37_79b9_7f4a_7c15)
  }

  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value &+ 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed &>> 31)
  }

  /// A permutation of the numbers below 2^63: ids without order or gaps that anyone could guess.
  @inline(__always)
  static func scatter(_ value: UInt64) -> UInt64 {
    let mask: UInt64 = 0x7fff_ffff_ffff_ffff
    var scattered = (value &* 0x2545_f491_4f6c_dd1d) & mask
    scattered ^= scattered &>> 32
    scattered = (scattered &* 0x5851_f42d_4c95_7f2d) & mask
    return scattered ^ (scattered &>> 29)
  }
}

extension UInt64 {
  /// Maps 64 random bits to 0..<limit without a division.
  @inline(__always)
  func below(_ limit: Int) -> Int {
    Int(truncatingIfNeeded: multipliedFullWidth(by: UInt64(truncatingIfNeeded: limit)).high)
  }

  /// 0..<limit from `bits` bits above `shift`; independent of the other bits.
  @inline(__always)
  func below(_ limit: Int, bits: UInt64, from shift: UInt64) -> Int {
    let part = (self &>> shift) & ((1 &<< bits) &- 1)
    return Int(truncatingIfNeeded: (part &* UInt64(truncatingIfNeeded: limit)) &>> bits)
  }

  /// A rank with the skew of web logs: rank r has a weight near 1 / (r + 2^low) (Zipf's law).
  ///
  /// Each octave 2^o ..< 2^(o+1) is as likely as the next, and inside an octave small ranks are likelier.
  /// - Parameters:
  ///   - low: The more, the flatter the head.
  ///   - high: Above `low`, at most 31.
  /// - Returns: From 0, below 2^high - 2^low.
  @inline(__always)
  func skewed(from low: UInt64, to high: UInt64) -> Int {
    let octave = low &+ UInt64(truncatingIfNeeded: below(Int(high &- low)))
    let fraction = self & 0xffff_ffff
    // 2^f - 1 for f in 0..<1, to a few thousandths, is f (0.6565 + 0.3435 f).
    let bent = (fraction &* (43_025 &+ ((fraction &* 22_511) &>> 32))) &>> 16
    return Int((1 &<< octave) &+ ((bent &<< octave) &>> 32) &- (1 &<< low))
  }
}
