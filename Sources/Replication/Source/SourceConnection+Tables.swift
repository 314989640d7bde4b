extension SourceConnection {
  /// The table of that name; nil: there is none, or it is no table.
  ///
  /// - Parameters:
  ///   - schema: Its schema.
  ///   - name: Its name.
  ///   - sizes: Whether files' sizes are asked for. That needs a lock: it waits for whoever holds the table for himself,
  ///     and he may be waiting for us, as a synchronous standby.
  /// - Returns: The table.
  /// - Throws: ``ReplicationError``.
  package func table(
    schema: String,
    name: String,
    sizes: Bool = true
  ) throws(ReplicationError) -> SourceTable? {
    try tables(
      where: "n.nspname = \(schema.sqlLiteral) AND c.relname = \(name.sqlLiteral)",
      sizes
    ).first
  }

  /// The table with that OID; nil: it is gone.
  ///
  /// - Parameters:
  ///   - id: Its OID.
  ///   - sizes: As for ``table(schema:name:sizes:)``.
  /// - Returns: The table.
  /// - Throws: ``ReplicationError``.
  package func table(_ id: UInt32, sizes: Bool = true) throws(ReplicationError) -> SourceTable? {
    try tables(where: "c.oid = \(id)", sizes).first
  }

  /// Tables with these OIDs, those that are there.
  package func tables(_ ids: [UInt32]) throws(ReplicationError) -> [SourceTable] {
    guard !ids.isEmpty else { return [] }
    return try tables(where: "c.oid IN (\(ids.map { String($0) }.joined(separator: ",")))")
  }

  /// All ordinary tables of a schema that are no partitions.
  package func tables(ofSchema schema: String) throws(ReplicationError) -> [SourceTable] {
    try tables(where: "n.nspname = \(schema.sqlLiteral) AND NOT c.relispartition")
  }

  /// Tables that a condition on pg_class `c` and pg_namespace `n` chooses, by name.
  private func tables(
    where condition: String,
    _ sizes: Bool = true
  ) throws(ReplicationError) -> [SourceTable] {
    // One statement after another could see different moments; a transaction could not be left open on errors.
    let result = try query(
      """
      SELECT c.oid, n.nspname, c.relname, c.relkind, c.relreplident
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND \(condition) ORDER BY 2, 3
      """
    )
    let ids = result.rows.compactMap { $0[0] }.joined(separator: ",")
    guard !ids.isEmpty else { return [] }
    let columns = try columns(of: ids)
    let keys = try keys(of: ids)
    let leaves = try leaves(of: ids, sizes)
    let labels = try labels(of: ids)
    return result.rows.compactMap { row in
      guard let id = row[0].flatMap({ UInt32($0) }) else { return nil }
      return SourceTable(
        id: id,
        schema: row[1] ?? "",
        name: row[2] ?? "",
        isPartitioned: row[3] == "p",
        identity: row[4]?.utf8.first.flatMap { ReplicaIdentity(rawValue: $0) } ?? .nothing,
        columns: columns[id] ?? [],
        primaryKey: keys[id]?.primary ?? [],
        identityIndex: keys[id]?.identity ?? [],
        leaves: leaves[id] ?? [],
        labels: labels[id] ?? [:]
      )
    }
  }

  private func columns(
    of ids: String
  ) throws(ReplicationError) -> [UInt32: [SourceTableColumn]] {
    let generated = serverVersion >= 120_000 ? "attgenerated <> ''" : "false"
    let missing =
      serverVersion >= 110_000
      ? "CASE WHEN atthasmissing THEN (attmissingval::text::text[])[1] END" : "NULL"
    let result = try query(
      """
      SELECT attrelid, attnum, attname, atttypid, atttypmod, attnotnull, \(generated), \(missing),
        xmin
      FROM pg_catalog.pg_attribute
      WHERE attrelid IN (\(ids)) AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum
      """
    )
    var columns: [UInt32: [SourceTableColumn]] = [:]
    for row in result.rows {
      guard let table = row[0].flatMap({ UInt32($0) }), let number = row[1].flatMap({ Int($0) }),
        let type = row[3].flatMap({ UInt32($0) })
      else { continue }
      columns[table, default: []].append(
        SourceTableColumn(
          number: number,
          name: row[2] ?? "",
          typeID: type,
          modifier: row[4].flatMap { Int32($0) } ?? -1,
          isNotNull: row[5] == "t",
          isGenerated: row[6] == "t",
          missingValue: row[7],
          changedBy: row[8].flatMap { UInt32($0) } ?? 0
        )
      )
    }
    return columns
  }

  private func keys(
    of ids: String
  ) throws(ReplicationError) -> [UInt32: (primary: [Int], identity: [Int])] {
    let result = try query(
      """
      SELECT i.indrelid, i.indisprimary, i.indisreplident, k.attnum
      FROM pg_catalog.pg_index i,
        pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
      WHERE i.indrelid IN (\(ids)) AND (i.indisprimary OR i.indisreplident)
        AND k.place <= i.indnkeyatts ORDER BY i.indrelid, k.place
      """
    )
    var keys: [UInt32: (primary: [Int], identity: [Int])] = [:]
    for row in result.rows {
      guard let table = row[0].flatMap({ UInt32($0) }), let number = row[3].flatMap({ Int($0) })
      else { continue }
      if row[1] == "t" { keys[table, default: ([], [])].primary.append(number) }
      if row[2] == "t" { keys[table, default: ([], [])].identity.append(number) }
    }
    return keys
  }

  private func leaves(
    of ids: String,
    _ sizes: Bool
  ) throws(ReplicationError) -> [UInt32: [SourceLeaf]] {
    // pg_partition_tree() would lock every one of them.
    let size = sizes ? "pg_catalog.pg_relation_size(c.oid)" : "-1"
    let result = try query(
      """
      WITH RECURSIVE tree (root, leaf, kind, attachment) AS (
        SELECT oid, oid, relkind, '' FROM pg_catalog.pg_class WHERE oid IN (\(ids))
        UNION ALL
        SELECT t.root, c.oid, c.relkind, t.attachment || '.' || i.xmin::text FROM tree t
          JOIN pg_catalog.pg_inherits i ON i.inhparent = t.leaf
          JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        WHERE t.kind = 'p'
      )
      SELECT t.root, c.oid, n.nspname, c.relname, pg_catalog.pg_relation_filenode(c.oid), \(size),
        c.reltuples::bigint, c.xmin, t.attachment
      FROM tree t
      JOIN pg_catalog.pg_class c ON c.oid = t.leaf
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' ORDER BY 1, 2
      """
    )
    var leaves: [UInt32: [SourceLeaf]] = [:]
    for row in result.rows {
      guard let root = row[0].flatMap({ UInt32($0) }), let id = row[1].flatMap({ UInt32($0) })
      else { continue }
      leaves[root, default: []].append(
        SourceLeaf(
          id: id,
          schema: row[2] ?? "",
          name: row[3] ?? "",
          fileNode: row[4].flatMap { UInt32($0) } ?? 0,
          byteCount: row[5].flatMap { Int($0) } ?? 0,
          estimatedRows: row[6].flatMap { Int($0) } ?? 0,
          madeBy: row[7].flatMap { UInt32($0) } ?? 0,
          attachment: row[8] ?? ""
        )
      )
    }
    return leaves
  }

  private func labels(of ids: String) throws(ReplicationError) -> [UInt32: [UInt32: String]] {
    let result = try query(
      """
      WITH RECURSIVE used (root, type) AS (
        SELECT attrelid, atttypid FROM pg_catalog.pg_attribute
        WHERE attrelid IN (\(ids)) AND attnum > 0 AND NOT attisdropped
        UNION
        SELECT u.root, s.type FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.type,
          LATERAL (VALUES (t.typbasetype), (t.typelem)) s (type)
        WHERE s.type <> 0
      )
      SELECT u.root, e.oid,
        pg_catalog.encode(pg_catalog.convert_to(e.enumlabel::pg_catalog.text, 'UTF8'), 'hex')
      FROM used u JOIN pg_catalog.pg_enum e ON e.enumtypid = u.type
      """
    )
    var labels: [UInt32: [UInt32: String]] = [:]
    for row in result.rows {
      guard let root = row[0].flatMap({ UInt32($0) }), let id = row[1].flatMap({ UInt32($0) })
      else { continue }
      labels[root, default: [:]][id] = row[2] ?? ""
    }
    return labels
  }

  // MARK: Publications

  /// Makes a publication of tables; changes of partitions come as changes of their root.
  ///
  /// - Throws: The server's refusal; 42710: it exists.
  package func createPublication(
    _ name: String,
    tables: [(schema: String, name: String)]
  ) throws(ReplicationError) {
    var sql = "CREATE PUBLICATION \(name.sqlIdentifier)"
    if !tables.isEmpty { sql += " FOR TABLE \(Self.list(tables))" }
    if serverVersion >= 130_000 { sql += " WITH (publish_via_partition_root = true)" }
    try run(sql)
  }

  /// Adds tables to a publication.
  ///
  /// - Throws: The server's refusal; 42710: a table is in it already.
  package func addTables(
    _ tables: [(schema: String, name: String)],
    toPublication name: String
  ) throws(ReplicationError) {
    try run("ALTER PUBLICATION \(name.sqlIdentifier) ADD TABLE \(Self.list(tables))")
  }

  /// Takes tables out of a publication.
  package func dropTables(
    _ tables: [(schema: String, name: String)],
    fromPublication name: String
  ) throws(ReplicationError) {
    try run("ALTER PUBLICATION \(name.sqlIdentifier) DROP TABLE \(Self.list(tables))")
  }

  /// Drops a publication if it is there.
  package func dropPublication(_ name: String) throws(ReplicationError) {
    try run("DROP PUBLICATION IF EXISTS \(name.sqlIdentifier)")
  }

  private static func list(_ tables: [(schema: String, name: String)]) -> String {
    tables.map { "\($0.schema.sqlIdentifier).\($0.name.sqlIdentifier)" }.joined(separator: ", ")
  }
}
