import Glibc
import Loading
import Synchronization
import SystemIO

/// The line on a terminal that tells how far a load is; silent elsewhere.
final class ProgressBar: Sendable {
  private let name: String
  private let sizeBytes: Int64?
  private let isTerminal = isatty(2) != 0
  private let start: UInt64
  private let clock = SystemClock()
  private let lastShown = Mutex<UInt64>(0)
  private static let width = 24
  private static let stepNanoseconds: UInt64 = 200_000_000

  /// - Parameters:
  ///   - name: What is loaded.
  ///   - sizeBytes: Its bytes, when known: then the bar tells the time left.
  init(name: String, sizeBytes: Int64?) {
    self.name = name
    self.sizeBytes = sizeBytes
    start = clock.monotonicNanoseconds
  }

  /// Seconds since the beginning.
  var seconds: Double { Double(clock.monotonicNanoseconds - start) / 1e9 }

  /// Shows the state, at most five times a second; called on any thread.
  func show(_ progress: LoadProgress) {
    guard isTerminal else { return }
    let now = clock.monotonicNanoseconds
    let isDue = lastShown.withLock { last in
      guard now - last >= Self.stepNanoseconds else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    let rate = Double(progress.rowCount) / max(seconds, 0.001)
    var line = "\r\u{1B}[K\(name) "
    if let sizeBytes, sizeBytes > 0 {
      let share = min(1, Double(progress.byteCount) / Double(sizeBytes))
      let filled = Int(share * Double(Self.width))
      line += "[" + String(repeating: "#", count: filled)
      line += String(repeating: " ", count: Self.width - filled) + "] \(Int(share * 100)) %"
      if share > 0.01, seconds > 0.5 { line += ", \(tenths(seconds / share - seconds)) s left" }
    }
    if progress.rowCount > 0 {
      line += ", \(grouped(progress.rowCount)) rows, \(grouped(Int(rate))) rows/s"
    } else {
      let megabytes = Double(progress.byteCount) / 1e6
      line +=
        ", \(grouped(Int(megabytes))) MB, \(grouped(Int(megabytes / max(seconds, 0.001)))) MB/s"
    }
    write(line)
  }

  /// Takes the line away.
  func clear() {
    if isTerminal { write("\r\u{1B}[K") }
  }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    // SAFETY: the pointer is used inside the closure only.
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
  }
}

/// Seconds with one digit behind the point.
func tenths(_ seconds: Double) -> String {
  let tenths = Int(seconds * 10)
  return "\(tenths / 10).\(tenths % 10)"
}

/// A number with commas between its thousands.
func grouped(_ number: Int) -> String {
  var digits = Array(String(number))
  for place in stride(from: digits.count - 3, to: 0, by: -3) where digits[place - 1].isNumber {
    digits.insert(",", at: place)
  }
  return String(digits)
}
