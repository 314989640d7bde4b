// Sorting rows by the sort key of their table.

package import Catalog
internal import ColumnEncoding
package import Columnar

/// The order of the rows of a batch by the sort key, ascending, NULLs last, equal rows as they came.
///
/// - Parameters:
///   - rows: Columns in the definition's order.
///   - definition: The table; without a sort key rows stay as they are.
/// - Returns: Row numbers; row `result[0]` comes first.
/// - Complexity: O(rows) for int64 columns, about 10 ns a row; else O(rows × log rows).
package func sortRows(_ rows: Batch, by definition: TableDefinition) -> [Int32] {
  sortRows([rows], by: definition)
}

/// The order of the rows of several batches, numbered through, as of ``sortRows(_:by:)``.
package func sortRows(_ parts: [Batch], by definition: TableDefinition) -> [Int32] {
  let rowCount = parts.reduce(0) { $0 + $1.rowCount }
  var order = (0..<Int32(rowCount)).map { $0 }
  let places = definition.sortKey.compactMap { definition.index(of: $0) }
  guard rowCount > 1, !places.isEmpty else { return order }
  guard places.allSatisfy({ definition.columns[$0].type.laneKind == .int64 }) else {
    sortByComparison(&order, parts, places)
    return order
  }
  sortIntegers(&order, parts, places)
  return order
}

private func sortByComparison(_ order: inout [Int32], _ parts: [Batch], _ places: [Int]) {
  var rows: [(part: Int, row: Int)] = []
  for (part, batch) in parts.enumerated() {
    rows += (0..<batch.rowCount).map { (part, $0) }
  }
  order.sort { left, right in
    let (a, b) = (rows[Int(left)], rows[Int(right)])
    for place in places {
      let (first, second) = (parts[a.part].columns[place], parts[b.part].columns[place])
      let result = first.order(a.row, second, b.row)
      if result != 0 { return result < 0 }
    }
    return left < right
  }
}

/// Packs neighbouring key columns into words where they fit, and sorts by each word, last one first.
private func sortIntegers(_ order: inout [Int32], _ parts: [Batch], _ places: [Int]) {
  var words: [[UInt64]] = []
  var usedBits = 64
  for place in places.reversed() {
    let (offsets, width) = sortOffsets(parts, place, rowCount: order.count)
    if width == 0 { continue }
    if usedBits + width <= 64, var word = words.popLast() {
      for row in word.indices { word[row] |= offsets[row] &<< UInt64(usedBits) }
      words.append(word)
      usedBits += width
    } else {
      words.append(offsets)
      usedBits = width
    }
  }
  for word in words { sortOnce(&order, by: word) }
}

/// Sorts row numbers by a word a row; stable.
func sortOnce(_ order: inout [Int32], by keys: [UInt64]) {
  let largest = keys.max() ?? 0
  let bits = 64 - largest.leadingZeroBitCount
  let count = order.count
  var isSorted = true
  for index in 1..<count where keys[Int(order[index])] < keys[Int(order[index - 1])] {
    isSorted = false
    break
  }
  if isSorted { return }
  // Key and row number in one word, where they fit: a month's rows have some 20 bits.
  let rowBits = 64 - UInt64(count).leadingZeroBitCount
  if bits + rowBits <= 64 {
    let shift = UInt64(rowBits)
    let mask: UInt64 = (1 &<< shift) &- 1
    var entries = order.map { keys[Int($0)] &<< shift | UInt64($0) }
    radixSort(&entries, fromBit: rowBits, throughBit: rowBits + bits - 1)
    order = entries.map { Int32(truncatingIfNeeded: $0 & mask) }
    return
  }
  radixSortOrder(&order, by: keys, bits: bits)
}

/// Sorts words by some of their bits; stable.
///
/// 11 bits a pass; a digit that is the same in all words
/// costs only its count.
func radixSort(_ words: inout [UInt64], fromBit low: Int, throughBit high: Int) {
  var other = words
  var shift = low
  while shift <= high {
    let digitBits = min(11, high - shift + 1)
    let mask = (UInt64(1) << UInt64(digitBits)) - 1
    if scatter(words, to: &other, shift: UInt64(shift), mask: mask) { swap(&words, &other) }
    shift += digitBits
  }
}

/// One pass; false when all digits are equal and nothing moved.
private func scatter(
  _ source: [UInt64],
  to target: inout [UInt64],
  shift: UInt64,
  mask: UInt64
) -> Bool {
  var places = [Int](repeating: 0, count: Int(mask) + 1)
  for word in source { places[Int((word &>> shift) & mask)] &+= 1 }
  if places.contains(source.count) { return false }
  var next = 0
  for digit in places.indices {
    let count = places[digit]
    places[digit] = next
    next += count
  }
  for word in source {
    let digit = Int((word &>> shift) & mask)
    target[places[digit]] = word
    places[digit] &+= 1
  }
  return true
}

/// The same over row numbers whose keys lie elsewhere, for keys of more than 32 bits.
private func radixSortOrder(_ order: inout [Int32], by keys: [UInt64], bits: Int) {
  var pairs = order.map { (key: keys[Int($0)], row: $0) }
  var other = pairs
  var shift = 0
  while shift < bits {
    let digitBits = min(11, bits - shift)
    let mask = (UInt64(1) << UInt64(digitBits)) - 1
    var places = [Int](repeating: 0, count: 1 << digitBits)
    for pair in pairs { places[Int((pair.key &>> UInt64(shift)) & mask)] &+= 1 }
    if !places.contains(pairs.count) {
      var next = 0
      for digit in places.indices {
        let count = places[digit]
        places[digit] = next
        next += count
      }
      for pair in pairs {
        let digit = Int((pair.key &>> UInt64(shift)) & mask)
        other[places[digit]] = pair
        places[digit] &+= 1
      }
      swap(&pairs, &other)
    }
    shift += digitBits
  }
  order = pairs.map { $0.row }
}

/// Lanes of a column less their minimum, NULLs above all, and the bits that the largest takes.
///
/// Where lanes fill the whole range of Int64, NULLs stand with the maximum.
private func sortOffsets(
  _ parts: [Batch],
  _ place: Int,
  rowCount: Int
) -> (offsets: [UInt64], width: Int) {
  var minimum = Int64.max
  var maximum = Int64.min
  var nullCount = 0
  for part in parts {
    let vector = part.columns[place]
    let lanes = vector.int64
    for row in 0..<part.rowCount {
      if vector.hasNulls && !vector.isValid(row) {
        nullCount += 1
        continue
      }
      minimum = min(minimum, lanes[row])
      maximum = max(maximum, lanes[row])
    }
  }
  guard nullCount < rowCount else { return ([UInt64](repeating: 0, count: rowCount), 0) }
  let range = UInt64(bitPattern: maximum) &- UInt64(bitPattern: minimum)
  let nullOffset = nullCount > 0 && range < .max ? range + 1 : range
  var offsets: [UInt64] = []
  offsets.reserveCapacity(rowCount)
  for part in parts {
    let vector = part.columns[place]
    let lanes = vector.int64
    for row in 0..<part.rowCount {
      let isNull = vector.hasNulls && !vector.isValid(row)
      offsets.append(
        isNull ? nullOffset : UInt64(bitPattern: lanes[row]) &- UInt64(bitPattern: minimum)
      )
    }
  }
  // Milliseconds in units of milliseconds: ten bits less to sort by, and a month's moments fit into a word beside their row.
  let divisor = nullCount == 0 && range < 1 << 63 ? CommonDivisor.divide(&offsets) : 1
  return (offsets, 64 - (nullOffset / divisor).leadingZeroBitCount)
}
