import Columnar
import Kernels
import Testing

@Suite struct ExtremesTests {
  @Test func `extremes are those of the rows that are not NULL`() {
    var dice = SystemRandomNumberGenerator()
    for rows in [1, 2, 63, 64, 65, 500, 4096] {
      for oneOf in [1, 2, 100, 5000] {
        let vector = Vector(kind: .int64)
        var values: [Int64] = []
        for row in 0..<rows {
          let value = Int64.random(in: .min ... .max, using: &dice)
          var lanes = vector.mutableInt64
          lanes[row] = value
          if Int.random(in: 0..<oneOf, using: &dice) == 0 {
            vector.setNull(row)
          } else {
            values.append(value)
          }
        }
        let range = extremes(of: vector, rows)
        #expect(range?.low == values.min() && range?.high == values.max(), "\(rows) rows")
      }
    }
    #expect(extremes(of: Vector(kind: .int64), 0) == nil)
  }
}
