// The stream of one slot. A thread of its own reads the socket into slabs, walks the messages and tells the source
// how far we are; whoever applies takes pieces of slabs and decodes them.
//
//   slab   [taken by the applier | published | read, transaction unfinished | room]
//
// A piece ends with a transaction where it can. When a slab is full in the middle of one, what is there of the
// transaction is a piece of its own, and its group is open.

internal import Columnar
internal import Synchronization
package import SystemIO

/// How a stream is read.
package struct StreamOptions: Sendable {
  /// Asks for binary values: only where ``TypeDirectory/readsBinary(_:)`` holds for every published column.
  package var isBinary = false
  /// Bytes of a slab; a larger message gets a slab of its own.
  package var slabBytes = 1 << 20
  /// Bytes that wait for the applier at most, before the socket is left alone.
  package var waitingBytesMax = 64 << 20
  /// Longest time between two statuses.
  package var statusMilliseconds = SourceConnection.senderTimeoutSeconds * 1000 / 3
  /// Shortest time between two statuses that only tell a new position.
  package var progressMilliseconds = 100
  /// After so long without a byte the source counts as gone.
  package var silenceSeconds = SourceConnection.senderTimeoutSeconds * 2
  /// How long the reader lets bytes gather when it has taken all: fewer wake-ups here, and of the source, which writes
  /// every row with a call of its own.
  package var gatherMicroseconds = 200

  package init() {}

  /// For a source that is gone after so many seconds of silence.
  package init(silenceSeconds: Int) {
    self.silenceSeconds = silenceSeconds
    // It is asked for an answer in time.
    statusMilliseconds = min(statusMilliseconds, silenceSeconds * 1000 / 8)
  }
}

