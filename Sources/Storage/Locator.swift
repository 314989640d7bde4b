// Where a row is, in one word. A locator is stable as long as a snapshot that saw it lives.
//
//   63  62  61…40            39…0
//    0  segment number (62…32), row of the segment (31…0)
//    1   0  partition slot   row number of the partition's delta
//    1   1  ordinal          row number of a transaction's own rows

/// Makes and reads locators.
package enum Locator {
  /// The locator of row 0 of a segment; row r has this plus r.
  package static func base(segment number: UInt32) -> UInt64 { UInt64(number) << 32 }

  /// The locator of delta row 0 of a partition.
  package static func base(slot: UInt32) -> UInt64 { 1 << 63 | UInt64(slot) << 40 }

  /// The locator of row 0 of a transaction's own rows for one partition.
  static func base(ordinal: Int) -> UInt64 { 3 << 62 | UInt64(ordinal) << 40 }

  static let slotLimit: UInt32 = 1 << 22
  static let deltaRowMask: UInt64 = (1 << 40) - 1

  static func isOwn(_ locator: UInt64) -> Bool { locator >> 62 == 3 }
  static func isDelta(_ locator: UInt64) -> Bool { locator >> 62 == 2 }
  static func isSegment(_ locator: UInt64) -> Bool { locator >> 63 == 0 }

  static func segment(of locator: UInt64) -> UInt32 { UInt32(locator >> 32) }
  static func segmentRow(of locator: UInt64) -> Int { Int(locator & 0xffff_ffff) }
  static func slot(of locator: UInt64) -> UInt32 { UInt32(locator >> 40 & 0x3f_ffff) }
  /// The row number in a partition's delta or in a transaction's own rows.
  static func deltaRow(of locator: UInt64) -> UInt64 { locator & deltaRowMask }
}
