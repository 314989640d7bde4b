import Columnar

/// An expression of one moment that is the same for all moments of a bucket: what BI tools write for "the month of".
struct MomentForm {
  /// The moment inside the expression.
  var moment: BoundExpression
  /// Buckets over which the expression is constant.
  var bucket: TimeBucket.Form

  /// - Parameters:
  ///   - expression: `date_trunc`, `date_bin`, `extract`, `::date`, `to_char` of a moment or of a moment AT TIME ZONE, or
  ///     `floor(extract(epoch FROM moment) / seconds)`.
  ///   - sessionZone: What the parts of a moment with a time zone depend on.
  init?(_ expression: BoundExpression, sessionZone: String) {
    switch expression.node {
    case .call(.dateTruncate, let arguments) where arguments.count >= 2,
      .call(.dateBin, let arguments) where arguments.count >= 2:
      guard arguments[1].type == expression.type else { return nil }
      let inner = Self.inner(arguments[1])
      if let zone = inner.zone {
        guard arguments.count == 2, let unit = Self.text(arguments[0]) else { return nil }
        self.init(moment: inner.moment, bucket: .truncated(unit: unit.lowercased(), zone: zone))
        return
      }
      let plain = expression.mapChildren {
        $0 === arguments[1] ? BoundExpression(.column(0), $0.type) : $0
      }
      guard let bucket = TimeBucket(plain) else { return nil }
      self.init(moment: arguments[1], bucket: bucket.form)
    case .cast(let operand) where expression.type == .date:
      self.init(part: "day", of: operand, sessionZone)
    case .call(.extract, let arguments), .call(.datePart, let arguments):
      guard arguments.count == 2, let field = Self.text(arguments[0]),
        let unit = Self.units[field.lowercased()]
      else { return nil }
      self.init(part: unit, of: arguments[1], sessionZone)
    case .call(.toCharacters, let arguments):
      guard arguments.count == 2, let format = Self.text(arguments[1]),
        let unit = Self.unit(ofFormat: format)
      else { return nil }
      self.init(part: unit, of: arguments[0], sessionZone)
    case .call(.floor, let arguments):
      guard arguments.count == 1, case .call(.divide, let parts) = arguments[0].node,
        let moment = Self.epoch(parts[0]), let seconds = Self.wholeNumber(parts[1]),
        // 2000-01-01, from which bins are counted, lies so many seconds behind 1970-01-01.
        seconds > 0, seconds <= 86_400, 946_684_800 % seconds == 0
      else { return nil }
      self.init(moment: moment, bucket: .binned(width: seconds * 1_000_000))
    default: return nil
    }
  }

  private init(moment: BoundExpression, bucket: TimeBucket.Form) {
    self.moment = moment
    self.bucket = bucket
  }

  /// A part of a moment, on the session's clock where no zone is named.
  private init?(part unit: String, of operand: BoundExpression, _ sessionZone: String) {
    let (moment, zone) = Self.inner(operand)
    guard moment.type == .timestamptz || moment.type == .timestamp else { return nil }
    let clock = zone ?? (moment.type == .timestamptz ? sessionZone : nil)
    self.init(moment: moment, bucket: .truncated(unit: unit, zone: clock))
  }

  /// `moment AT TIME ZONE 'zone'`, or the moment as it stands.
  private static func inner(
    _ expression: BoundExpression
  ) -> (moment: BoundExpression, zone: String?) {
    guard case .call(.atTimeZone, let arguments) = expression.node, expression.type == .timestamp,
      let moment = arguments.first(where: { $0.type == .timestamptz }),
      let zone = arguments.first(where: { $0 !== moment }).flatMap(text)
    else { return (expression, nil) }
    return (moment, zone)
  }

  private static func text(_ expression: BoundExpression) -> String? {
    guard case .constant(.bytes(let bytes)) = expression.node else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The moment whose seconds since 1970 this is.
  private static func epoch(_ expression: BoundExpression) -> BoundExpression? {
    if case .cast(let operand) = expression.node { return epoch(operand) }
    switch expression.node {
    case .call(.extract, let arguments), .call(.datePart, let arguments):
      guard arguments.count == 2, text(arguments[0])?.lowercased() == "epoch",
        arguments[1].type == .timestamptz || arguments[1].type == .timestamp
      else { return nil }
      return arguments[1]
    default: return nil
    }
  }

  private static func wholeNumber(_ expression: BoundExpression) -> Int64? {
    switch expression.node {
    case .constant(.int64(let value)) where expression.type.scale == 0: value
    case .constant(.decimal(let value)) where value.kind == .finite && value.scale == 0:
      Int64(exactly: value.coefficient)
    case .constant(.double(let value)): Int64(exactly: value)
    case .cast(let operand): wholeNumber(operand)
    default: nil
    }
  }

  /// The buckets over which a field of a moment is constant.
  private static let units = [
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "isoyear": "week",
    "day": "day", "dow": "day", "isodow": "day", "doy": "day", "hour": "hour", "minute": "minute",
  ]

  /// The buckets over which to_char of a format is constant; nil where it has parts that are not known here.
  private static func unit(ofFormat format: String) -> String? {
    let parts = [
      ("YYYY", "year"), ("MM", "month"), ("DD", "day"), ("HH24", "hour"), ("MI", "minute"),
      ("Q", "quarter"),
    ]
    let order = ["year", "quarter", "month", "day", "hour", "minute"]
    var rest = Substring(format)
    var finest = -1
    while let first = rest.first {
      if let part = parts.first(where: { rest.hasPrefix($0.0) }) {
        finest = max(finest, order.firstIndex(of: part.1) ?? 0)
        rest = rest.dropFirst(part.0.count)
      } else if "-./: ".contains(first) {
        rest = rest.dropFirst()
      } else {
        return nil
      }
    }
    return finest < 0 ? nil : order[finest]
  }
}

extension BoundExpression {
  /// The same expression with another in the place of a part, which is known by its identity.
  func replacing(_ part: BoundExpression, by other: BoundExpression) -> BoundExpression {
    if self === part { return other }
    return mapChildren { $0.replacing(part, by: other) }
  }
}
