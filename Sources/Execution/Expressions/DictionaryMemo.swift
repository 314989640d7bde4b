import Columnar
import Kernels

/// An expression over one text column, evaluated once for each entry of the column's dictionary.
///
/// As long as batches come with the same dictionary, a row costs a look-up of its code. Entries that no
/// row has may raise errors, so an error while the table is made only means that this dictionary's batches
/// are evaluated row by row.
final class DictionaryMemo: ExpressionNode {
  private let column: Int
  private let inner: ExpressionNode
  private let output: Vector
  private var known: TextDictionary?
  /// Row i holds the value for entry i, the last one that for NULL; `nil`: not made for `known`.
  private var table: Vector?
  /// Whether the value of some entry, NULL not counted, is NULL.
  private var hasNullEntries = false
  private var rowsSeen = 0
  private let indices = IndexList()
  private let entryBatch: Batch
  private let entryVector = Vector(kind: .bytes, capacity: 64)

  /// - Parameters:
  ///   - column: The one column that `inner` reads.
  ///   - inner: Deterministic; of any kind.
  init(column: Int, _ inner: ExpressionNode) {
    self.column = column
    self.inner = inner
    output = Vector(kind: inner.kind, capacity: 64)
    entryBatch = Batch(columns: [])
    super.init(kind: inner.kind)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let source = batch.columns[column]
    guard let dictionary = source.dictionary else { return try inner.evaluate(batch) }
    if dictionary !== known {
      known = dictionary
      table = nil
      rowsSeen = 0
      // A small table is made at once; a large one when so many rows have come that it pays.
      if dictionary.count <= 1024 { table = makeTable(dictionary, batch) }
    } else if table == nil, rowsSeen >= 0, rowsSeen >= dictionary.count {
      table = makeTable(dictionary, batch)
    }
    guard let table else {
      if rowsSeen >= 0 { rowsSeen += batch.rowCount }
      return try inner.evaluate(batch)
    }
    let (output, indices) = (output, indices)
    let rows = batch.rowCount
    indices.reserve(rows)
    var places = indices.places
    entryIndices(source, nullIndex: UInt32(dictionary.count), rows, into: &places)
    let mayBeNull = table.hasNulls && (hasNullEntries || source.hasNulls)
    lookUp(table, indices.all, rows, mayBeNull: mayBeNull, into: output)
    return output
  }

  /// The values for all entries, or `nil` (and never again for this dictionary) where one of them fails.
  private func makeTable(_ dictionary: TextDictionary, _ sample: Batch) -> Vector? {
    let count = dictionary.count
    let table = Vector(kind: kind, capacity: count + 1)
    entryBatch.columns = sample.columns
    entryBatch.columns[column] = entryVector
    defer { entryBatch.columns = [] }
    let step = vectorRowsMax
    let entryVector = entryVector
    for start in stride(from: 0, through: count, by: step) {
      let rows = min(step, count + 1 - start)
      entryVector.reset()
      entryVector.reserve(rows)
      entryVector.retain(dictionary)
      var views = entryVector.mutableViews
      for row in 0..<rows {
        views[row] = start + row < count ? dictionary[start + row] : .empty
      }
      if start + rows == count + 1 { entryVector.setNull(rows - 1) }
      entryBatch.rowCount = rows
      do {
        let values = try inner.evaluate(entryBatch)
        copyRows(values, from: 0, count: rows, into: table, at: start)
      } catch {
        rowsSeen = -1
        return nil
      }
    }
    hasNullEntries = !hasNoNull(table, count)
    if kind == .bytes { giveDictionary(to: table, rows: count + 1) }
    return table
  }

  /// Strings become codes of a new dictionary of the distinct ones, so that grouping by the result is
  /// grouping by codes.
  private func giveDictionary(to table: Vector, rows: Int) {
    var codeOf: [[UInt8]: UInt32] = [:]
    var words: [[UInt8]] = []
    var codes: [UInt32] = []
    codes.reserveCapacity(rows)
    let tableValid = ValidRows(table)
    for row in 0..<rows {
      guard tableValid[row] else {
        codes.append(0)
        continue
      }
      let word = table.bytes(at: row).bytes
      if let code = codeOf[word] {
        codes.append(code)
      } else {
        let code = UInt32(words.count)
        codeOf[word] = code
        words.append(word)
        codes.append(code)
      }
    }
    table.dictionary = makeDictionary(words)
    var out = table.mutableCodes
    for row in 0..<rows { out[row] = codes[row] }
  }
}
