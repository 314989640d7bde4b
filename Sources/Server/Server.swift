package import Engine
import Columnar
import PostgresProtocol
import SystemIO

/// Serves a database to PostgreSQL clients: a thread that accepts, and one for each connection.
package final class Server: Sendable {
  private let database: Database
  private let options: ServerOptions
  private let listener: Listener
  private let wakeUp: WakeUp
  private let seats = Monitor(Seats())
  private let acceptor = Monitor<Thread?>(nil)

  /// The connections that live now.
  private struct Seats {
    var open: [Int: Seat] = [:]
    var next = 0
    var isStopping = false
  }

  /// How long cancelled statements may take to say so.
  private static let lastWordsSeconds = 2
  /// Connections beyond the limit that may still send a CancelRequest or be told 53300.
  private static let waitingRoom = 64

  /// Listens and serves from now on.
  ///
  /// - Throws: ``ServerError`` when the address is not loopback, or taken.
  package init(_ database: Database, _ options: ServerOptions = ServerOptions()) throws(ServerError)
  {
    guard options.isLoopback else { throw .notLoopback(options.host) }
    self.database = database
    self.options = options
    do throws(IOError) {
      listener = try Listener(host: options.host, port: options.port)
      wakeUp = try WakeUp()
      let thread = try Thread.start(name: "accept") { [self] in acceptAll() }
      acceptor.withLock { $0 = thread }
    } catch {
      throw .cannotListen("\(error)")
    }
  }

  /// What it listens on, `127.0.0.1:5433`.
  package var address: String { listener.address }

  /// The TCP port.
  package var port: UInt16 { listener.port ?? 0 }

  /// How many connections live.
  package var connectionCount: Int { seats.withLock { $0.open.count } }

  /// Takes no more clients, lets running statements end, then ends all connections.
  ///
  /// Idle connections end at once with 57P01; after ``ServerOptions/drainSeconds`` what still runs is cancelled, and its client
  /// told so if it listens.
  package func stop() {
    seats.withLock { $0.isStopping = true }
    wakeUp.signal()
    let thread = acceptor.withLock { thread in
      defer { thread = nil }
      return thread
    }
    thread?.join()
    listener.close()
    for seat in seats.withLock({ Array($0.open.values) }) { seat.end() }
    if waitUntilEmpty(seconds: options.drainSeconds) { return }
    for seat in seats.withLock({ Array($0.open.values) }) { seat.cancel(database) }
    if waitUntilEmpty(seconds: Self.lastWordsSeconds) { return }
    for seat in seats.withLock({ Array($0.open.values) }) { seat.abort() }
    _ = waitUntilEmpty(seconds: options.drainSeconds)
  }

  private func waitUntilEmpty(seconds: Int) -> Bool {
    let empty: Void? = seats.wait(nanoseconds: UInt64(max(0, seconds)) * 1_000_000_000) {
      $0.open.isEmpty ? () : nil
    }
    return empty != nil
  }

  // MARK: Accepting

  private func acceptAll() {
    while !seats.withLock({ $0.isStopping }) {
      var entries = [
        PollEntry(listener.pollDescriptor, .readable), PollEntry(wakeUp.pollDescriptor, .readable),
      ]
      guard (try? poll(&entries, timeoutMilliseconds: nil)) != nil else { continue }
      guard entries[0].happened.contains(.readable), entries[1].happened.isEmpty else { continue }
      do throws(IOError) {
        try seat(try listener.accept())
      } catch {
        // Out of descriptors or threads: those that live go on, this client is gone.
        SystemIO.sleep(nanoseconds: 20_000_000)
      }
    }
  }

  private func seat(_ socket: Socket) throws(IOError) {
    let seat = Seat(socket)
    let place: (number: Int, count: Int)? = seats.withLock { seats in
      guard !seats.isStopping, seats.open.count < options.connectionsMax + Self.waitingRoom else {
        return nil
      }
      seats.next += 1
      seats.open[seats.next] = seat
      return (seats.next, seats.open.count)
    }
    guard let place else {
      seat.close()
      return
    }
    do throws(IOError) {
      try socket.setNoDelay()
      try socket.setKeepAlive(idleSeconds: 300)
      _ = try Thread.start(name: "client \(place.number)") { [self] in
        serve(seat, isAdmitted: place.count <= options.connectionsMax)
        leave(place.number, seat)
      }
    } catch {
      leave(place.number, seat)
      throw error
    }
  }

  private func leave(_ number: Int, _ seat: Seat) {
    seat.close()
    seats.update { _ = $0.open.removeValue(forKey: number) }
  }

  /// The life of one connection.
  private func serve(_ seat: Seat, isAdmitted: Bool) {
    let stream = ClientStream(seat, messageBytesMax: options.messageBytesMax)
    let handshake = Handshake(stream, database, options, isAdmitted: isAdmitted)
    do throws(ConnectionEnd) {
      guard let session = try handshake.run() else { return }
      defer { session.close() }
      try Conversation(stream, session).run()
    } catch {
      if case .terminated = error {
        stream.output.removeAll()
        stream.output.errorResponse(.terminated)
        stream.flushOnce()
      }
    }
  }
}
