package import Columnar

extension TextDictionary {
  /// Reads a dictionary page: u32 version 1, u32 count, u32 end of every entry, the bytes.
  ///
  /// - Parameter page: Untrusted.
  /// - Throws: ``EncodingError`` for bytes that no encoder writes.
  package convenience init(page: ByteBuffer) throws(EncodingError) {
    guard page.byteCount >= 8 else {
      throw .truncated(neededBytes: 8, availableBytes: page.byteCount)
    }
    guard page.word32(0) == 1 else {
      throw .unknownVersion(UInt8(truncatingIfNeeded: page.word32(0)))
    }
    let count = Int(page.word32(4))
    guard count <= DictionaryBuilder.entryCountMax else {
      throw .corrupt(field: "dictionary count", offset: 4)
    }
    let head = 8 + count * 4
    guard page.byteCount >= head else {
      throw .truncated(neededBytes: head, availableBytes: page.byteCount)
    }
    var ends: [Int] = []
    ends.reserveCapacity(count)
    for code in 0..<count {
      let end = Int(page.word32(8 + code * 4))
      guard end >= ends.last ?? 0 else {
        throw .corrupt(field: "dictionary end", offset: 8 + code * 4)
      }
      ends.append(end)
    }
    let total = ends.last ?? 0
    guard page.byteCount >= head + total else {
      throw .truncated(neededBytes: head + total, availableBytes: page.byteCount)
    }
    let bytes = page.view(offset: head, count: total)
    self.init(buffer: unsafe ByteBuffer(copying: bytes.span.bytes), ends: ends)
  }
}
