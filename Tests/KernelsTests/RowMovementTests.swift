import Columnar
import Kernels
import Testing

@Suite struct RowMovementTests {
  private static let counts = [0, 1, 63, 64, 65, 1023, 1024, 2048]
  private static let kinds: [LaneKind] = [
    .bool, .int64, .int128, .float64, .decimal, .bytes, .uuid, .interval,
  ]

  /// Row i holds a value made of i; every third row is NULL if asked.
  private func filled(_ kind: LaneKind, _ rows: Int, nulls: Bool, coded: Bool = false) -> Vector {
    let vector = Vector(kind: kind, capacity: max(rows, 1))
    if coded {
      vector.dictionary = Self.words
      var codes = vector.mutableCodes
      for row in 0..<rows { codes[row] = UInt32(row % 7) }
    } else {
      for row in 0..<rows { set(vector, row) }
    }
    if nulls { for row in stride(from: 0, to: rows, by: 3) { vector.setNull(row) } }
    return vector
  }

  private static let words: TextDictionary = {
    let bytes = Array("abcdefg".utf8)
    return TextDictionary(
      buffer: ByteBuffer(copying: unsafe bytes.span.bytes),
      ends: Array(1...7)
    )
  }()

  private func set(_ vector: Vector, _ row: Int) {
    switch vector.kind {
    case .bool:
      var lanes = vector.mutableBool
      lanes[row] = UInt8(row % 2)
    case .int64:
      var lanes = vector.mutableInt64
      lanes[row] = Int64(row)
    case .int128:
      var lanes = vector.mutableInt128
      lanes[row] = Int128(row) << 70
    case .float64:
      var lanes = vector.mutableFloat64
      lanes[row] = Double(row) / 2
    case .decimal:
      var lanes = vector.mutableDecimal
      lanes[row] = Decimal(coefficient: Int128(row), scale: row % 5)
    case .uuid:
      var lanes = vector.mutableUUID
      lanes[row] = UInt128(row) << 100
    case .interval:
      var lanes = vector.mutableInterval
      lanes[row] = Interval(months: Int32(row), days: -1, microseconds: 5)
    case .bytes:
      let bytes = Array("word \(row)".utf8)
      var lanes = vector.mutableViews
      lanes[row] = vector.store(bytes.span)
    }
  }

  @Test(arguments: kinds, counts)
  func `gathered, scattered and copied rows are the rows they were`(kind: LaneKind, count: Int) {
    for (nulls, coded) in [(false, false), (true, false), (true, kind == .bytes)] {
      let source = filled(kind, count, nulls: nulls, coded: coded)
      let picked = (0..<count).filter { $0 % 3 != 1 }.map { UInt16($0) }
      let target = Vector(kind: kind, capacity: 64)
      // In two parts, so that the second begins within a word.
      let half = picked.count / 2
      gather(source, picked.span.extracting(first: half), into: target, at: 0)
      gather(source, picked.span.extracting(droppingFirst: half), into: target, at: half)
      for (place, row) in picked.enumerated() {
        #expect(rowsAreEqual(target, place, source, Int(row)))
      }
      let copied = Vector(kind: kind, capacity: 64)
      let first = count / 3
      copyRows(source, from: 0, count: first, into: copied, at: 0)
      copyRows(source, from: first, count: count - first, into: copied, at: first)
      for row in 0..<count { #expect(rowsAreEqual(copied, row, source, row)) }
      spellOut(copied, rows: count)
      scatter(target, to: picked.span, of: copied)
      for row in 0..<count { #expect(rowsAreEqual(copied, row, source, row)) }
    }
  }

  @Test(arguments: kinds) func `equal rows have equal hashes in every form`(kind: LaneKind) {
    let rows = 100
    let source = filled(kind, rows, nulls: true, coded: kind == .bytes)
    let copy = Vector(kind: kind)
    copyRows(source, from: 0, count: rows, into: copy, at: 0)
    spellOut(copy, rows: rows)
    var a = [UInt64](repeating: 0, count: rows)
    var b = a
    var spanA = a.mutableSpan
    hashRows(source, rows, into: &spanA)
    var spanB = b.mutableSpan
    hashRows(copy, rows, into: &spanB)
    #expect(a == b)
    for i in 0..<rows {
      for j in 0..<rows where rowsAreEqual(source, i, copy, j) { #expect(a[i] == b[j]) }
    }
  }

  @Test func `numerics and intervals of equal value are equal whatever their form`() {
    let decimals = Vector(kind: .decimal)
    var lanes = decimals.mutableDecimal
    let values = [
      Decimal(coefficient: 1, scale: 0), Decimal(coefficient: 100, scale: 2),
      Decimal(coefficient: 0, scale: 5), Decimal(coefficient: 0, scale: 0),
    ]
    for (row, value) in values.enumerated() { lanes[row] = value }
    #expect(rowsAreEqual(decimals, 0, decimals, 1))
    #expect(rowsAreEqual(decimals, 2, decimals, 3))
    #expect(compareRows(decimals, 0, decimals, 2) > 0)
    #expect(hash(values[0]) == hash(values[1]))
    #expect(hash(values[2]) == hash(values[3]))
  }
}
