import ColumnEncoding
import Testing

/// The definition: one bit at a time.
private func slowChecksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  var crc: UInt32 = 0xffff_ffff
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0x82f6_3b78 : 0) }
  }
  return ~crc
}

@Suite struct ChecksumTests {
  @Test func `the checksum of the digits is the published one`() {
    let digits = Array("123456789".utf8)
    #expect(unsafe Checksum.of(digits.span.bytes) == 0xe306_9283)
    #expect(Checksum().value == 0)
  }

  @Test func `every length agrees with the definition, in one piece and in two`() {
    var state: UInt64 = 7
    let bytes = (0..<9000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    for count in Array(0..<1200) + [3071, 3072, 3073, 3455, 3456, 6144, 7000, 9000] {
      let part = Array(bytes.suffix(count))
      let expected = slowChecksum(part[...])
      #expect(unsafe Checksum.of(part.span.bytes) == expected, "\(count) bytes")
      var halves = Checksum()
      unsafe halves.update(part.span.bytes.extracting(0..<(count / 3)))
      unsafe halves.update(part.span.bytes.extracting((count / 3)..<count))
      #expect(halves.value == expected, "\(count) bytes in two pieces")
    }
  }
}
