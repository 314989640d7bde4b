import Synchronization
import SystemIO

/// The file of rows that a load left out: file, line, column, reason and the row itself, as CSV.
final class RejectFile: Sendable {
  private struct State {
    var bytes: [UInt8] = []
    var offset: Int64 = 0
    var failure: IOError?
  }
  private static let flushBytes = 256 << 10

  private let file: any File
  private let state = Mutex(State())

  init(_ path: String) throws(CommandFailure) {
    do throws(IOError) {
      file = try PosixFileSystem().open(path, .readWrite)
      // A device such as /dev/null has no size.
      if try file.size() > 0 { try file.truncate(to: 0) }
    } catch {
      throw CommandFailure("\(path): \(error.reason)", exitCode: ExitCode.usage)
    }
    state.withLock { $0.bytes = Array("file,line,column,reason,row\n".utf8) }
  }

  func add(file: String, line: Int, column: String?, reason: String, text: String) {
    let fields = [file, String(line), column ?? "", reason, text]
    let entry = fields.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }
      .joined(separator: ",")
    state.withLock { state in
      state.bytes += Array((entry + "\n").utf8)
      if state.bytes.count >= Self.flushBytes { flush(&state) }
    }
  }

  /// Writes what is left; an error of any write comes out here.
  func close() throws(CommandFailure) {
    let failure = state.withLock { state in
      flush(&state)
      return state.failure
    }
    if let failure { throw CommandFailure("\(failure)") }
    do throws(IOError) { try file.close() } catch { throw CommandFailure("\(error)") }
  }

  private func flush(_ state: inout State) {
    do throws(IOError) {
      try file.write(state.bytes, at: state.offset)
      state.offset += Int64(state.bytes.count)
    } catch {
      state.failure = state.failure ?? error
    }
    state.bytes.removeAll(keepingCapacity: true)
  }
}
