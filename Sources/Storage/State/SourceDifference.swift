// What lies between two moments of a table: rows that came and rows that went.
//
// Sources are immutable and rows have locators that never come to mean another row, so this is found without
// reading a row: equal sources differ by their delete vectors, others came or went as a whole. Rows of the delta keep their
// numbers when their batches are merged; rows that were sealed or compacted have gone from one source and come in another.

/// Rows that one moment of a table has and another has not, both ways.
package struct SourceDifference: Sendable {
  /// Rows of the later moment only.
  package private(set) var added: [SourceSnapshot] = []
  /// Rows of the earlier moment only.
  package private(set) var removed: [SourceSnapshot] = []

  /// Whether both have the same rows.
  package var isEmpty: Bool { added.isEmpty && removed.isEmpty }

  /// How many rows must be read to tell what changed.
  package var rowCount: Int {
    func count(_ sources: [SourceSnapshot]) -> Int {
      sources.reduce(0) { $0 + ($1.wantedRows?.count ?? $1.liveRowCount) }
    }
    return count(added) + count(removed)
  }

  /// - Parameters:
  ///   - old: The sources of one moment, each once, all rows wanted.
  ///   - new: Those of another.
  package init(from old: [SourceSnapshot], to new: [SourceSnapshot]) {
    if Self.areSame(old, new) { return }
    compare(old, new)
  }

  /// What lies between all sources of some partitions: partitions that nothing happened to are not looked into.
  ///
  /// - Parameters:
  ///   - old: The partitions of one moment, by key.
  ///   - new: Those of another.
  /// - Complexity: O(partitions + sources of those that changed + rows).
  package init(from old: [PartitionSnapshot], to new: [PartitionSnapshot]) {
    var oldRest: [SourceSnapshot] = []
    var newRest: [SourceSnapshot] = []
    var (a, b) = (0, 0)
    while a < old.count || b < new.count {
      if b == new.count || a < old.count && old[a].key < new[b].key {
        oldRest += old[a].sources
        a += 1
      } else if a == old.count || new[b].key < old[a].key {
        newRest += new[b].sources
        b += 1
      } else {
        // No source goes from one partition to another.
        if !old[a].sources.isIdentical(to: new[b].sources) {
          compare(old[a].sources, new[b].sources)
        }
        a += 1
        b += 1
      }
    }
    compare(oldRest, newRest)
  }

  private mutating func compare(_ old: [SourceSnapshot], _ new: [SourceSnapshot]) {
    let (oldRest, newRest) = compareInOrder(old, new)
    if oldRest.isEmpty, newRest.isEmpty { return }
    var known: [UInt64: Int] = [:]
    known.reserveCapacity(oldRest.count)
    for place in oldRest where !Locator.isOwn(old[place].locatorBase) {
      known[old[place].locatorBase] = place
    }
    var isMatched: Set<Int> = []
    var newDelta: [UInt32: [SourceSnapshot]] = [:]
    for place in newRest {
      let source = new[place]
      if let place = known[source.locatorBase],
        old[place].source.rowCount == source.source.rowCount
      {
        isMatched.insert(place)
        compare(old[place], source)
      } else if Locator.isDelta(source.locatorBase) {
        newDelta[Locator.slot(of: source.locatorBase), default: []].append(source)
      } else if source.liveRowCount > 0 {
        added.append(source)
      }
    }
    var oldDelta: [UInt32: [SourceSnapshot]] = [:]
    for place in oldRest where !isMatched.contains(place) {
      let source = old[place]
      if Locator.isDelta(source.locatorBase) {
        oldDelta[Locator.slot(of: source.locatorBase), default: []].append(source)
      } else if source.liveRowCount > 0 {
        removed.append(source)
      }
    }
    for slot in Set(newDelta.keys).union(oldDelta.keys) {
      compareDelta(oldDelta[slot] ?? [], newDelta[slot] ?? [])
    }
  }

  /// Compares what stands in the same order in both moments, as nearly all sources do: batches come at the end of a partition.
  ///
  /// - Returns: The places of those that were not met this way.
  private mutating func compareInOrder(
    _ old: [SourceSnapshot],
    _ new: [SourceSnapshot]
  ) -> (old: [Int], new: [Int]) {
    var rest: (old: [Int], new: [Int]) = ([], [])
    var (a, b) = (0, 0)
    while a < old.count, b < new.count {
      let (first, second) = (old[a].locatorBase, new[b].locatorBase)
      if first == second {
        // Most are the same objects, which need not be looked into.
        let isSame = old[a].source === new[b].source
        if !Locator.isOwn(first), isSame || old[a].source.rowCount == new[b].source.rowCount {
          if old[a].deletions !== new[b].deletions { compare(old[a], new[b]) }
        } else {
          rest.old.append(a)
          rest.new.append(b)
        }
        a += 1
        b += 1
        continue
      }
      // Batches of one partition stand in the order of their rows, behind its segments.
      let (isFirstDelta, isSecondDelta) = (Locator.isDelta(first), Locator.isDelta(second))
      let isOfOnePartition =
        isFirstDelta && isSecondDelta && Locator.slot(of: first) == Locator.slot(of: second)
      if isOfOnePartition ? first < second : isFirstDelta && !isSecondDelta {
        rest.old.append(a)
        a += 1
      } else if isOfOnePartition || isSecondDelta && !isFirstDelta {
        rest.new.append(b)
        b += 1
      } else {
        break
      }
    }
    rest.old += a..<old.count
    rest.new += b..<new.count
    return rest
  }

  /// Whether nothing happened between two moments, which shows at a glance.
  private static func areSame(_ old: [SourceSnapshot], _ new: [SourceSnapshot]) -> Bool {
    guard old.count == new.count else { return false }
    for place in old.indices {
      guard old[place].source === new[place].source,
        old[place].deletions === new[place].deletions,
        old[place].locatorBase == new[place].locatorBase
      else { return false }
    }
    return true
  }

  /// One source under two delete vectors.
  private mutating func compare(_ old: SourceSnapshot, _ new: SourceSnapshot) {
    if old.deletions === new.deletions { return }
    // A row that was deleted is there again when the "new" moment is the earlier one.
    add(rows: old.deletions?.rowsDeleted(notIn: new.deletions) ?? [], of: new, to: &added)
    add(rows: new.deletions?.rowsDeleted(notIn: old.deletions) ?? [], of: old, to: &removed)
  }

  /// Batches of one partition's delta that are cut differently.
  private mutating func compareDelta(_ old: [SourceSnapshot], _ new: [SourceSnapshot]) {
    for source in new { add(rows: Self.rows(of: source, notIn: old), of: source, to: &added) }
    for source in old { add(rows: Self.rows(of: source, notIn: new), of: source, to: &removed) }
  }

  private static func rows(of source: SourceSnapshot, notIn others: [SourceSnapshot]) -> [Int] {
    let overlapping = others.filter { other in
      other.locatorBase < source.locatorBase + UInt64(source.source.rowCount)
        && source.locatorBase < other.locatorBase + UInt64(other.source.rowCount)
    }
    var rows: [Int] = []
    for row in 0..<source.source.rowCount where source.deletions?.isDeleted(row) != true {
      let locator = source.locatorBase + UInt64(row)
      let isThere = overlapping.contains { other in
        guard locator >= other.locatorBase,
          locator - other.locatorBase < UInt64(other.source.rowCount)
        else { return false }
        return other.deletions?.isDeleted(Int(locator - other.locatorBase)) != true
      }
      if !isThere { rows.append(row) }
    }
    return rows
  }

  private func add(rows: [Int], of source: SourceSnapshot, to list: inout [SourceSnapshot]) {
    guard !rows.isEmpty else { return }
    list.append(
      SourceSnapshot(
        source: source.source,
        locatorBase: source.locatorBase,
        deletions: nil,
        wantedRows: rows
      )
    )
  }
}

extension Array {
  /// Whether both are the same elements in memory, which shows at a glance; equal ones may lie elsewhere.
  package func isIdentical(to other: [Element]) -> Bool {
    // SAFETY: the addresses are compared, not read; both arrays live.
    unsafe withUnsafeBufferPointer { one in
      unsafe other.withUnsafeBufferPointer { unsafe one.baseAddress == $0.baseAddress }
    } && count == other.count
  }
}

extension SourceSnapshot {
  /// Whether the rows are a transaction's own, not committed.
  package var isOwn: Bool { Locator.isOwn(locatorBase) }

  /// The segment's number; nil: rows in memory.
  package var segmentNumber: UInt32? {
    Locator.isSegment(locatorBase) ? Locator.segment(of: locatorBase) : nil
  }
}
