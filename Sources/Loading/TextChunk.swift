internal import CKernels
internal import Columnar

/// Whole rows of text, and where their fields end.
///
/// One worker's, filled again and again.
@safe
final class TextChunk {
  /// Bytes in front of the text, so that loads may end at a field's end.
  static let frontBytes = 64

  /// Holds the text from `frontBytes` on; replaced when vectors still look into it.
  private(set) var buffer: ByteBuffer
  /// Bytes of whole rows.
  var byteCount = 0
  /// Bytes in the buffer, the beginning of an unfinished row included.
  var filledCount = 0
  /// The line on which the text begins, from 1.
  var firstLine = 1
  /// The place of the chunk in its file, from 0.
  var number = 0
  /// Bytes of the file, as it is stored, that were read so far.
  var sourceBytes: Int64 = 0
  /// Whether quotes (CSV) or backslashes (text) occur.
  var hasQuotes = false
  /// Whether carriage returns occur, as line ends or elsewhere.
  var hasReturns = false
  var endings = LineEndings()
  /// Ends of fields in the text, ascending; every row ends with a newline's place.
  private(set) var positions: UnsafeMutablePointer<UInt32>
  var positionCount = 0
  /// Newlines among the positions.
  var rowCount = 0
  /// Newline bytes of what is filled, those inside of quotes too.
  private var newlineCount = 0
  /// Whether a quote (CSV) or a backslash (text) is among the 64 bytes from 64 × i on: 1, else 0.
  private(set) var specials: UnsafeMutablePointer<UInt8>

  init(byteCount: Int) {
    buffer = ByteBuffer(byteCount: Self.frontBytes + byteCount + 64)
    unsafe positions = .allocate(capacity: byteCount + 128)
    unsafe specials = .allocate(capacity: byteCount / 64 + 2)
  }

  deinit {
    unsafe positions.deallocate()
    unsafe specials.deallocate()
  }

  /// Bytes that the text may have.
  var capacity: Int { buffer.byteCount - Self.frontBytes - 64 }

  /// The text's first byte.
  var text: UnsafeMutablePointer<UInt8> {
    unsafe (buffer.base + Self.frontBytes).assumingMemoryBound(to: UInt8.self)
  }

  /// Makes room for `count` bytes of text, keeping those that are there.
  func reserve(_ count: Int) {
    guard count > capacity else { return }
    let larger = max(count, capacity * 2)
    let fresh = ByteBuffer(byteCount: Self.frontBytes + larger + 64)
    unsafe (fresh.base + Self.frontBytes).copyMemory(from: text, byteCount: filledCount)
    buffer = fresh
    unsafe positions.deallocate()
    unsafe positions = .allocate(capacity: larger + 128)
    positionCount = 0
    unsafe specials.deallocate()
    unsafe specials = .allocate(capacity: larger / 64 + 2)
  }

  /// A view of some bytes of the text.
  func view(_ start: Int, _ end: Int) -> ByteView {
    buffer.view(offset: Self.frontBytes + start, count: end - start)
  }

  /// Finds the ends of fields and rows, and where the last whole row ends.
  ///
  /// - Returns: True when the text ends inside of quotes.
  func scan(_ layout: CopyLayout) -> Bool {
    let count = filledCount
    let newline = endings.newline
    var result: ck_scan_result
    if layout.form == .text {
      result = unsafe ck_scan_text(text, count, layout.delimiter, newline, positions, specials)
    } else if layout.quote == layout.escape {
      result = unsafe ck_scan_csv(
        text,
        count,
        layout.delimiter,
        layout.quote,
        newline,
        positions,
        specials
      )
    } else {
      result = scanEscaped(layout, newline)
    }
    positionCount = result.positions
    rowCount = result.rows
    newlineCount = result.newlines
    hasQuotes = result.quotes > 0
    hasReturns = result.returns != 0
    // What stands behind the last newline belongs to the next chunk.
    while positionCount > 0, unsafe text[Int(positions[positionCount - 1])] != newline {
      positionCount -= 1
    }
    byteCount = positionCount == 0 ? 0 : unsafe Int(positions[positionCount - 1]) + 1
    return result.carry != 0
  }

  /// CSV whose ESCAPE is not its QUOTE: byte by byte.
  private func scanEscaped(_ layout: CopyLayout, _ newline: UInt8) -> ck_scan_result {
    var result = ck_scan_result()
    unsafe specials.update(repeating: 1, count: filledCount / 64 + 1)
    result.newlines = unsafe ck_count_byte(text, filledCount, newline)
    var isInside = false
    var place = 0
    while place < filledCount {
      let byte = unsafe text[place]
      if isInside && byte == layout.escape && place + 1 < filledCount {
        let next = unsafe text[place + 1]
        if next == layout.quote || next == layout.escape { place += 1 }
      } else if byte == layout.quote {
        isInside.toggle()
        result.quotes += 1
      } else if !isInside && (byte == layout.delimiter || byte == newline) {
        unsafe positions[result.positions] = UInt32(place)
        result.positions += 1
        if byte == newline { result.rows += 1 }
      }
      if byte == 0x0d { result.returns = 1 }
      place += 1
    }
    result.carry = isInside ? 1 : 0
    return result
  }

  /// The line behind the last whole row.
  var lineBehind: Int {
    let rest = unsafe ck_count_byte(text + byteCount, filledCount - byteCount, endings.newline)
    return firstLine + newlineCount - rest
  }

  /// The line of the byte at `offset`.
  func line(at offset: Int) -> Int {
    unsafe firstLine + ck_count_byte(text, offset, endings.newline)
  }
}

/// How lines end, known from the first one.
struct LineEndings: Sendable {
  var newline: UInt8 = 0x0a
  /// A carriage return stands before the newline.
  var hasReturn = false

  init() {}

  /// Looks for the first line's end, outside of quotes; nil when more bytes must be seen.
  ///
  /// - Parameters:
  ///   - text: The beginning of a file.
  ///   - count: Bytes of it.
  ///   - layout: How quotes are written.
  ///   - isWhole: No more bytes come.
  init?(of text: UnsafePointer<UInt8>, count: Int, _ layout: CopyLayout, isWhole: Bool) {
    var isInside = false
    var place = 0
    while place < count {
      let byte = unsafe text[place]
      place += 1
      if layout.form == .csv {
        if isInside && byte == layout.escape && byte != layout.quote {
          place += 1
          continue
        }
        if byte == layout.quote { isInside.toggle() }
      }
      if isInside { continue }
      if byte == 0x0a { return }
      if byte == 0x0d {
        guard place < count || isWhole else { return nil }
        if place < count, unsafe text[place] == 0x0a { hasReturn = true } else { newline = 0x0d }
        return
      }
    }
    if !isWhole { return nil }
  }
}
