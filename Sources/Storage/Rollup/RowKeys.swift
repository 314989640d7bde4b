internal import Columnar

/// The keys of rows as words that have the order of the keys and are equal where they are.
struct RowKeys {
  /// A word a row, the last keys first.
  private var words: [[UInt64]] = []
  private let rowCount: Int
  /// So many different strings of a column are told apart one by one.
  private static let stringsMax = 64

  /// - Parameters:
  ///   - columns: Of integers, truth values or strings.
  ///   - places: Those that are keys, the first in the order first.
  ///   - rowCount: Their rows; nil is returned where a column has too many different strings, or takes all numbers beside NULL.
  init?(_ columns: [Vector], _ places: [Int], rowCount: Int) {
    self.rowCount = rowCount
    var usedBits = 64
    for place in places.reversed() {
      guard let keys = Self.keys(columns[place], rowCount) else { return nil }
      let width = 64 - (keys.max() ?? 0).leadingZeroBitCount
      if width == 0 { continue }
      guard usedBits + width <= 64 else {
        words.append(keys)
        usedBits = width
        continue
      }
      let last = words.count - 1
      for row in keys.indices { words[last][row] |= keys[row] &<< UInt64(usedBits) }
      usedBits += width
    }
  }

  /// Row numbers by key, equal rows as they came.
  func order() -> [Int32] {
    var order = (0..<Int32(truncatingIfNeeded: rowCount)).map { $0 }
    for word in words { sortOnce(&order, by: word) }
    return order
  }

  /// Where each group of equal rows begins in an order by key.
  func groupStarts(_ order: [Int32]) -> [Int] {
    var isFirst = [Bool](repeating: false, count: order.count)
    if !order.isEmpty { isFirst[0] = true }
    for word in words {
      for place in order.indices.dropFirst()
      where word[Int(order[place])] != word[Int(order[place - 1])] {
        isFirst[place] = true
      }
    }
    return isFirst.indices.filter { isFirst[$0] }
  }

  /// The values of a column counted from the smallest; NULLs come last.
  private static func keys(_ column: Vector, _ rowCount: Int) -> [UInt64]? {
    switch column.kind {
    case .int64:
      var keys: [UInt64] = []
      keys.reserveCapacity(rowCount)
      var (low, high) = (Int64.max, Int64.min)
      let lanes = column.int64
      for row in 0..<rowCount where column.isValid(row) {
        low = min(low, lanes[row])
        high = max(high, lanes[row])
      }
      let range = low <= high ? UInt64(bitPattern: high &- low) : 0
      guard range < .max else { return nil }
      for row in 0..<rowCount {
        keys.append(column.isValid(row) ? UInt64(bitPattern: lanes[row] &- low) : range + 1)
      }
      return keys
    case .bool:
      let lanes = column.bool
      return (0..<rowCount).map { column.isValid($0) ? UInt64(lanes[$0]) : 2 }
    case .bytes: return ranks(column, rowCount)
    case .int128, .float64, .decimal, .uuid, .interval: return nil
    }
  }

  /// Strings by their places among the different ones; nil: these are many.
  private static func ranks(_ column: Vector, _ rowCount: Int) -> [UInt64]? {
    guard column.dictionary == nil else { return nil }
    let views = column.views
    var different: [ByteView] = []
    var numbers: [Int] = []
    numbers.reserveCapacity(rowCount)
    var last = 0
    for row in 0..<rowCount {
      guard column.isValid(row) else {
        numbers.append(-1)
        continue
      }
      let view = views[row]
      if last >= different.count || !(different[last] == view) {
        last = different.firstIndex { $0 == view } ?? different.count
        if last == different.count {
          guard last < stringsMax else { return nil }
          different.append(view)
        }
      }
      numbers.append(last)
    }
    var ranks = [UInt64](repeating: 0, count: different.count)
    let order = different.indices.sorted { different[$0] < different[$1] }
    for (rank, number) in order.enumerated() { ranks[number] = UInt64(rank) }
    let null = UInt64(different.count)
    return numbers.map { $0 < 0 ? null : ranks[$0] }
  }
}
