import Columnar

/// A key that cuts time into buckets: `date_trunc(unit, at [, zone])` or `date_bin(width, at, origin)`.
struct TimeBucket: Sendable, Equatable {
  enum Form: Sendable, Equatable {
    /// The unit in lower case; the zone's name, nil for timestamps without one.
    case truncated(unit: String, zone: String?)
    /// Microseconds, from a multiple of the width counted from 2000-01-01 UTC.
    case binned(width: Int64)
  }
  var form: Form
  /// The column of moments, by its place in the table.
  var column: Int

  /// Units of date_trunc that hold whole smaller ones, smallest first; weeks stand apart.
  private static let units = ["second", "minute", "hour", "day", "month", "quarter", "year"]
  private static let microseconds: [String: Int64] = [
    "second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000, "day": 86_400_000_000,
  ]

  /// What a key expression does to a column of moments; nil where it is something else.
  init?(_ expression: BoundExpression) {
    guard case .call(let function, let arguments) = expression.node, arguments.count >= 2,
      case .column(let column) = arguments[1].node,
      arguments[1].type == .timestamp || arguments[1].type == .timestamptz,
      expression.type == arguments[1].type
    else { return nil }
    self.column = column
    switch function {
    case .dateTruncate:
      guard let unit = Self.text(arguments[0])?.lowercased(),
        unit == "week" || Self.units.contains(unit)
      else { return nil }
      var zone: String?
      if arguments.count > 2 {
        guard let name = Self.text(arguments[2]) else { return nil }
        zone = name
      }
      form = .truncated(unit: unit, zone: zone)
    case .dateBin:
      guard arguments.count == 3, case .constant(.interval(let stride)) = arguments[0].node,
        stride.months == 0, case .constant(.int64(let origin)) = arguments[2].node
      else { return nil }
      let width = Int64(stride.days) * Civil.microsecondsPerDay + stride.microseconds
      guard width > 0, !Civil.isInfinite(timestamp: origin), origin % width == 0 else { return nil }
      form = .binned(width: width)
    default: return nil
    }
  }

  private static func text(_ expression: BoundExpression) -> String? {
    guard case .constant(.bytes(let bytes)) = expression.node else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether every bucket of `other`, cut from the same column, is a union of these.
  func refines(_ other: Form) -> Bool {
    if form == other { return true }
    switch (form, other) {
    case (.truncated(let unit, let zone), .truncated(let wanted, let wantedZone)):
      guard zone == wantedZone || isUTC && Self.isUTC(wantedZone) else { return false }
      guard let own = Self.units.firstIndex(of: unit) else { return unit == wanted }
      if wanted == "week" { return unit != "month" && unit != "quarter" && unit != "year" }
      return Self.units.firstIndex(of: wanted).map { own <= $0 } ?? false
    case (.binned(let width), .truncated(let unit, let zone)):
      guard Self.isUTC(zone) else { return false }
      // Days and whatever holds whole days begin at a multiple of a day.
      return (Self.microseconds[unit] ?? Civil.microsecondsPerDay) % width == 0
    case (.binned(let width), .binned(let wanted)): return wanted % width == 0
    case (.truncated(let unit, _), .binned(let wanted)):
      guard isUTC, let own = Self.microseconds[unit] else { return false }
      return wanted % own == 0
    }
  }

  /// Whether a day of this zone is a union of buckets; nil zone: of timestamps without one.
  func refinesDays(of zone: String?) -> Bool { refines(.truncated(unit: "day", zone: zone)) }

  /// Whether the buckets are cut on UTC's clock, or on that of timestamps without a zone.
  private var isUTC: Bool {
    switch form {
    case .binned: true
    case .truncated(_, let zone): Self.isUTC(zone)
    }
  }

  private static func isUTC(_ zone: String?) -> Bool {
    guard let zone else { return true }
    return ["utc", "etc/utc", "zulu", "etc/zulu", "universal"].contains(zone.lowercased())
  }

  /// A step that leads from the start of a bucket into the next one, never over it.
  var stepMicroseconds: Int64 {
    switch form {
    case .binned(let width): return width
    case .truncated(let unit, _):
      switch unit {
      case "week": return 10 * Civil.microsecondsPerDay
      case "month": return 40 * Civil.microsecondsPerDay
      case "quarter": return 100 * Civil.microsecondsPerDay
      case "year": return 400 * Civil.microsecondsPerDay
      // Days last 23 to 25 hours, hours of a clock that is turned back up to two.
      case "day": return 30 * 3_600_000_000
      default: return (Self.microseconds[unit] ?? 1) * 3 / 2
      }
    }
  }
}
