internal import Columnar

/// Compares kept rows by several keys.
struct RowComparator {
  struct Key {
    var column: Vector
    var isDescending: Bool
    var nullsFirst: Bool
  }

  private let keys: [Key]

  init(_ keys: [Key]) { self.keys = keys }

  /// Below, at or above 0 as row `a` comes before, with or after row `b`.
  func order(_ a: Int, _ b: Int) -> Int {
    for key in keys {
      let order = Self.order(key, a, key.column, b)
      if order != 0 { return order }
    }
    return 0
  }

  /// The same of a row here and a row of other columns of the same kinds.
  func order(_ a: Int, _ other: RowComparator, _ b: Int) -> Int {
    for (key, theirs) in zip(keys, other.keys) {
      let order = Self.order(key, a, theirs.column, b)
      if order != 0 { return order }
    }
    return 0
  }

  @inline(__always)
  private static func order(_ key: Key, _ a: Int, _ column: Vector, _ b: Int) -> Int {
    let hasA = key.column.isValid(a)
    let hasB = column.isValid(b)
    if hasA && hasB {
      let order = compareValues(key.column, a, column, b)
      return key.isDescending ? -order : order
    }
    if hasA == hasB { return 0 }
    return hasA == key.nullsFirst ? 1 : -1
  }
}
