package import Columnar
internal import SystemIO

/// The spools of all relations whose changes wait for copies.
///
/// Every piece of the stream is walked once; what concerns a relation goes to its spool, so that each can be replayed
/// alone.
@safe
package final class ChangeSpools {
  private var spools: [UInt32: ChangeSpool] = [:]
  /// Begin of the open transaction: only spools that get something of it get it.
  private var begin: ByteBuffer?

  package init() {}

  /// Spools a relation from now on, where no transaction is open.
  package func begin(_ id: UInt32, _ spool: ChangeSpool) { spools[id] = spool }

  /// A relation's spool, which is filled no more.
  package func end(_ id: UInt32) -> ChangeSpool? { spools.removeValue(forKey: id) }

  /// Whether nothing is spooled.
  package var isEmpty: Bool { spools.isEmpty }

  /// Bytes in files.
  package var fileBytes: Int { spools.values.reduce(0) { $0 + $1.fileBytes } }

  /// Bytes in a relation's file.
  package func fileBytes(of id: UInt32) -> Int { spools[id]?.fileBytes ?? 0 }

  /// Takes what concerns the relations out of a piece that was decoded.
  ///
  /// - Throws: ``ReplicationError/system(_:)``; the spools are of no use then.
  package func add(_ slab: ByteBuffer, _ range: Range<Int>) throws(ReplicationError) {
    let base = unsafe UnsafePointer(slab.base.assumingMemoryBound(to: UInt8.self))
    var place = range.lowerBound
    while place < range.upperBound,
      let size = try unsafe FrameScanner.size(base, place, range.upperBound)
    {
      let end = place + size
      guard end <= range.upperBound else { return }
      do throws(IOError) {
        // SAFETY: the message lies in the range, which lies in the slab.
        unsafe try take(base, slab, place..<end)
      } catch { throw .system(error) }
      place = end
    }
  }

  /// Bytes in front of a message of pgoutput: frame, kind of CopyData, positions and time.
  private static let headBytes = 30

  private func take(
    _ base: UnsafePointer<UInt8>,
    _ slab: ByteBuffer,
    _ frame: Range<Int>
  ) throws(IOError) {
    // SAFETY: the kind of CopyData and of the message lie in the frame.
    guard frame.count > Self.headBytes, unsafe base[frame.lowerBound + 5] == 0x77 else { return }
    var cursor = unsafe ByteCursor(
      base: base,
      offset: frame.lowerBound + Self.headBytes,
      end: frame.upperBound
    )
    let message = slab.bytes.extracting(frame)
    switch cursor.take(UInt8.self) {
    case UInt8(ascii: "B"): begin = ByteBuffer(copying: message)
    case UInt8(ascii: "C"):
      begin = nil
      for spool in spools.values where spool.hasBegun {
        try spool.append(message)
        spool.hasBegun = false
      }
    case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"), UInt8(ascii: "R"):
      guard let id = cursor.next(UInt32.self), let spool = spools[id] else { return }
      try add(message, to: spool)
    case UInt8(ascii: "T"):
      guard let count = cursor.next(Int32.self), cursor.next(UInt8.self) != nil else { return }
      for _ in 0..<max(0, count) {
        guard let id = cursor.next(UInt32.self) else { return }
        if let spool = spools[id] { try add(message, to: spool) }
      }
    default: break
    }
  }

  private func add(_ message: RawSpan, to spool: ChangeSpool) throws(IOError) {
    if !spool.hasBegun, let begin {
      try spool.append(begin.bytes)
      spool.hasBegun = true
    }
    try spool.append(message)
  }
}
