// A TZif file (RFC 8536), version 2 or later:
//
//   header 44 bytes   "TZif", version, 15 reserved, six counts (u32 big-endian):
//                     isut, isstd, leap, transitions, types, abbreviation characters
//   version 1 data    skipped: 32-bit transitions
//   header again, then 64-bit data:
//     i64 × transitions     seconds of UTC since 1970
//     u8  × transitions     type from that moment on
//     6 bytes × types       i32 seconds east, u8 summer, u8 place of the abbreviation
//     abbreviations, leap seconds, isstd, isut: the last three not used
//   "\n" POSIX rule "\n"

/// What a TZif file says.
struct TimeZoneFile {
  private(set) var transitions: [Int64] = []
  private(set) var kindOf: [UInt8] = []
  private(set) var kinds: [PosixZoneRule.Offset] = []
  private(set) var rule: PosixZoneRule?

  /// Reads a file, untrusted; nil when a count or an index points outside of it.
  init?(_ file: Span<UInt8>) {
    guard let first = Counts(file, at: 0), first.version >= 0x32 else { return nil }
    let second = 44 + first.byteCount(timeSize: 4)
    guard let counts = Counts(file, at: second) else { return nil }
    let start = second + 44
    let end = start + counts.byteCount(timeSize: 8)
    guard end <= file.count, counts.types > 0, counts.types <= 255 else { return nil }
    let kindsStart = start + counts.transitions * 9
    let namesStart = kindsStart + counts.types * 6
    for type in 0..<counts.types {
      let place = kindsStart + type * 6
      let seconds = Int32(truncatingIfNeeded: Self.integer(file, at: place, size: 4))
      guard seconds > -172_800, seconds < 172_800 else { return nil }
      let name = Int(file[place + 5])
      guard name < counts.names else { return nil }
      var bytes: [UInt8] = []
      var letter = namesStart + name
      while letter < namesStart + counts.names, file[letter] != 0 {
        bytes.append(file[letter])
        letter += 1
      }
      kinds.append(
        PosixZoneRule.Offset(
          seconds: seconds,
          isSummer: file[place + 4] != 0,
          abbreviation: String(decoding: bytes, as: UTF8.self)
        )
      )
    }
    for index in 0..<counts.transitions {
      let seconds = Self.integer(file, at: start + index * 8, size: 8)
      let kind = file[start + counts.transitions * 8 + index]
      guard Int(kind) < counts.types else { return nil }
      // Before the first timestamp: the file's "since ever".
      let since2000 = max(seconds, -1 << 40) - Civil.unixEpochSeconds
      let (micros, overflow) = since2000.multipliedReportingOverflow(by: 1_000_000)
      guard !overflow, transitions.last.map({ $0 < micros }) ?? true else { return nil }
      transitions.append(micros)
      kindOf.append(kind)
    }
    guard end < file.count, file[end] == 0x0a else { return nil }
    var tail = end + 1
    while tail < file.count, file[tail] != 0x0a { tail += 1 }
    guard tail < file.count else { return nil }
    if tail > end + 1 {
      guard let rule = PosixZoneRule(file.extracting(end + 1..<tail)) else { return nil }
      self.rule = rule.summer == nil ? nil : rule
    }
  }

  /// Writes the rule's changes into the table, so that a search finds them.
  mutating func expandRule(throughYear last: Int) {
    guard let rule, let summer = rule.summer, kinds.count <= 253 else { return }
    let known = transitions.last ?? .min
    let firstYear = transitions.last.map { Civil.date(days: Civil.split($0).days).year } ?? 1_900
    guard firstYear <= last else { return }
    let standardKind = UInt8(kinds.count)
    kinds.append(rule.standard)
    kinds.append(summer.offset)
    for year in firstYear...last {
      for (at, offset) in rule.changes(year: year) {
        let micros = at * 1_000_000
        guard micros > known, micros > transitions.last ?? .min else { continue }
        transitions.append(micros)
        kindOf.append(offset.isSummer ? standardKind + 1 : standardKind)
      }
    }
  }

  private struct Counts {
    var version: UInt8
    var isUT: Int, isStandard: Int, leaps: Int, transitions: Int, types: Int, names: Int

    init?(_ file: Span<UInt8>, at start: Int) {
      guard start >= 0, file.count - start >= 44 else { return nil }
      guard file[start] == 0x54, file[start + 1] == 0x5a, file[start + 2] == 0x69,
        file[start + 3] == 0x66
      else { return nil }
      version = file[start + 4]
      var counts: [Int] = []
      for index in 0..<6 {
        let count = integer(file, at: start + 20 + index * 4, size: 4)
        guard count >= 0, count < 1 << 20 else { return nil }
        counts.append(Int(count))
      }
      (isUT, isStandard, leaps) = (counts[0], counts[1], counts[2])
      (transitions, types, names) = (counts[3], counts[4], counts[5])
    }

    func byteCount(timeSize: Int) -> Int {
      transitions * (timeSize + 1) + types * 6 + names + leaps * (timeSize + 4) + isStandard + isUT
    }
  }

  /// A signed big-endian integer of 4 or 8 bytes; the caller has checked the bounds.
  private static func integer(_ file: Span<UInt8>, at place: Int, size: Int) -> Int64 {
    var value: UInt64 = 0
    for index in 0..<size { value = value << 8 | UInt64(file[place + index]) }
    return size == 4
      ? Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: value))) : Int64(bitPattern: value)
  }
}
