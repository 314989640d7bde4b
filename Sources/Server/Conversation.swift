import Columnar
import Engine
import PostgresProtocol

/// A session's conversation with its client, until one of them goes.
final class Conversation {
  let stream: ClientStream
  let session: Session
  var machine = SessionMachine()
  var statements = NameTable<NamedStatement>(.statement)
  var portals = NameTable<Portal>(.portal)
  /// Whether the messages since the last Sync share an implicit transaction.
  var isTransactionImplicit = false

  init(_ stream: ClientStream, _ session: Session) {
    self.stream = stream
    self.session = session
    session.portals = self
  }

  func run() throws(ConnectionEnd) {
    try sayReady()
    while true {
      let action = machine.receive(try stream.nextMessage())
      do throws(Failure) {
        try carryOut(action)
      } catch {
        switch error {
        case .ended(let end): throw end
        case .refused(let fields): try refuse(fields, of: action)
        }
      }
    }
  }

  private func carryOut(_ action: SessionMachine.Action) throws(Failure) {
    switch action {
    case .query(let text):
      try runSimpleQuery(text)
      try connected { () throws(ConnectionEnd) in try sayReady() }
    case .parse(let request): try parse(request)
    case .bind(let request): try bind(request)
    case .describe(let object): try describe(object)
    case .execute(let portal, let maxRows): try execute(portal, maxRows: maxRows)
    case .close(.statement(let name)):
      statements.remove(name)
      stream.output.closeComplete()
    case .close(.portal(let name)):
      portals.remove(name)
      stream.output.closeComplete()
    case .flush: try connected { () throws(ConnectionEnd) in try stream.flush() }
    case .sync:
      try endImplicitTransaction()
      try connected { () throws(ConnectionEnd) in try sayReady() }
    case .copyData, .copyDone, .copyFail, .ignore: break
    case .fail(let error, _): throw .refused(ErrorFields(error))
    case .terminate: throw .ended(.gone)
    }
    if stream.output.count >= ClientStream.flushBytes {
      try connected { () throws(ConnectionEnd) in try stream.flush() }
    }
  }

  /// Commits what the messages since the last Sync did together.
  private func endImplicitTransaction() throws(Failure) {
    guard isTransactionImplicit else { return }
    isTransactionImplicit = false
    try engine { () throws(EngineError) in try session.endMessage() }
  }

  /// Tells an error; nothing of the failed message's transaction stays.
  private func refuse(
    _ fields: ErrorFields,
    of action: SessionMachine.Action
  ) throws(ConnectionEnd) {
    // A portal lives no longer than its transaction.
    portals.removeAll()
    isTransactionImplicit = false
    session.messageFailed()
    machine.failed()
    sendNotices()
    stream.output.errorResponse(fields)
    if fields.severity == "FATAL" {
      try stream.flush()
      throw .gone
    }
    switch action {
    case .query, .sync, .fail(_, thenReady: true): try sayReady()
    // Until Sync nothing more is answered, and a client may wait for the error before it sends one.
    default: try stream.flush()
    }
  }

  /// Ends a cycle of messages: one write, unless the result was long.
  func sayReady() throws(ConnectionEnd) {
    sendNotices()
    for (name, value) in session.takeParameterChanges() {
      stream.output.parameterStatus(name, value)
    }
    let status = session.transactionStatus
    if status != .inTransaction { portals.removeAll() }
    stream.output.readyForQuery(status: status.rawValue)
    try stream.flush()
    if stream.seat.isEnding { throw .terminated }
  }

  func sendNotices() {
    for notice in session.takeNotices() { stream.output.noticeResponse(ErrorFields(notice)) }
  }
}
