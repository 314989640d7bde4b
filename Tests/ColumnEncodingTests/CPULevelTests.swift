import CKernels
import Testing

/// Kernels do the same at every level of the CPU that this machine has.
@Suite(.serialized) struct CPULevelTests {
  /// Runs at each level, and takes the limit back.
  private func atEachLevel(_ body: (Int32) throws -> Void) rethrows {
    defer { ck_limit_cpu(Int32(CK_VBMI)) }
    ck_limit_cpu(Int32(CK_VBMI))
    for level in 0...ck_cpu_level() {
      ck_limit_cpu(level)
      #expect(ck_cpu_level() == level)
      try body(level)
    }
  }

  /// Masks of 1,024 bits: empty, full, sparse, dense, in runs.
  private func masks(_ dice: inout Dice) -> [[UInt64]] {
    var masks = [[UInt64](repeating: 0, count: 16), [UInt64](repeating: .max, count: 16)]
    for share in [1, 8, 50, 92] {
      masks.append(
        (0..<16).map { _ in
          (0..<64).reduce(UInt64(0)) { word, bit in
            word | (Int(dice.next() % 100) < share ? 1 << UInt64(bit) : 0)
          }
        }
      )
    }
    masks.append((0..<16).map { _ in dice.next() % 2 == 0 ? 0 : UInt64.max << (dice.next() % 64) })
    return masks
  }

