import Synchronization

/// Freed blocks of the sizes of vectors, kept for whoever wants one next.
///
/// A statement makes and frees some dozens of vectors of 8 to 64 KiB. The C library's caches end at 1 KiB: beyond, every
/// allocation searches, splits and merges chunks, which was a sixth of the processor time of a report of a millisecond.
@safe
final class SpareBlocks: @unchecked Sendable {
  // SAFETY: `heads` and `keptBytes` are touched only by the thread that has set `isTaken`. A kept block belongs to its shelf
  // alone; its first word is the address of the next block of its class.
  private let isTaken = Atomic<Bool>(false)
  private let heads: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private var keptBytes = 0

  /// Classes are multiples of this many bytes; 0 stands for sizes that are not kept.
  private static let step = 512
  private static let classes = 2...136
  /// What a shelf keeps at most.
  private static let keptBytesMax = 2 << 20
  /// Threads spread over some shelves, so that they seldom meet; who meets another goes to the C library.
  private static let shelves = (0..<8).map { _ in SpareBlocks() }

  private init() {
    unsafe heads = .allocate(capacity: Self.classes.upperBound + 1)
    unsafe heads.initialize(repeating: nil, count: Self.classes.upperBound + 1)
  }

  /// The class of a size in bytes; 0: blocks of that size are not kept.
  static func sizeClass(of byteCount: Int) -> UInt8 {
    let number = (byteCount + step - 1) / step
    return classes.contains(number) ? UInt8(number) : 0
  }

  /// A block.
  ///
  /// - Parameters:
  ///   - byteCount: Its size.
  ///   - sizeClass: The class of that size.
  /// - Returns: The address, for ``deallocate(_:_:)``.
  static func allocate(byteCount: Int, _ sizeClass: UInt8) -> UnsafeMutableRawPointer {
    guard sizeClass > 0 else { return .allocate(byteCount: byteCount, alignment: 16) }
    if let kept = unsafe shelf.take(Int(sizeClass)) { return unsafe kept }
    return .allocate(byteCount: Int(sizeClass) * step, alignment: 16)
  }

  /// Keeps or frees a block of a class.
  static func deallocate(_ block: UnsafeMutableRawPointer, _ sizeClass: UInt8) {
    if sizeClass > 0, unsafe shelf.keep(block, Int(sizeClass)) { return }
    unsafe block.deallocate()
  }

  /// The shelf of the thread, found by where its stack is.
  private static var shelf: SpareBlocks {
    var mark: UInt8 = 0
    let address = unsafe withUnsafeMutablePointer(to: &mark) { UInt(bitPattern: $0) }
    return shelves[Int(truncatingIfNeeded: address >> 20) & 7]
  }

  private func take(_ sizeClass: Int) -> UnsafeMutableRawPointer? {
    guard !isTaken.exchange(true, ordering: .acquiring) else { return nil }
    defer { isTaken.store(false, ordering: .releasing) }
    guard let block = unsafe heads[sizeClass] else { return nil }
    // SAFETY: a kept block has room for an address, which `keep` has written.
    unsafe heads[sizeClass] = unsafe block.load(as: UnsafeMutableRawPointer?.self)
    keptBytes -= sizeClass * Self.step
    return unsafe block
  }

  private func keep(_ block: UnsafeMutableRawPointer, _ sizeClass: Int) -> Bool {
    guard !isTaken.exchange(true, ordering: .acquiring) else { return false }
    defer { isTaken.store(false, ordering: .releasing) }
    guard keptBytes + sizeClass * Self.step <= Self.keptBytesMax else { return false }
    unsafe block.storeBytes(of: heads[sizeClass], as: UnsafeMutableRawPointer?.self)
    unsafe heads[sizeClass] = unsafe block
    keptBytes += sizeClass * Self.step
    return true
  }
}
