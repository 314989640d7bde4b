/// The end of a source transaction.
package struct SourceCommit: Sendable, Equatable {
  package var transactionID: UInt32
  /// Where its commit record begins; a snapshot taken at `C` holds the transaction iff this is below `C`.
  package var commitLSN: LSN
  /// Where its commit record ends: the only position to resume from and to acknowledge.
  package var endLSN: LSN
  /// Microseconds since 2000-01-01 UTC by the source's clock.
  package var time: Int64

  package init(transactionID: UInt32, commitLSN: LSN, endLSN: LSN, time: Int64) {
    self.transactionID = transactionID
    self.commitLSN = commitLSN
    self.endLSN = endLSN
    self.time = time
  }
}

/// TRUNCATE of one or more relations.
package struct SourceTruncate: Sendable, Equatable {
  package var relationIDs: [UInt32]
  package var isCascading: Bool
  package var restartsIdentity: Bool
  package var transactionID: UInt32
  package var commitLSN: LSN

  package init(
    relationIDs: [UInt32],
    isCascading: Bool,
    restartsIdentity: Bool,
    transactionID: UInt32,
    commitLSN: LSN
  ) {
    self.relationIDs = relationIDs
    self.isCascading = isCascading
    self.restartsIdentity = restartsIdentity
    self.transactionID = transactionID
    self.commitLSN = commitLSN
  }
}

/// A partition whose first rows of this connection come as rows of the table that it is a part of.
package struct SourcePartition: Sendable, Equatable {
  package var id: UInt32
  package var root: UInt32
  package var commitLSN: LSN
}

/// What `pg_logical_emit_message` sent.
package struct SourceMessage: Sendable, Equatable {
  package var isTransactional: Bool
  package var lsn: LSN
  package var prefix: String
  package var content: [UInt8]

  package init(isTransactional: Bool, lsn: LSN, prefix: String, content: [UInt8]) {
    self.isTransactional = isTransactional
    self.lsn = lsn
    self.prefix = prefix
    self.content = content
  }
}

/// One thing to apply.
package enum ChangeStep {
  case changes(ChangeBatch)
  /// A relation is described for the first time, or differently from now on.
  case relation(SourceRelation)
  case truncate(SourceTruncate)
  case partition(SourcePartition)
  case message(SourceMessage)
}

/// What one call of the decoder found: whole source transactions, or a part of one.
package struct ChangeGroup {
  /// In order, except that between two steps that are not changes there is one batch a relation: the order
  /// between relations is lost, the order inside of each is kept.
  package var steps: [ChangeStep] = []
  /// Transactions whose commit is in this group, without those that were passed over.
  package var transactionCount = 0
  /// The first of them, for lag.
  package var firstCommit: SourceCommit?
  /// The last commit in this group, also of a transaction that was passed over.
  package var lastCommit: SourceCommit?
  /// The last keepalive that came while no transaction was open: everything before it is in this group or in
  /// earlier ones.
  package var idleLSN: LSN?
  /// Whether the last transaction goes on in the next group; nothing of it may be committed before.
  package var isOpen = false
  /// Where decoding ended in the piece; before its end only because of ``StreamDecoder/stopLSN``.
  package var end = 0

  package init() {}

  /// The position that is reached once everything in the group is applied.
  package var position: LSN? {
    switch (lastCommit?.endLSN, idleLSN) {
    case (let commit?, let idle?): max(commit, idle)
    case (let commit, let idle): commit ?? idle
    }
  }
}
