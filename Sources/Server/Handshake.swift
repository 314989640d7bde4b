import Engine
import PostgresProtocol
import SystemIO

/// From the first byte of a connection to its session.
struct Handshake {
  private let stream: ClientStream
  private let database: Database
  private let options: ServerOptions
  private let isAdmitted: Bool

  /// - Parameters:
  ///   - stream: Nothing of it has been read.
  ///   - database: For the session.
  ///   - options: The server's.
  ///   - isAdmitted: False when there are too many sessions already: only a CancelRequest is heard.
  init(_ stream: ClientStream, _ database: Database, _ options: ServerOptions, isAdmitted: Bool) {
    self.stream = stream
    self.database = database
    self.options = options
    self.isAdmitted = isAdmitted
  }

  /// - Returns: `nil` when the connection was for something else, or was refused.
  func run() throws(ConnectionEnd) -> Session? {
    var machine = StartupMachine()
    let clock = SystemClock()
    let deadline = clock.monotonicNanoseconds + UInt64(options.startupSeconds) * 1_000_000_000
    while true {
      let packet: StartupPacket?
      do throws(ProtocolError) {
        packet = try stream.decoder.nextStartupPacket()
      } catch {
        return refuse(ErrorFields(error))
      }
      guard let packet else {
        let now = clock.monotonicNanoseconds
        guard now < deadline else { return nil }
        try stream.receive(timeoutMilliseconds: Int((deadline - now) / 1_000_000) + 1)
        continue
      }
      switch machine.receive(packet) {
      case .refuseEncryption:
        stream.output.refuseEncryption()
        try stream.flush()
      case .cancel(let processID, let secret):
        database.cancel(processID: processID, secret: secret)
        return nil
      case .fail(let error): return refuse(ErrorFields(error))
      case .start(let request): return try start(request)
      }
    }
  }

  private func refuse(_ fields: ErrorFields) -> Session? {
    stream.output.errorResponse(fields)
    stream.flushOnce()
    return nil
  }

  private func start(_ request: StartupRequest) throws(ConnectionEnd) -> Session? {
    guard isAdmitted else {
      return refuse(
        ErrorFields(
          severity: "FATAL",
          sqlState: "53300",
          message: "sorry, too many clients already"
        )
      )
    }
    let session: Session
    do {
      session = try database.makeSession(try startup(request))
    } catch let error as ProtocolError {
      return refuse(ErrorFields(error))
    } catch let error as EngineError {
      return refuse(ErrorFields(error))
    } catch {
      return nil
    }
    let seat = stream.seat
    seat.take(processID: session.processID, secret: session.secret(count: 32))
    session.onTerminate { seat.end() }
    if request.needsNegotiation { stream.output.negotiateProtocolVersion(request) }
    stream.output.authenticationOk()
    for (name, value) in session.reportedParameters() {
      stream.output.parameterStatus(name, value)
    }
    stream.output.backendKeyData(
      processID: session.processID,
      secret: session.secret(count: request.secretByteCount)
    )
    return session
  }

  private func startup(_ request: StartupRequest) throws(ProtocolError) -> SessionStartup {
    var startup = SessionStartup()
    startup.user = request["user"] ?? ""
    let database = request["database"] ?? ""
    startup.database = database.isEmpty ? startup.user : database
    for parameter in request.parameters {
      switch parameter.name {
      case "user", "database", "replication": break
      case "options":
        for setting in try StartupRequest.settings(inOptions: parameter.value) {
          startup.settings.append((setting.name, setting.value))
        }
      case "client_encoding":
        // asyncpg sends it with quotes; PostgreSQL looks at letters and digits only.
        startup.settings.append((parameter.name, parameter.value.filter { $0 != "'" }))
      default: startup.settings.append((parameter.name, parameter.value))
      }
    }
    return startup
  }
}
