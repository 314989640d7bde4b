// What the source's catalog says. Every statement is plain SQL of the simple protocol, so that a replication
// connection can run it too.

extension SourceConnection {
  /// Which server this is, on a replication connection.
  package func identify() throws(ReplicationError) -> SourceIdentity {
    let result = try query("IDENTIFY_SYSTEM")
    guard let row = result.rows.first, row.count >= 4, let id = row[0],
      let timeline = row[1].flatMap({ Int($0) }), let lsn = row[2].flatMap({ LSN($0) })
    else { throw .violation("IDENTIFY_SYSTEM answered \(result.rows)") }
    return SourceIdentity(
      systemID: id,
      timeline: timeline,
      flushedLSN: lsn,
      database: row[3] ?? ""
    )
  }

  /// The timelines that led to one, oldest first, on a replication connection; none for the first.
  package func timelineHistory(_ timeline: Int) throws(ReplicationError) -> [TimelineSwitch] {
    guard timeline > 1 else { return [] }
    let content = try query("TIMELINE_HISTORY \(timeline)").rows.first?.last ?? nil
    return (content ?? "").split(separator: "\n").compactMap { line in
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count >= 2, let number = Int(words[0]), let lsn = LSN(words[1]) else {
        return nil
      }
      return TimelineSwitch(timeline: number, lsn: lsn)
    }
  }

  /// Where the source writes now.
  package func currentLSN() throws(ReplicationError) -> LSN { try logEnds().written }

  /// Where the log ends that was written, and the log that was made, which others may see already.
  package func logEnds() throws(ReplicationError) -> (written: LSN, inserted: LSN) {
    let result = try query(
      "SELECT pg_catalog.pg_current_wal_lsn(), pg_catalog.pg_current_wal_insert_lsn()"
    )
    let ends = result.rows.first?.compactMap { $0.flatMap { LSN($0) } } ?? []
    guard ends.count == 2 else { throw .violation("no WAL position: \(result.rows)") }
    return (ends[0], ends[1])
  }

  /// Ends the source's log behind a position that it has come to, so that a stream gets there.
  ///
  /// Records that no commit waits for, such as those of a page's cleaning, are not written until something else is, and
  /// those that are written may end in the middle of one: an idle source stands still there for up to half a minute. An
  /// empty message with a commit takes it further. Where the log is shorter than the position nothing happens.
  package func completeLog(to position: LSN) throws(ReplicationError) {
    try run(
      """
      BEGIN; SET LOCAL synchronous_commit = local;
      SELECT pg_catalog.pg_logical_emit_message(true, 'almanac', '') WHERE CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN false
        ELSE pg_catalog.pg_current_wal_insert_lsn() >= '\(position)' END;
      COMMIT
      """
    )
  }

  /// A slot; nil: there is none of that name.
  package func slot(_ name: String) throws(ReplicationError) -> SourceSlot? {
    let recent =
      serverVersion >= 130_000 ? "wal_status, safe_wal_size" : "NULL, NULL"
    let sql = """
      SELECT slot_name, plugin, database, temporary, active_pid, restart_lsn, confirmed_flush_lsn, \(recent)
      FROM pg_catalog.pg_replication_slots WHERE slot_name = \(name.sqlLiteral)
      """
    guard let row = try query(sql).rows.first else { return nil }
    return SourceSlot(
      name: row[0] ?? "",
      plugin: row[1] ?? "",
      database: row[2] ?? "",
      isTemporary: row[3] == "t",
      activeProcess: row[4].flatMap { Int($0) },
      restartLSN: row[5].flatMap { LSN($0) },
      confirmedLSN: row[6].flatMap { LSN($0) },
      walStatus: row[7],
      safeWALBytes: row[8].flatMap { Int($0) }
    )
  }