  private func places(_ mask: [UInt64]) -> [Int] {
    (0..<mask.count * 64).filter { mask[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }

  /// The places whose value lies in a range, as a mask.
  private func mask(_ isSet: (Int) -> Bool) -> [UInt64] {
    (0..<16).map { word in
      (0..<64).reduce(UInt64(0)) { $0 | (isSet(word * 64 + $1) ? 1 << UInt64($1) : 0) }
    }
  }

  @Test func `rows of a mask are listed and values kept`() {
    var dice = Dice(seed: 31)
    for mask in masks(&dice) {
      let kept = places(mask)
      let values = (0..<1024).map { _ in Int64(bitPattern: dice.next()) }
      atEachLevel { level in
        var rows = [UInt16](repeating: 0, count: 1024) + [7777]
        #expect(unsafe ck_mask_rows(mask, 16, &rows) == kept.count)
        #expect(rows.last == 7777)
        #expect(rows[..<kept.count].map(Int.init) == kept, "level \(level)")
        // Nothing behind the last word is touched.
        var words = values + [-7]
        unsafe ck_keep64(&words, mask, 16)
        #expect(words.last == -7)
        #expect(words[..<kept.count].elementsEqual(kept.map { values[$0] }), "level \(level)")
        var halves = values.map { UInt32(truncatingIfNeeded: $0) } + [7]
        unsafe ck_keep32(&halves, mask, 16)
        #expect(halves.last == 7)
        let wantedHalves = kept.map { UInt32(truncatingIfNeeded: values[$0]) }
        #expect(halves[..<kept.count].elementsEqual(wantedHalves), "level \(level)")
        var bytes = values.map { UInt8(truncatingIfNeeded: $0) } + [7]
        unsafe ck_keep8(&bytes, mask, 16)
        #expect(bytes.last == 7)
        let wantedBytes = kept.map { UInt8(truncatingIfNeeded: values[$0]) }
        #expect(bytes[..<kept.count].elementsEqual(wantedBytes), "level \(level)")
        var bits = (0..<16).map { UInt64(bitPattern: values[$0]) }
        let wantedBits = self.mask { place in
          place < kept.count && bits[kept[place] / 64] >> UInt64(kept[place] % 64) & 1 == 1
        }
        unsafe ck_keep_bits(&bits, mask, 16)
        #expect(bits == wantedBits, "level \(level)")
      }
    }
  }

  @Test func `ranges over values of all widths`() {
    var dice = Dice(seed: 32)
    for width in [1, 8, 20, 31, 32, 40, 64] as [UInt64] {
      let values = (0..<1024).map { _ in Int64(bitPattern: dice.next() >> (64 - width)) }
      let edges: [Int64] = [.min, .max, 0, values[3], values[4]]
      for low in edges {
        for high in edges {
          let wanted = mask { low <= values[$0] && values[$0] <= high }
          atEachLevel { level in
            var found = [UInt64](repeating: 1, count: 16)
            unsafe ck_range_mask64(values, low, high, &found)
            #expect(found == wanted, "\(low)...\(high) level \(level)")
          }
        }
      }
      guard width <= 32 else { continue }
      var packed = [UInt32](repeating: 0, count: Int(width) * 32)
      let narrow = values.map { UInt32($0) }
      unsafe ck_pack32(narrow, UInt32(width), &packed)
      for (low, high) in [(0, 0), (narrow[3], .max), (narrow[4] / 2, narrow[4]), (7, 3)] {
        let wanted = mask { low <= narrow[$0] && narrow[$0] <= high }
        atEachLevel { level in
          var found = [UInt64](repeating: 1, count: 16)
          unsafe ck_range_mask32(packed, UInt32(width), low, high, &found)
          #expect(found == wanted, "\(low)...\(high) of \(width) bits, level \(level)")
        }
      }
    }
  }

  @Test func `codes that tables accept, alone and in pairs`() {
    var dice = Dice(seed: 33)
    for count in [1024, 1, 63, 64, 65, 129, 2048, 2112, 2113, 9001] {
      let codes = (0..<count).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
      let table = (0..<256).map { _ in UInt8(dice.next() % 3) }
      let starts = (0..<256).map { _ in UInt8(truncatingIfNeeded: dice.next() & dice.next()) }
      let follows = (0..<256).map { _ in UInt8(dice.next() % 128) }
      let wantedPairs = codes.indices.map { place in
        let next = place + 1 < count ? follows[Int(codes[place + 1])] : 0
        return starts[Int(codes[place])] & (next | 128) != 0
      }
      atEachLevel { level in
        var words = [UInt64](repeating: 1, count: (count + 63) / 64)
        unsafe ck_pair_mask(codes, count, starts, follows, &words)
        let found = codes.indices.map { words[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
        #expect(found == wantedPairs, "\(count) codes, level \(level)")
        guard count == 1024 else { return }
        var hits = [UInt64](repeating: 1, count: 16)
        unsafe ck_table_mask8(codes, table, &hits)
        #expect(hits == mask { table[Int(codes[$0])] != 0 }, "level \(level)")
      }
    }
  }

  @Test func `characters of texts of every length`() {
    for length in 0..<140 {
      for place in -1..<length {
        var text = [UInt8](repeating: 0x61, count: length)
        if place >= 0 { text[place] = 0x80 + UInt8(place % 64) }
        atEachLevel { level in
          let note: Comment = "\(place) of \(length), level \(level)"
          #expect(unsafe ck_is_ascii(text, length) == (place < 0 ? 1 : 0), note)
          #expect(unsafe ck_continuations(text, length) == (place < 0 ? 0 : 1), note)
        }
      }
    }
  }

  @Test func `characters of rows of codes, long ones and such as end in an escape`() {
    var dice = Dice(seed: 35)
    let characters = (0..<256).map { $0 == 255 ? 0 : UInt8(dice.next() % 9) }
    for shortest in [0, 3] as [Int] {
      var lengths = (0..<300).map { _ in Int(dice.next() % 40) }
      lengths[7] = 9_001
      lengths[150] = 4_096 - shortest
      lengths[299] = 4_097
      let codes = lengths.flatMap { length in
        (0..<length + shortest).map { _ in
          dice.next() % 50 == 0 ? 255 : UInt8(truncatingIfNeeded: dice.next())
        }
      }
      var wanted: [Int64]?
      atEachLevel { level in
        var found = [Int64](repeating: -1, count: lengths.count)
        let rows = lengths.map { UInt32($0) }
        unsafe ck_fsst_characters(characters, codes, rows, UInt32(shortest), rows.count, &found)
        // The lowest level goes code by code where there is an escape.
        #expect(found == wanted ?? found, "level \(level), shortest \(shortest)")
        wanted = wanted ?? found
      }
    }
  }

  @Test func `characters of codes and of texts`() {
    var dice = Dice(seed: 34)
    let characters = (0..<256).map { $0 == 255 ? 0 : UInt8(dice.next() % 9) }
    var codes: [UInt8] = []
    var lengths: [UInt32] = []
    var wanted: [Int64] = []
    for row in 0..<200 {
      let length = row < 4 ? row : Int(dice.next() % 150)
      var count: Int64 = 0
      var isLiteral = false
      for place in 0..<length {
        // Escapes stand close together, but none ends a row.
        var code = UInt8(truncatingIfNeeded: dice.next() % 5 == 0 ? 255 : dice.next())
        if !isLiteral, place == length - 1, code == 255 { code = 7 }
        codes.append(code)
        if isLiteral {
          count += code & 0xC0 == 0x80 ? 0 : 1
          isLiteral = false
        } else if code == 255 {
          isLiteral = true
        } else {
          count += Int64(characters[Int(code)])
        }
      }
      lengths.append(UInt32(length))
      wanted.append(count)
    }
    let continuations = codes.count { $0 & 0xC0 == 0x80 }
    let needle = Array(codes[(codes.count - 9)...])
    let place = codes.indices.first { codes[$0...].starts(with: needle) }
    atEachLevel { level in
      var found = [Int64](repeating: -1, count: lengths.count)
      unsafe ck_fsst_characters(characters, codes, lengths, 0, lengths.count, &found)
      #expect(found == wanted, "level \(level)")
      #expect(unsafe ck_continuations(codes, codes.count) == continuations, "level \(level)")
      #expect(unsafe ck_is_ascii(codes, codes.count) == 0)
      #expect(unsafe ck_is_ascii(needle.map { $0 & 127 }, needle.count) == 1)
      #expect(unsafe ck_find(codes, codes.count, needle, needle.count) == Int64(place ?? -1))
    }
  }
}
