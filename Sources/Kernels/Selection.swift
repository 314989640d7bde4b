package import Columnar

/// Writes the numbers of the rows whose lane is 1 and that are not NULL, ascending.
///
/// - Returns: How many rows pass.
/// - Complexity: O(rows); words of 64 rows that all pass or all fail cost no branch a row.
package func selectTrue(
  _ vector: Vector,
  _ rows: Int,
  into selection: inout MutableSpan<UInt16>
) -> Int {
  let lanes = vector.bool
  precondition(rows <= 65_536 && rows <= lanes.count && rows <= selection.count)
  var count = 0
  var word = 0
  while word &* 64 < rows {
    var bits = packLanes(lanes, word) & validWord(vector, word)
    let first = word &* 64
    word &+= 1
    let left = rows &- first
    if left < 64 { bits &= (1 &<< UInt64(left)) &- 1 }
    if bits == 0 { continue }
    if bits == ~0 {
      for row in first..<first &+ 64 {
        // SAFETY: count <= row < rows <= selection.count.
        unsafe selection[unchecked: count] = UInt16(truncatingIfNeeded: row)
        count &+= 1
      }
      continue
    }
    while bits != 0 {
      // SAFETY: as above.
      unsafe selection[unchecked: count] = UInt16(
        truncatingIfNeeded: first &+ bits.trailingZeroBitCount
      )
      count &+= 1
      bits &= bits &- 1
    }
  }
  return count
}

/// Splits `rows` by a bool vector of which lane i belongs to `rows[i]`.
///
/// `passed` gets the rows whose lane is 1 and known, `rest` the others.
///
/// - Returns: How many passed.
package func partitionRows(
  _ rows: Span<UInt16>,
  by vector: Vector,
  passed: inout MutableSpan<UInt16>,
  rest: inout MutableSpan<UInt16>
) -> Int {
  let lanes = vector.bool
  precondition(rows.count <= lanes.count)
  precondition(rows.count <= passed.count && rows.count <= rest.count)
  var yes = 0
  var no = 0
  let vectorValid = ValidRows(vector)
  for i in rows.indices {
    let isTrue = lanes[i] != 0 && vectorValid[i]
    passed[yes] = rows[i]
    rest[no] = rows[i]
    yes &+= isTrue ? 1 : 0
    no &+= isTrue ? 0 : 1
  }
  return yes
}
