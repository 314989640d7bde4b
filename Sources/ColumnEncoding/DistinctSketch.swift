package import Columnar

/// HyperLogLog with 1,024 registers: how many different values, within about 3 %.
///
/// Source: Flajolet et al., "HyperLogLog", 2007; the harmonic mean with the linear count below 2.5 × 1,024.
package struct DistinctSketch: Sendable, Equatable {
  package static let registerCount = 1024

  /// The registers; also the stored form.
  package private(set) var registers: [UInt8]

  /// The sketch of no values.
  package init() { registers = Array(repeating: 0, count: Self.registerCount) }

  /// The stored form; nil when it is not one.
  package init?(registers: [UInt8]) {
    guard registers.count == Self.registerCount, registers.allSatisfy({ $0 <= 55 }) else {
      return nil
    }
    self.registers = registers
  }

  /// Adds values by their hashes.
  package mutating func insert(hashes: Span<UInt64>) {
    var places = registers.mutableSpan
    for index in hashes.indices {
      let hash = hashes[index]
      let place = Int(truncatingIfNeeded: hash & 1023)
      // The sentinel bit keeps the rank at most 55.
      let rank = UInt8(truncatingIfNeeded: (hash | 1023).leadingZeroBitCount &+ 1)
      // SAFETY: place < 1,024 = registers.count.
      let known = unsafe places[unchecked: place]
      if rank > known { unsafe places[unchecked: place] = rank }
    }
  }

  /// Adds one value by its hash.
  package mutating func insert(hash: UInt64) {
    let place = Int(truncatingIfNeeded: hash & 1023)
    registers[place] = max(
      registers[place],
      UInt8(truncatingIfNeeded: (hash | 1023).leadingZeroBitCount &+ 1)
    )
  }

  /// Makes this the sketch of both sets of values.
  package mutating func merge(_ other: DistinctSketch) {
    for place in registers.indices {
      registers[place] = max(registers[place], other.registers[place])
    }
  }

  /// The estimated count of different values.
  package var estimate: Double {
    var sum = 0.0
    var zeroCount = 0
    for rank in registers {
      sum += 1 / Double(1 &<< UInt64(rank))
      if rank == 0 { zeroCount += 1 }
    }
    let count = Double(Self.registerCount)
    let raw = 0.7213 / (1 + 1.079 / count) * count * count / sum
    guard raw < 2.5 * count, zeroCount > 0 else { return raw }
    return count * logarithm(count / Double(zeroCount))
  }

  /// ln by halving and a series: the target knows no C library.
  ///
  /// Good to 1e-9 for 1...1,024.
  private func logarithm(_ value: Double) -> Double {
    let exponent = Double(value.exponent)
    let ratio = (value.significand - 1) / (value.significand + 1)
    var term = ratio
    var sum = 0.0
    for power in stride(from: 1.0, through: 25, by: 2) {
      sum += term / power
      term *= ratio * ratio
    }
    return 2 * sum + exponent * 0.693_147_180_559_945_3
  }
}

/// The hash of a 64-bit value, for sketches, key runs and filters; part of the file format.
@inline(__always)
package func stableHash(_ value: UInt64) -> UInt64 {
  let (high, low) = (value ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
  let mixed = high ^ low
  return (mixed ^ (mixed &>> 32)) &* 0xE703_7ED1_A0B4_28DB ^ (mixed &>> 29)
}

/// The hash of a string of bytes; part of the file format.
package func stableHash(_ bytes: ByteView) -> UInt64 {
  var hash: UInt64 = 0x2D35_8DCC_AA6C_78A5 ^ UInt64(truncatingIfNeeded: bytes.count)
  let base = unsafe UnsafeRawPointer(bytes.start)
  var offset = 0
  // SAFETY: every load below ends at or before bytes.count.
  while offset &+ 8 <= bytes.count {
    let word = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    hash = stableHash(hash ^ word)
    offset &+= 8
  }
  var last: UInt64 = 0
  var shift: UInt64 = 0
  while offset < bytes.count {
    last |= unsafe UInt64(base.load(fromByteOffset: offset, as: UInt8.self)) &<< shift
    shift &+= 8
    offset &+= 1
  }
  return stableHash(hash ^ last)
}
