// A time zone: sorted transitions from a TZif file and the POSIX rule for the time after them.
//
// Local time of a moment is one addition; which one, a binary search finds, and a vector asks only when a
// row leaves the interval of the row before. The way back follows PostgreSQL's DetermineTimeZoneOffset:
// a local time that a spring-forward skips is taken with the offset before, one that a fall-back repeats
// with the offset after.

/// One zone of the tz database, or a fixed offset.
package final class TimeZone: Sendable {
  /// As the database spells it.
  package let name: String
  /// When the offset changes, microseconds of UTC since 2000-01-01, ascending.
  private let transitions: [Int64]
  /// Index into `kinds` of the offset from each transition on.
  private let kindOf: [UInt8]
  private let kinds: [PosixZoneRule.Offset]
  private let rule: PosixZoneRule?

  package static let utc = TimeZone(name: "UTC", secondsEast: 0, abbreviation: "UTC")

  /// A zone with one offset.
  package init(name: String, secondsEast: Int, abbreviation: String) {
    self.name = name
    transitions = []
    kindOf = []
    kinds = [
      PosixZoneRule.Offset(
        seconds: Int32(secondsEast),
        isSummer: false,
        abbreviation: abbreviation
      )
    ]
    rule = nil
  }

  /// A zone given in POSIX form, such as `MSK-3`; nil when it is not one.
  package init?(name: String, posix: String) {
    let bytes = Array(posix.utf8)
    guard let rule = PosixZoneRule(bytes.span) else { return nil }
    self.name = name
    transitions = []
    kindOf = []
    kinds = [rule.standard]
    self.rule = rule.summer == nil ? nil : rule
  }

  /// Reads a TZif file, untrusted, of version 2 or later; nil when the bytes are not one.
  package init?(name: String, tzif: [UInt8]) {
    guard var file = TimeZoneFile(tzif.span) else { return nil }
    self.name = name
    file.expandRule(throughYear: 2_200)
    transitions = file.transitions
    kindOf = file.kindOf
    kinds = file.kinds
    rule = file.rule
  }

  /// A stretch of time with one offset.
  struct Stretch {
    /// Microseconds of UTC; `end` is not part of it.
    var start: Int64
    var end: Int64
    /// Microseconds east of UTC.
    var offset: Int64
    var isSummer: Bool

    static let nowhere = Stretch(start: .max, end: .min, offset: 0, isSummer: false)
  }

  /// The stretch that holds a moment, and the offset that follows it.
  func stretch(at moment: Int64) -> Stretch {
    stretchAndKind(at: moment).stretch
  }

  private func stretchAndKind(
    at moment: Int64
  ) -> (stretch: Stretch, kind: PosixZoneRule.Offset) {
    // The first transition after the moment.
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if moment < transitions[middle] { high = middle } else { low = middle + 1 }
    }
    if low == transitions.count, let rule {
      return Self.stretch(at: moment, rule, transitions.last)
    }
    let kind = low == 0 ? kinds[0] : kinds[Int(kindOf[low - 1])]
    let stretch = Stretch(
      start: low == 0 ? .min : transitions[low - 1],
      end: low == transitions.count ? .max : transitions[low],
      offset: Int64(kind.seconds) * 1_000_000,
      isSummer: kind.isSummer
    )
    return (stretch, kind)
  }

  /// The stretch of a moment that the rule covers.
  private static func stretch(
    at moment: Int64,
    _ rule: PosixZoneRule,
    _ last: Int64?
  ) -> (stretch: Stretch, kind: PosixZoneRule.Offset) {
    let year = Civil.date(days: Civil.split(moment).days).year
    var kind = rule.standard
    var start = Int64.min
    for (at, offset) in (year - 1...year + 1).flatMap({ rule.changes(year: $0) }) {
      let (micros, overflow) = at.multipliedReportingOverflow(by: 1_000_000)
      let change = overflow ? (at < 0 ? .min : .max) : micros
      if change > moment {
        return (
          Stretch(
            start: max(start, last ?? .min),
            end: change,
            offset: Int64(kind.seconds) * 1_000_000,
            isSummer: kind.isSummer
          ), kind
        )
      }
      start = change
      kind = offset
    }
    return (
      Stretch(
        start: max(start, last ?? .min),
        end: .max,
        offset: Int64(kind.seconds) * 1_000_000,
        isSummer: kind.isSummer
      ), kind
    )
  }

  /// Seconds east of UTC at a moment.
  package func secondsEast(at moment: Int64) -> Int {
    Int(stretch(at: moment).offset / 1_000_000)
  }

  /// Whether summer time rules at a moment.
  package func isSummer(at moment: Int64) -> Bool { stretch(at: moment).isSummer }

  /// The abbreviation in use at a moment, such as `MSK` or `+03`.
  package func abbreviation(at moment: Int64) -> String {
    stretchAndKind(at: moment).kind.abbreviation
  }

  /// Whether the zone never changes its offset.
  package var isFixed: Bool { transitions.isEmpty && rule == nil }

  /// The offset in microseconds that PostgreSQL takes for a local time.
  func offset(forLocal local: Int64) -> Int64 {
    let day = Civil.microsecondsPerDay
    let before = stretch(at: local &- day)
    guard before.end != .max else { return before.offset }
    let after = stretch(at: before.end)
    let early = local &- before.offset
    let late = local &- after.offset
    if early < before.end, late < before.end { return before.offset }
    if early > before.end, late >= before.end { return after.offset }
    return early > late ? before.offset : after.offset
  }

  /// What an abbreviation of this zone meant at a moment, in seconds east; nil when it never was in use.
  ///
  /// The latest use before the moment counts, else the first one.
  func secondsEast(abbreviation: String, at moment: Int64) -> Int? {
    var found: Int?
    let wanted = abbreviation.uppercased()
    for (place, transition) in transitions.enumerated() {
      let kind = kinds[Int(kindOf[place])]
      if transition > moment, found != nil { break }
      if kind.abbreviation.uppercased() == wanted { found = Int(kind.seconds) }
    }
    if found == nil, kinds[0].abbreviation.uppercased() == wanted { found = Int(kinds[0].seconds) }
    return found
  }
}

