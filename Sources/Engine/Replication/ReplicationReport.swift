import Catalog
import Replication
import Storage

/// How far a replication is, for people.
package struct ReplicationReport: Sendable {
  package var name: String
  /// State, position and tables on one line.
  package var line: String
  /// Whether it stopped and will not go on by itself.
  package var hasFailed: Bool
  /// Whether all tables hold what the source held when it last told where its log ends.
  package var isComplete: Bool
}

extension Database {
  /// Every replication, by name.
  package var replicationReports: [ReplicationReport] {
    store.published.catalog.replications.values.sorted { $0.name < $1.name }.map { definition in
      let status = replications.status(of: definition.name)
      let ready = definition.tables.filter { $0.state == .ready }.count
      let stopped = definition.tables.filter { $0.state == .stopped }.count
      var line = "\(definition.failure?.name ?? status.phase.rawValue)"
      line += ", \(ready) of \(definition.tables.count) tables ready"
      if stopped > 0 { line += ", \(stopped) stopped" }
      if status.visible > .zero { line += ", applied up to \(status.visible)" }
      if let detail = definition.failure?.text ?? status.detail { line += ": \(detail)" }
      return ReplicationReport(
        name: definition.name,
        line: line,
        hasFailed: definition.state == .stopped,
        isComplete: status.phase == .streaming && ready + stopped == definition.tables.count
          && status.sourceEnd > .zero && status.visible >= status.sourceEnd
      )
    }
  }

  /// Runs a statement without rows.
  package func execute(_ text: String) throws(EngineError) {
    let session = try makeSession(SessionStartup())
    defer { session.close() }
    let bytes = Array(text.utf8)
    for statement in try session.parse(bytes) {
      _ = try session.start(try session.prepare(statement, of: bytes)).finish()
    }
  }
}
