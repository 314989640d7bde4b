import Catalog
import Columnar
import Planning
import Replication
import SystemIO

extension SystemTables {
  /// Every replication with its positions.
  static let replication = SystemTable(
    "almanac",
    "replication",
    [
      "name": .text, "state": .text, "detail": .text, "source": .text, "publication": .text,
      "slot": .text, "system_identifier": .text, "timeline": .integer, "applied_lsn": .text,
      "durable_lsn": .text, "acknowledged_lsn": .text, "source_lsn": .text, "pause_at": .text,
      "lag_bytes": .bigint, "lag_seconds": .numeric(NumericShape(precision: 18, scale: 3)),
      "transactions": .bigint, "commits": .bigint, "changes": .bigint, "reconnects": .bigint,
    ]
  ) { context in
    context.tables.catalog.replications.values.sorted { $0.name < $1.name }.map {
      replication -> [Datum] in
      let status = context.database.replications.status(of: replication.name)
      let changes = status.tables.values.reduce(0) { $0 + $1.inserts + $1.updates + $1.deletes }
      let lagBytes = status.sourceEnd.bytes(since: status.visible)
      // Milliseconds of the numeric's scale; nothing behind is no lag, however long the source was idle.
      let now = context.database.clock.postgresMicroseconds
      let lagTime = lagBytes == 0 ? 0 : status.lastCommitTime.map { max(0, now - $0) / 1_000 }
      var row: [Datum] = [
        .text(replication.name), .text(state(of: replication, status.phase)),
        .text(replication.failure?.text ?? status.detail ?? status.warning),
        .text(SourceConnectionText.withoutPassword(replication.connection)),
        .text(replication.publication), .text(replication.slot),
        .text(replication.identity.map { String($0.systemIdentifier) }),
        replication.identity.map { .int64(Int64($0.timeline)) } ?? .null,
      ]
      row += [status.visible, status.durable, status.acknowledged, status.sourceEnd].map(position)
      row += [position(LSN(replication.pauseAt ?? 0)), .int64(Int64(clamping: lagBytes))]
      row.append(lagTime.map { .int64($0) } ?? .null)
      row += [
        .count(status.transactions), .count(status.commits), .count(changes),
        .count(status.reconnects),
      ]
      return row
    }
  }

  /// Every table of every replication.
  static let replicationTables = SystemTable(
    "almanac",
    "replication_tables",
    [
      "replication": .text, "source": .text, "schema": .text, "table": .text, "state": .text,
      "is_stale": .boolean, "reason": .text, "copied_at": .text, "resyncs": .integer,
      "copied_rows": .bigint, "inserts": .bigint, "updates": .bigint, "deletes": .bigint,
      "truncates": .bigint, "filled_values": .bigint, "missing_keys": .bigint,
      "duplicate_keys": .bigint, "spooled_bytes": .bigint,
    ]
  ) { context in
    context.tables.catalog.replications.values.sorted { $0.name < $1.name }.flatMap {
      replication in
      let status = context.database.replications.status(of: replication.name)
      return replication.tables.map { table -> [Datum] in
        let counters = status.tables[table.source] ?? TableCounters()
        var row: [Datum] = [
          .text(replication.name), .text("\(table.source.schema).\(table.source.name)"),
          .text(table.target.schema), .text(table.target.name),
          .text(counters.isCopying ? "copying" : "\(table.state)"),
          .boolean(table.state != .ready), .text(table.reason), position(LSN(table.copiedAt)),
          .int64(Int64(table.resyncCount)), .count(counters.copiedRows),
        ]
        row += [
          counters.inserts, counters.updates, counters.deletes, counters.truncates,
          counters.filledValues, counters.missingKeys, counters.duplicateKeys,
          counters.spooledBytes,
        ].map { Datum.count($0) }
        return row
      }
    }
  }

  private static func position(_ lsn: LSN) -> Datum {
    lsn == .zero ? .null : .text(lsn.description)
  }

  /// A word: the failure's name, what the definition says, or what the runner does.
  private static func state(
    of replication: ReplicationDefinition,
    _ phase: ReplicationPhase
  ) -> String {
    switch replication.state {
    case .stopped: replication.failure?.name ?? "stopped"
    case .paused: "paused"
    // The runner has not come to what a statement has just said.
    case .running: phase == .paused || phase == .stopped ? "starting" : phase.rawValue
    }
  }
}

/// Connection strings as they may be shown.
enum SourceConnectionText {
  /// A connection string whose password is starred out, in both of libpq's forms.
  static func withoutPassword(_ text: String) -> String {
    if let scheme = text.range(of: "://"), let at = text[scheme.upperBound...].firstIndex(of: "@") {
      let user = text[scheme.upperBound..<at].split(separator: ":", maxSplits: 1)
      guard user.count == 2 else { return text }
      return text[..<scheme.upperBound] + user[0] + ":********" + text[at...]
    }
    var result = ""
    var rest = Substring(text)
    while let found = rest.range(of: "password") {
      result += rest[..<found.upperBound]
      rest = rest[found.upperBound...]
      let value = rest.drop { $0 == " " }
      guard value.first == "=" else { continue }
      result += "=********"
      rest = afterValue(value.dropFirst().drop { $0 == " " })
    }
    return result + rest
  }

  /// What follows a value, plain or in quotes.
  private static func afterValue(_ text: Substring) -> Substring {
    guard text.first == "'" else { return text.drop { $0 != " " } }
    var rest = text.dropFirst()
    while let character = rest.first {
      rest = rest.dropFirst()
      if character == "\\" { rest = rest.dropFirst() } else if character == "'" { break }
    }
    return rest
  }
}

extension StringProtocol {
  /// The first place of another text; Foundation's, without Foundation.
  fileprivate func range(of other: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(other) {
        return start..<index(start, offsetBy: other.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
