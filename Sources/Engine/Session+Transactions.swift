import Catalog
import ReportSyntax
import Storage
import SystemIO

extension Session {
  // MARK: Messages

  /// A message of `statementCount` statements begins: several are one transaction.
  package func beginMessage(statementCount: Int) {
    guard statementCount > 1, case .none = block else { return }
    block = .implicit(openTransaction())
  }

  /// The message has been carried out: an implicit transaction commits.
  package func endMessage() throws(EngineError) {
    takeSettingChanges()
    guard case .implicit(let open) = block else { return }
    block = .none
    try commit(open)
  }

  /// A statement failed: an implicit transaction is rolled back, an explicit one waits for ROLLBACK.
  package func messageFailed() {
    switch block {
    case .none, .failed: break
    case .implicit(let open):
      open.transaction.rollback()
      settings = open.settingsBefore
      block = .none
    case .explicit(let open): block = .failed(open)
    }
  }

  private func openTransaction() -> OpenTransaction {
    OpenTransaction(
      database.store.begin(),
      startedAt: database.clock.postgresMicroseconds,
      settings: settings
    )
  }

  private func commit(_ open: OpenTransaction) throws(EngineError) {
    do throws(StorageError) {
      try open.transaction.commit(mode: commitMode)
    } catch {
      settings = open.settingsBefore
      throw EngineError(error)
    }
    for name in open.localSettings { settings.restore(name, from: open.settingsBefore) }
  }

  var commitMode: CommitMode { settings.isCommitRelaxed ? .relaxed : .durable }

  // MARK: Statements

  /// How often a statement of its own runs again after concurrent changes before it gives up.
  private static let attemptsMax = 100

  /// Runs `body` inside the open transaction, or in one of its own that commits at once.
  ///
  /// A statement of its own that lost against a concurrent one runs again on a newer snapshot, which is what READ COMMITTED
  /// amounts to for one statement.
  ///
  /// `word`: The statement's name, for messages.
  /// `repeatsOnDuplicate`: Also after 23505 at commit: ON CONFLICT then sees the row.
  func write<Result>(
    as word: String,
    repeatsOnDuplicate: Bool = false,
    _ body: (Transaction) throws(EngineError) -> Result
  ) throws(EngineError) -> Result {
    if let open = block.open {
      guard !open.isReadOnly else {
        throw EngineError("25006", "cannot execute \(word) in a read-only transaction")
      }
      let savepoint = open.transaction.savepoint()
      do throws(EngineError) {
        return try body(open.transaction)
      } catch {
        open.transaction.roll(back: savepoint)
        throw error
      }
    }
    guard !settings.isReadOnlyByDefault else {
      throw EngineError("25006", "cannot execute \(word) in a read-only transaction")
    }
    var attempt = 1
    while true {
      let transaction = database.store.begin()
      let result: Result
      do throws(EngineError) {
        result = try body(transaction)
      } catch {
        transaction.rollback()
        throw error
      }
      do throws(StorageError) {
        try transaction.commit(mode: commitMode)
        return result
      } catch {
        let failure = EngineError(error)
        let isWorthwhile =
          failure.sqlState == "40001" || (repeatsOnDuplicate && failure.sqlState == "23505")
        guard isWorthwhile, attempt < Self.attemptsMax else { throw failure }
        // The other commit may be on its way to the disk: a new snapshot does not have it before.
        try stored { () throws(StorageError) in try database.store.flush() }
        attempt += 1
      }
    }
  }

  /// BEGIN, COMMIT and their kin.
  func run(_ command: TransactionCommand) throws(EngineError) -> String {
    switch command {
    case .begin(let modes, let isStart):
      try begin(modes)
      return isStart ? "START TRANSACTION" : "BEGIN"
    case .commit(let chain): return try end(chain: chain)
    case .rollback(let chain): return try abort(chain: chain)
    case .savepoint(let name):
      let open = try explicit("SAVEPOINT")
      open.savepoints.append((name.text, open.transaction.savepoint(), settings))
      return "SAVEPOINT"
    case .release(let name):
      let open = try explicit("RELEASE SAVEPOINT")
      open.savepoints.removeSubrange(try index(of: name, in: open)...)
      return "RELEASE"
    case .rollbackTo(let name): return try rollBack(to: name)
    }
  }