/// Reads a slot's changes.
///
/// One thread calls ``next(timeoutMilliseconds:)`` and uses ``decoder``; any may call the rest.
@safe
package final class SourceStream: @unchecked Sendable {
  // SAFETY: the reader's thread and the applier's share `state` alone; bytes behind `published` belong to the
  // reader, those before it are never changed again.
  let source: any ByteSource
  let options: StreamOptions
  let clock: any TimeSource
  let state: Monitor<State>
  let wakeUp: WakeUp
  private var thread: Thread?
  /// The applier's; its ``StreamDecoder/stopLSN`` pauses, its layouts may be changed between two calls.
  package let decoder: StreamDecoder
  /// Gets what waits for copies; the applier's.
  package let spools = ChangeSpools()
  /// What `stopLSN` left over.
  private var rest: Piece?

  struct Piece {
    var slab: ByteBuffer
    var range: Range<Int>
  }

  struct State {
    /// Pieces of slabs that are full.
    var pieces: [Piece] = []
    var waitingBytes = 0
    /// The slab that is being filled: bytes from `taken` to `published` wait.
    var slab: ByteBuffer
    var taken = 0
    var published = 0
    var hasBegun = false
    var isReaderWaiting = false
    var isStopped = false
    /// Whoever waits for changes is to look at something else.
    var isCalled = false
    var failure: ReplicationError?
    var acknowledged: LSN
    var received = LSN.zero
  }

  /// Begins to read a slot.
  ///
  /// - Parameters:
  ///   - source: Of an idle replication connection.
  ///   - slot: Its name.
  ///   - publications: Their names.
  ///   - start: Where to resume: the end of the last transaction that is durable here.
  ///   - options: How to read.
  ///   - clock: For timeouts and statuses.
  ///   - chooseLayout: See ``StreamDecoder``; transactions before `start` are passed over.
  /// - Throws: The server's refusal; ``ReplicationError/silent(seconds:)`` without an answer.
  package init(
    _ source: any ByteSource,
    slot: String,
    publications: [String],
    start: LSN,
    options: StreamOptions = StreamOptions(),
    clock: any TimeSource = SystemClock(),
    chooseLayout: @escaping StreamDecoder.LayoutChooser
  ) throws(ReplicationError) {
    self.source = source
    self.options = options
    self.clock = clock
    decoder = StreamDecoder(appliedLSN: start, chooseLayout: chooseLayout)
    state = Monitor(State(slab: ByteBuffer(byteCount: options.slabBytes), acknowledged: start))
    do throws(IOError) { wakeUp = try WakeUp() } catch { throw .system(error) }
    var settings = [
      "proto_version '1'",
      "publication_names \(publications.map(\.sqlIdentifier).joined(separator: ",").sqlLiteral)",
    ]
    if options.isBinary { settings.append("binary 'true'") }
    try source.begin(
      "START_REPLICATION SLOT \(slot.sqlIdentifier) LOGICAL \(start) "
        + "(\(settings.joined(separator: ", ")))"
    )
    let reader = StreamReader(self)
    do throws(IOError) {
      thread = try Thread.start(name: "source-stream") { reader.run() }
    } catch { throw .system(error) }
    try waitForBegin()
  }

  deinit { stop() }

  private func waitForBegin() throws(ReplicationError) {
    let nanoseconds = UInt64(options.silenceSeconds) * 1_000_000_000
    let failure = state.wait(nanoseconds: nanoseconds) { state -> ReplicationError?? in
      if let failure = state.failure { return .some(failure) }
      return state.hasBegun ? .some(nil) : nil
    }
    if let failure = failure ?? .silent(seconds: options.silenceSeconds) {
      stop()
      throw failure
    }
  }

  /// The next changes, decoded on this thread.
  ///
  /// - Parameter timeoutMilliseconds: How long to wait when there is nothing.
  /// - Returns: Changes; nil when none came in time or before ``call()``, or when ``StreamDecoder/stopLSN`` is reached.
  /// - Throws: Why the stream ended, after everything that had arrived whole was returned.
  package func next(timeoutMilliseconds: Int) throws(ReplicationError) -> ChangeGroup? {
    let next: Piece?
    if let rest { next = rest } else { next = try take(timeoutMilliseconds) }
    guard let piece = next else { return nil }
    let group = try decoder.decode(piece.slab, piece.range)
    if !spools.isEmpty { try spools.add(piece.slab, piece.range.lowerBound..<group.end) }
    let isStuck = rest != nil && group.end == piece.range.lowerBound
    rest =
      group.end < piece.range.upperBound
      ? Piece(slab: piece.slab, range: group.end..<piece.range.upperBound) : nil
    guard isStuck else { return group }
    // Nothing moves until somebody moves the stop.
    sleep(nanoseconds: UInt64(max(1, timeoutMilliseconds)) * 1_000_000)
    return nil
  }

  /// Whether ``StreamDecoder/stopLSN`` was reached: everything before it was returned.
  package var isAtStop: Bool { rest != nil }

  private func take(_ timeoutMilliseconds: Int) throws(ReplicationError) -> Piece? {
    let nanoseconds = UInt64(max(0, timeoutMilliseconds)) * 1_000_000
    let taken = state.wait(nanoseconds: nanoseconds) { state -> Result<Piece?, ReplicationError>? in
      defer { state.isCalled = false }
      if !state.pieces.isEmpty {
        let piece = state.pieces.removeFirst()
        state.waitingBytes -= piece.range.count
        return .success(piece)
      }
      if state.published > state.taken {
        defer { state.taken = state.published }
        return .success(Piece(slab: state.slab, range: state.taken..<state.published))
      }
      if let failure = state.failure { return .failure(failure) }
      return state.isCalled ? .success(nil) : nil
    }
    guard let taken else { return nil }
    if state.withLock({ $0.isReaderWaiting }) { wakeUp.signal() }
    switch taken {
    case .success(let piece): return piece
    case .failure(let failure): throw failure
    }
  }

  /// Tells the source that everything before a position is durable here; it may forget it.
  ///
  /// - Parameter position: The end of a transaction or a ``ChangeGroup/idleLSN``; never goes back.
  package func acknowledge(_ position: LSN) {
    state.withLock { state in
      precondition(position >= state.acknowledged, "an acknowledged position went back")
      state.acknowledged = position
    }
    wakeUp.signal()
  }

  /// Ends a wait for changes, or the next one, at once; any thread may call it.
  package func call() { state.update { $0.isCalled = true } }

  /// End of the last transaction that has arrived, applied or not.
  package var receivedLSN: LSN { state.withLock { $0.received } }

  /// What was acknowledged last.
  package var acknowledgedLSN: LSN { state.withLock { $0.acknowledged } }

  /// Bytes that have arrived whole and were not taken.
  package var waitingBytes: Int {
    state.withLock { $0.waitingBytes + $0.published - $0.taken }
  }

  /// Ends the stream, after a last status; waits for the reader.
  package func stop() {
    state.update { $0.isStopped = true }
    wakeUp.signal()
    thread?.join()
  }
}
