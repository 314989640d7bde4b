internal import Columnar
internal import Kernels

/// Key words packed into 64 or 128 bits and numbered by hash tables.
///
/// A column takes 64 bits, 32 when its words are numbers, 1 for a boolean, as many as its bounds need where these are known and that spares
/// a table or makes it narrow, and one more when it may be NULL. What does not fit 128 bits is numbered piece by piece: the number of the first piece is part of the next.
final class PackedKeys {
  private struct Piece {
    var columns: [Int]
    /// Whether the number of the piece before takes the lowest 32 bits.
    var continues: Bool
  }

  /// Bit c: column c may be NULL.
  let nullable: UInt64
  /// Whether the last batch's rows all had the same key; only looked at for one integer column.
  private(set) var isUniform = false
  /// Whether a value outside of a column's bounds has come.
  private(set) var isOutOfRange = false
  private let pieces: [Piece]
  /// Bits a column, without the one for NULL.
  private let widths: [UInt64]
  /// The lowest word of a column with bounds, else 0; it is subtracted.
  private let lows: [UInt64]
  private let hasBounds: Bool
  private let narrow: KeyTable<UInt64>?
  private let wides: [KeyTable<UInt128>]
  private let keys64 = GroupArray<UInt64>(0)
  private let keys128 = GroupArray<UInt128>(0)

  /// - Parameters:
  ///   - columns: The keys.
  ///   - bounds: Of integer keys, as far as they are known; keys with bounds cannot be looked up.
  ///   - nullable: Bit c: column c may be NULL.
  init(_ columns: [KeyColumn], bounds: [ClosedRange<Int64>?] = [], nullable: UInt64) {
    self.nullable = nullable
    let none: [ClosedRange<Int64>?] = columns.map { _ in nil }
    let whole = Self.pieces(columns, none, nullable)
    let bounded = bounds.count == columns.count ? Self.pieces(columns, bounds, nullable) : whole
    // Where they spare no table and none becomes narrow, only the subtraction would be left of the bounds.
    let known = bounded.effort < whole.effort ? bounds : none
    hasBounds = known.contains { $0 != nil }
    lows = known.map { $0.map { UInt64(bitPattern: $0.lowerBound) } ?? 0 }
    let chosen = hasBounds ? bounded : whole
    widths = chosen.widths
    pieces = chosen.pieces
    narrow = chosen.effort == 0 ? KeyTable() : nil
    wides = chosen.effort == 0 ? [] : pieces.map { _ in KeyTable() }
  }

  /// How columns lie in words.
  private struct Packing {
    var widths: [UInt64]
    var pieces: [Piece]
    /// Tables of wide keys; 0: one of narrow keys.
    var effort: Int
  }

  private static func pieces(
    _ columns: [KeyColumn],
    _ bounds: [ClosedRange<Int64>?],
    _ nullable: UInt64
  ) -> Packing {
    let widths = zip(columns, bounds).map { column, bounds -> UInt64 in
      guard let bounds, column.lanesAreWords else {
        return column.form == .numbered ? 32 : column.kind == .bool ? 1 : 64
      }
      let last = UInt64(bitPattern: bounds.upperBound) &- UInt64(bitPattern: bounds.lowerBound)
      return UInt64(64 - last.leadingZeroBitCount)
    }
    let whole = widths.enumerated().map { $0.element + (nullable >> UInt64($0.offset) & 1) }
    var pieces: [Piece] = []
    var piece = Piece(columns: [], continues: false)
    var used: UInt64 = 0
    for place in columns.indices {
      if used + whole[place] > 128 {
        pieces.append(piece)
        piece = Piece(columns: [], continues: true)
        used = 32
      }
      piece.columns.append(place)
      used += whole[place]
    }
    pieces.append(piece)
    let isNarrow = whole.reduce(0, +) <= 64
    return Packing(widths: widths, pieces: pieces, effort: isNarrow ? 0 : pieces.count)
  }

  var byteCount: Int { wides.reduce(narrow?.byteCount ?? 0) { $0 + $1.byteCount } }

  /// Makes room for so many keys.
  func expect(keys: Int) {
    narrow?.expect(keys)
    wides.last?.expect(keys)
  }