  private func begin(_ modes: TransactionModes) throws(EngineError) {
    switch block {
    case .explicit, .failed:
      note("there is already a transaction in progress", severity: "WARNING", sqlState: "25001")
    case .implicit(let open):
      // What the message did before BEGIN belongs to the block, as in PostgreSQL.
      apply(modes, to: open)
      block = .explicit(open)
    case .none:
      let open = openTransaction()
      open.isReadOnly = settings.isReadOnlyByDefault
      apply(modes, to: open)
      block = .explicit(open)
    }
  }

  func apply(_ modes: TransactionModes, to open: OpenTransaction) {
    if let isReadOnly = modes.isReadOnly { open.isReadOnly = isReadOnly }
  }

  private func end(chain: Bool) throws(EngineError) -> String {
    switch block {
    case .none:
      note("there is no transaction in progress", severity: "WARNING", sqlState: "25P01")
      return "COMMIT"
    case .failed: return try abort(chain: chain)
    case .implicit(let open), .explicit(let open):
      block = .none
      dropCursors()
      try commit(open)
      if chain { block = .explicit(openTransaction()) }
      return "COMMIT"
    }
  }

  private func abort(chain: Bool) throws(EngineError) -> String {
    guard let open = block.open else {
      note("there is no transaction in progress", severity: "WARNING", sqlState: "25P01")
      return "ROLLBACK"
    }
    open.transaction.rollback()
    settings = open.settingsBefore
    block = .none
    dropCursors()
    if chain { block = .explicit(openTransaction()) }
    return "ROLLBACK"
  }

  private func rollBack(to name: Identifier) throws(EngineError) -> String {
    guard let open = block.open, !isImplicit else {
      throw EngineError("25P01", "ROLLBACK TO SAVEPOINT can only be used in transaction blocks")
    }
    let index = try index(of: name, in: open)
    let target = open.savepoints[index]
    open.transaction.roll(back: target.savepoint)
    open.savepoints.removeSubrange((index + 1)...)
    settings = target.settings
    block = .explicit(open)
    return "ROLLBACK"
  }

  private var isImplicit: Bool { if case .implicit = block { true } else { false } }

  private func explicit(_ word: String) throws(EngineError) -> OpenTransaction {
    guard case .explicit(let open) = block else {
      throw EngineError("25P01", "\(word) can only be used in transaction blocks")
    }
    return open
  }

  private func index(of name: Identifier, in open: OpenTransaction) throws(EngineError) -> Int {
    guard let index = open.savepoints.lastIndex(where: { $0.name == name.text }) else {
      throw EngineError("3B001", "savepoint \"\(name.text)\" does not exist")
    }
    return index
  }

  private func dropCursors() {
    cursors = cursors.filter { $0.value.isHeld }
  }
}

extension Statement {
  /// The name of a change, as messages write it.
  var word: String {
    switch self {
    case .insert: "INSERT"
    case .update: "UPDATE"
    case .delete: "DELETE"
    default: "this statement"
    }
  }

  /// Whether the statement may run in a failed transaction.
  var endsFailedTransaction: Bool {
    if case .transaction(let command) = self {
      switch command {
      case .commit, .rollback, .rollbackTo: return true
      default: return false
      }
    }
    return false
  }
}

extension Transaction {
  /// Registers a change of definitions, with its error in the engine's form.
  ///
  /// A table that a replication writes is refused (55000).
  func record(_ change: CatalogChange) throws(EngineError) {
    switch change {
    case .dropTable(let id), .truncate(let id), .dropPartition(let id, _):
      try refuseReplicated(id)
    case .alterTable(let table): try refuseReplicated(table.id)
    default: break
    }
    try stored { () throws(StorageError) in try self.change(change) }
  }

  /// A table with the transaction's own changes.
  func visible(_ id: TableID) throws(EngineError) -> TableSnapshot? {
    try stored { () throws(StorageError) in try table(id, scope: .unrestricted) }
  }
}
