import Columnar
import Engine
import Planning
import PostgresProtocol

/// Sends the rows of a run, as many as asked for, and remembers where it stopped.
final class RowSender {
  let run: StatementRun
  private var encoder: RowEncoder
  /// Belongs to the run until its next call.
  private var batch: Batch?
  private var nextRow = 0
  private(set) var isDrained = false

  init(_ run: StatementRun, _ columns: [OutputColumn], _ formats: [ValueFormat], zone: TimeZone) {
    self.run = run
    encoder = RowEncoder(types: columns.map(\.type), formats: formats, zone: zone)
  }

  /// Takes rows that are not to be sent here, at most `count`; nil takes all.
  func take(_ count: Int?) throws(EngineError) -> [Batch] {
    var batches: [Batch] = []
    var wanted = count ?? .max
    while wanted > 0, !isDrained {
      if let batch, nextRow < batch.rowCount {
        let end = nextRow + min(wanted, batch.rowCount - nextRow)
        batches.append(batch.gathered((nextRow..<end).map { UInt16($0) }).ownedCopy())
        wanted -= end - nextRow
        nextRow = end
      } else {
        batch = try run.next()
        nextRow = 0
        isDrained = batch == nil
      }
    }
    return batches
  }

  /// Sends rows.
  ///
  /// - Parameters:
  ///   - maxRows: 0: all.
  ///   - stream: To the client.
  /// - Returns: How many were sent; fewer than `maxRows` when there are no more.
  /// - Throws: What the run or the connection says.
  func send(_ maxRows: Int, to stream: ClientStream) throws(Failure) -> Int {
    var sent = 0
    while maxRows == 0 || sent < maxRows {
      guard let batch, nextRow < batch.rowCount else {
        guard let next = try engine({ () throws(EngineError) in try run.next() }) else {
          isDrained = true
          batch = nil
          return sent
        }
        batch = next
        nextRow = 0
        continue
      }
      let end = maxRows == 0 ? batch.rowCount : min(batch.rowCount, nextRow + maxRows - sent)
      do throws(ProtocolError) {
        let reached = try encoder.append(
          nextRow..<end,
          of: batch,
          limit: ClientStream.flushBytes,
          to: &stream.output
        )
        sent += reached - nextRow
        nextRow = reached
      } catch {
        throw .refused(ErrorFields(error))
      }
      try connected { () throws(ConnectionEnd) in try stream.flushWhenFull() }
    }
    return sent
  }
}