  /// A publication and what it holds; nil: there is none of that name.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - isOwn: Whether ``createPublication(_:tables:)`` made it: then it names whole tables, and no table must be locked
  ///     to know of its columns.
  /// - Returns: The publication.
  /// - Throws: ``ReplicationError``.
  package func publication(
    _ name: String,
    isOwn: Bool = false
  ) throws(ReplicationError) -> SourcePublication? {
    let isViaRoot = serverVersion >= 130_000 ? "pubviaroot" : "false"
    let truncates = serverVersion >= 110_000 ? "pubtruncate" : "false"
    let sql = """
      SELECT puballtables, \(isViaRoot), pubinsert, pubupdate, pubdelete, \(truncates)
      FROM pg_catalog.pg_publication WHERE pubname = \(name.sqlLiteral)
      """
    guard let row = try query(sql).rows.first else { return nil }
    let extras =
      serverVersion >= 150_000
      ? "pg_catalog.array_to_json(attnames), rowfilter" : "NULL, NULL"
    let tables = try query(
      isOwn
        ? """
        SELECT n.nspname, c.relname, NULL, NULL FROM pg_catalog.pg_publication p
          JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
          JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE p.pubname = \(name.sqlLiteral) ORDER BY 1, 2
        """
        : """
        SELECT schemaname, tablename, \(extras) FROM pg_catalog.pg_publication_tables
        WHERE pubname = \(name.sqlLiteral) ORDER BY 1, 2
        """
    )
    return SourcePublication(
      name: name,
      isForAllTables: row[0] == "t",
      isViaRoot: row[1] == "t",
      publishesInserts: row[2] == "t",
      publishesUpdates: row[3] == "t",
      publishesDeletes: row[4] == "t",
      publishesTruncates: row[5] == "t",
      tables: tables.rows.map { row in
        PublishedTable(
          schema: row[0] ?? "",
          name: row[1] ?? "",
          columns: row[2].map { stringsOfJSON($0) },
          rowFilter: row[3]
        )
      }
    )
  }

  /// Transactions that keep a new slot from being made, oldest first.
  ///
  /// Who may not see others' activity sees none of them.
  package func slotBlockers() throws(ReplicationError) -> [SlotBlocker] {
    try query(
      """
      SELECT 'process ' || pid, xact_start AS begun, state, query FROM pg_catalog.pg_stat_activity
      WHERE backend_xid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
      UNION ALL SELECT owner::text, prepared, 'prepared', gid FROM pg_catalog.pg_prepared_xacts
      ORDER BY begun
      """
    ).rows.map { row in
      let texts = row.map { $0 ?? "" }
      return SlotBlocker(owner: texts[0], begun: texts[1], state: texts[2], query: texts[3])
    }
  }

  /// What must be known of types that PostgreSQL does not bring along, and of those beneath them.
  package func types(of ids: some Sequence<UInt32>) throws(ReplicationError) -> TypeDirectory {
    var directory = TypeDirectory()
    var wanted = Set(ids.filter { !directory.knows($0) })
    while !wanted.isEmpty {
      let list = wanted.map { String($0) }.joined(separator: ",")
      let result = try query(
        """
        SELECT oid, typname, typtype, typbasetype, typtypmod FROM pg_catalog.pg_type
        WHERE oid IN (\(list))
        """
      )
      for row in result.rows {
        guard let id = row[0].flatMap({ UInt32($0) }) else { continue }
        let kind: SourceType.Kind
        switch row[2] {
        case "d":
          kind = .domain(
            base: row[3].flatMap { UInt32($0) } ?? 25,
            modifier: row[4].flatMap { Int32($0) } ?? -1
          )
        case "e": kind = .enumeration
        default: kind = .other
        }
        directory.types[id] = SourceType(name: row[1] ?? "", kind: kind)
      }
      // A type that is gone already must not be asked for again.
      for id in wanted where directory.types[id] == nil {
        directory.types[id] = SourceType(name: "", kind: .other)
      }
      let bases = directory.types.values.compactMap { type -> UInt32? in
        if case .domain(let base, _) = type.kind { base } else { nil }
      }
      wanted = Set(bases.filter { !directory.knows($0) })
    }
    return directory
  }
}

/// The strings of a JSON array of strings.
private func stringsOfJSON(_ text: String) -> [String] {
  var strings: [String] = []
  var current: String?
  var characters = text.unicodeScalars.makeIterator()
  while let character = characters.next() {
    guard var string = current else {
      if character == "\"" { current = "" }
      continue
    }
    switch character {
    case "\"":
      strings.append(string)
      current = nil
      continue
    case "\\":
      switch characters.next() {
      case "n": string.unicodeScalars.append("\n")
      case "t": string.unicodeScalars.append("\t")
      case "r": string.unicodeScalars.append("\r")
      case "b": string.unicodeScalars.append("\u{8}")
      case "f": string.unicodeScalars.append("\u{c}")
      case "u":
        let digits = (0..<4).compactMap { _ in characters.next() }.map { String($0) }.joined()
        if let scalar = UInt32(digits, radix: 16).flatMap({ Unicode.Scalar($0) }) {
          string.unicodeScalars.append(scalar)
        }
      case let other?: string.unicodeScalars.append(other)
      case nil: break
      }
    default: string.unicodeScalars.append(character)
    }
    current = string
  }
  return strings
}
