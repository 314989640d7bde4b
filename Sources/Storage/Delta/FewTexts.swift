internal import ColumnEncoding
internal import Columnar

/// The different strings of a text column of a delta batch, where they are few.
///
/// Statements number a column's strings beforehand: of rows that came lately they would know only that there are no more strings
/// than rows, and make room for as many groups.
struct FewTexts: Sendable {
  /// Smaller batches are not looked at: they add little to the room.
  static let rowsMin = 4096
  private static let countMax = 256
  private static let byteCountMax = 64 << 10

  /// Nil: there are more, or they are long.
  let dictionary: TextDictionary?

  /// Looks at all rows, until there are too many strings.
  ///
  /// - Throws: ``StorageError`` when a block does not hold what it promised.
  /// - Complexity: O(rows), some 20 ns each.
  init(of column: DeltaColumn) throws(StorageError) {
    let builder = DictionaryBuilder()
    let texts = Vector(kind: .bytes, capacity: groupRowCount)
    for block in column.blocks.map(\.block) {
      for group in 0..<block.groupCount {
        let count: Int
        do throws(EncodingError) {
          count = try block.decode(group: group, into: texts)
        } catch {
          throw .encoding(error, file: "memory", base: 0)
        }
        for row in 0..<count where texts.isValid(row) {
          guard builder.code(of: texts.view(at: row)) != nil, builder.count <= Self.countMax,
            builder.byteCount <= Self.byteCountMax
          else {
            dictionary = nil
            return
          }
        }
      }
    }
    dictionary = builder.dictionary()
  }
}
