internal import ColumnEncoding
internal import Columnar
internal import Kernels

/// Lengths in characters of a scan's text column: counted from symbols' codes without decoding, and once for each entry of
/// a dictionary.
final class TextLengths: DerivedText {
  private let whole = Vector(kind: .int64, capacity: groupRowCount)

  override func value(of string: ByteView) -> Int64 { Int64(string.characterCount) }

  override func append(
    _ reader: BlockReader,
    _ column: Int,
    _ kept: KeptRows,
    into vector: Vector,
    at: Int
  ) throws(ExecutionError) {
    let block = try reader.block(column)
    guard kept.isDense, block.encoding == .fsst else {
      return try super.append(reader, column, kept, into: vector, at: at)
    }
    if kept.isWhole, at == 0 { return count(block, kept.group, into: vector) }
    count(block, kept.group, into: whole)
    copyRows(whole, rows: kept.rows, to: vector, at: at, bytes: .share)
  }

  private func count(_ block: EncodedBlock, _ group: Int, into vector: Vector) {
    vector.reset()
    vector.reserve(groupRowCount)
    var lanes = vector.mutableInt64
    _ = block.characterCounts(group: group, into: &lanes)
    vector.hasNulls = block.nullCount > 0
    guard vector.hasNulls else { return }
    var words = vector.mutableValidity
    _ = block.validityMask(group: group, into: &words)
  }
}
