internal import Columnar

/// Finds the key numbers of probe rows in a ``GroupIndex`` that no longer changes; one slot's.
final class KeyFinder {
  private let index: GroupIndex
  private let hasRows: Bool
  private let columns: [ColumnFinder]
  /// The number of each row's key; ``absentRow``: no such key, or a NULL.
  let numbers = GroupArray<UInt32>(absentRow)

  /// A finder; without keys all rows, if the build side `hasRows`, are of one group.
  init(_ index: GroupIndex, hasRows: Bool) {
    self.index = index
    self.hasRows = hasRows
    columns = index.columns.map { ColumnFinder($0) }
  }

  /// Computes ``numbers`` for rows 0..<`rows`.
  func find(_ keys: [Vector], rows: Int) {
    numbers.reserve(rows)
    if columns.isEmpty {
      for row in 0..<rows { numbers[row] = hasRows ? 0 : absentRow }
      return
    }
    for place in columns.indices { columns[place].encode(keys[place], count: rows) }
    index.find(keys, columns, rows: rows, into: numbers)
    for vector in keys where vector.hasNulls {
      for row in 0..<rows where !vector.isValid(row) { numbers[row] = absentRow }
    }
    for place in columns.indices where columns[place].mayMiss {
      let words = columns[place].words.span
      for row in 0..<rows where words[row] == ColumnFinder.missing { numbers[row] = absentRow }
    }
  }
}

/// Words of probe values; values that the build side never had are marked.
final class ColumnFinder {
  static let missing = UInt64.max

  let source: KeyColumn
  let words = GroupArray<UInt64>(0)
  /// Whether ``words`` may hold ``missing``.
  private(set) var mayMiss = false
  private var last: (owner: TextDictionary, numbers: [UInt64])?
  private var known: [ObjectIdentifier: (owner: TextDictionary, numbers: [UInt64])] = [:]

  init(_ source: KeyColumn) { self.source = source }

  func encode(_ vector: Vector, count: Int) {
    words.reserve(count)
    mayMiss = source.form == .numbered
    if source.lanesAreWords { return }
    if let dictionary = vector.dictionary {
      let numbers = numbers(of: dictionary)
      let codes = vector.codes
      for row in 0..<count {
        let code = Int(codes[row])
        words[row] = code < numbers.count ? numbers[code] : Self.missing
      }
      return
    }
    for row in 0..<count {
      words[row] = vector.isValid(row) ? source.findWord(vector, row) ?? Self.missing : Self.missing
    }
  }

  private func numbers(of dictionary: TextDictionary) -> [UInt64] {
    if let last, last.owner === dictionary { return last.numbers }
    let fresh =
      known[ObjectIdentifier(dictionary)]
      ?? (dictionary, dictionary.entries.map { source.findString($0) ?? Self.missing })
    known[ObjectIdentifier(dictionary)] = fresh
    last = fresh
    return fresh.numbers
  }
}
