internal import Columnar
internal import SystemIO

/// The reader's side of a ``SourceStream``, on a thread of its own: it never waits for the applier, only for the
/// socket, so that the source hears of us whatever happens.
@safe
final class StreamReader: @unchecked Sendable {
  // SAFETY: used by the reader's thread alone; keeps what it needs of the stream, not the stream itself.
  private let source: any ByteSource
  private let options: StreamOptions
  private let clock: any TimeSource
  private let state: Monitor<SourceStream.State>
  private let wakeUp: WakeUp
  private var scanner = FrameScanner()
  private var slab: ByteBuffer
  /// Bytes read into the slab.
  private var filled = 0
  /// Behind the last whole message.
  private var scanned = 0
  /// Behind the last message after which no transaction was open.
  private var boundary = 0
  private var hasBegun = false
  private var lastHeard: UInt64
  private var lastStatus: UInt64
  private var toldLSN: LSN

  init(_ stream: SourceStream) {
    source = stream.source
    options = stream.options
    clock = stream.clock
    state = stream.state
    wakeUp = stream.wakeUp
    slab = stream.state.withLock { $0.slab }
    toldLSN = stream.state.withLock { $0.acknowledged }
    lastHeard = stream.clock.monotonicNanoseconds
    lastStatus = stream.clock.monotonicNanoseconds
  }

  func run() {
    do throws(ReplicationError) {
      while !state.withLock({ $0.isStopped }) { try turn() }
      if hasBegun { try sendStatus() }
      throw .stopped
    } catch {
      // Whole transactions may have come with the bytes in front of the end.
      publish()
      source.close()
      state.update { $0.failure = error }
    }
  }

  /// One turn: statuses that are due, all bytes that are there, and a wait.
  private func turn() throws(ReplicationError) {
    try sendDueStatus()
    let isFull = state.withLock { state in
      state.isReaderWaiting = state.waitingBytes >= options.waitingBytesMax
      return state.isReaderWaiting
    }
    if !isFull, try readAll() {
      sleep(nanoseconds: UInt64(options.gatherMicroseconds) * 1000)
      return
    }
    try wait(forSocket: !isFull)
  }

  private func wait(forSocket: Bool) throws(ReplicationError) {
    let now = clock.monotonicNanoseconds
    let due = nextStatusTime
    let milliseconds = due > now ? Int((due - now) / 1_000_000) + 1 : 0
    var entries = [
      PollEntry(wakeUp.pollDescriptor, .readable),
      PollEntry(forSocket ? source.pollDescriptor : -1, .readable),
    ]
    do throws(IOError) {
      _ = try poll(&entries, timeoutMilliseconds: milliseconds)
    } catch { throw .system(error) }
    if !entries[0].happened.isEmpty { wakeUp.drain() }
    // Whoever does not listen hears nothing.
    if !forSocket { lastHeard = clock.monotonicNanoseconds }
  }

  // MARK: Reading

  /// Reads until nothing is left or a slab is full; false: there was nothing.
  private func readAll() throws(ReplicationError) -> Bool {
    var hasRead = false
    while true {
      let room = slab.byteCount - filled
      // SAFETY: the room lies in the slab, behind everything that was published.
      let buffer = unsafe UnsafeMutableRawBufferPointer(start: slab.base + filled, count: room)
      guard let count = try unsafe source.readAvailable(into: buffer) else { break }
      hasRead = true
      filled += count
      try scan()
      // The rest waits until the applier's backlog and the clock were looked at.
      if try changeSlabIfFull() { break }
    }
    if hasRead {
      lastHeard = clock.monotonicNanoseconds
      publish()
    }
    return hasRead
  }

  /// Walks the messages that are whole.
  private func scan() throws(ReplicationError) {
    let base = unsafe UnsafePointer(slab.base.assumingMemoryBound(to: UInt8.self))
    while let size = try unsafe FrameScanner.size(base, scanned, filled), scanned + size <= filled {
      // SAFETY: the message lies in front of `filled`.
      if unsafe base[scanned] == UInt8(ascii: "d") {
        unsafe scanner.look(base, scanned + 5, size - 5)
        scanned += size
        if !scanner.isInTransaction { boundary = scanned }
      } else {
        let event = unsafe FrameScanner.event(base, scanned, scanned + size)
        passOver(size)
        if let event { try take(event) }
      }
    }
  }

