package import Catalog

extension PartitionKey {
  /// `2026-03`, `null`, `-infinity`, `infinity`, or `all` for a table without partitions.
  package var name: String {
    switch self {
    case .whole: return "all"
    case .null: return "null"
    case .negativeInfinity: return "-infinity"
    case .infinity: return "infinity"
    default:
      let year = 2000 + Int((Double(rawValue) / 12).rounded(.down))
      let month = Int(rawValue) - (year - 2000) * 12 + 1
      return "\(year)-\(month < 10 ? "0" : "")\(month)"
    }
  }

  /// The partition of a name as ``name`` writes it.
  package init?(name: String) {
    switch name {
    case "null": self = .null
    case "-infinity": self = .negativeInfinity
    case "infinity": self = .infinity
    default:
      guard let dash = name.lastIndex(of: "-"), let year = Int32(name[..<dash]),
        let month = Int32(name[name.index(after: dash)...]), (1...12).contains(month),
        (-10_000...300_000).contains(year)
      else { return nil }
      self.init((year - 2000) * 12 + month - 1)
    }
  }
}
