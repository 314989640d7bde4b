internal import Columnar

/// Numbers the groups: each different combination of key values gets the next number from 0.
///
/// Where the keys' domains are small the number lies in a dense table, found by arithmetic; else in hash tables,
/// specialised by the packed width of the keys. The numbers stay when the index changes its form, so the
/// aggregates' states never move.
final class GroupIndex {
  /// Numbers of the last batch's rows; unused when ``uniform`` is set.
  let numbers = GroupArray<UInt32>(0, capacity: vectorRowsMax)
  /// Set when all rows of the last batch are of one group.
  private(set) var uniform: UInt32?
  private(set) var count = 0
  let columns: [KeyColumn]
  /// Key words by group, one array a column.
  private let groupWords: [GroupArray<UInt64>]
  /// Bit c: column c of the group is NULL.
  private let groupNulls = GroupArray<UInt64>(0)
  /// Rows of the input, as far as known: a dense table may be half as large.
  var expectedRows = 0
  private var dense: DenseSlots?
  private var packed: PackedKeys?

  init(kinds: [LaneKind]) {
    precondition(kinds.count <= 64)
    columns = kinds.map { KeyColumn(kind: $0) }
    groupWords = kinds.map { _ in GroupArray(0) }
    if kinds.allSatisfy({ $0 != .float64 }) { dense = DenseSlots(columns: kinds.count) }
  }

  var byteCount: Int {
    var bytes = numbers.byteCount + groupNulls.byteCount
    for words in groupWords { bytes += words.byteCount }
    for column in columns { bytes += column.byteCount }
    return bytes + (dense?.byteCount ?? 0) + (packed?.byteCount ?? 0)
  }

  /// Numbers the groups of rows 0..<`rows`.
  ///
  /// - Returns: Whether there are groups that were not there before.
  func assign(_ keys: [Vector], rows: Int) -> Bool {
    precondition(keys.count == columns.count)
    uniform = nil
    guard rows > 0 else { return false }
    let before = count
    numbers.reserve(rows)
    for place in columns.indices { columns[place].encode(keys[place], count: rows) }
    if let dense {
      let limit = denseLimit
      var isLocated = dense.locate(keys, columns, rows: rows)
      if !isLocated, dense.resize(columns, groups: self, limit: limit) {
        isLocated = dense.locate(keys, columns, rows: rows)
      }
      if isLocated {
        number(denseRows: rows, dense, keys)
        return count > before
      }
      self.dense = nil
    }
    numberPacked(keys, rows)
    return count > before
  }

  private var denseLimit: Int { max(1 << 16, count * 4, columns.count == 1 ? expectedRows / 2 : 0) }

  // MARK: Dense

  private func number(denseRows rows: Int, _ dense: DenseSlots, _ keys: [Vector]) {
    let slots = dense.slots.span
    let table = dense.numbers
    if dense.isUniform {
      let slot = Int(slots[0])
      if table[slot] == 0 { table[slot] = addGroup(keys, row: 0) &+ 1 }
      uniform = table[slot] &- 1
      return
    }
    var marks = table.mutableSpan
    var out = numbers.mutableSpan
    precondition(rows <= slots.count && rows <= out.count)
    for row in 0..<rows {
      // SAFETY: row < rows, checked above.
      let slot = unsafe Int(slots[unchecked: row])
      var mark = marks[slot]
      if mark == 0 {
        mark = addGroup(keys, row: row) &+ 1
        marks[slot] = mark
      }
      unsafe out[unchecked: row] = mark &- 1
    }
  }

  /// Keeps the key words of a row as those of a new group.
  private func addGroup(_ keys: [Vector], row: Int) -> UInt32 {
    var nulls: UInt64 = 0
    for place in columns.indices {
      let vector = keys[place]
      let words = groupWords[place]
      words.reserve(count + 1)
      if vector.isValid(row) {
        let column = columns[place]
        words[count] =
          column.lanesAreWords
          ? UInt64(bitPattern: vector.int64[row]) : column.words[row]
      } else {
        nulls |= 1 << UInt64(place)
        words[count] = 0
      }
    }
    groupNulls.reserve(count + 1)
    groupNulls[count] = nulls
    count += 1
    return UInt32(truncatingIfNeeded: count - 1)
  }

  /// The key word of a group.
  func word(_ column: Int, ofGroup group: Int) -> UInt64 { groupWords[column][group] }

  /// Whether the key of a group is NULL.
  func isNull(_ column: Int, ofGroup group: Int) -> Bool {
    groupNulls[group] >> UInt64(column) & 1 != 0
  }

  // MARK: Hashed

  private func numberPacked(_ keys: [Vector], _ rows: Int) {
    var nullable: UInt64 = 0
    for place in keys.indices where keys[place].hasNulls { nullable |= 1 << UInt64(place) }
    let table: PackedKeys
    if let packed, packed.nullable | nullable == packed.nullable {
      table = packed
    } else {
      table = PackedKeys(columns, nullable: groupsNullable | (packed?.nullable ?? 0) | nullable)
      table.refill(self)
      packed = table
    }
    let known = table.number(keys, columns, rows: rows, into: numbers)
    if table.isUniform { uniform = numbers[0] }
    guard known > count else { return }
    // New numbers come in the order of rows: the first row of each is the group's.
    let assigned = numbers.span
    for row in 0..<(table.isUniform ? 1 : rows) where Int(assigned[row]) == count {
      _ = addGroup(keys, row: row)
    }
  }

  private var groupsNullable: UInt64 {
    var nullable: UInt64 = 0
    for group in 0..<count { nullable |= groupNulls[group] }
    return nullable
  }

  // MARK: Looking up

  /// The numbers of rows 0..<`rows` of other keys; ``absentRow``: no such group. Rows with NULLs or with words
  /// that are missing get anything. Changes nothing, so several threads may ask.
  func find(
    _ keys: [Vector],
    _ finders: [ColumnFinder],
    rows: Int,
    into numbers: GroupArray<UInt32>
  ) {
    if let dense {
      dense.find(keys, finders, rows: rows, into: numbers)
    } else if let packed {
      packed.find(keys, finders, rows: rows, into: numbers)
    } else {
      for row in 0..<rows { numbers[row] = absentRow }
    }
  }

  // MARK: Keys of groups

  /// Writes the keys of groups `first..<first + rows` into `vectors`, one a column.
  func writeKeys(first: Int, rows: Int, into vectors: ArraySlice<Vector>) {
    for (place, vector) in zip(columns.indices, vectors) {
      vector.reset()
      vector.reserve(rows)
      let column = columns[place]
      for row in 0..<rows {
        if isNull(place, ofGroup: first + row) {
          setDatum(.null, in: vector, at: row)
        } else {
          column.write(groupWords[place][first + row], to: vector, at: row)
        }
      }
      column.retainStrings(in: vector)
    }
  }
}
