internal import Columnar

/// Numbers the groups: each different combination of key values gets the next number from 0.
///
/// Where the keys' domains are small the number lies in a dense table, found by arithmetic; else in hash tables,
/// specialised by the packed width of the keys. The numbers stay when the index changes its form, so the
/// aggregates' states never move.
final class GroupIndex {
  /// Numbers of the last batch's rows; unused when ``uniform`` is set.
  let numbers = GroupArray<UInt32>(0)
  /// Set when all rows of the last batch are of one group.
  private(set) var uniform: UInt32?
  private(set) var count = 0
  let columns: [KeyColumn]
  /// Key words by group, one array a column.
  private let groupWords: [GroupArray<UInt64>]
  /// Bit c: column c of the group is NULL.
  private let groupNulls = GroupArray<UInt64>(0)
  /// The first rows of the batch's new groups.
  private let firstRows = GroupArray<UInt32>(0)
  /// Rows of the input, as far as known: a dense table may be half as large.
  var expectedRows = 0
  private var expectedGroups = 0
  private var dense: DenseSlots?
  private var packed: PackedKeys?
  private var direct: DirectGroups?
  /// Bounds of integer keys, as far as they are known.
  private let bounds: [ClosedRange<Int64>?]
  /// Whether the groups are the numbers that the only column gives its values.
  private var isIdentity: Bool

  /// - Parameters:
  ///   - kinds: Of the keys.
  ///   - steps: Of the keys' values, as far as known; for a grouping only, not for looking up other values.
  ///   - bounds: Of integer keys, as far as they are known: all values lie within; for a grouping only, too.
  ///   - borrowsStrings: The strings of all batches stay alive as long as the index, so they need no copies.
  init(
    kinds: [LaneKind],
    steps: [KeyStep]? = nil,
    bounds: [ClosedRange<Int64>?] = [],
    borrowsStrings: Bool = false
  ) {
    precondition(kinds.count <= 64)
    self.bounds = bounds
    columns = kinds.map { KeyColumn(kind: $0, borrowsStrings: borrowsStrings) }
    groupWords = kinds.map { _ in GroupArray(0) }
    isIdentity = steps != nil && kinds.count == 1 && columns[0].form == .numbered
    if kinds.allSatisfy({ $0 != .float64 }) {
      dense = DenseSlots(steps ?? kinds.map { _ in .one })
    }
  }

  /// An index of integer keys with known bounds.
  ///
  /// Indices over the same bounds number alike. Groups that no row belongs to are numbered, too: ``isSeen(_:)``.
  init(_ direct: DirectGroups) {
    columns = (0..<direct.columnCount).map { _ in KeyColumn(kind: .int64) }
    groupWords = columns.map { _ in GroupArray(0) }
    self.direct = direct
    bounds = []
    isIdentity = false
    count = direct.groupCount
  }

  /// Makes room for so many groups, which are likely to come.
  func expect(groups: Int) {
    guard direct == nil, groups > count else { return }
    expectedGroups = groups
    for words in groupWords { words.reserve(groups) }
    groupNulls.reserve(groups)
  }

  /// The numbers that the groups of a direct index have over all of the keys' bounds.
  var directWindow: Range<Int>? { direct?.window }

  /// Whether every group has the number that any other index over the same bounds gives it.
  var isDirect: Bool { direct != nil }

  /// Whether a row outside of the bounds that statistics gave has come: they are wrong.
  var isOutOfRange: Bool { direct?.isOutOfRange ?? packed?.isOutOfRange ?? false }

  /// Whether any row belongs to a group.
  func isSeen(_ group: Int) -> Bool { direct?.isSeen(group) ?? true }

  /// Whether every group has rows by construction.
  var seesAll: Bool { direct == nil }

  /// Takes in the groups of an index over the same range, which are numbered alike.
  func formUnion(direct other: GroupIndex) -> Bool {
    guard let direct, let theirs = other.direct else { return false }
    direct.formUnion(theirs)
    return true
  }

  /// Gives back the tables that only new rows need.
  func freeze() {
    dense = nil
    packed = nil
    for column in columns { column.freeze() }
  }

