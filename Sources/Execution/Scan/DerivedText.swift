internal import ColumnEncoding
internal import Columnar
internal import Kernels

/// What a scan hands on in place of a text column.
enum TextDerivation {
  /// Lengths in characters.
  case length
  /// Numbers, equal where the strings are.
  case number(ColumnNumbers)

  /// One slot's reader.
  func makeReader() -> DerivedText {
    switch self {
    case .length: TextLengths()
    case .number(let numbers): TextNumbers(numbers)
    }
  }
}

/// Makes an integer, not negative, of each string of a scan's text column: once for each entry of a dictionary; one slot's.
class DerivedText {
  private let texts = Vector(kind: .bytes, capacity: groupRowCount)
  private var dictionary: TextDictionary?
  /// By code of `dictionary`, where all are known beforehand.
  private var table: [UInt32]?
  /// By code of `dictionary`; -1: has not come yet.
  private var marks = GroupArray<Int64>(-1)

  /// The integer of a string.
  func value(of string: ByteView) -> Int64 { 0 }

  /// The integers of a dictionary's entries by code, where they are known already.
  func values(of dictionary: TextDictionary) -> [UInt32]? { nil }

  /// Appends the integers of rows of a group to `vector`, NULL where they are; see ``BlockReader/append(_:_:into:at:)``.
  func append(
    _ reader: BlockReader,
    _ column: Int,
    _ kept: KeptRows,
    into vector: Vector,
    at: Int
  ) throws(ExecutionError) {
    texts.reset()
    try reader.append(column, kept, into: texts, at: 0)
    derive(texts, kept.count, into: vector, at: at)
  }

  /// Appends the integers of the first rows of a text vector to `vector`, which holds `at` rows (0 resets it).
  final func derive(_ texts: Vector, _ rows: Int, into vector: Vector, at: Int) {
    if at == 0 { vector.reset() }
    vector.reserve(at + rows)
    appendValidity(of: texts, rows, to: vector, at: at)
    var out = vector.mutableInt64
    if let dictionary = texts.dictionary { return translate(texts, dictionary, rows, &out, at) }
    let valid = ValidRows(texts)
    let views = texts.views
    for row in 0..<rows { out[at &+ row] = valid[row] ? value(of: views[row]) : 0 }
  }

  private func appendValidity(of texts: Vector, _ rows: Int, to vector: Vector, at: Int) {
    guard texts.hasNulls || vector.hasNulls else { return }
    if !vector.hasNulls { vector.beginNulls() }
    if texts.hasNulls {
      vector.setValidity(texts.validity, count: rows, at: at)
    } else {
      for row in 0..<rows { vector.setValid(at &+ row) }
    }
  }

  private func translate(
    _ texts: Vector,
    _ dictionary: TextDictionary,
    _ rows: Int,
    _ out: inout MutableSpan<Int64>,
    _ at: Int
  ) {
    if dictionary !== self.dictionary {
      self.dictionary = dictionary
      table = values(of: dictionary)
      if table == nil { marks = GroupArray(-1, capacity: max(1, dictionary.count)) }
    }
    let codes = texts.codes
    precondition(rows <= codes.count && at >= 0 && at + rows <= out.count)
    guard let table else { return look(codes, dictionary, rows, ValidRows(texts), &out, at) }
    let values = table.span
    for row in 0..<rows {
      // SAFETY: rows are inside both by the check above. A NULL row's code may be anything.
      let code = unsafe Int(codes[unchecked: row])
      unsafe out[unchecked: at &+ row] =
        code < values.count ? Int64(values[unchecked: code]) : 0
    }
  }

  private func look(
    _ codes: Span<UInt32>,
    _ dictionary: TextDictionary,
    _ rows: Int,
    _ valid: ValidRows,
    _ out: inout MutableSpan<Int64>,
    _ at: Int
  ) {
    let all = marks
    var marks = all.mutableSpan
    for row in 0..<rows {
      guard valid[row] else {
        out[at &+ row] = 0
        continue
      }
      let code = Int(codes[row])
      if marks[code] < 0 { marks[code] = value(of: dictionary[code]) }
      out[at &+ row] = marks[code]
    }
  }
}
