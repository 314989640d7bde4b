// A load whose bytes come from somebody who has them piece by piece: COPY … FROM STDIN of much data. The
// workers of the load run on threads of their own; whoever hands over bytes waits while many are unread.

internal import Columnar
internal import Glibc
package import Storage
internal import SystemIO

/// Bytes on their way from one thread to another.
private final class BytePipe: ByteSource {
  private struct State {
    var pieces: [[UInt8]] = []
    /// The first piece's bytes that were read.
    var readCount = 0
    var byteCount = 0
    var isClosed = false
    var isCancelled = false
    /// Nobody reads any more.
    var isDead = false
  }
  private static let byteCountMax = 8 << 20
  private let state = Monitor(State())

  /// Hands over bytes; false when nobody reads any more.
  func write(_ bytes: [UInt8]) -> Bool {
    let isAlive = state.wait { state -> Bool? in
      if state.isDead { return false }
      guard state.byteCount < Self.byteCountMax else { return nil }
      state.pieces.append(bytes)
      state.byteCount += bytes.count
      return true
    }
    state.wakeAll()
    return isAlive
  }

  func close() { state.update { $0.isClosed = true } }

  func cancel() { state.update { $0.isCancelled = true } }

  func stopReading() { state.update { $0.isDead = true } }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int {
    let count = state.wait { state -> Int? in
      if state.isCancelled { return -1 }
      if state.byteCount > 0 { return unsafe Self.take(&state, into: buffer) }
      return state.isClosed ? 0 : nil
    }
    state.wakeAll()
    if count < 0 { throw .cancelled }
    return count
  }

  private static func take(
    _ state: inout State,
    into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var count = 0
    var taken = 0
    while taken < state.pieces.count, count < buffer.count {
      let piece = state.pieces[taken]
      let part = min(piece.count - state.readCount, buffer.count - count)
      unsafe buffer[count..<count + part].copyBytes(
        from: piece[state.readCount..<state.readCount + part]
      )
      count += part
      state.readCount += part
      if state.readCount == piece.count {
        taken += 1
        state.readCount = 0
      }
    }
    state.pieces.removeFirst(taken)
    state.byteCount -= count
    return count
  }
}

/// A load that is fed piece by piece, by one thread.
package final class StreamLoad {
  private let pipe = BytePipe()
  private let thread: Thread
  private let outcome = Monitor<Result<LoadReport, LoadError>?>(nil)

  /// Begins.
  ///
  /// - Parameters:
  ///   - loader: Knows table and options.
  ///   - name: See ``BulkLoader/load(_:name:into:rejects:progress:)``.
  ///   - transaction: Nobody uses it until ``finish()`` or ``cancel()`` returned.
  ///   - rejects: Called with rows left out, on any thread.
  ///   - progress: Called now and then, on any thread; false ends the load.
  /// - Throws: ``LoadError/io(_:)`` when there is no room for a thread.
  package init(
    _ loader: BulkLoader,
    name: String?,
    into transaction: Transaction,
    rejects: @escaping @Sendable (RejectedRow) -> Void,
    progress: @escaping @Sendable (LoadProgress) -> Bool
  ) throws(LoadError) {
    let (pipe, outcome) = (pipe, outcome)
    let lent = LentTransaction(transaction)
    do throws(IOError) {
      thread = try Thread.start(name: "copy-load") {
        let result: Result<LoadReport, LoadError>
        do throws(LoadError) {
          result = .success(
            try loader.load(
              pipe,
              name: name,
              into: lent.transaction,
              rejects: rejects,
              progress: progress
            )
          )
        } catch {
          result = .failure(error)
        }
        outcome.update { $0 = result }
        pipe.stopReading()
      }
    } catch {
      throw .io(error)
    }
  }

  /// Hands over the next bytes, cut anywhere; waits while many are unread.
  ///
  /// - Throws: Why the load ended.
  package func feed(_ bytes: [UInt8]) throws(LoadError) {
    guard !bytes.isEmpty, !pipe.write(bytes) else { return }
    _ = try finish()
    // It ended without an error and without having read everything: `\.` was before.
  }

  /// No more bytes come: waits for the end.
  ///
  /// - Returns: What the transaction will have loaded.
  /// - Throws: Why the load failed.
  package func finish() throws(LoadError) -> LoadReport {
    pipe.close()
    thread.join()
    switch outcome.withLock({ $0 }) {
    case .success(let report): return report
    case .failure(let error): throw error
    case nil: preconditionFailure("a load that ended has an outcome")
    }
  }

  /// Gives up, and waits until nobody uses the transaction any more.
  package func cancel() {
    pipe.cancel()
    thread.join()
  }
}

/// A transaction that another thread uses for a time.
private final class LentTransaction: @unchecked Sendable {
  // SAFETY: its owner waits for the thread before using it again.
  let transaction: Transaction

  init(_ transaction: Transaction) { self.transaction = transaction }
}
