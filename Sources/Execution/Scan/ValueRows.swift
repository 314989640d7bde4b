package import Catalog
internal import ColumnEncoding
internal import Columnar
package import Storage

/// Finds single rows by the value of an integer column: where a few are wanted, the set-up of a scan takes longer than the look.
///
/// Made for sources that are sorted by the column, of which few blocks hold a value; in others every block is looked at.
package struct ValueRows {
  private let column: ColumnID
  private let values: [Int64]

  /// More values are looked up faster by a scan.
  private static let valuesMax = 32

  /// - Parameters:
  ///   - column: Of lanes of 64 bits.
  ///   - values: What it may be; nil is returned where they are many.
  package init?(_ column: ColumnID, among values: [Int64]) {
    guard values.count <= Self.valuesMax else { return nil }
    self.column = column
    self.values = values.sorted()
  }

  /// The rows of a table with one of the values, wanted one by one.
  ///
  /// - Parameters:
  ///   - table: Nothing of it is deleted.
  ///   - rowsMax: Where there are more, some of them may be left out.
  /// - Returns: The table with `wantedRows` of its sources; those without any are left out.
  /// - Throws: ``ExecutionError`` when a block cannot be read.
  package func rows(
    of table: TableSnapshot,
    atMost rowsMax: Int
  ) throws(ExecutionError) -> TableSnapshot {
    var reduced = table
    var count = 0
    for place in table.partitions.indices {
      var found: [SourceSnapshot] = []
      for source in table.partitions[place].sources where count <= rowsMax {
        precondition(source.deletions == nil && source.wantedRows == nil, "all rows are there")
        let rows = try rows(of: source.source)
        count += rows.count
        guard !rows.isEmpty else { continue }
        var one = source
        one.wantedRows = rows
        found.append(one)
      }
      reduced.partitions[place].sources = found
    }
    reduced.liveRowCount = count
    return reduced
  }

  private func rows(of source: any RowSource) throws(ExecutionError) -> [Int] {
    var rows: [Int] = []
    let bounds = source.bounds(column)
    for index in 0..<source.blockCount {
      guard let range = bounds.map({ Self.range(of: index, $0) }) ?? range(of: index, source) else {
        continue
      }
      let wanted = values.filter(range.contains)
      if wanted.isEmpty { continue }
      do throws(StorageError) {
        let block = try source.block(column, at: index)
        add(wanted, of: block, from: index * source.blockRowCount, to: &rows)
      } catch {
        throw ExecutionError(error)
      }
    }
    return rows
  }

  /// What values a block may have; nil: none but NULL.
  private static func range(of block: Int, _ bounds: BlockBounds) -> ClosedRange<Int64>? {
    switch bounds.knowledge[block] {
    case .bounds, .boundsBesideNulls: bounds.lows[block]...bounds.highs[block]
    case .onlyNulls: nil
    case .nothing: .min ... .max
    }
  }

  private func range(of block: Int, _ source: any RowSource) -> ClosedRange<Int64>? {
    guard let known = source.statistics(column, block: block) else { return .min ... .max }
    if known.nullCount == known.rowCount { return nil }
    guard case .int64(let low) = known.minimum, case .int64(let high) = known.maximum else {
      return .min ... .max
    }
    return low...high
  }

  private func add(_ wanted: [Int64], of block: EncodedBlock, from first: Int, to rows: inout [Int])
  {
    for group in 0..<block.groupCount {
      var all = GroupMask(rowCount: 0)
      for value in wanted {
        var same = GroupMask(rowCount: 0)
        var words = same.words.mutableSpan
        block.selectMask(group: group, from: value, through: value, into: &words)
        all.formUnion(same)
      }
      let start = first + group * groupRowCount
      for place in 0..<16 {
        var word = all.words[place]
        while word != 0 {
          rows.append(start + place * 64 + word.trailingZeroBitCount)
          word &= word &- 1
        }
      }
    }
  }
}
