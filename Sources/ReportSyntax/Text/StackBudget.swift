/// How much of a thread's stack a recursive walk may take.
///
/// Levels alone do not bound a stack: a level's frames are several times larger in a debug build, and
/// differ from rule to rule. So a walk that begins anywhere measures from there.
package struct StackBudget: Sendable {
  private let start: UInt
  private let bytes: UInt

  /// Begins to measure here.
  ///
  /// - Parameter bytes: What the walk may take below this frame.
  package init(bytes: Int = 320 << 10) {
    start = Self.address()
    self.bytes = UInt(bytes)
  }

  /// Whether more is taken than allowed.
  package var isExceeded: Bool { start &- Self.address() > bytes && Self.address() < start }

  /// The place of this function's frame.
  @inline(never)
  static func address() -> UInt {
    var marker: UInt8 = 0
    // SAFETY: the pointer is only turned into a number, never read.
    return unsafe withUnsafePointer(to: &marker) { UInt(bitPattern: $0) }
  }
}
