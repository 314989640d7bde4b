import Engine
import PostgresProtocol

extension Conversation {
  /// COPY FROM STDIN: the client's chunks go to the run as they come.
  ///
  /// - Returns: The command tag.
  func receiveCopy(
    _ run: StatementRun,
    _ format: CopyFormat,
    columnCount: Int
  ) throws(Failure) -> String {
    stream.output.copyInResponse(isBinary: format == .binary, columnCount: columnCount)
    machine.copyInBegan()
    try connected { () throws(ConnectionEnd) in try stream.flush() }
    while true {
      let message = try connected { () throws(ConnectionEnd) in try stream.nextMessage() }
      switch machine.receive(message) {
      case .copyData(let bytes):
        try engine { () throws(EngineError) in try run.copyData(bytes) }
        sendNotices()
        try connected { () throws(ConnectionEnd) in try stream.flushWhenFull() }
      case .copyDone: return try engine { () throws(EngineError) in try run.finish() }
      case .copyFail(let reason):
        try engine { () throws(EngineError) in try run.copyFail(reason) }
      case .fail(let error, _):
        run.cancel()
        throw .refused(ErrorFields(error))
      case .terminate: throw .ended(.gone)
      default: break
      }
    }
  }

  /// COPY TO STDOUT: a message a row, which some drivers take for granted.
  ///
  /// - Returns: The command tag.
  func sendCopy(
    _ run: StatementRun,
    _ format: CopyFormat,
    columnCount: Int
  ) throws(Failure) -> String {
    stream.output.copyOutResponse(isBinary: format == .binary, columnCount: columnCount)
    while let chunk = try engine({ () throws(EngineError) in try run.nextCopyChunk() }) {
      var start = 0
      for end in chunk.ends {
        stream.output.copyData(chunk.bytes.span.extracting(start..<end))
        start = end
      }
      try connected { () throws(ConnectionEnd) in try stream.flushWhenFull() }
    }
    stream.output.copyDone()
    return try engine { () throws(EngineError) in try run.finish() }
  }
}
