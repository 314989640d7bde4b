internal import Columnar

extension Vector {
  /// Calls `body` with the bytes of lanes 0..<`count`; not for strings.
  func withLaneBytes(_ count: Int, _ body: (RawSpan) -> Void) {
    // SAFETY: lanes are plain values and the bytes are read inside the call only.
    switch kind {
    case .bool: unsafe body(bool.extracting(0..<count).bytes)
    case .int64: unsafe body(int64.extracting(0..<count).bytes)
    case .int128: unsafe body(int128.extracting(0..<count).bytes)
    case .float64: unsafe body(float64.extracting(0..<count).bytes)
    case .decimal: unsafe body(decimal.extracting(0..<count).bytes)
    case .uuid: unsafe body(uuid.extracting(0..<count).bytes)
    case .interval: unsafe body(interval.extracting(0..<count).bytes)
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
