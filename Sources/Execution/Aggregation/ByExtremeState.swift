internal import Columnar
internal import Planning

/// min_by, max_by: the value that stands beside the least or greatest of another; of several the least value.
///
/// Rows in which one of both is NULL do not count.
final class ByExtremeState: AggregateState {
  /// The value and what it is chosen by; the best of a group behind those that it replaced.
  private var rows: RowStore
  private let kinds: [LaneKind]
  private let place = GroupArray<UInt32>(absentRow)
  private let isMaximum: Bool
  private var groupCount = 0
  private let one = SelectionBuffer(capacity: 1)

  init(kinds: [LaneKind], isMaximum: Bool) {
    self.kinds = kinds
    rows = RowStore(kinds: kinds, budget: nil)
    self.isMaximum = isMaximum
  }

  override func reserve(groups: Int) {
    groupCount = max(groupCount, groups)
    place.reserve(groups)
  }
  override var byteCount: Int { rows.byteCount + place.byteCount }

  override func update(_ arguments: [Vector], _ selected: GroupRows) throws(ExecutionError) {
    let one = one
    forEachRow(selected) { row, group in
      guard isBetter(arguments, row, than: place[group]) else { return }
      place[group] = UInt32(rows.rowCount)
      one.fill(row..<row + 1)
      rows.append(arguments, rows: one.span(1))
    }
    if rows.rowCount > 4096 + groupCount * 4 { dropReplaced() }
  }

  private func isBetter(_ columns: [Vector], _ row: Int, than best: UInt32) -> Bool {
    guard columns[1].isValid(row) else { return false }
    guard best != absentRow else { return true }
    let order = compareValues(columns[1], row, rows.columns[1], Int(best))
    if order != 0 { return isMaximum ? order > 0 : order < 0 }
    return compareValues(columns[0], row, rows.columns[0], Int(best)) < 0
  }

  private func dropReplaced() {
    let old = rows
    rows = RowStore(kinds: kinds, budget: nil)
    var kept: [UInt32] = []
    for group in 0..<groupCount where place[group] != absentRow {
      kept.append(place[group])
      place[group] = UInt32(kept.count - 1)
    }
    append(kept, of: old)
  }

  private func append(_ chosen: [UInt32], of other: RowStore) {
    let batch = Batch(kinds: kinds, capacity: groupRowCount)
    var next = 0
    while next < chosen.count {
      let part = min(groupRowCount, chosen.count - next)
      other.gather(
        chosen.span.extracting(next..<next + part),
        mayBeAbsent: false,
        into: batch.columns[...]
      )
      rows.append(batch.columns, count: part)
      next += part
    }
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? ByExtremeState else { return }
    var chosen: [UInt32] = []
    forEachMerged(map, groups) { group, target in
      let theirs = other.place[group]
      guard theirs != absentRow,
        isBetter(other.rows.columns, Int(theirs), than: place[target])
      else { return }
      place[target] = UInt32(rows.rowCount + chosen.count)
      chosen.append(theirs)
    }
    append(chosen, of: other.rows)
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    let chosen = place.span.extracting(first..<first + count)
    copyRows(rows.columns[0], rows: chosen, to: vector, mayBeAbsent: true, bytes: .share)
    if vector.kind == .bytes { vector.retainOwners(of: rows.columns[0]) }
  }
}
