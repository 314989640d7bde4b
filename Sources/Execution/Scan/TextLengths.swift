internal import ColumnEncoding
internal import Columnar
internal import Kernels

/// Lengths in characters of a scan's text column: counted from symbols' codes without decoding, and once for each entry of
/// a dictionary.
final class TextLengths: DerivedText {
  private var dictionary: TextDictionary?
  /// By code of `dictionary`; -1: not counted yet.
  private var known = GroupArray<Int64>(-1)

  override func read(
    _ reader: BlockReader,
    _ column: Int,
    group: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    let block = try reader.block(column)
    guard block.encoding == .fsst else {
      return try super.read(reader, column, group: group, into: vector)
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

  override func collect(
    _ reader: BlockReader,
    _ column: Int,
    group: Int,
    rows: Span<UInt16>,
    isDense: Bool,
    into vector: Vector,
    at: Int
  ) throws(ExecutionError) {
    guard isDense, try reader.block(column).encoding == .fsst else {
      return try super.collect(
        reader,
        column,
        group: group,
        rows: rows,
        isDense: isDense,
        into: vector,
        at: at
      )
    }
    try read(reader, column, group: group, into: whole)
    copyRows(whole, rows: rows, to: vector, at: at, bytes: .share)
  }

  override func derive(_ source: Vector, _ rows: Int, into vector: Vector) {
    vector.reset()
    vector.reserve(rows)
    copyValidity(source, rows, into: vector)
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
