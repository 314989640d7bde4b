/// What a generator hands to its sink, in one array.
func collected(_ write: ((RawSpan) -> Void) -> Void) -> [UInt8] {
  var bytes: [UInt8] = []
  write { chunk in
    // SAFETY: the copy ends before the span's memory does.
    unsafe chunk.withUnsafeBytes { chunk in unsafe bytes.append(contentsOf: chunk) }
  }
  return bytes
}

/// Where FNV-1a begins.
let fnvStart: UInt64 = 0xcbf2_9ce4_8422_2325

/// FNV-1a: short, and the same everywhere.
func fnv(_ bytes: [UInt8], from start: UInt64 = fnvStart) -> UInt64 {
  bytes.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
