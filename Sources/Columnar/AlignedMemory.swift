/// Memory that begins at a cache line.
///
/// Taken from plain `malloc` with room to spare: the C library's aligned allocation splits a larger chunk, uses none
/// of its caches of small chunks and merges the rest again on every free, which was a seventh of the time of small
/// commits (36 partitions × 13 columns of 28 rows).
@safe
package enum AlignedMemory {
  static let alignment = 64

  /// Uninitialised memory.
  ///
  /// - Parameter byteCount: Bytes from the returned address on.
  /// - Returns: An address that is a multiple of 64, for ``deallocate(_:)``.
  package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let sizeClass = SpareBlocks.sizeClass(of: byteCount + alignment)
    let start = unsafe SpareBlocks.allocate(byteCount: byteCount + alignment, sizeClass)
    let offset = alignment - Int(bitPattern: start) & (alignment - 1)
    let base = unsafe start + offset
    // SAFETY: `offset` is 16 to 64, so the two bytes before `base` are inside.
    unsafe (base - 1).storeBytes(of: UInt8(offset), as: UInt8.self)
    unsafe (base - 2).storeBytes(of: sizeClass, as: UInt8.self)
    return unsafe base
  }

  /// Uninitialised memory for some elements, for ``deallocate(_:)``.
  package static func allocate<Element: BitwiseCopyable>(
    capacity: Int
  ) -> UnsafeMutablePointer<Element> {
    let base = unsafe allocate(byteCount: capacity * MemoryLayout<Element>.stride)
    return unsafe base.bindMemory(to: Element.self, capacity: capacity)
  }

  /// Frees what ``allocate(capacity:)`` gave.
  package static func deallocate<Element: BitwiseCopyable>(_ base: UnsafeMutablePointer<Element>) {
    unsafe deallocate(UnsafeMutableRawPointer(base))
  }

  /// Frees what ``allocate(byteCount:)`` gave.
  package static func deallocate(_ base: UnsafeMutableRawPointer) {
    let offset = unsafe Int((base - 1).load(as: UInt8.self))
    let sizeClass = unsafe (base - 2).load(as: UInt8.self)
    unsafe SpareBlocks.deallocate(base - offset, sizeClass)
  }
}
