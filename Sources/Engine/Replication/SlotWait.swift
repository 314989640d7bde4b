import Replication

/// Tells, while a slot is made, which transaction of the source it waits for.
///
/// Most slots are made before the first question.
final class SlotWait: Sendable {
  private let probe: SourceProbe
  private let tell: @Sendable (String?) -> Void

  /// Begins to look, once a while has passed.
  ///
  /// - Parameters:
  ///   - connection: The source.
  ///   - tell: Gets what is waited for, and nil at the end.
  init(_ connection: String, _ tell: @escaping @Sendable (String?) -> Void) {
    self.tell = tell
    probe = SourceProbe(connection, name: "almanac slot wait", isLate: true) {
      source throws(ReplicationError) in
      tell(try source.slotBlockers().first.map { "making a slot waits for \($0.text)" })
    }
  }

  /// Ends it: the slot was made, or given up.
  func end() {
    probe.stop()
    tell(nil)
  }
}

extension SlotBlocker {
  fileprivate var text: String {
    let what = query.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(100)
    return "the transaction of \(owner), begun at \(begun), \(state): \(what)"
  }
}
