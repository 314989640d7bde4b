internal import CKernels
package import Columnar

/// A page of up to 1,024 small integers of which single ones are read: one packed group.
package enum PackedPage {
  /// Entries of a full page.
  package static let entryCount = groupRowCount

  /// Bytes of every page.
  package static func byteCount(width: Int) -> Int { width * (groupRowCount / 8) }

  /// Bits that hold every value up to `largest`, at most 32.
  package static func width(for largest: UInt32) -> Int { bitWidth(UInt64(largest)) }

  /// Packs at most 1,024 values of at most `width` bits; missing ones are 0.
  package static func encode(_ values: Span<UInt32>, width: Int) -> ByteBuffer {
    precondition(values.count <= groupRowCount && (0...32).contains(width))
    let page = ByteBuffer(byteCount: byteCount(width: width))
    unsafe withGroupScratch(of: UInt32.self) { entries in
      for index in 0..<groupRowCount {
        unsafe entries[index] = index < values.count ? values[index] : 0
      }
      unsafe ck_pack32(entries, UInt32(width), page.base)
    }
    return page
  }

  /// Entry `index` of a page, which is checked to be long enough; 0 otherwise.
  package static func value(in page: ByteBuffer, width: Int, at index: Int) -> UInt32 {
    guard (0...32).contains(width), page.byteCount >= byteCount(width: width),
      index >= 0, index < groupRowCount
    else { return 0 }
    return unsafe ck_packed32(page.base, UInt32(width), UInt32(index))
  }

  /// Asks for the bytes of an entry that is read a little later.
  package static func prefetch(_ page: ByteBuffer, width: Int, at index: Int) {
    let word = index / 32 &* width / 32
    // SAFETY: a prefetch reads nothing and never faults.
    let place = unsafe UnsafeRawPointer(page.base) + word &* 128 + index % 32 &* 4
    unsafe ck_prefetch(place)
    unsafe ck_prefetch(place + 128)
  }
}
