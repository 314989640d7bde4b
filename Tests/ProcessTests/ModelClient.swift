import SystemIO
import TestSupport
import Testing

/// A client that changes its rows until the server is gone.
final class ModelClient: @unchecked Sendable {
  // One thread at a time: the test's, or the one that `start` made and `join` waits for.
  let number: Int
  private var source: OperationSource
  private(set) var acknowledged = ClientModel()
  /// What the operation under way would leave; whether it did nobody was told.
  private(set) var pending: ClientModel?
  private(set) var counts: [Operation.Kind: Int] = [:]
  private var thread: SystemIO.Thread?

  init(number: Int, seed: UInt64) {
    self.number = number
    source = OperationSource(client: number, seed: seed)
  }

  /// Takes note of what the restarted server has; says what is wrong with it.
  func accept(_ found: ClientModel) -> String? {
    defer { pending = nil }
    if found == acknowledged { return nil }
    if let pending, found == pending {
      acknowledged = pending
      return nil
    }
    var text = "client \(number): \(difference(of: found, from: acknowledged))"
    if let pending { text += "; with the last operation: \(difference(of: found, from: pending))" }
    return text
  }

  private func difference(of found: ClientModel, from model: ClientModel) -> String {
    let deals = Set(found.deals.keys).symmetricDifference(model.deals.keys).sorted()
    let changed = found.deals.filter {
      model.deals[$0.key] != nil && model.deals[$0.key] != $0.value
    }
    let archive = Set(found.archive.keys).symmetricDifference(model.archive.keys).sorted()
    let journal = found.journal.filter { model.journal[$0.key] != $0.value }
    return "\(model.deals.count) deals expected, \(found.deals.count) found, "
      + "\(deals.count) lost or too many (\(deals.prefix(5))), \(changed.count) changed, "
      + "archive \(archive.prefix(5)), journal \(journal.count) of \(model.journal.count)"
  }

  /// Works on a thread of its own.
  func start(_ server: ServedDatabase) throws {
    let connection = try server.connect()
    thread = try .start(name: "model client") { [self] in
      while work(connection) {}
    }
  }

  func join() {
    thread?.join()
    thread = nil
  }

  /// One operation; false when the connection is gone.
  private func work(_ connection: LibpqConnection) -> Bool {
    let operation = source.next(acknowledged)
    pending = operation.after
    do {
      for text in operation.texts { try connection.execute(text) }
      if let rows = operation.copied {
        let middle = rows.count / 2
        try connection.copyIn(
          "COPY deals FROM STDIN",
          chunks: [Array(rows[..<middle]), Array(rows[middle...])]
        )
      }
    } catch {
      // The clients' rows are apart: there is nothing to be refused for.
      if !error.sqlState.isEmpty { Issue.record("client \(number), \(operation.kind): \(error)") }
      return false
    }
    acknowledged = operation.after
    pending = nil
    counts[operation.kind, default: 0] += 1
    return true
  }
}
