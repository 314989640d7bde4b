internal import Columnar
internal import Planning

/// Which rows of a batch count for an aggregate, and the groups they belong to.
struct GroupRows {
  /// Rows of the batch.
  var count: Int
  /// The one group of all rows, where there is one; else `numbers` has the group of each.
  var uniform: UInt32?
  var numbers: GroupArray<UInt32>
  /// The rows that count, ascending; nil: all.
  var selection: SelectionBuffer?
  /// How many rows count.
  var selectedCount: Int
}

/// Calls `body` with the row and the group of every row that counts.
@inline(__always)
func forEachRow(_ rows: GroupRows, _ body: (Int, Int) -> Void) {
  let numbers = rows.numbers.span
  if let selection = rows.selection {
    let selected = selection.span(rows.selectedCount)
    if let group = rows.uniform {
      for place in 0..<rows.selectedCount { body(Int(selected[place]), Int(group)) }
    } else {
      for place in 0..<rows.selectedCount {
        let row = Int(selected[place])
        body(row, Int(numbers[row]))
      }
    }
  } else if let group = rows.uniform {
    for row in 0..<rows.count { body(row, Int(group)) }
  } else {
    precondition(rows.count <= numbers.count)
    for row in 0..<rows.count {
      // SAFETY: row < rows.count, checked above.
      unsafe body(row, Int(numbers[unchecked: row]))
    }
  }
}

/// What an aggregate knows of each group so far; one thread's.
///
/// Arguments that are NULL never reach ``update(_:_:)``.
class AggregateState {
  /// Makes places for groups 0..<`groups`.
  func reserve(groups: Int) {}

  /// Takes rows in.
  ///
  /// - Parameters:
  ///   - arguments: A vector an argument; empty for count(*).
  ///   - rows: The rows that count, none of whose first argument is NULL.
  /// - Throws: An overflow.
  func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {}

  /// Takes in what another state of the same kind knows.
  ///
  /// - Parameters:
  ///   - other: Not used afterwards.
  ///   - map: The group here of each group there.
  ///   - groups: How many groups there are there.
  /// - Throws: An overflow.
  func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {}

  /// Writes the results of groups `first..<first + count` to the first rows of `vector`, which is empty.
  ///
  /// May be called on several threads for different groups after ``prepareResults(groups:)``.
  func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {}

  /// Called once before results are written.
  func prepareResults(groups: Int) throws(ExecutionError) {}

  /// Bytes held.
  var byteCount: Int { 0 }
}

/// count(*), count(x).
final class CountState: AggregateState {
  private let counts = GroupArray<Int64>(0)

  override func reserve(groups: Int) { counts.reserve(groups) }
  override var byteCount: Int { counts.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    if let group = rows.uniform {
      counts[Int(group)] += Int64(rows.selectedCount)
      return
    }
    var cells = counts.mutableSpan
    forEachRow(rows) { _, group in cells[group] &+= 1 }
  }

  /// Counts rows of a group that were not looked at.
  func add(_ rows: Int, to group: Int) { counts[group] += Int64(rows) }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? CountState else { return }
    for group in 0..<groups { counts[Int(map[group])] += other.counts[group] }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    var out = vector.mutableInt64
    for row in 0..<count { out[row] = counts[first + row] }
  }
}

/// bool_and, bool_or.
final class BoolState: AggregateState {
  /// Bit 0: a false was seen, bit 1: a true was seen.
  private let seen = GroupArray<UInt8>(0)

  override func reserve(groups: Int) { seen.reserve(groups) }
  override var byteCount: Int { seen.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    let lanes = vector.bool
    var cells = seen.mutableSpan
    forEachRow(rows) { row, group in cells[group] |= 1 &<< (lanes[row] & 1) }
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? BoolState else { return }
    for group in 0..<groups { seen[Int(map[group])] |= other.seen[group] }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    for row in 0..<count {
      let seen = seen[first + row]
      if seen == 0 {
        vector.setNull(row)
        continue
      }
      var out = vector.mutableBool
      out[row] = call.function == .boolAnd ? (seen == 2 ? 1 : 0) : (seen & 2 != 0 ? 1 : 0)
    }
  }
}
