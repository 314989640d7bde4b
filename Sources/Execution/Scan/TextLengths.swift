internal import ColumnEncoding
internal import Columnar
internal import Kernels

/// Lengths in characters of a scan's text column: counted from symbols' codes without decoding, and once for each entry of
/// a dictionary; one slot's.
final class TextLengths {
  private let texts = Vector(kind: .bytes, capacity: groupRowCount)
  private let whole = Vector(kind: .int64, capacity: groupRowCount)
  private var dictionary: TextDictionary?
  /// By code of `dictionary`; -1: not counted yet.
  private var known = GroupArray<Int64>(-1)

  /// The lengths of all rows of a group.
  func read(
    _ reader: BlockReader,
    _ column: Int,
    group: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    let block = try reader.block(column)
    guard block.encoding == .fsst else {
      return count(
        try reader.group(column, group),
        reader.rowCount(ofGroup: group),
        into: vector
      )
    }
    vector.reset()
    vector.reserve(groupRowCount)
    var lanes = vector.mutableInt64
    _ = block.characterCounts(group: group, into: &lanes)
    vector.hasNulls = block.nullCount > 0
    guard vector.hasNulls else { return }
    var words = vector.mutableValidity
    _ = block.validityMask(group: group, into: &words)
  }

  /// Appends the lengths of the numbered rows of a group; see ``BlockReader/collect(_:group:rows:isDense:into:at:)``.
  func collect(
    _ reader: BlockReader,
    _ column: Int,
    group: Int,
    rows: Span<UInt16>,
    isDense: Bool,
    into vector: Vector,
    at: Int
  ) throws(ExecutionError) {
    if isDense {
      try read(reader, column, group: group, into: whole)
      return copyRows(whole, rows: rows, to: vector, at: at, bytes: .share)
    }
    try reader.gather(column, group: group, rows: rows, into: texts, at: 0)
    count(texts, rows.count, into: whole)
    copyRows(whole, first: 0, count: rows.count, to: vector, at: at, bytes: .share)
  }

  /// The lengths of rows 0..<`rows` of a text vector, NULL where they are.
  func count(_ source: Vector, _ rows: Int, into vector: Vector) {
    vector.reset()
    vector.reserve(rows)
    intersectValidity([source], rows, into: vector)
    var out = vector.mutableInt64
    let valid = ValidRows(vector)
    guard let dictionary = source.dictionary else {
      let views = source.views
      for row in 0..<rows { out[row] = valid[row] ? Int64(views[row].characterCount) : 0 }
      return
    }
    if dictionary !== self.dictionary {
      self.dictionary = dictionary
      known = GroupArray(-1, capacity: max(1, dictionary.count))
    }
    let codes = source.codes
    let counts = self.known
    var known = counts.mutableSpan
    for row in 0..<rows {
      guard valid[row] else {
        out[row] = 0
        continue
      }
      let code = Int(codes[row])
      if known[code] < 0 { known[code] = Int64(dictionary[code].characterCount) }
      out[row] = known[code]
    }
  }
}
