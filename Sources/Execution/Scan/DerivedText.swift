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

/// Makes an integer of each string of a scan's text column; one slot's.
class DerivedText {
  private let texts = Vector(kind: .bytes, capacity: groupRowCount)
  final let whole = Vector(kind: .int64, capacity: groupRowCount)

  /// The integers of rows 0..<`rows` of a text vector, NULL where they are.
  func derive(_ source: Vector, _ rows: Int, into vector: Vector) {}

  /// The integers of all rows of a group.
  func read(
    _ reader: BlockReader,
    _ column: Int,
    group: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    derive(try reader.group(column, group), reader.rowCount(ofGroup: group), into: vector)
  }

  /// Appends the integers of the numbered rows of a group; see ``BlockReader/collect(_:group:rows:isDense:into:at:)``.
  func collect(
    _ reader: BlockReader,
    _ column: Int,
    group: Int,
    rows: Span<UInt16>,
    isDense: Bool,
    into vector: Vector,
    at: Int
  ) throws(ExecutionError) {
    texts.reset()
    try reader.collect(column, group: group, rows: rows, isDense: isDense, into: texts, at: 0)
    derive(texts, rows.count, into: whole)
    copyRows(whole, first: 0, count: rows.count, to: vector, at: at, bytes: .share)
  }
}