  private func mayBeNull(_ column: Int) -> Bool { nullable >> UInt64(column) & 1 != 0 }

  /// Numbers the keys of rows 0..<`rows`, of which there is at least one.
  ///
  /// - Returns: How many different keys there are now.
  func number(
    _ keys: [Vector],
    _ columns: [KeyColumn],
    rows: Int,
    into numbers: GroupArray<UInt32>
  ) -> Int {
    isUniform = false
    var out = numbers.mutableSpan
    if let narrow {
      if columns.count == 1, columns[0].lanesAreWords, nullable == 0 {
        numberIntegers(keys[0], rows, narrow, into: numbers)
      } else {
        packNarrow(keys, columns, rows)
        narrow.numbers(keys64.span, count: rows, into: &out)
      }
      return narrow.count
    }
    for (piece, table) in zip(pieces, wides) {
      packWide(piece, keys, columns, rows, before: numbers)
      table.numbers(keys128.span, count: rows, into: &out)
    }
    return wides.last?.count ?? 0
  }

  private func numberIntegers(
    _ vector: Vector,
    _ rows: Int,
    _ table: KeyTable<UInt64>,
    into numbers: GroupArray<UInt32>
  ) {
    let lanes = vector.int64
    // Sorted and truncated times come in long runs of equal values.
    if lanes[0] == lanes[rows - 1], let range = extremes(of: vector, rows), range.low == range.high
    {
      numbers[0] = table.number(UInt64(bitPattern: lanes[0]))
      isUniform = true
      return
    }
    keys64.reserve(rows)
    var words = keys64.mutableSpan
    for row in 0..<rows { words[row] = UInt64(bitPattern: lanes[row]) }
    var out = numbers.mutableSpan
    table.numbers(keys64.span, count: rows, into: &out)
  }

  /// The bits of a column's words, lowest first.
  private func mask(_ column: Int) -> UInt64 {
    widths[column] >= 64 ? ~0 : (1 &<< widths[column]) &- 1
  }

  /// Looks for values that do not fit the column's bits.
  private func lookAt(_ vector: Vector, _ column: Int, _ rows: Int) {
    let beyond = ~mask(column)
    if beyond == 0 { return }
    let (words, low) = (vector.int64, lows[column])
    var all: UInt64 = 0
    if vector.hasNulls {
      for word in 0..<(rows + 63) / 64 {
        let nulls = vector.nulls(inWord: word, of: rows)
        for row in word &* 64..<min(rows, word &* 64 &+ 64) {
          let isNull = nulls &>> UInt64(row & 63) & 1 != 0
          all |= isNull ? 0 : UInt64(bitPattern: words[row]) &- low
        }
      }
    } else {
      for row in 0..<rows { all |= UInt64(bitPattern: words[row]) &- low }
    }
    if all & beyond != 0 { isOutOfRange = true }
  }

  private func packNarrow(_ keys: [Vector], _ columns: [KeyColumn], _ rows: Int) {
    keys64.reserve(rows)
    var out = keys64.mutableSpan
    for row in 0..<rows { out[row] = 0 }
    var shift: UInt64 = 0
    for place in columns.indices {
      let vector = keys[place]
      if columns[place].lanesAreWords {
        lookAt(vector, place, rows)
        let words = vector.int64
        let (low, kept) = (lows[place], mask(place))
        for row in 0..<rows {
          out[row] |= ((UInt64(bitPattern: words[row]) &- low) & kept) &<< shift
        }
      } else {
        let words = columns[place].words.span
        for row in 0..<rows { out[row] |= words[row] &<< shift }
      }
      let width = widths[place]
      if mayBeNull(place) {
        if vector.hasNulls {
          let keep = ~(mask(place) &<< shift)
          let isNull = UInt64(1) &<< (shift + width)
          vector.forEachNull(among: rows) { out[$0] = (out[$0] & keep) | isNull }
        }
        shift += 1
      }
      shift += width
    }
  }

