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
}
