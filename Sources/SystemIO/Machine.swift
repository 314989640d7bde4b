internal import Glibc

/// What the machine has.
package enum Machine {
  /// Bytes of physical memory; 1 GiB where the system does not tell.
  package static var physicalMemoryBytes: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && size > 0 ? pages * size : 1 << 30
  }

  /// Asks for large pages under a large block of memory, so that filling it does not fault every 4 KiB.
  ///
  /// Only advice: nothing depends on it.
  package static func adviseLargePages(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    let page = 2 << 20
    let address = UInt(bitPattern: start)
    let first = (address + UInt(page) - 1) / UInt(page) * UInt(page)
    let end = (address + UInt(byteCount)) / UInt(page) * UInt(page)
    guard end > first else { return }
    // SAFETY: the range lies inside the block.
    _ = unsafe madvise(start + Int(first - address), Int(end - first), Int32(MADV_HUGEPAGE))
  }
}
