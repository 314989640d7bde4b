// From one state to the next. Applying checks everything it relies on: a record that does not fit the
// state is corruption when it comes from the log, and never happens when it was made under the commit
// lock from that state.

internal import Catalog
internal import ColumnEncoding
internal import Columnar

/// A record that does not fit the state it is applied to.
struct ApplyError: Error {
  var what: String
}

/// What a commit leaves behind once it is durable.
struct ApplyEffects {
  /// Segments that the new state does not refer to any more.
  var obsolete: [SegmentHandle] = []
}

extension StoreState {
  /// Applies a commit.
  ///
  /// - Parameters:
  ///   - record: The commit.
  ///   - sequence: Its place in the order: one more than this state's.
  ///   - effects: Collects what becomes obsolete.
  /// - Throws: ``ApplyError`` when the record does not fit; the state is then useless.
  mutating func apply(
    _ record: CommitRecord,
    sequence: UInt64,
    effects: inout ApplyEffects
  ) throws(ApplyError) {
    guard sequence == self.sequence + 1 else { throw ApplyError(what: "sequence \(sequence)") }
    self.sequence = sequence
    commitMicroseconds = record.timeMicroseconds
    var grown: [TableID] = []
    for part in record.parts {
      try apply(part, &effects)
      if case .rows(let rows) = part, grown.last != rows.table { grown.append(rows.table) }
    }
    for id in grown { try change(id) { table in table.indexNewKeys() } }
  }

  /// Applies one step.
  mutating func apply(
    _ part: CommitPart,
    _ effects: inout ApplyEffects
  ) throws(ApplyError) {
    switch part {
    case .catalog(let change): try apply(change, &effects)
    case .rows(let rows): try apply(rows)
    case .delete(let id, let locators):
      try change(id) { (table) throws(ApplyError) in try table.delete(locators) }
    case .publish(let id, let key, let segments):
      try ensurePartition(id, key)
      noteNumbers(segments)
      try change(id) { (table) throws(ApplyError) in try table.add(segments, to: key) }
    case .seal(let id, let key, let end, let segments, let deleted):
      noteNumbers(segments)
      try change(id) { (table) throws(ApplyError) in
        try table.dropDelta(of: key, before: end)
        try table.add(segments, to: key)
        try table.delete(deleted)
      }
    case .compact(let id, let key, let removed, let segments, let deleted):
      noteNumbers(segments)
      try change(id) { (table) throws(ApplyError) in
        for number in removed {
          effects.obsolete += try table.removeSegment(number, of: key).map { [$0] } ?? []
        }
        try table.add(segments, to: key)
        try table.delete(deleted)
      }
    case .position(let name, let position): positions[name] = position
    }
  }

  /// Changes one table in place.
  private mutating func change(
    _ id: TableID,
    _ body: (inout TableState) throws(ApplyError) -> Void
  ) throws(ApplyError) {
    // Taken out of the dictionary, so that its parts have one owner while they change.
    guard var table = tables.removeValue(forKey: id) else {
      throw ApplyError(what: "no table \(id.rawValue)")
    }
    try body(&table)
    tables[id] = table
  }

  private mutating func noteNumbers(_ segments: [NewSegment]) {
    for segment in segments {
      lastSegmentNumber = max(lastSegmentNumber, segment.reference.number)
    }
  }

  private mutating func ensurePartition(
    _ id: TableID,
    _ key: PartitionKey
  ) throws(ApplyError) {
    guard let table = tables[id] else { throw ApplyError(what: "no table \(id.rawValue)") }
    guard table.partitions[key] == nil else { return }
    guard nextSlot < Locator.slotLimit else { throw ApplyError(what: "partition slots") }
    let slot = nextSlot
    nextSlot += 1
    tables[id]?.partitions[key] = PartitionState(key: key, slot: slot)
    tables[id]?.partitionOfSlot[slot] = key
  }

  private mutating func apply(_ rows: NewRows) throws(ApplyError) {
    try ensurePartition(rows.table, rows.partition)
    try change(rows.table) { (table) throws(ApplyError) in try table.append(rows) }
  }

  /// Applies a change of the definitions.
  mutating func apply(
    _ change: CatalogChange,
    _ effects: inout ApplyEffects
  ) throws(ApplyError) {
    catalog.apply(change)
    switch change {
    case .createTable(let definition):
      guard tables[definition.id] == nil else {
        throw ApplyError(what: "table \(definition.id.rawValue) twice")
      }
      tables[definition.id] = TableState(definition)
    case .dropTable(let id):
      forget(id, &effects)
      tables[id] = nil
    case .alterTable(let definition):
      try self.change(definition.id) { table in table.alter(to: definition) }
    case .truncate(let id):
      forget(id, &effects)
      guard let definition = catalog.tables[id] else {
        throw ApplyError(what: "no table \(id.rawValue)")
      }
      tables[id] = TableState(definition)
    case .dropPartition(let id, let key):
      try self.change(id) { table in effects.obsolete += table.dropPartition(key) }
    case .recordLoadedFile(let id, let hash, let name):
      loadedFiles.insert(LoadedFile(table: id, contentHash: hash, name: name))
    case .dropReplication(let name):
      positions[ReplicationDefinition.positionName(of: name)] = nil
    case .createSchema, .dropSchema, .createView, .dropView, .createReport, .dropReport,
      .putReplication, .createRollup, .dropRollup:
      break
    }
  }

  /// Lets go of all files of a table and of the memory of loading into it.
  private mutating func forget(_ id: TableID, _ effects: inout ApplyEffects) {
    for partition in (tables[id]?.partitions ?? [:]).values {
      effects.obsolete += partition.segments.compactMap(\.handle)
    }
    loadedFiles = loadedFiles.filter { $0.table != id }
  }
}