  /// Leaves a message out of what the applier gets.
  private func passOver(_ size: Int) {
    pushPieces()
    scanned += size
    boundary = scanned
    state.withLock { state in
      state.taken = scanned
      state.published = scanned
    }
  }

  private func take(_ event: FrameScanner.Event) throws(ReplicationError) {
    switch event {
    case .begun:
      hasBegun = true
      state.update { $0.hasBegun = true }
    case .failed(let failure): throw .server(failure)
    case .done, .complete, .ready:
      try sendStatus()
      throw .disconnected("the source has ended the stream")
    }
  }

  /// Makes the whole messages of the slab pieces.
  private func pushPieces() {
    state.update { state in
      let first = state.taken..<max(state.taken, boundary)
      let second = first.upperBound..<max(first.upperBound, scanned)
      for range in [first, second] where !range.isEmpty {
        state.pieces.append(SourceStream.Piece(slab: slab, range: range))
        state.waitingBytes += range.count
      }
      state.taken = scanned
      state.published = scanned
    }
  }

  /// Lets the applier take what ends with a transaction.
  private func publish() {
    let (boundary, received) = (boundary, scanner.receivedLSN)
    state.update { state in
      state.published = max(state.published, boundary)
      state.received = received
    }
  }

  /// Goes on in a new slab when the next message does not fit; false: it does.
  private func changeSlabIfFull() throws(ReplicationError) -> Bool {
    let base = unsafe UnsafePointer(slab.base.assumingMemoryBound(to: UInt8.self))
    let needed = try unsafe FrameScanner.size(base, scanned, filled) ?? 5
    guard filled == slab.byteCount || scanned + needed > slab.byteCount else { return false }
    pushPieces()
    let next = ByteBuffer(byteCount: max(options.slabBytes, needed + 4096))
    let left = filled - scanned
    // SAFETY: a message that is not whole is smaller than the slab made for it.
    unsafe next.base.copyMemory(from: slab.base + scanned, byteCount: left)
    slab = next
    (filled, scanned, boundary) = (left, 0, 0)
    state.withLock { state in
      state.slab = next
      state.taken = 0
      state.published = 0
    }
    return true
  }

  // MARK: Statuses

  private var nextStatusTime: UInt64 {
    let isBehind = state.withLock { $0.acknowledged } != toldLSN
    let interval = isBehind ? options.progressMilliseconds : options.statusMilliseconds
    return lastStatus + UInt64(interval) * 1_000_000
  }

  private func sendDueStatus() throws(ReplicationError) {
    guard hasBegun else { return try checkSilence() }
    if scanner.isReplyRequested || clock.monotonicNanoseconds >= nextStatusTime {
      try sendStatus()
    }
    try checkSilence()
  }

  private var silentNanoseconds: UInt64 {
    let now = clock.monotonicNanoseconds
    return now > lastHeard ? now - lastHeard : 0
  }

  private func checkSilence() throws(ReplicationError) {
    guard silentNanoseconds > UInt64(options.silenceSeconds) * 1_000_000_000 else { return }
    throw .silent(seconds: options.silenceSeconds)
  }

  /// Tells the source how far we are: positions received, durable and applied, our clock, and whether it should
  /// answer, which it should when it has been quiet.
  private func sendStatus() throws(ReplicationError) {
    let acknowledged = state.withLock { $0.acknowledged }
    let isAnswerWanted = silentNanoseconds > UInt64(options.silenceSeconds) * 250_000_000
    var payload: [UInt8] = [UInt8(ascii: "r")]
    for value in [
      max(scanner.receivedLSN, acknowledged).rawValue, acknowledged.rawValue, acknowledged.rawValue,
      UInt64(bitPattern: clock.postgresMicroseconds),
    ] {
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        payload.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }
    payload.append(isAnswerWanted ? 1 : 0)
    try source.send(payload)
    scanner.isReplyRequested = false
    toldLSN = acknowledged
    lastStatus = clock.monotonicNanoseconds
  }
}
