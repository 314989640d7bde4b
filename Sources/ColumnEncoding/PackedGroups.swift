// Packing and unpacking of whole groups, by kernels in C (`CKernels/bitpack.h`).

internal import CKernels
internal import Columnar

/// Bits of the lanes that integers of `width` bits are packed in.
func laneBits(forWidth width: Int) -> Int { width <= 32 ? 32 : 64 }

/// Unpacks a group of 64-bit integers, adding `base` to each.
///
/// - Parameters:
///   - packed: `width` × 128 bytes.
///   - width: 0...64; up to 32 the lanes have 32 bits.
///   - base: Added to every value, wrapping.
///   - values: Room for 1,024 values.
/// - Complexity: 0.05–0.1 ns a value.
func unpackIntegers(
  _ packed: UnsafeRawPointer,
  width: Int,
  base: Int64,
  into values: UnsafeMutablePointer<Int64>
) {
  if width <= 32 {
    unsafe ck_unpack32_to64(packed, UInt32(width), base, values)
  } else {
    unsafe ck_unpack64(packed, UInt32(width), base, values)
  }
}

/// Unpacks a group of 64-bit integers: `base` + `divisor` × each, wrapping; `divisor` is in ``CommonDivisor/range``.
func unpackScaled(
  _ packed: UnsafeRawPointer,
  width: Int,
  base: Int64,
  divisor: Int64,
  into values: UnsafeMutablePointer<Int64>
) {
  let scale = UInt32(truncatingIfNeeded: divisor)
  if width <= 32 {
    unsafe ck_unpack32_scaled(packed, UInt32(width), base, scale, values)
  } else {
    unsafe ck_unpack64_scaled(packed, UInt32(width), base, scale, values)
  }
}

/// Packs 1,024 integers less `base` into `width` × 128 bytes.
func packIntegers(
  _ values: UnsafePointer<Int64>,
  base: Int64,
  width: Int,
  into packed: UnsafeMutableRawPointer
) {
  if width <= 32 {
    unsafe ck_pack64_to32(values, base, UInt32(width), packed)
  } else {
    unsafe ck_pack64(values, base, UInt32(width), packed)
  }
}

/// Value `index` of a group of 32-bit or 64-bit lanes, O(1).
@inline(__always)
func packedInteger(_ packed: UnsafeRawPointer, width: Int, at index: Int) -> UInt64 {
  if width <= 32 {
    unsafe UInt64(ck_packed32(packed, UInt32(width), UInt32(truncatingIfNeeded: index)))
  } else {
    unsafe ck_packed64(packed, UInt32(width), UInt32(truncatingIfNeeded: index))
  }
}

/// Runs `body` with uninitialised room for one group of `T`.
@inline(__always)
func withGroupScratch<T: BitwiseCopyable, R>(
  of type: T.Type,
  _ body: (UnsafeMutablePointer<T>) -> R
) -> R {
  let room = unsafe AlignedMemory.allocate(byteCount: groupRowCount * MemoryLayout<T>.stride)
  defer { unsafe AlignedMemory.deallocate(room) }
  // SAFETY: there is room for 1,024 elements, aligned for any lane.
  return unsafe body(room.bindMemory(to: T.self, capacity: groupRowCount))
}