  private func packWide(
    _ piece: Piece,
    _ keys: [Vector],
    _ columns: [KeyColumn],
    _ rows: Int,
    before: GroupArray<UInt32>
  ) {
    keys128.reserve(rows)
    var out = keys128.mutableSpan
    var shift: UInt128 = 0
    if piece.continues {
      let numbers = before.span
      for row in 0..<rows { out[row] = UInt128(numbers[row]) }
      shift = 32
    } else {
      for row in 0..<rows { out[row] = 0 }
    }
    for place in piece.columns {
      let vector = keys[place]
      if columns[place].lanesAreWords {
        lookAt(vector, place, rows)
        let words = vector.int64
        let (low, kept) = (lows[place], mask(place))
        for row in 0..<rows {
          out[row] |= UInt128((UInt64(bitPattern: words[row]) &- low) & kept) &<< shift
        }
      } else {
        let words = columns[place].words.span
        for row in 0..<rows { out[row] |= UInt128(words[row]) &<< shift }
      }
      let width = UInt128(widths[place])
      if mayBeNull(place) {
        if vector.hasNulls {
          let keep = ~(UInt128(mask(place)) &<< shift)
          let isNull = UInt128(1) &<< (shift + width)
          vector.forEachNull(among: rows) { out[$0] = (out[$0] & keep) | isNull }
        }
        shift += 1
      }
      shift += width
    }
  }

  // MARK: Looking up

  /// Group numbers of other rows, none of them with a NULL; ``absentRow`` where there is no group.
  func find(
    _ keys: [Vector],
    _ finders: [ColumnFinder],
    rows: Int,
    into out: GroupArray<UInt32>
  ) {
    precondition(!hasBounds, "values that no group has may lie outside of the bounds")
    if let narrow, finders.count == 1, finders[0].source.lanesAreWords {
      let vector = keys[0]
      let lanes = vector.int64
      for row in 0..<rows {
        out[row] = narrow.find(UInt64(bitPattern: lanes[row])) ?? absentRow
      }
      return
    }
    for row in 0..<rows {
      var number: UInt32 = 0
      if let narrow {
        let key = word(pieces[0], keys, finders, row, before: 0)
        out[row] = narrow.find(UInt64(truncatingIfNeeded: key)) ?? absentRow
        continue
      }
      for (piece, table) in zip(pieces, wides) where number != absentRow {
        number = table.find(word(piece, keys, finders, row, before: number)) ?? absentRow
      }
      out[row] = number
    }
  }

  private func word(
    _ piece: Piece,
    _ keys: [Vector],
    _ finders: [ColumnFinder],
    _ row: Int,
    before: UInt32
  ) -> UInt128 {
    var word: UInt128 = piece.continues ? UInt128(before) : 0
    var shift: UInt128 = piece.continues ? 32 : 0
    for place in piece.columns {
      let vector = keys[place]
      let value =
        finders[place].source.lanesAreWords
        ? UInt64(bitPattern: vector.int64[row]) : finders[place].words[row]
      // A missing word is corrected by the caller; it must only not run into its neighbours.
      word |= UInt128(value & mask(place)) &<< shift
      shift += UInt128(widths[place]) + (mayBeNull(place) ? 1 : 0)
    }
    return word
  }

  // MARK: Groups that are there already

  /// Puts the groups that are there already into empty tables, in their order.
  func refill(_ groups: GroupIndex) {
    for group in 0..<groups.count {
      if let narrow {
        _ = narrow.number(UInt64(truncatingIfNeeded: word(pieces[0], group, groups, before: 0)))
        continue
      }
      var number: UInt32 = 0
      for (piece, table) in zip(pieces, wides) {
        number = table.number(word(piece, group, groups, before: number))
      }
    }
  }

  private func word(_ piece: Piece, _ group: Int, _ groups: GroupIndex, before: UInt32) -> UInt128 {
    var word: UInt128 = piece.continues ? UInt128(before) : 0
    var shift: UInt128 = piece.continues ? 32 : 0
    for place in piece.columns {
      let width = UInt128(widths[place])
      if groups.isNull(place, ofGroup: group) {
        word |= 1 &<< (shift + width)
      } else {
        // A table by domain, where the groups come from, asks no bounds.
        let value = groups.word(place, ofGroup: group) &- lows[place]
        if value & ~mask(place) != 0 { isOutOfRange = true }
        word |= UInt128(value & mask(place)) &<< shift
      }
      shift += width + (mayBeNull(place) ? 1 : 0)
    }
    return word
  }
}
