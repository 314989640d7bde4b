package import Catalog
internal import ColumnEncoding
internal import Columnar
internal import Kernels
package import Storage

/// Finds single rows by the value of an integer column: where a few are wanted, the set-up of a scan takes longer than the look.
///
/// Made for sources that are sorted by the column, of which few blocks hold a value; in others every block is looked at.
package struct ValueRows {
  private let column: ColumnID
  /// Ascending, each once.
  private let values: [Int64]
  private let set: IntegerSet

  /// More values are looked up faster by a scan.
  private static let valuesMax = 1_024
  /// Of a block without order more values are looked for all at once.
  private static let maskedMax = 4

  /// - Parameters:
  ///   - column: Of lanes of 64 bits.
  ///   - values: What it may be; nil is returned where they are many.
  package init?(_ column: ColumnID, among values: [Int64]) {
    guard values.count <= Self.valuesMax else { return nil }
    self.column = column
    self.values = Set(values).sorted()
    set = IntegerSet(values)
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
    // A group of a block, decoded.
    let scratch = Vector(kind: .int64, capacity: groupRowCount)
    for index in 0..<source.blockCount {
      guard let range = bounds.map({ Self.range(of: index, $0) }) ?? range(of: index, source) else {
        continue
      }
      let wanted = values[place { $0 < range.lowerBound }..<place { $0 <= range.upperBound }]
      if wanted.isEmpty { continue }
      let block: EncodedBlock
      do throws(StorageError) {
        block = try source.block(column, at: index)
      } catch {
        throw ExecutionError(error)
      }
      let first = index * source.blockRowCount
      if source.statistics(column, block: index)?.isSorted == true {
        try Self.add(wanted, ofSorted: block, from: first, to: &rows, scratch)
      } else if wanted.count <= Self.maskedMax {
        Self.add(wanted, of: block, from: first, to: &rows)
      } else {
        try addAll(of: block, from: first, to: &rows, scratch)
      }
    }
    return rows
  }

  /// How many of the values come first.
  private func place(_ comesFirst: (Int64) -> Bool) -> Int {
    var low = 0
    var high = values.count
    while low < high {
      let middle = (low + high) / 2
      if comesFirst(values[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
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

  /// Of a block in ascending order without NULLs.
  ///
  /// `group`: Scratch.
  private static func add(
    _ wanted: ArraySlice<Int64>,
    ofSorted block: EncodedBlock,
    from first: Int,
    to rows: inout [Int],
    _ group: Vector
  ) throws(ExecutionError) {
    var decoded = -1
    func value(at row: Int) throws(ExecutionError) -> Int64 {
      let number = row / groupRowCount
      if number != decoded { _ = try decode(block, number, into: group) }
      decoded = number
      return group.int64[row % groupRowCount]
    }
    var row = 0
    for wanted in wanted {
      // Where groups begin is known without decoding them.
      var next = (row / groupRowCount + 1) * groupRowCount
      while next < block.rowCount, block.integer(at: next) < wanted {
        row = next
        next += groupRowCount
      }
      var end = min(next, block.rowCount)
      while row < end {
        let middle = (row + end) / 2
        if try value(at: middle) < wanted { row = middle + 1 } else { end = middle }
      }
      while row < block.rowCount, try value(at: row) == wanted {
        rows.append(first + row)
        row += 1
      }
    }
  }

  private static func decode(
    _ block: EncodedBlock,
    _ group: Int,
    into vector: Vector
  ) throws(ExecutionError) -> Int {
    do throws(EncodingError) {
      return try block.decode(group: group, into: vector)
    } catch {
      throw ExecutionError(error)
    }
  }

  /// Rows with any of the values.
  private func addAll(
    of block: EncodedBlock,
    from first: Int,
    to rows: inout [Int],
    _ scratch: Vector
  ) throws(ExecutionError) {
    var found = [UInt8](repeating: 0, count: groupRowCount)
    var isThere = found.mutableSpan
    for group in 0..<block.groupCount {
      let count = try Self.decode(block, group, into: scratch)
      set.contains(scratch.int64, count, into: &isThere)
      let start = first + group * groupRowCount
      for row in 0..<count where isThere[row] != 0 && scratch.isValid(row) {
        rows.append(start + row)
      }
    }
  }

  private static func add(
    _ wanted: ArraySlice<Int64>,
    of block: EncodedBlock,
    from first: Int,
    to rows: inout [Int]
  ) {
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
