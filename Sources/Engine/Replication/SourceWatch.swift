import Catalog
import Replication
import SystemIO

/// Asks the source every now and then what its stream does not tell: where its log ends, which files its tables have.
///
/// Where somebody waits for a position that an idle source has not written out, it asks for that too. While it cannot ask,
/// nothing is known, and the stream finds out by itself whether the connection is gone.
final class SourceWatch: Sendable {
  /// What the source said.
  struct Facts {
    /// Everything else was true when the log ended here.
    var walEnd: LSN
    /// Where it will have been written to: what a commit that did not wait for the disk has made visible lies before this.
    var insertEnd: LSN
    /// Which standbys commits of the source wait for, as its configuration has it.
    var synchronousStandbys: String
    /// By relation, those that are there.
    var tables: [UInt32: SourceTable]
  }

  private let facts: Monitor<Facts?>
  private let probe: SourceProbe

  /// - Parameters:
  ///   - replication: Whose tables are looked at.
  ///   - wanted: The position that somebody has been waiting for.
  init(_ replication: ReplicationDefinition, wanted: @escaping @Sendable () -> LSN?) {
    let tables = replication.tables.filter { $0.state != .stopped && $0.sourceOID != 0 }
      .map(\.sourceOID)
    let facts = Monitor<Facts?>(nil)
    self.facts = facts
    probe = SourceProbe(replication.connection, name: "almanac watch \(replication.name)") {
      source throws(ReplicationError) in
      let found = try source.tables(tables)
      let standbys =
        try source.query("SELECT pg_catalog.current_setting('synchronous_standby_names')").single
      // Behind the other answers: what they show was written before this.
      let ends = try source.logEnds()
      let seen = Facts(
        walEnd: ends.written,
        insertEnd: ends.inserted,
        synchronousStandbys: standbys ?? "",
        tables: Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
      )
      facts.withLock { $0 = seen }
      if let target = wanted() { try source.completeLog(to: target) }
    }
  }

  /// Whether a source's `synchronous_standby_names` has an application wait among them.
  static func isSynchronous(_ application: String, in names: String) -> Bool {
    // FIRST 2 (a, "b c", *): what is no name matches none.
    names.split { ",()".contains($0) }.contains { word in
      let name = word.drop { $0 == " " }.split(separator: "\"").first.map { String($0) } ?? ""
      let trimmed = String(name.reversed().drop { $0 == " " }.reversed()).lowercased()
      return trimmed == "*" || trimmed == application.lowercased()
    }
  }

  /// What was learnt since the last call.
  func takeFacts() -> Facts? {
    facts.withLock { facts in
      defer { facts = nil }
      return facts
    }
  }

  func stop() { probe.stop() }
}
