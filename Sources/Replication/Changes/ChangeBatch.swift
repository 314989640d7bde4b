package import Columnar

/// What happened to a row.
package enum ChangeKind: UInt8, Sendable, BitwiseCopyable {
  case insert, update, delete
}

/// Changes to one relation in the order in which the source made them.
///
/// They may come from several source transactions. Vectors are fresh and belong to the receiver; strings are views
/// into the stream's bytes, which the vectors keep alive.
package final class ChangeBatch {
  package let relation: SourceRelation
  package let layout: RelationLayout
  /// The transaction that the first row is of, and its commit.
  package let firstTransactionID: UInt32
  package let firstCommitLSN: LSN
  /// One a row.
  package let kinds: [ChangeKind]
  /// New rows, one vector a column of the layout.
  ///
  /// Of a DELETE only the key's lanes are meant; others are NULL or, under
  /// ``ReplicaIdentity/full``, the old row's.
  package let rows: Batch
  /// Keys before an UPDATE that changed them, one vector a column of the layout's key; nil: no UPDATE did.
  package let oldKeys: Batch?
  /// The row that each row of ``oldKeys`` belongs to, ascending.
  package let oldKeyRows: [Int32]
  /// Per column the rows whose value was not sent because it lies unchanged in TOAST; nil: none.
  ///
  /// Their lanes are NULL
  /// and mean nothing.
  package let unchanged: [RowMask?]
  /// The first value that could not be taken; rows from there on must not be used.
  package let failure: RowFailure?

  package init(
    relation: SourceRelation,
    layout: RelationLayout,
    firstTransactionID: UInt32 = 0,
    firstCommitLSN: LSN = .zero,
    kinds: [ChangeKind],
    rows: Batch,
    oldKeys: Batch?,
    oldKeyRows: [Int32],
    unchanged: [RowMask?],
    failure: RowFailure?
  ) {
    self.relation = relation
    self.layout = layout
    self.firstTransactionID = firstTransactionID
    self.firstCommitLSN = firstCommitLSN
    self.kinds = kinds
    self.rows = rows
    self.oldKeys = oldKeys
    self.oldKeyRows = oldKeyRows
    self.unchanged = unchanged
    self.failure = failure
  }

  package var rowCount: Int { rows.rowCount }
  /// Whether no row is anything but an insert.
  package var isInsertsOnly: Bool { kinds.allSatisfy { $0 == .insert } }
}

/// A set of rows, one bit each.
package struct RowMask: Sendable, Equatable {
  package private(set) var words: [UInt64]

  package init(rowCount: Int) { words = Array(repeating: 0, count: (rowCount + 63) / 64) }

  package subscript(row: Int) -> Bool { words[row >> 6] &>> UInt64(row & 63) & 1 != 0 }

  package mutating func insert(_ row: Int) { words[row >> 6] |= 1 &<< UInt64(row & 63) }
}
