import Storage

/// Whether statements are part of something larger.
enum TransactionBlock {
  /// Each statement is a transaction of its own.
  case none
  /// Several statements of one simple query, or between two Syncs: committed together at its end.
  case implicit(OpenTransaction)
  /// Between BEGIN and COMMIT.
  case explicit(OpenTransaction)
  /// After an error between BEGIN and COMMIT.
  case failed(OpenTransaction)

  /// The transaction that statements work in.
  var open: OpenTransaction? {
    switch self {
    case .none: nil
    case .implicit(let open), .explicit(let open), .failed(let open): open
    }
  }

  var transaction: Transaction? { open?.transaction }

  /// now() of the transaction.
  var startedAt: Int64? { open?.startedAt }
}

/// A transaction with what ROLLBACK restores.
final class OpenTransaction {
  let transaction: Transaction
  /// Microseconds since 2000-01-01 UTC.
  let startedAt: Int64
  /// The settings as they were before the transaction.
  let settingsBefore: SessionSettings
  /// The names that SET LOCAL changed.
  var localSettings: Set<String> = []
  var savepoints: [(name: String, savepoint: Savepoint, settings: SessionSettings)] = []
  var isReadOnly = false

  init(_ transaction: Transaction, startedAt: Int64, settings: SessionSettings) {
    self.transaction = transaction
    self.startedAt = startedAt
    settingsBefore = settings
  }
}
