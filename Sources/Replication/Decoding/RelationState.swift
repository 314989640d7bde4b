internal import Columnar

/// A relation of the stream: its layout and the rows that were found and not yet handed over.
final class RelationState {
  let relation: SourceRelation
  var layout: RelationLayout?
  let fields: RowFields
  /// Old tuples of UPDATEs that changed the key.
  let oldFields: RowFields
  var kinds: [ChangeKind] = []
  /// The transaction of the first row.
  var first: StreamDecoder.OpenTransaction?
  var oldKeyRows: [Int32] = []
  /// The first row whose tuple does not fit the relation.
  var mismatch: ValueError?

  init(_ relation: SourceRelation, _ layout: RelationLayout?) {
    self.relation = relation
    self.layout = layout
    fields = RowFields(width: relation.columns.count)
    oldFields = RowFields(width: relation.columns.count)
  }

  /// Notes a row that was written to `fields.nextRow()`.
  @inline(__always)
  func keep(_ kind: ChangeKind) {
    fields.keepRow()
    kinds.append(kind)
  }

  /// Decodes the rows found so far and forgets them.
  ///
  /// - Parameters:
  ///   - slab: Where all of them lie.
  ///   - layout: The relation's.
  /// - Returns: The rows.
  func takeBatch(_ slab: ByteBuffer, _ layout: RelationLayout) -> ChangeBatch {
    var failure = mismatch.map { RowFailure(row: kinds.count, column: "", error: $0) }
    var masks: [RowMask?] = []
    let names = { (place: Int) in self.relation.columns[place].name }
    let rows = decodeRows(slab, fields, layout.columns, name: names, &failure, masks: &masks)
    var oldKeys: Batch?
    if !oldKeyRows.isEmpty {
      var oldFailure: RowFailure?
      var oldMasks: [RowMask?] = []
      oldKeys = decodeRows(
        slab,
        oldFields,
        layout.key.map { layout.columns[$0] },
        name: names,
        &oldFailure,
        masks: &oldMasks
      )
      oldFailure = oldFailure.map {
        RowFailure(row: Int(oldKeyRows[$0.row]), column: $0.column, error: $0.error)
      }
      failure = [failure, oldFailure].compactMap { $0 }.min { $0.row < $1.row }
    }
    defer {
      fields.removeAll()
      oldFields.removeAll()
      kinds.removeAll()
      oldKeyRows.removeAll()
      mismatch = nil
    }
    return ChangeBatch(
      relation: relation,
      layout: layout,
      firstTransactionID: first?.id ?? 0,
      firstCommitLSN: first?.commitLSN ?? .zero,
      kinds: kinds,
      rows: rows,
      oldKeys: oldKeys,
      oldKeyRows: oldKeyRows,
      unchanged: masks,
      failure: failure
    )
  }
}

/// Decodes the columns of rows whose fields lie in a slab.
///
/// - Parameters:
///   - slab: Holds the fields.
///   - fields: Where they lie.
///   - columns: Of the batch; `source` counts the fields of a row.
///   - name: The source's name of a field, for failures.
///   - failure: Becomes the first value that cannot be taken, if it is before the one given.
///   - masks: One is added a column: rows that were not sent.
/// - Returns: The rows in fresh vectors.
func decodeRows(
  _ slab: ByteBuffer,
  _ fields: RowFields,
  _ columns: [RelationLayout.Column],
  name: (Int) -> String,
  _ failure: inout RowFailure?,
  masks: inout [RowMask?]
) -> Batch {
  let rowCount = fields.rowCount
  var vectors: [Vector] = []
  var decoder = ColumnDecoder(slab, fields)
  for column in columns {
    // The decoder writes every lane, and whoever is NULL gets a harmless one.
    let vector = Vector(kind: column.type.laneKind, capacity: rowCount, isZeroed: false)
    vectors.append(vector)
    guard let source = column.source else {
      for row in 0..<rowCount { vector.set(row, to: .null) }
      masks.append(nil)
      continue
    }
    decoder.decode(source, column, into: vector)
    masks.append(decoder.unchanged)
    if let found = decoder.failure, failure.map({ found.row < $0.row }) ?? true {
      failure = RowFailure(
        row: found.row,
        column: name(source),
        error: found.error
      )
    }
  }
  return Batch(columns: vectors, rowCount: rowCount)
}
