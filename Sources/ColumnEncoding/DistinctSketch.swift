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
    return Self.estimate(inverseSum: sum, zeroCount: zeroCount)
  }

  /// The estimate of a sketch whose registers are not at hand.
  ///
  /// - Parameters:
  ///   - inverseSum: The sum of 2^-rank over all registers.
  ///   - zeroCount: How many registers are 0.
  /// - Returns: The estimated count of different values.
  package static func estimate(inverseSum: Double, zeroCount: Int) -> Double {
    let count = Double(Self.registerCount)
    let raw = 0.7213 / (1 + 1.079 / count) * count * count / inverseSum
    guard raw < 2.5 * count, zeroCount > 0 else { return raw }
    return count * logarithm(count / Double(zeroCount))
  }

  /// The register of a hash, and the rank there, as one number: register × 64 + rank; stored by rollups.
  @inline(__always)
  package static func cell(ofHash hash: UInt64) -> Int64 {
    let rank = (hash | 1023).leadingZeroBitCount &+ 1
    return Int64(truncatingIfNeeded: (hash & 1023) &<< 6) | Int64(truncatingIfNeeded: rank)
  }

  /// ln by halving and a series: the target knows no C library.
  ///
  /// Good to 1e-9 for 1...1,024.
  private static func logarithm(_ value: Double) -> Double {
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

/// The words of a string from which its hash is made; for at most 16 bytes they and the length are the
/// string itself.
struct TextWords {
  var first: UInt64
  var last: UInt64

  /// Loads at most 16 bytes, in pieces that overlap.
  @inline(__always)
  init(_ start: UnsafePointer<UInt8>, _ count: Int) {
    let raw = unsafe UnsafeRawPointer(start)
    // SAFETY: every load lies inside start..<start + count.
    if count >= 8 {
      first = unsafe raw.loadUnaligned(as: UInt64.self)
      last = unsafe raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    } else if count >= 4 {
      first = unsafe UInt64(raw.loadUnaligned(as: UInt32.self))
      last = unsafe UInt64(raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
    } else if count > 0 {
      let middle = unsafe UInt64(start[count &>> 1]) &<< 8
      first = unsafe UInt64(start[0]) | middle | UInt64(start[count &- 1]) &<< 16
      last = 0
    } else {
      first = 0
      last = 0
    }
  }

  @inline(__always)
  func hash(_ count: Int) -> UInt64 {
    let seed = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    return mixed(first ^ 0xA076_1D64_78BD_642F, last ^ 0xE703_7ED1_A0B4_28DB ^ seed)
  }
}

@inline(__always)
private func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let (high, low) = a.multipliedFullWidth(by: b)
  let folded = high ^ low
  return (folded ^ (folded &>> 32)) &* 0x8EBC_6AF0_9C88_C6E3 ^ (folded &>> 29)
}

/// The hash of a string of bytes; part of the file format.
@inline(__always)
package func stableHash(_ bytes: ByteView) -> UInt64 {
  let words = unsafe TextWords(bytes.start, bytes.count)
  let hash = words.hash(bytes.count)
  return bytes.count <= 16 ? hash : longHash(bytes, hash)
}

/// Goes on over the bytes between the first and the last eight.
private func longHash(_ bytes: ByteView, _ start: UInt64) -> UInt64 {
  var hash = start
  let raw = unsafe UnsafeRawPointer(bytes.start)
  var offset = 8
  while offset &+ 8 < bytes.count {
    // SAFETY: offset + 8 < count.
    let word = unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    hash = mixed(hash ^ word, 0x5896_36E2_D1B2_4E0D)
    offset &+= 8
  }
  return hash
}
