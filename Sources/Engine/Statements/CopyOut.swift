import Columnar
import Execution
import Planning
import PostgresProtocol

/// COPY … TO STDOUT: rows as text, CSV or binary, a chunk a batch.
final class CopyOut: StatementBody {
  private static let signature: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]

  private let execution: QueryExecution
  private let activity: ActivityEntry
  private let options: CopyOptions
  private let columns: [OutputColumn]
  private let forms: [ValueForm]
  private var cursor: ZoneCursor
  private var isStarted = false
  private var isOver = false
  private var rowCount = 0

  init(
    _ execution: QueryExecution,
    columns: [OutputColumn],
    options: CopyOptions,
    zone: TimeZone,
    activity: ActivityEntry
  ) {
    self.execution = execution
    self.activity = activity
    self.options = options
    self.columns = columns
    forms = columns.map { ValueForm($0.type) }
    cursor = ZoneCursor(zone)
  }

  func nextCopyChunk() throws(EngineError) -> CopyChunk? {
    guard !isOver else { return nil }
    var output = OutputBuffer()
    var ends: [Int] = []
    if !isStarted {
      isStarted = true
      // The signature goes with the first row.
      if options.format == .binary { output.append(Self.signature) }
      if options.hasHeader {
        appendHeader(to: &output)
        ends.append(output.count)
      }
    }
    let batch: Batch?
    do throws(ExecutionError) {
      batch = try execution.next()
    } catch {
      activity.end(rows: rowCount, failure: error.sqlState)
      throw EngineError(error)
    }
    guard let batch else {
      isOver = true
      if options.format == .binary {
        output.append([0xff, 0xff])
        ends.append(output.count)
      }
      return ends.isEmpty ? nil : CopyChunk(bytes: output.array, ends: ends)
    }
    for row in 0..<batch.rowCount {
      if options.format == .binary {
        appendBinary(batch, row, to: &output)
      } else {
        appendText(batch, row, to: &output)
      }
      ends.append(output.count)
    }
    rowCount += batch.rowCount
    return CopyChunk(bytes: output.array, ends: ends)
  }

  private func appendHeader(to output: inout OutputBuffer) {
    for (index, column) in columns.enumerated() {
      if index > 0 { output.append(options.delimiter) }
      let start = output.count
      output.append(text: column.name)
      protect(from: start, isForced: false, in: &output)
    }
    output.append(10 as UInt8)
  }

  private func appendText(_ batch: Batch, _ row: Int, to output: inout OutputBuffer) {
    for (index, vector) in batch.columns.enumerated() {
      if index > 0 { output.append(options.delimiter) }
      guard vector.isValid(row) else {
        output.append(options.null)
        continue
      }
      let start = output.count
      output.appendText(of: vector, row: row, forms[index], &cursor)
      protect(from: start, isForced: isForced(index), in: &output)
    }
    output.append(10 as UInt8)
  }

  private func isForced(_ column: Int) -> Bool {
    switch options.forceQuote {
    case .needed: false
    case .all: true
    case .columns(let names): names.contains(columns[column].name)
    }
  }

  /// Writes the field that begins at `start` anew where it holds what would end it.
  private func protect(from start: Int, isForced: Bool, in output: inout OutputBuffer) {
    let end = output.count
    let isPlain =
      options.format == .csv
      ? isPlainCSV(output.bytes.extracting(start..<end))
      : isPlainText(output.bytes.extracting(start..<end))
    if isPlain, !isForced { return }
    let bytes = (start..<end).map { output.bytes[$0] }
    output.truncate(to: start)
    output.append(options.format == .csv ? quoted(bytes) : escaped(bytes))
  }

  private func isPlainCSV(_ field: Span<UInt8>) -> Bool {
    var matchesNull = field.count == options.null.count
    for index in field.indices {
      let byte = field[index]
      if byte == options.delimiter || byte == options.quote || byte == 10 || byte == 13 {
        return false
      }
      if matchesNull, byte != options.null[index] { matchesNull = false }
    }
    return !matchesNull && !(field.count == 2 && field[0] == 0x5c && field[1] == UInt8(ascii: "."))
  }

  private func isPlainText(_ field: Span<UInt8>) -> Bool {
    for index in field.indices {
      let byte = field[index]
      if byte == 0x5c || byte == options.delimiter || (8...13).contains(byte) { return false }
    }
    return true
  }

  private func quoted(_ field: [UInt8]) -> [UInt8] {
    var result = [options.quote]
    for byte in field {
      if byte == options.quote || byte == options.escape { result.append(options.escape) }
      result.append(byte)
    }
    result.append(options.quote)
    return result
  }

  /// COPY's text format: backslashes before what would end a field or a row.
  private func escaped(_ field: [UInt8]) -> [UInt8] {
    let letters: [UInt8: UInt8] = [
      8: UInt8(ascii: "b"), 9: UInt8(ascii: "t"), 10: UInt8(ascii: "n"), 11: UInt8(ascii: "v"),
      12: UInt8(ascii: "f"), 13: UInt8(ascii: "r"),
    ]
    var result: [UInt8] = []
    for byte in field {
      if let letter = letters[byte] {
        result += [0x5c, letter]
      } else if byte == 0x5c || byte == options.delimiter {
        result += [0x5c, byte]
      } else {
        result.append(byte)
      }
    }
    return result
  }

  private func appendBinary(_ batch: Batch, _ row: Int, to output: inout OutputBuffer) {
    output.appendBigEndian(Int16(truncatingIfNeeded: batch.columns.count))
    for (index, vector) in batch.columns.enumerated() {
      guard vector.isValid(row) else {
        output.appendBigEndian(Int32(-1))
        continue
      }
      let place = output.count
      output.appendBigEndian(Int32(0))
      output.appendBinary(of: vector, row: row, forms[index])
      output.setBigEndian(Int32(truncatingIfNeeded: output.count - place - 4), at: place)
    }
  }

  func finish() throws(EngineError) -> String {
    activity.end(rows: rowCount)
    return "COPY \(rowCount)"
  }

  func cancel() { execution.cancel() }

  func abandon() {
    execution.cancel()
    activity.end(rows: rowCount)
  }
}
