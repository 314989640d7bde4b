// Integers in coarse units: times of whole seconds or milliseconds, amounts of whole roubles.

internal import CKernels
internal import Columnar

/// A number that divides the distance of every value of a block from the smallest.
package struct CommonDivisor {
  /// What a block may have: multiplying by 32 bits is what kernels do fast.
  static let range: ClosedRange<Int64> = 2...Int64(UInt32.max)
  /// Values of which the divisor is guessed.
  private static let sampleCount = 32

  let value: Int64
  private let minimum: Int64
  private let shift: UInt32
  /// Of the odd part, modulo 2^64.
  private let inverse: UInt64

  /// Looks for the greatest common divisor within ``range``; nil: there is none.
  ///
  /// - Complexity: O(1) for values that have none among a few, else 0.3 ns a value.
  init?(_ values: UnsafePointer<Int64>, _ count: Int, minimum: Int64) {
    var divisor: UInt64 = 0
    for row in stride(from: 0, to: count, by: max(1, count / Self.sampleCount)) {
      divisor = unsafe Self.common(divisor, UInt64(bitPattern: values[row] &- minimum))
      if divisor == 1 { return nil }
    }
    while divisor > UInt64(UInt32.max), divisor & 1 == 0 { divisor &>>= 1 }
    guard divisor > 1, divisor <= UInt64(UInt32.max) else { return nil }
    value = Int64(divisor)
    self.minimum = minimum
    shift = UInt32(divisor.trailingZeroBitCount)
    inverse = Self.inverse(divisor &>> UInt64(shift))
    let isCommon = unsafe ck_are_multiples64(
      values,
      count,
      minimum,
      inverse,
      shift,
      .max / divisor
    )
    if isCommon == 0 { return nil }
  }

  /// The divisor of values whose largest distance from the minimum is `range`; nil where there is none or it saves fewer than 3 bits.
  static func worthWhile(
    _ values: UnsafePointer<Int64>,
    _ count: Int,
    minimum: Int64,
    _ range: UInt64
  ) -> CommonDivisor? {
    guard bitWidth(range) > savedBits,
      let divisor = unsafe CommonDivisor(values, count, minimum: minimum),
      bitWidth(range / UInt64(divisor.value)) + savedBits <= bitWidth(range)
    else { return nil }
    return divisor
  }

  /// Fewer are not worth a multiplication for each value read.
  private static let savedBits = 3

  /// The distances of 1,024 values from the minimum, divided.
  func divide(
    _ values: UnsafePointer<Int64>,
    into quotients: UnsafeMutablePointer<Int64>
  ) {
    unsafe ck_divide64(values, groupRowCount, minimum, inverse, shift, quotients)
  }

  /// Divides all of some distances by their common divisor.
  ///
  /// - Parameter distances: From any smallest value on, below 2^63; left as they are where there is no divisor.
  /// - Returns: The divisor; 1 where there is none.
  /// - Complexity: O(1) for distances without a divisor, else about a nanosecond each.
  package static func divide(_ distances: inout [UInt64]) -> UInt64 {
    unsafe distances.withUnsafeMutableBufferPointer { distances in
      // SAFETY: signed and unsigned words have one layout, and quotients take the place of what was read.
      unsafe distances.withMemoryRebound(to: Int64.self) { words in
        guard let start = words.baseAddress,
          let divisor = unsafe CommonDivisor(start, words.count, minimum: 0)
        else { return 1 }
        unsafe ck_divide64(start, words.count, 0, divisor.inverse, divisor.shift, start)
        return UInt64(divisor.value)
      }
    }
  }

  private static func common(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }

  /// The inverse of an odd number modulo 2^64: each of Newton's steps doubles the bits that are right, of which there are 3 at first.
  private static func inverse(_ odd: UInt64) -> UInt64 {
    var inverse = odd
    for _ in 0..<5 { inverse &*= 2 &- odd &* inverse }
    return inverse
  }
}