extension TimeZone {
  /// Local time of a moment; infinities stay.
  package func local(fromUTC moment: Int64) throws(ValueError) -> Int64 {
    guard Civil.isInRange(timestamp: moment) else {
      if Civil.isInfinite(timestamp: moment) { return moment }
      throw .timestampOutOfRange
    }
    let local = moment &+ stretch(at: moment).offset
    guard Civil.isInRange(timestamp: local) else { throw .timestampOutOfRange }
    return local
  }

  /// The moment of a local time; infinities stay.
  package func utc(fromLocal local: Int64) throws(ValueError) -> Int64 {
    guard Civil.isInRange(timestamp: local) else {
      if Civil.isInfinite(timestamp: local) { return local }
      throw .timestampOutOfRange
    }
    let moment = local &- offset(forLocal: local)
    guard Civil.isInRange(timestamp: moment) else { throw .timestampOutOfRange }
    return moment
  }

  /// Local times of a vector of moments.
  ///
  /// - Parameters:
  ///   - moments: Lanes; those of NULL rows may hold anything; infinities stay.
  ///   - locals: At least as many places.
  /// - Throws: 22008 when a result leaves the range.
  /// - Complexity: O(rows); one addition a row when all lie in one stretch, a comparison more for each
  ///   change of the offset between the first and the last.
  package func local(
    fromUTC moments: Span<Int64>,
    into locals: inout MutableSpan<Int64>
  ) throws(ValueError) {
    let count = moments.count
    precondition(locals.count >= count)
    for row in 0..<count { locals[row] = moments[row] }
    try shiftInPlace(&locals, count: count, toLocal: true)
  }

  /// Moments of a vector of local times; the same contract.
  package func utc(
    fromLocal locals: Span<Int64>,
    into moments: inout MutableSpan<Int64>
  ) throws(ValueError) {
    let count = locals.count
    precondition(moments.count >= count)
    for row in 0..<count { moments[row] = locals[row] }
    try shiftInPlace(&moments, count: count, toLocal: false)
  }

  /// Adds or takes away the offset, over the first `count` lanes.
  private func shiftInPlace(
    _ lanes: inout MutableSpan<Int64>,
    count: Int,
    toLocal: Bool
  ) throws(ValueError) {
    precondition(lanes.count >= count)
    // UTC and its like: nothing to add.
    if isFixed, stretch(at: 0).offset == 0 { return }
    guard let (least, greatest) = Civil.bounds(lanes.span.extracting(0..<count)) else { return }
    let margin = 2 &* Civil.microsecondsPerDay
    guard least >= Civil.timestampMin &+ margin, greatest < Civil.timestampEnd &- margin else {
      for row in 0..<count {
        lanes[row] =
          toLocal
          ? try clamped(lanes[row], local(fromUTC:)) : try clamped(lanes[row], utc(fromLocal:))
      }
      return
    }
    // The offsets between the first and the last lane: where each begins, and by how much it differs.
    // A local time belongs to the offset that a change brings as soon as its clock shows that time.
    var current = stretch(at: toLocal ? least : least &- margin)
    var base = current.offset
    var starts = InlineArray<16, Int64>(repeating: 0)
    var steps = InlineArray<16, Int64>(repeating: 0)
    var changes = 0
    var isSpaced = true
    while current.end != .max {
      let next = stretch(at: current.end)
      let start = toLocal ? current.end : current.end &+ next.offset
      guard start <= greatest else { break }
      isSpaced = isSpaced && next.end &- current.end > 2 &* margin
      if start <= least {
        base = next.offset
      } else {
        guard changes < 16 else {
          isSpaced = false
          break
        }
        starts[changes] = start
        steps[changes] = next.offset &- current.offset
        changes += 1
      }
      current = next
    }
    guard isSpaced else {
      for row in 0..<count {
        let lane = lanes[row]
        lanes[row] = toLocal ? lane &+ stretch(at: lane).offset : lane &- offset(forLocal: lane)
      }
      return
    }
    // All lanes by the first offset, then from each change on by its step. Changes are days apart and
    // offsets hours, so lanes shifted already can be compared with a start shifted alike.
    let sign: Int64 = toLocal ? 1 : -1
    var shifted = sign &* base
    for row in 0..<count { lanes[row] &+= shifted }
    for change in 0..<changes {
      let start = starts[change] &+ shifted
      let step = sign &* steps[change]
      for row in 0..<count {
        let lane = lanes[row]
        lanes[row] = lane &+ (lane >= start ? step : 0)
      }
      shifted &+= step
    }
  }

