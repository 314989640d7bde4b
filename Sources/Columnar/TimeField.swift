/// What `date_trunc` cuts to and `extract` reads.
package enum TimeField: UInt8, Hashable, Sendable, CaseIterable {
  case microseconds, milliseconds, second, minute, hour
  case day, week, month, quarter, year, decade, century, millennium
  case isoyear, dow, isodow, doy, julian, epoch
  case timezone, timezoneHour, timezoneMinute

  /// The field of a name as PostgreSQL reads it: any case, with its synonyms, cut at ten characters.
  package init?(named name: String) {
    let key = String(decoding: Array(name.utf8).prefix(10).map(lowercased), as: UTF8.self)
    guard let field = Self.fields[key] else { return nil }
    self = field
  }

  /// Digits behind the point of what `extract` gives: lanes are scaled by them.
  package var scale: Int {
    switch self {
    case .second, .epoch: 6
    case .milliseconds: 3
    default: 0
    }
  }

  /// Whether a later timestamp never has a smaller value.
  package var isMonotone: Bool {
    switch self {
    case .year, .decade, .century, .millennium, .isoyear, .julian, .epoch: true
    default: false
    }
  }

  private static let fields: [String: TimeField] = {
    var fields: [String: TimeField] = [:]
    for (field, names) in synonyms {
      for name in names.split(separator: " ") { fields[String(name)] = field }
    }
    return fields
  }()

  private static let synonyms: [(TimeField, String)] = [
    (.microseconds, "us usec usecond useconds usecs microsecon"),
    (.milliseconds, "ms msec msecond mseconds msecs millisecon"),
    (.second, "s sec second seconds secs"),
    (.minute, "m min mins minute minutes"),
    (.hour, "h hour hours hr hrs"),
    (.day, "d day days"),
    (.week, "w week weeks"),
    (.month, "mon mons month months"),
    (.quarter, "qtr quarter"),
    (.year, "y year years yr yrs"),
    (.decade, "dec decade decades decs"),
    (.century, "c cent centuries century"),
    (.millennium, "mil millennia millennium mils"),
    (.isoyear, "isoyear"),
    (.dow, "dow"),
    (.isodow, "isodow"),
    (.doy, "doy"),
    (.julian, "j jd julian"),
    (.epoch, "epoch"),
    (.timezone, "timezone"),
    (.timezoneHour, "timezone_h"),
    (.timezoneMinute, "timezone_m"),
  ]

  /// `unit "x" not recognized for type …`.
  package static func notRecognized(_ name: String, type: String) -> ValueError {
    ValueError("22023", "unit \"\(name)\" not recognized for type \(type)")
  }

  /// `unit "x" not supported for type …`.
  package static func notSupported(_ name: String, type: String) -> ValueError {
    ValueError("0A000", "unit \"\(name)\" not supported for type \(type)")
  }
}

/// ASCII lower case of one byte.
@inline(__always)
func lowercased(_ byte: UInt8) -> UInt8 {
  byte &- 65 < 26 ? byte | 0x20 : byte
}
