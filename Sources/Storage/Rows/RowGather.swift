// Reading single rows: an UPDATE, an upsert or a look-up wants a few rows of many blocks. The rows of
// one block are taken together, one column after the other.

package import Catalog
internal import ColumnEncoding
package import Columnar

/// Reads the wanted rows of a table that was reduced to some rows.
package struct RowGather: Sendable {
  /// Rows of one block, side by side in ``rows``.
  private struct Run {
    var source: Int
    var block: Int
    var places: Range<Int>
  }

  private let sources: [any RowSource]
  private var runs: [Run] = []
  /// Row numbers inside their blocks.
  private var rows: [UInt16] = []
  /// Where each row is, in the order in which rows are handed out.
  package private(set) var locators: [UInt64] = []

  /// Plans the reading of a table's wanted rows; nil when some source wants all of its rows.
  ///
  /// - Parameter table: From `table(_:scope:holding:)` or `table(_:scope:at:)`: the wanted rows are live.
  package init?(_ table: TableSnapshot) {
    let snapshots = table.partitions.flatMap(\.sources)
    sources = snapshots.map(\.source)
    for (place, snapshot) in snapshots.enumerated() {
      guard let wanted = snapshot.wantedRows else { return nil }
      add(wanted, of: snapshot, at: place)
    }
  }

  private mutating func add(_ wanted: [Int], of snapshot: SourceSnapshot, at source: Int) {
    let rowsInBlock = snapshot.source.blockRowCount
    var last = -1
    for row in wanted {
      let block = row / rowsInBlock
      if block != last {
        runs.append(Run(source: source, block: block, places: rows.count..<rows.count))
        last = block
      }
      rows.append(UInt16(truncatingIfNeeded: row % rowsInBlock))
      runs[runs.count - 1].places = runs[runs.count - 1].places.lowerBound..<rows.count
      locators.append(snapshot.locatorBase &+ UInt64(row))
    }
  }

  /// Rows in all.
  package var rowCount: Int { rows.count }

  /// Reads some of the rows.
  ///
  /// - Parameters:
  ///   - range: Which, inside `0..<rowCount`.
  ///   - columns: Columns of the table.
  ///   - vectors: One a column, of its kind; reset, and then filled with the rows.
  /// - Returns: How many blocks were looked at.
  /// - Throws: ``StorageError`` when a block cannot be read.
  /// - Complexity: O(blocks that hold the rows) look-ups a column.
  @discardableResult
  package func read(
    _ range: Range<Int>,
    columns: [ColumnID],
    into vectors: [Vector]
  ) throws(StorageError) -> Int {
    let wanted = runs(in: range)
    for vector in vectors { vector.reset() }
    var blocks: [EncodedBlock] = []
    blocks.reserveCapacity(min(wanted.count, Self.runsAtOnce) * columns.count)
    var first = 0
    while first < wanted.count {
      let part = wanted[first..<min(wanted.count, first + Self.runsAtOnce)]
      blocks.removeAll(keepingCapacity: true)
      for pass in 0...1 {
        for run in part {
          sources[run.source].prefetchBlocks(columns, at: run.block, pass: pass)
        }
      }
      for run in part {
        try sources[run.source].appendBlocks(columns, at: run.block, to: &blocks)
      }
      prefetch(part, blocks, columns.count)
      try gather(part, blocks, into: vectors, from: range.lowerBound)
      first += part.count
    }
    return wanted.count * columns.count
  }

  /// Runs whose bytes are asked for together: they fit the nearest caches.
  private static let runsAtOnce = 16

  /// Asks for the bytes of all rows before any is read.
  private func prefetch(_ runs: ArraySlice<Run>, _ blocks: [EncodedBlock], _ columns: Int) {
    var first = 0
    for run in runs {
      for row in run.places.prefix(4) {
        for column in 0..<columns { blocks[first + column].prefetch(Int(rows[row])) }
      }
      first += columns
    }
  }

  /// Reads the rows of runs: `blocks` has those of all columns, run by run.
  private func gather(
    _ runs: ArraySlice<Run>,
    _ blocks: [EncodedBlock],
    into vectors: [Vector],
    from lane: Int
  ) throws(StorageError) {
    for (column, vector) in vectors.enumerated() {
      var place = column
      for run in runs {
        do throws(EncodingError) {
          try blocks[place].gather(
            rows.span.extracting(run.places),
            into: vector,
            at: run.places.lowerBound - lane
          )
        } catch {
          throw .encoding(error, file: "a block", base: 0)
        }
        place += vectors.count
      }
    }
  }

  /// The runs of a range of rows, cut at its ends.
  private func runs(in range: Range<Int>) -> [Run] {
    if range == 0..<rowCount { return runs }
    var found: [Run] = []
    for run in runs where run.places.overlaps(range) {
      found.append(
        Run(source: run.source, block: run.block, places: run.places.clamped(to: range))
      )
    }
    return found
  }
}
