import Columnar
import Testing

@Suite struct NullRowsTests {
  @Test func `the NULL rows of a word are those of the first rows`() {
    let vector = Vector(kind: .int64, capacity: 256)
    #expect(vector.nulls(inWord: 0, of: 200) == 0)
    for row in [0, 63, 64, 130, 199, 200] { vector.setNull(row) }
    #expect(vector.nulls(inWord: 0, of: 200) == 0x8000_0000_0000_0001 as UInt64)
    #expect(vector.nulls(inWord: 1, of: 200) == 1)
    #expect(vector.nulls(inWord: 2, of: 200) == 1 << 2)
    #expect(vector.nulls(inWord: 3, of: 200) == 1 << 7, "row 200 lies behind")
    #expect(vector.nulls(inWord: 3, of: 201) == 1 << 7 | 1 << 8)
    #expect(vector.nulls(inWord: 3, of: 100) == 0)
    func rows(_ count: Int) -> [Int] {
      var rows: [Int] = []
      vector.forEachNull(among: count) { rows.append($0) }
      return rows
    }
    #expect(rows(200) == [0, 63, 64, 130, 199])
    #expect(rows(201) == [0, 63, 64, 130, 199, 200])
    #expect(rows(64) == [0, 63])
    #expect(rows(0) == [])
    vector.hasNulls = false
    #expect(vector.nulls(inWord: 0, of: 200) == 0)
  }
}
