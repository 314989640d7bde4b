package import Catalog

/// The rollups that one statement may be answered from, and what became of them.
///
/// Used by one thread while it binds.
package final class RollupChoice {
  /// A rollup of a table, as it stands.
  package struct Offer {
    package var rollup: BoundRollup
    /// Groups of each of its tables.
    package var rowCounts: [TableID: Int]
    /// Groups of its main table: it costs as much at least.
    var rowCount: Int { rowCounts[rollup.id] ?? 0 }
    /// The first moment from which on it holds all rows, in microseconds; nil: it holds every row.
    package var keptFrom: Int64?
    /// Why it cannot be used now, whatever the query; nil: it can.
    package var refusal: String?

    package init(
      rollup: BoundRollup,
      rowCounts: [TableID: Int],
      keptFrom: Int64? = nil,
      refusal: String?
    ) {
      self.rollup = rollup
      self.rowCounts = rowCounts
      self.keptFrom = keptFrom
      self.refusal = refusal
    }
  }

  /// Whether somebody reads ``notes``: finding words for each refusal takes as long as planning a small query.
  let givesReasons: Bool
  /// The rollups of a table.
  let offers: (TableID) -> [Offer]
  /// Makes a rollup's tables readable under the statement's snapshot; false: it cannot be done cheaply.
  let take: (BoundRollup) -> Bool
  /// What EXPLAIN says of rollups, a line each.
  package private(set) var notes: [String] = []
  /// Whether some part of the statement is answered from a rollup.
  package private(set) var usesAny = false
  private var refusals: [(name: String, reason: String)] = []

  package init(
    givesReasons: Bool,
    offers: @escaping (TableID) -> [Offer],
    take: @escaping (BoundRollup) -> Bool
  ) {
    self.givesReasons = givesReasons
    self.offers = offers
    self.take = take
  }

  func noteUse(_ name: String, mixesRows: Bool) {
    usesAny = true
    let note = "Rollup: \(name)" + (mixesRows ? " (edges of the range from rows)" : "")
    if !notes.contains(note) { notes.append(note) }
  }

  func noteRefusal(_ name: String, _ reason: @autoclosure () -> String) {
    guard givesReasons else { return }
    let reason = reason()
    guard !refusals.contains(where: { $0.name == name && $0.reason == reason }) else { return }
    refusals.append((name, reason))
    notes.append("Rollup \(name) is not used: \(reason)")
  }
}
