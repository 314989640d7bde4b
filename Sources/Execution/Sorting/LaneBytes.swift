internal import Columnar

extension Vector {
  /// Calls `body` with the bytes of lanes 0..<`count`, `kind.strideBytes` each; not for strings.
  func withLaneBytes(_ count: Int, _ body: (RawSpan) -> Void) {
    switch kind {
    case .bool: withBytes(of: bool, count, body)
    case .int64: withBytes(of: int64, count, body)
    case .int128: withBytes(of: int128, count, body)
    case .float64: withBytes(of: float64, count, body)
    case .decimal: withBytes(of: decimal, count, body)
    case .uuid: withBytes(of: uuid, count, body)
    case .interval: withBytes(of: interval, count, body)
    case .bytes: break
    }
  }

  /// Fills the first lanes with bytes from ``withLaneBytes(_:_:)`` of a vector of the same kind.
  func fillLanes(from bytes: RawSpan) {
    switch kind {
    case .bool:
      var out = mutableBool
      copyBytes(bytes, to: &out)
    case .int64:
      var out = mutableInt64
      copyBytes(bytes, to: &out)
    case .int128:
      var out = mutableInt128
      copyBytes(bytes, to: &out)
    case .float64:
      var out = mutableFloat64
      copyBytes(bytes, to: &out)
    case .decimal:
      var out = mutableDecimal
      copyBytes(bytes, to: &out)
    case .uuid:
      var out = mutableUUID
      copyBytes(bytes, to: &out)
    case .interval:
      var out = mutableInterval
      copyBytes(bytes, to: &out)
    case .bytes: break
    }
  }
}

/// Whole strides: `Span.bytes` leaves out what fills the last one, which numerics do not use up.
@inline(__always)
private func withBytes<T: BitwiseCopyable>(
  of lanes: Span<T>,
  _ count: Int,
  _ body: (RawSpan) -> Void
) {
  // SAFETY: lanes are plain values and the bytes are read inside the call only.
  unsafe lanes.extracting(0..<count)
    .withUnsafeBufferPointer { unsafe body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer($0))) }
}

@inline(__always)
private func copyBytes<T: BitwiseCopyable>(_ bytes: RawSpan, to lanes: inout MutableSpan<T>) {
  let count = bytes.byteCount / MemoryLayout<T>.stride
  precondition(count <= lanes.count)
  // SAFETY: the bytes were those of lanes of the same type, written by this process and checked.
  for lane in 0..<count {
    lanes[lane] = unsafe bytes.unsafeLoadUnaligned(
      fromByteOffset: lane * MemoryLayout<T>.stride,
      as: T.self
    )
  }
}
