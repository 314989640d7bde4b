import Loading
import SystemIO

/// A running server: the file's bytes go there as they are, as COPY … FROM STDIN.
final class ServerDestination: LoadDestination, @unchecked Sendable {
  // SAFETY: used by the command's thread, but for the canceller, which any thread may use.
  private static let pieceBytes = 256 << 10

  private let connection: ServerConnection
  private let request: LoadRequest
  private let cancel: @Sendable () -> Void

  init(_ address: String, _ request: LoadRequest) throws(CommandFailure) {
    self.request = request
    connection = try ServerConnection(address: address)
    cancel = connection.makeCanceller()
  }

  func load(_ run: FileRun) throws(CommandFailure) -> String {
    let source = try run.bytes()
    var progress = LoadProgress()
    let outcome = try connection.copyIn(
      statement(for: run.file),
      nextPiece: { () throws(CommandFailure) in
        guard !run.stop.isSet else { throw CommandFailure("stopped") }
        let piece = try Self.piece(of: source)
        progress.byteCount += Int64(piece.count)
        run.bar.show(progress)
        return piece.isEmpty ? nil : piece
      },
      notice: { message in
        run.reject(
          line: message.line ?? 0,
          column: message.column,
          reason: message.text,
          text: message.detail ?? ""
        )
      }
    )
    if let failure = outcome.failure { throw CommandFailure(failure.inOneLine) }
    return outcome.information.last?.text ?? "all rows"
  }

  private static func piece(of source: any ByteSource) throws(CommandFailure) -> [UInt8] {
    var failure: CommandFailure?
    let piece = unsafe [UInt8](unsafeUninitializedCapacity: pieceBytes) { buffer, count in
      do throws(LoadError) {
        count = try unsafe source.read(into: UnsafeMutableRawBufferPointer(buffer))
      } catch {
        count = 0
        if case .io(let cause) = error {
          failure = CommandFailure(cause.reason)
        } else {
          failure = CommandFailure("\(error)")
        }
      }
    }
    if let failure { throw failure }
    return piece
  }

  private func statement(for file: String) -> String {
    let options = request.options
    let layout = request.layout(of: file)
    let table =
      (request.table.isQualified ? Self.quoted(request.schema) + "." : "")
      + Self.quoted(request.table.name)
    let columns = options.columns.map { " (\($0.map(Self.quoted).joined(separator: ", ")))" } ?? ""
    var words = ["FORMAT \(layout.form == .csv ? "csv" : "text")"]
    words.append("DELIMITER \(Self.literal([layout.delimiter]))")
    words.append("NULL \(Self.literal(layout.null))")
    if layout.form == .csv {
      words.append("HEADER \(layout.header == .none ? "false" : "true")")
      words.append("QUOTE \(Self.literal([layout.quote]))")
      words.append("ESCAPE \(Self.literal([layout.escape]))")
    }
    words.append("FILE \(Self.literal(Array(file.utf8)))")
    words.append("AGAIN \(options.mayRepeat)")
    words.append("ON_ERROR \(options.skipsBadRows ? "ignore" : "stop")")
    switch options.conflictRule {
    case .error: words.append("ON_CONFLICT error")
    case .update: words.append("ON_CONFLICT update")
    case .skip: words.append("ON_CONFLICT skip")
    }
    return "COPY \(table)\(columns) FROM STDIN WITH (\(words.joined(separator: ", ")))"
  }

  private static func quoted(_ name: String) -> String {
    "\"" + name.replacing("\"", with: "\"\"") + "\""
  }

  private static func literal(_ bytes: [UInt8]) -> String {
    "'" + String(decoding: bytes, as: UTF8.self).replacing("'", with: "''") + "'"
  }

  func interrupt() { cancel() }

  func close() {}
}
