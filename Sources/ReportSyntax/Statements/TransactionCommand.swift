/// BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin.
package enum TransactionCommand: Sendable {
  /// BEGIN, or START TRANSACTION when `isStart`: they differ in their command tag only.
  case begin(TransactionModes, isStart: Bool)
  case commit(chain: Bool)
  case rollback(chain: Bool)
  case savepoint(Identifier)
  case release(Identifier)
  case rollbackTo(Identifier)
}

/// `ISOLATION LEVEL …, READ ONLY, DEFERRABLE`.
package struct TransactionModes: Hashable, Sendable {
  package enum Isolation: String, Hashable, Sendable {
    case serializable
    case repeatableRead = "repeatable read"
    case readCommitted = "read committed"
    case readUncommitted = "read uncommitted"
  }
  package var isolation: Isolation?
  package var isReadOnly: Bool?
  package var isDeferrable: Bool?

  package init() {}
}

extension Parser {
  mutating func parseTransaction() throws(SyntaxError) -> TransactionCommand {
    let keyword = advance().keyword
    switch keyword {
    case .start:
      try expect(.transaction)
      return .begin(try parseTransactionModes(), isStart: true)
    case .begin:
      acceptTransactionWord()
      return .begin(try parseTransactionModes(), isStart: false)
    case .commit, .end:
      if at(.prepared) { throw .unsupported("COMMIT PREPARED", at: current.range) }
      acceptTransactionWord()
      return .commit(chain: try parseChain())
    case .savepoint: return .savepoint(try parseColumnName())
    case .release:
      _ = accept(.savepoint)
      return .release(try parseColumnName())
    default:
      if at(.prepared) { throw .unsupported("ROLLBACK PREPARED", at: current.range) }
      acceptTransactionWord()
      if keyword == .rollback, accept(.to) {
        _ = accept(.savepoint)
        return .rollbackTo(try parseColumnName())
      }
      return .rollback(chain: try parseChain())
    }
  }

  private mutating func acceptTransactionWord() {
    if !accept(.work) { _ = accept(.transaction) }
  }

  private mutating func parseChain() throws(SyntaxError) -> Bool {
    guard accept(.and) else { return false }
    let isNot = accept(.no)
    try expect(.chain)
    return !isNot
  }

  /// Modes with or without commas, or nothing.
  mutating func parseTransactionModes() throws(SyntaxError) -> TransactionModes {
    var modes = TransactionModes()
    while true {
      if accept(.isolation, .level) {
        modes.isolation = try parseIsolation()
      } else if accept(.read, .only) {
        modes.isReadOnly = true
      } else if accept(.read, .write) {
        modes.isReadOnly = false
      } else if accept(.deferrable) {
        modes.isDeferrable = true
      } else if accept(.not, .deferrable) {
        modes.isDeferrable = false
      } else {
        return modes
      }
      if at(.comma) {
        advance()
        guard at(.isolation) || at(.read) || at(.deferrable) || at(.not) else { throw unexpected() }
      }
    }
  }

  private mutating func parseIsolation() throws(SyntaxError) -> TransactionModes.Isolation {
    if accept(.serializable) { return .serializable }
    if accept(.repeatable) {
      try expect(.read)
      return .repeatableRead
    }
    try expect(.read)
    if accept(.committed) { return .readCommitted }
    try expect(.uncommitted)
    return .readUncommitted
  }
}

extension Printer {
  mutating func write(_ command: TransactionCommand) {
    switch command {
    case .begin(let modes, let isStart):
      write((isStart ? "START TRANSACTION" : "BEGIN") + Self.text(of: modes))
    case .commit(let chain): write(chain ? "COMMIT AND CHAIN" : "COMMIT")
    case .rollback(let chain): write(chain ? "ROLLBACK AND CHAIN" : "ROLLBACK")
    case .savepoint(let name):
      write("SAVEPOINT ")
      write(name)
    case .release(let name):
      write("RELEASE SAVEPOINT ")
      write(name)
    case .rollbackTo(let name):
      write("ROLLBACK TO SAVEPOINT ")
      write(name)
    }
  }

  static func text(of modes: TransactionModes) -> String {
    var words: [String] = []
    if let isolation = modes.isolation {
      words.append("ISOLATION LEVEL " + isolation.rawValue.uppercased())
    }
    if let isReadOnly = modes.isReadOnly { words.append(isReadOnly ? "READ ONLY" : "READ WRITE") }
    if let isDeferrable = modes.isDeferrable {
      words.append(isDeferrable ? "DEFERRABLE" : "NOT DEFERRABLE")
    }
    return words.isEmpty ? "" : " " + words.joined(separator: ", ")
  }
}