  /// A NULL row's lane may be out of range and must not raise an error.
  private func clamped(
    _ lane: Int64,
    _ convert: (Int64) throws(ValueError) -> Int64
  ) throws(ValueError) -> Int64 {
    let isUsual = Civil.isInRange(timestamp: lane) || Civil.isInfinite(timestamp: lane)
    return isUsual ? try convert(lane) : lane
  }

  /// `timestamptz + interval`: months and days on the zone's clock, then the time.
  package func add(_ moment: Int64, _ interval: Interval) throws(ValueError) -> Int64 {
    guard !Civil.isInfinite(timestamp: moment) else { return moment }
    var result = moment
    if interval.months != 0 {
      let local = try Civil.add(local(fromUTC: result), Interval(months: interval.months))
      result = try utc(fromLocal: local)
    }
    if interval.days != 0 {
      let local = try Civil.add(local(fromUTC: result), Interval(days: interval.days))
      result = try utc(fromLocal: local)
    }
    let (sum, overflow) = result.addingReportingOverflow(interval.microseconds)
    guard !overflow, Civil.isInRange(timestamp: sum) else { throw .timestampOutOfRange }
    return sum
  }

  /// `timestamptz - interval`.
  package func subtract(_ moment: Int64, _ interval: Interval) throws(ValueError) -> Int64 {
    try add(moment, interval.negated())
  }

  /// `date_trunc` of a moment on the zone's clock.
  ///
  /// Days and longer are truncated as local times; an hour keeps the offset the moment has, so that the
  /// repeated hour of a fall-back stays two hours.
  package func truncate(_ moment: Int64, to field: TimeField) throws(ValueError) -> Int64 {
    guard !Civil.isInfinite(timestamp: moment) else { return moment }
    let offset = stretch(at: moment).offset
    let start = try Civil.truncateUnchecked(moment &+ offset, to: field)
    let isShort = field != .day && Civil.fixedLength(field) != nil
    let result = start &- (isShort ? offset : self.offset(forLocal: start))
    guard Civil.isInRange(timestamp: result) else { throw .timestampOutOfRange }
    return result
  }

  /// `date_trunc` of a vector of moments on the zone's clock.
  ///
  /// - Parameters:
  ///   - moments: Lanes; those of NULL rows may hold anything.
  ///   - field: The bucket.
  ///   - starts: At least as many places.
  /// - Throws: As the scalar form.
  package func truncate(
    _ moments: Span<Int64>,
    to field: TimeField,
    into starts: inout MutableSpan<Int64>
  ) throws(ValueError) {
    let count = moments.count
    precondition(starts.count >= count)
    guard let (least, greatest) = Civil.bounds(moments) else { return }
    let margin = 800_000 &* Civil.microsecondsPerDay
    let isShort = field != .day && Civil.fixedLength(field) != nil
    let stretch = stretch(at: least)
    guard least > Civil.timestampMin &+ margin, greatest < Civil.timestampEnd &- margin,
      !isShort || greatest < stretch.end
    else {
      // An hour keeps the offset its moment has: row by row where that changes.
      for row in 0..<count {
        starts[row] = try clamped(moments[row]) { moment throws(ValueError) in
          try self.truncate(moment, to: field)
        }
      }
      return
    }
    // With one offset the order is kept: where the ends have one start, all have.
    if greatest < stretch.end {
      let start = try truncate(least, to: field)
      if try truncate(greatest, to: field) == start {
        for row in 0..<count { starts[row] = start }
        return
      }
    }
    // Shift, truncate and shift back in place.
    for row in 0..<count { starts[row] = moments[row] }
    if isShort {
      for row in 0..<count { starts[row] &+= stretch.offset }
      try Civil.truncateInPlace(&starts, count: count, to: field)
      for row in 0..<count { starts[row] &-= stretch.offset }
    } else {
      try shiftInPlace(&starts, count: count, toLocal: true)
      try Civil.truncateInPlace(&starts, count: count, to: field)
      try shiftInPlace(&starts, count: count, toLocal: false)
    }
  }
}
