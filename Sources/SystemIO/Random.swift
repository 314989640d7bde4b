// Randomness: the system's, for secrets and names; a seeded one, for tests, sampling and data.

internal import CSystemShims

/// Bytes from the system's entropy pool, for salts, nonces and cancel keys.
///
/// - Throws: ``IOError`` when the kernel has none to give.
package func entropy(byteCount: Int) throws(IOError) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: byteCount)
  var done = 0
  while done < byteCount {
    done += try check(.entropy, "getrandom") {
      // SAFETY: `done` is below the array's count.
      unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe sys_entropy(buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
      }
    }
  }
  return bytes
}

/// A fast generator that gives the same numbers for the same seed, on every machine, forever.
///
/// Source: xoshiro256** of Blackman and Vigna, seeded by SplitMix64. Not for secrets.
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  package init(seed: UInt64) {
    var mixer = SplitMix(state: seed)
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  package mutating func next() -> UInt64 {
    let product = state.1 &* 5
    let result = ((product &<< 7) | (product &>> 57)) &* 9
    let shifted = state.1 &<< 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = (state.3 &<< 45) | (state.3 &>> 19)
    return result
  }

  /// A number in `0..<limit`; `limit` is at least 1.
  package mutating func below(_ limit: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(limit)).high)
  }

  /// True once in `times` calls on average.
  package mutating func oneIn(_ times: Int) -> Bool { below(times) == 0 }
}

/// SplitMix64: turns any seed, also 0, 1, 2, …, into well mixed words.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word &>> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word &>> 31)
  }
}