  var byteCount: Int {
    var bytes = numbers.byteCount + groupNulls.byteCount
    for words in groupWords { bytes += words.byteCount }
    for column in columns { bytes += column.byteCount }
    return bytes + (dense?.byteCount ?? 0) + (packed?.byteCount ?? 0) + (direct?.byteCount ?? 0)
  }

  /// Numbers the groups of rows 0..<`rows`.
  ///
  /// - Parameters:
  ///   - keys: A vector a column.
  ///   - rows: How many rows.
  ///   - hashes: Of the only key's values, where they are known.
  /// - Returns: Whether there are groups that were not there before.
  func assign(_ keys: [Vector], rows: Int, hashes: Vector? = nil) -> Bool {
    precondition(keys.count == columns.count)
    uniform = nil
    guard rows > 0 else { return false }
    numbers.reserve(rows)
    if let direct {
      uniform = direct.assign(keys, rows: rows, into: numbers)
      return false
    }
    let before = count
    if isIdentity, keys[0].hasNulls { leaveIdentity() }
    for place in columns.indices {
      columns[place].encode(keys[place], count: rows, hashes: hashes)
    }
    if isIdentity {
      takeNumbers(of: columns[0], rows)
      return count > before
    }
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

  private func takeNumbers(of column: KeyColumn, _ rows: Int) {
    let words = column.words.span
    var out = numbers.mutableSpan
    for row in 0..<rows { out[row] = UInt32(truncatingIfNeeded: words[row]) }
    count = column.numberCount
  }

  /// From now on groups and the column's numbers are two things: NULL has no number, and not every number a row.
  private func leaveIdentity() {
    isIdentity = false
    groupWords[0].reserve(count)
    groupNulls.reserve(count)
    for group in 0..<count { groupWords[0][group] = UInt64(group) }
  }

  /// Takes rows whose numbers over the keys' bounds are known already.
  func assign(directNumbers lanes: Span<Int64>, rows: Int) {
    uniform = nil
    direct?.assign(numbers: lanes, rows: rows, into: numbers)
  }

  private var denseLimit: Int { max(1 << 16, count * 4, columns.count == 1 ? expectedRows / 2 : 0) }

  // MARK: Dense

  private func number(denseRows rows: Int, _ dense: DenseSlots, _ keys: [Vector]) {
    let slots = dense.slots.span
    let table = dense.numbers
    firstRows.reserve(rows)
    if dense.isUniform {
      let slot = Int(slots[0])
      if table[slot] == 0 {
        firstRows[0] = 0
        addGroups(keys, 1)
        table[slot] = UInt32(truncatingIfNeeded: count)
      }
      uniform = table[slot] &- 1
      return
    }
    var marks = table.mutableSpan
    var out = numbers.mutableSpan
    var firsts = firstRows.mutableSpan
    precondition(rows <= slots.count && rows <= out.count && rows <= firsts.count)
    var added = 0
    var last = UInt32(truncatingIfNeeded: count)
    for row in 0..<rows {
      // SAFETY: added <= row < rows, checked above.
      let slot = unsafe Int(slots[unchecked: row])
      var mark = marks[slot]
      if mark == 0 {
        last &+= 1
        mark = last
        marks[slot] = mark
        unsafe firsts[unchecked: added] = UInt32(truncatingIfNeeded: row)
        added &+= 1
      }
      unsafe out[unchecked: row] = mark &- 1
    }
    addGroups(keys, added)
  }

  /// Keeps the key words of the first `added` of `firstRows` as those of new groups.
  private func addGroups(_ keys: [Vector], _ added: Int) {
    guard added > 0 else { return }
    let rows = firstRows.span
    groupNulls.reserve(count + added)
    var nulls = groupNulls.mutableSpan
    for place in columns.indices {
      let vector = keys[place]
      let column = columns[place]
      groupWords[place].reserve(count + added)
      var words = groupWords[place].mutableSpan
      if column.lanesAreWords {
        let lanes = vector.int64
        for new in 0..<added { words[count &+ new] = UInt64(bitPattern: lanes[Int(rows[new])]) }
      } else {
        let source = column.words.span
        for new in 0..<added { words[count &+ new] = source[Int(rows[new])] }
      }
      guard vector.hasNulls else { continue }
      for new in 0..<added where !vector.isValid(Int(rows[new])) {
        nulls[count &+ new] |= 1 &<< UInt64(place)
        words[count &+ new] = 0
      }
    }
    count += added
  }

  /// The key word of a group.
  func word(_ column: Int, ofGroup group: Int) -> UInt64 {
    isIdentity ? UInt64(group) : groupWords[column][group]
  }

  /// Whether the key of a group is NULL.
  func isNull(_ column: Int, ofGroup group: Int) -> Bool {
    !isIdentity && groupNulls[group] >> UInt64(column) & 1 != 0
  }

  // MARK: Hashed

  private func numberPacked(_ keys: [Vector], _ rows: Int) {
    var nullable: UInt64 = 0
    for place in keys.indices where keys[place].hasNulls { nullable |= 1 << UInt64(place) }
    let table: PackedKeys
    if let packed, packed.nullable | nullable == packed.nullable {
      table = packed
    } else {
      table = PackedKeys(
        columns,
        bounds: bounds,
        nullable: groupsNullable | (packed?.nullable ?? 0) | nullable
      )
      table.expect(keys: expectedGroups)
      table.refill(self)
      packed = table
    }
    let known = table.number(keys, columns, rows: rows, into: numbers)
    if table.isUniform { uniform = numbers[0] }
    guard known > count else { return }
    // New numbers come in the order of rows: the first row of each is the group's.
    let assigned = numbers.span
    firstRows.reserve(rows)
    var firsts = firstRows.mutableSpan
    let looked = table.isUniform ? 1 : rows
    precondition(looked <= assigned.count && looked <= firsts.count)
    var added = 0
    for row in 0..<looked {
      // SAFETY: added <= row < looked, checked above. Without a branch, which half of all rows would take.
      unsafe firsts[unchecked: added] = UInt32(truncatingIfNeeded: row)
      added &+= unsafe Int(assigned[unchecked: row]) == count &+ added ? 1 : 0
    }
    addGroups(keys, added)
  }

  private var groupsNullable: UInt64 {
    var nullable: UInt64 = 0
    for group in 0..<count { nullable |= groupNulls[group] }
    return nullable
  }

  // MARK: Looking up

  /// The numbers of the rows of other keys; ``absentRow``: no such group.
  ///
  /// Rows with NULLs or with words
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

  private func writeIntegers(_ place: Int, first: Int, rows: Int, into vector: Vector) {
    let words = groupWords[place].span
    let nulls = groupNulls.span
    var out = vector.mutableInt64
    var isAnyNull: UInt64 = 0
    for row in 0..<rows {
      out[row] = Int64(bitPattern: words[first &+ row])
      isAnyNull |= nulls[first &+ row]
    }
    guard isAnyNull >> UInt64(place) & 1 != 0 else { return }
    for row in 0..<rows where isNull(place, ofGroup: first + row) { vector.setNull(row) }
  }

  /// Writes the keys of groups `first..<first + rows` into `vectors`, one a column.
  func writeKeys(first: Int, rows: Int, into vectors: ArraySlice<Vector>) {
    for (place, vector) in zip(columns.indices, vectors) {
      writeKey(place, first: first, rows: rows, into: vector)
    }
  }

  /// Calls `body` with the first of neighbouring groups, their keys, which hold until the next call, and how many they are.
  func forEachKeys(_ body: (_ first: Int, _ keys: [Vector], _ rows: Int) -> Void) {
    let keys = columns.map { Vector(kind: $0.kind, capacity: groupRowCount) }
    var first = 0
    while first < count {
      let rows = min(groupRowCount, count - first)
      writeKeys(first: first, rows: rows, into: keys[...])
      body(first, keys, rows)
      first += rows
    }
  }

  /// Writes one key of groups `first..<first + rows`.
  func writeKey(_ place: Int, first: Int, rows: Int, into vector: Vector) {
    vector.reset()
    vector.reserve(rows)
    let column = columns[place]
    if let direct { return direct.write(place, first: first, rows: rows, into: vector) }
    if column.lanesAreWords {
      return writeIntegers(place, first: first, rows: rows, into: vector)
    }
    for row in 0..<rows {
      if isNull(place, ofGroup: first + row) {
        setDatum(.null, in: vector, at: row)
      } else {
        column.write(word(place, ofGroup: first + row), to: vector, at: row)
      }
    }
    column.retainStrings(in: vector)
  }
}
