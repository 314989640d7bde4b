// Symbols of one byte each for strings that rarely repeat, see `CKernels/fsst.h`.
//
//   page: u32 version 1, u32 count 1...255, u8 length 1...8 of every symbol, their bytes

internal import CKernels
package import Columnar
internal import Synchronization

/// Up to 255 symbols of one to eight bytes; a string is a row of their codes.
///
/// Immutable. Tables of the same symbols are one object in a process, however many segments store them, so
/// equal strings have equal codes in all blocks whose ``EncodedBlock/symbolTable`` is identical.
@safe
package final class SymbolTable: @unchecked Sendable {
  static let countMax = Int(CK_FSST_SYMBOLS_MAX)
  static let escape = UInt8(CK_FSST_ESCAPE)
  /// Codes of one block; keeps the decoded bytes of a group below 4 GiB.
  static let codeBytesMax = 256 << 20

  package let count: Int
  /// The stored form.
  package let page: ByteBuffer
  /// 256 words, the bytes of a symbol from the lowest on.
  let symbols: UnsafeMutablePointer<UInt64>
  /// 256 lengths; 0 where there is no symbol.
  let lengths: UnsafeMutablePointer<UInt8>
  /// 256 counts of the characters that begin in a symbol: its bytes that continue none.
  let characters: UnsafeMutablePointer<UInt8>
  private let matcher = Mutex<SymbolMatcher?>(nil)

  private init(count: Int) {
    self.count = count
    unsafe symbols = .allocate(capacity: 256)
    unsafe symbols.initialize(repeating: 0, count: 256)
    unsafe lengths = .allocate(capacity: 256)
    unsafe lengths.initialize(repeating: 0, count: 256)
    unsafe characters = .allocate(capacity: 256)
    unsafe characters.initialize(repeating: 0, count: 256)
    page = ByteBuffer(byteCount: 0)
  }

  /// Reads a page.
  ///
  /// - Parameter page: Untrusted.
  /// - Throws: ``EncodingError`` for bytes that no encoder writes.
  private init(reading page: ByteBuffer) throws(EncodingError) {
    guard page.byteCount >= 8 else {
      throw .truncated(neededBytes: 8, availableBytes: page.byteCount)
    }
    guard page.word32(0) == 1 else {
      throw .unknownVersion(UInt8(truncatingIfNeeded: page.word32(0)))
    }
    let count = Int(page.word32(4))
    guard (1...Self.countMax).contains(count), page.byteCount >= 8 + count else {
      throw .corrupt(field: "symbol count", offset: 4)
    }
    var offset = 8 + count
    for code in 0..<count {
      let length = Int(page.byte(8 + code))
      guard (1...8).contains(length), offset + length <= page.byteCount else {
        throw .corrupt(field: "symbol length", offset: 8 + code)
      }
      offset += length
    }
    guard offset == page.byteCount else { throw .corrupt(field: "symbols", offset: offset) }
    self.count = count
    self.page = page
    unsafe symbols = .allocate(capacity: 256)
    unsafe symbols.initialize(repeating: 0, count: 256)
    unsafe lengths = .allocate(capacity: 256)
    unsafe lengths.initialize(repeating: 0, count: 256)
    unsafe characters = .allocate(capacity: 256)
    unsafe characters.initialize(repeating: 0, count: 256)
    offset = 8 + count
    for code in 0..<count {
      let length = page.byte(8 + code)
      // SAFETY: code < 256.
      unsafe lengths[code] = length
      for place in 0..<Int(length) {
        let byte = page.byte(offset + place)
        unsafe symbols[code] |= UInt64(byte) << UInt64(place * 8)
        unsafe characters[code] &+= byte & 0xc0 == 0x80 ? 0 : 1
      }
      offset += Int(length)
    }
  }

  deinit {
    unsafe symbols.deallocate()
    unsafe lengths.deallocate()
    unsafe characters.deallocate()
  }

  // MARK: One object a table

  private struct Known {
    weak var table: SymbolTable?
  }

  private static let known = Mutex<[UInt64: [Known]]>([:])

  /// The table that a page describes: the one that lives already, when there is one.
  ///
  /// - Parameter page: Untrusted.
  /// - Returns: The table; the same object for the same page.
  /// - Throws: ``EncodingError`` for bytes that no encoder writes.
  package static func stored(_ page: ByteBuffer) throws(EncodingError) -> SymbolTable {
    let fresh = try SymbolTable(reading: page)
    let bytes = page.view(offset: 0, count: page.byteCount)
    let key = stableHash(bytes)
    return known.withLock { known in
      let same = known[key, default: []].compactMap(\.table)
      for table in same
      where table.page.view(offset: 0, count: table.page.byteCount) == bytes {
        return table
      }
      known[key] = same.map { Known(table: $0) } + [Known(table: fresh)]
      return fresh
    }
  }

  /// The table that fits strings like those of a sample; nil when none would help.
  ///
  /// - Complexity: 5–15 ms for a full sample.
  static func trained(on sample: borrowing TextSample) -> SymbolTable? {
    let draft = SymbolTable(count: 0)
    let count = unsafe ck_fsst_train(
      sample.bytes,
      sample.lengths,
      sample.rowCount,
      draft.symbols,
      draft.lengths
    )
    guard count > 0 else { return nil }
    var page: [UInt8] = []
    for word in [1, UInt32(count)] {
      for shift in stride(from: UInt32(0), to: 32, by: 8) {
        page.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    for code in 0..<count { unsafe page.append(draft.lengths[code]) }
    for code in 0..<count {
      for place in unsafe 0..<UInt64(draft.lengths[code]) {
        page.append(UInt8(truncatingIfNeeded: unsafe draft.symbols[code] >> (place * 8)))
      }
    }
    // What was just written reads.
    do throws(EncodingError) {
      return try stored(unsafe ByteBuffer(copying: page.span.bytes))
    } catch {
      return nil
    }
  }

  // MARK: Encoding

  /// The matcher, made when it is first asked for.
  var encoder: SymbolMatcher {
    matcher.withLock { matcher in
      if let matcher { return matcher }
      let fresh = SymbolMatcher(self)
      matcher = fresh
      return fresh
    }
  }

  /// The codes of a string: what every block of this table has for it.
  package func codes(of text: ByteView) -> [UInt8] {
    let encoder = encoder
    return unsafe [UInt8](unsafeUninitializedCapacity: 2 * text.count + 1) { codes, count in
      count = unsafe encoder.encode(text, into: codes.baseAddress.unsafelyUnwrapped)
    }
  }
}

/// Finds the longest symbols at the start of a text; 180 KB.
@safe
final class SymbolMatcher: @unchecked Sendable {
  private let memory: UnsafeMutableRawPointer

  init(_ table: SymbolTable) {
    unsafe memory = .allocate(byteCount: ck_fsst_matcher_bytes(), alignment: 64)
    unsafe ck_fsst_matcher_init(memory, table.symbols, table.lengths, table.count)
  }

  deinit { unsafe memory.deallocate() }

  /// Encodes a text.
  ///
  /// - Parameters:
  ///   - text: Any bytes.
  ///   - codes: Room for twice as many bytes.
  /// - Returns: How many codes there are.
  /// - Complexity: About 8 ns a code.
  @inline(__always)
  func encode(_ text: ByteView, into codes: UnsafeMutablePointer<UInt8>) -> Int {
    unsafe ck_fsst_encode(memory, text.start, text.count, codes)
  }
}
