internal import Columnar

/// Values in several pieces, as if they were one array.
struct PiecedValues {
  private(set) var pieces: [(array: GroupArray<Int64>, range: Range<Int>)] = []
  private(set) var count = 0

  mutating func append(_ array: GroupArray<Int64>, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    pieces.append((array, range))
    count += range.count
  }

  @inline(__always)
  fileprivate func forEach(_ body: (Int64) -> Void) {
    for (array, range) in pieces {
      let values = array.span.extracting(range)
      for place in values.indices { body(values[place]) }
    }
  }

  /// A sorted copy.
  func sorted() -> [Int64] {
    var all: [Int64] = []
    all.reserveCapacity(count)
    forEach { all.append($0) }
    all.sort()
    return all
  }
}

/// The values that would stand at `ranks` (0-based, ascending) if all were sorted.
///
/// Counts values in 2,048 equal parts of their range, looks on only into the parts in which ranks lie, and sorts once there are few:
/// two plain passes over the values, whatever their order.
///
/// - Complexity: O(values) for each of at most six levels; O(values of the parts that hold ranks) bytes of memory.
func selectRanks(_ ranks: [Int], of values: PiecedValues) -> [Int64] {
  precondition(ranks.allSatisfy { $0 >= 0 && $0 < values.count })
  guard values.count > 512 else {
    let sorted = values.sorted()
    return ranks.map { sorted[$0] }
  }
  var low = Int64.max
  var high = Int64.min
  values.forEach { value in
    low = min(low, value)
    high = max(high, value)
  }
  let width = UInt64(bitPattern: high &- low)
  let shift = UInt64(max(0, 64 - width.leadingZeroBitCount - 11))
  let counts = countParts(of: values, low: low, shift: shift)
  var results: [Int64] = []
  var place = 0
  var before = 0
  for part in 0..<2048 where place < ranks.count {
    let size = Int(counts[part])
    var inside: [Int] = []
    while place < ranks.count, ranks[place] < before + size {
      inside.append(ranks[place] - before)
      place += 1
    }
    if !inside.isEmpty {
      if shift == 0 {
        // All values of the part are the same.
        results += inside.map { _ in low &+ Int64(part) }
      } else {
        let members = collect(values, part: UInt64(part), size, low: low, shift: shift)
        results += selectRanks(inside, of: members)
      }
    }
    before += size
  }
  return results
}

private func countParts(of values: PiecedValues, low: Int64, shift: UInt64) -> GroupArray<UInt32> {
  let counts = GroupArray<UInt32>(0, capacity: 2048)
  var table = counts.mutableSpan
  values.forEach { value in
    let part = Int(truncatingIfNeeded: UInt64(bitPattern: value &- low) &>> shift) & 2047
    table[part] &+= 1
  }
  return counts
}

/// The values of one part.
private func collect(
  _ values: PiecedValues,
  part: UInt64,
  _ size: Int,
  low: Int64,
  shift: UInt64
) -> PiecedValues {
  let members = GroupArray<Int64>(unfilled: size + 1, 0)
  var out = members.mutableSpan
  var count = 0
  values.forEach { value in
    // Written always, kept where it belongs: there is one place too many.
    out[count] = value
    count &+= UInt64(bitPattern: value &- low) &>> shift == part ? 1 : 0
  }
  var result = PiecedValues()
  result.append(members, 0..<size)
  return result
}
