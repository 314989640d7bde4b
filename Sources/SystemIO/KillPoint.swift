internal import Glibc

/// A named moment at which a test lets the process end as `kill -9` ends it.
///
/// `ALMANAC_KILL_AT=name` or `name:3` in the environment chooses one and how often the process comes there before it kills itself. A
/// moment that is not chosen costs one comparison; none lies in a loop over rows.
package enum KillPoint: String, CaseIterable, Sendable {
  // The log and the checkpoint.
  case logWritten, logSynced, manifestWritten
  // Beginning to follow, and copies.
  case slotMade, copying, copied, beforeExchange, afterExchange, spooling
  // The stream.
  case spilled, beforeCommit, beforeAcknowledge, acknowledged

  private static let chosen: (point: KillPoint, visits: Monitor<Int>)? = {
    guard let text = unsafe getenv("ALMANAC_KILL_AT") else { return nil }
    let words = unsafe String(cString: text).split(separator: ":")
    guard let point = words.first.flatMap({ KillPoint(rawValue: String($0)) }) else { return nil }
    return (point, Monitor(words.count > 1 ? Int(words[1]) ?? 1 : 1))
  }()

  /// Comes by; does not return where this is the chosen moment.
  package func pass() {
    guard let chosen = Self.chosen, chosen.point == self else { return }
    let isLast = chosen.visits.update { left in
      left -= 1
      return left == 0
    }
    if isLast { kill(getpid(), SIGKILL) }
  }
}
