import Columnar
import Kernels

// Upper and lower case of UTF-8: one character becomes one, as PostgreSQL's libc provider does it, so
// 'ß' stays 'ß' in upper case.

/// `view` folded; the view itself where nothing changes, else bytes in `memory`.
func folded(_ view: ByteView, isUpper: Bool, _ memory: Vector) -> ByteView {
  guard view.isASCII else {
    let bytes = foldedBytes(view, isUpper: isUpper)
    return memory.store(bytes.span)
  }
  let source = view.span
  let first: UInt8 = isUpper ? UInt8(ascii: "a") : UInt8(ascii: "A")
  var changes = false
  for i in source.indices { changes = changes || source[i] &- first < 26 }
  guard changes else { return view }
  let target = memory.reserveBytes(view.count)
  var bytes = target.writable
  for i in source.indices {
    let byte = source[i]
    bytes[i] = byte &- first < 26 ? byte ^ 0x20 : byte
  }
  return target
}

/// `view` folded, in an array.
func foldedBytes(_ view: ByteView, isUpper: Bool) -> [UInt8] {
  var result = ""
  for scalar in String(decoding: view.bytes, as: UTF8.self).unicodeScalars {
    result.unicodeScalars.append(foldedScalar(scalar, isUpper: isUpper))
  }
  return Array(result.utf8)
}

private func foldedScalar(_ scalar: Unicode.Scalar, isUpper: Bool) -> Unicode.Scalar {
  isUpper ? upperScalar(scalar) : lowerScalar(scalar)
}

/// Every word's first character in upper case, the others in lower case; words are letters and digits.
func initialCapitals(_ view: ByteView) -> [UInt8] {
  var result = ""
  var isInWord = false
  for scalar in String(decoding: view.bytes, as: UTF8.self).unicodeScalars {
    result.unicodeScalars.append(foldedScalar(scalar, isUpper: !isInWord))
    isInWord = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
  return Array(result.utf8)
}

extension ByteView {
  /// The bytes to write to, before anybody else sees them; for views from `Vector.reserveBytes`.
  var writable: MutableSpan<UInt8> {
    @_lifetime(borrow self) get {
      // SAFETY: the memory was reserved for this view and is written by its maker only.
      let span = unsafe MutableSpan(
        _unsafeStart: UnsafeMutablePointer(mutating: start),
        count: count
      )
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
