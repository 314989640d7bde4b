import Columnar
import Loading
import Testing

@Suite struct BinaryCopyReaderTests {
  private let head: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  private func big(_ value: Int64, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> Int64($0 * 8)) }
  }

  private func field(_ bytes: [UInt8]?) -> [UInt8] {
    bytes.map { big(Int64($0.count), 4) + $0 } ?? big(-1, 4)
  }

  private func read(
    _ bytes: [UInt8],
    _ types: [LogicalType],
    step: Int
  ) throws(RowError) -> [[String?]] {
    let reader = BinaryCopyReader(columns: columns(types), table: "t")
    var rows: [[String?]] = []
    var first = 0
    while first <= bytes.count {
      let end = min(bytes.count, first + step)
      unsafe reader.feed(Array(bytes[first..<end]).span.bytes)
      if end == bytes.count { reader.finish() }
      while let batch = try reader.next() {
        for row in 0..<batch.rowCount { rows.append(batch.columns.map { shown($0, row) }) }
      }
      first = end + (end == bytes.count ? 1 : 0)
    }
    return rows
  }

  private var sample: [UInt8] {
    // numeric 1234.50: digits 1234, 5000; weight 0; scale 2.
    let numeric = big(2, 2) + big(0, 2) + big(0, 2) + big(2, 2) + big(1234, 2) + big(5000, 2)
    let row =
      big(4, 2) + field(big(-5, 4)) + field(Array("Ж".utf8)) + field(numeric)
      + field(big(86_400_000_000, 8))
    let nulls = big(4, 2) + field(nil) + field(nil) + field(nil) + field(nil)
    return head + row + nulls + big(-1, 2)
  }

  private let types: [LogicalType] = [
    .integer, .text, .numeric(NumericShape(precision: 10, scale: 2)), .timestamptz,
  ]

  @Test func `rows are read however the bytes are cut`() throws {
    for step in 1...sample.count {
      let rows = try read(sample, types, step: step)
      #expect(rows == [["-5", "Ж", "123450", "86400000000"], [nil, nil, nil, nil]])
    }
  }

  @Test func `hostile bytes never trap`() {
    var dice = Dice(seed: 4)
    for _ in 0..<5000 {
      var bytes = sample
      for _ in 0..<3 {
        bytes[Int(dice.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: dice.next())
      }
      if dice.next() % 3 == 0 { bytes.removeLast(Int(dice.next() % UInt64(bytes.count))) }
      _ = try? read(bytes, types, step: 1 + Int(dice.next() % 40))
    }
  }
}
