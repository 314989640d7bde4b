internal import Catalog
internal import ColumnEncoding
internal import Columnar

/// Walks the live rows of a sorted source, a group of 1,024 rows at a time.
final class MergeCursor {
  let source: any RowSource
  private let deletions: DeleteVector?
  private let columns: [ColumnID]
  private let sortPlaces: [Int]
  private let vectors: [Vector]
  /// The source's row number of the group's first row.
  private var groupStart = 0
  private var groupCount = 0
  /// The current row inside the group.
  private var place = 0
  /// Scratch of ``takeRun(into:limit:before:winsTies:moved:)``.
  private var rows: [Int32] = []

  init(
    _ source: any RowSource,
    _ deletions: DeleteVector?,
    _ definition: TableDefinition
  ) throws(StorageError) {
    self.source = source
    self.deletions = deletions
    columns = definition.columns.map(\.id)
    sortPlaces = definition.sortKey.compactMap { definition.index(of: $0) }
    vectors = definition.columns.map {
      Vector(kind: $0.type.laneKind, capacity: groupRowCount)
    }
    try loadGroup(from: 0)
    try skipDeleted()
  }

  /// Whether all rows were taken.
  var isAtEnd: Bool { groupCount == 0 }
  /// The source's number of the current row.
  var row: Int { groupStart + place }

  private func loadGroup(from start: Int) throws(StorageError) {
    groupStart = start
    place = 0
    groupCount = 0
    guard start < source.rowCount else { return }
    let blockIndex = start / source.blockRowCount
    let group = (start % source.blockRowCount) / groupRowCount
    for (vector, id) in zip(vectors, columns) {
      vector.reset()
      let block = try source.block(id, at: blockIndex)
      do throws(EncodingError) {
        groupCount = try block.decode(group: group, into: vector)
      } catch {
        throw .encoding(error, file: "segment", base: 0)
      }
    }
    guard groupCount > 0 else {
      throw .corrupt(file: "segment", offset: 0, what: "empty group at row \(start)")
    }
  }

  private func skipDeleted() throws(StorageError) {
    while !isAtEnd {
      while place < groupCount, deletions?.isDeleted(row) == true { place += 1 }
      if place < groupCount { return }
      try loadGroup(from: groupStart + groupCount)
    }
  }

  /// Whether the current row comes before the current row of `other`; equal rows keep the order of
  /// the cursors.
  func isBefore(_ other: MergeCursor, winsTies: Bool) -> Bool {
    isBefore(place, other, winsTies)
  }

  private func isBefore(_ place: Int, _ other: MergeCursor, _ winsTies: Bool) -> Bool {
    for index in sortPlaces {
      let order = vectors[index].order(place, other.vectors[index], other.place)
      if order != 0 { return order < 0 }
    }
    return winsTies
  }

  /// Moves rows to `target` as long as they come before the current row of `other`.
  ///
  /// - Parameters:
  ///   - target: Takes at most a vector's capacity of rows.
  ///   - limit: How many rows it may hold in all.
  ///   - other: The next best cursor; nil when this is the only one left.
  ///   - winsTies: Whether equal rows of this cursor come first.
  ///   - moved: Called with the source's number of each row, in order.
  /// - Throws: ``StorageError`` when the next group cannot be read.
  func takeRun(
    into target: Batch,
    limit: Int,
    before other: MergeCursor?,
    winsTies: Bool,
    moved: (Int) -> Void
  ) throws(StorageError) {
    rows.removeAll(keepingCapacity: true)
    while place < groupCount, target.rowCount + rows.count < limit {
      if deletions?.isDeleted(row) != true {
        if let other, !isBefore(place, other, winsTies) { break }
        rows.append(Int32(place))
        moved(row)
      }
      place += 1
    }
    for (vector, column) in zip(vectors, target.columns) {
      column.append(from: vector, rows: rows, at: target.rowCount)
    }
    target.rowCount += rows.count
    try skipDeleted()
  }
}
