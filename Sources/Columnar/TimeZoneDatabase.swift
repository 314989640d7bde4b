private import Synchronization

/// Time zones by name: the tz database through a loader, POSIX forms, fixed offsets, abbreviations.
///
/// Zones are read once and kept. Safe from many threads.
package final class TimeZoneDatabase: Sendable {
  private let canonicalNames: [String: String]
  private let load: @Sendable (String) -> [UInt8]?
  private let zones = Mutex<[String: TimeZone]>([:])

  /// - Parameters:
  ///   - names: All names of the database, as spelled there.
  ///   - load: The bytes of a name's TZif file.
  package init(names: [String], load: @escaping @Sendable (String) -> [UInt8]?) {
    var canonical: [String: String] = [:]
    for name in names { canonical[name.lowercased()] = name }
    canonicalNames = canonical
    self.load = load
  }

  /// A database that knows UTC, offsets and POSIX forms only.
  package static let empty = TimeZoneDatabase(names: []) { _ in nil }

  /// All names, as spelled by the database, in no order.
  package var names: [String] { Array(canonicalNames.values) }

  /// The zone of a name in any case, or of a POSIX form; nil when there is none.
  ///
  /// This is what `SET TimeZone` takes. POSIX counts west: `UTC+3` is three hours behind UTC.
  package func zone(named name: String) -> TimeZone? {
    let key = name.lowercased()
    if let known = zones.withLock({ $0[key] }) { return known }
    guard let zone = make(key, spelled: name) else { return nil }
    zones.withLock { $0[key] = zone }
    return zone
  }

  private func make(_ key: String, spelled name: String) -> TimeZone? {
    if let canonical = canonicalNames[key], let bytes = load(canonical),
      let zone = TimeZone(name: canonical, tzif: bytes)
    {
      return zone
    }
    if key == "utc" || key == "gmt" {
      return TimeZone(name: name.uppercased(), secondsEast: 0, abbreviation: name.uppercased())
    }
    // PostgreSQL takes a POSIX form in the case it is written.
    return TimeZone(name: name, posix: name)
  }

  /// What `AT TIME ZONE` and date input take: an abbreviation, a numeric offset, a name, a POSIX form.
  package func zone(forExpression name: String, at moment: Int64 = 0) -> TimeZone? {
    let key = name.lowercased()
    if let abbreviation = ZoneAbbreviation(key) {
      switch abbreviation {
      case .fixed(let seconds):
        return TimeZone(name: name, secondsEast: seconds, abbreviation: name.uppercased())
      case .asIn(let zone):
        guard let zone = self.zone(named: zone) else { return nil }
        if zone.secondsEast(abbreviation: key, at: moment) == nil { return zone }
        let seconds = zone.secondsEast(abbreviation: key, at: moment) ?? 0
        return TimeZone(name: name, secondsEast: seconds, abbreviation: name.uppercased())
      }
    }
    // An offset alone is a POSIX form without a name, and so counts west.
    if name.hasPrefix("+") || name.hasPrefix("-") {
      return TimeZone(name: name, posix: "<\(name)>\(name)")
    }
    return zone(named: name)
  }

  /// `time zone "x" not recognized`.
  package static func notRecognized(_ name: String) -> ValueError {
    ValueError("22023", "time zone \"\(name)\" not recognized")
  }
}
