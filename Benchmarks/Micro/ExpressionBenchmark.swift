// Kernels over vectors of 1,024 rows in the first-level cache, and whole expressions over batches.

import Columnar
import Execution
import Kernels
import Planning

/// ns a row of arithmetic, comparisons, selections and typical expressions.
struct ExpressionBenchmark {
  private let rows = groupRowCount
  private let turns = 20_000

  func run() {
    kernels()
    expressions()
  }

  private func report(_ name: String, _ body: () throws -> Void) {
    do {
      var failure: (any Error)?
      let seconds = best {
        for _ in 0..<turns {
          do { try body() } catch { failure = error }
        }
      }
      if let failure { throw failure }
      let nanoseconds = seconds * 1e9 / Double(turns * rows)
      print(name.padded(to: 52), nanoseconds.shown(3), "ns/row")
    } catch {
      print(name, "failed:", error)
    }
  }

  private func numbers(_ kind: LaneKind, _ value: (Int) -> Int64) -> Vector {
    let vector = Vector(kind: kind)
    for row in 0..<vectorRowsMax {
      switch kind {
      case .float64:
        var lanes = vector.mutableFloat64
        lanes[row] = Double(value(row))
      case .int128:
        var lanes = vector.mutableInt128
        lanes[row] = Int128(value(row))
      default:
        var lanes = vector.mutableInt64
        lanes[row] = value(row)
      }
    }
    return vector
  }

  private func kernels() {
    let left = numbers(.int64) { Int64($0 * 7919 % 100_003) }
    let right = numbers(.int64) { Int64($0 * 104_729 % 50_021 + 1) }
    let sums = Vector(kind: .int64)
    let truths = Vector(kind: .bool)
    var places = [UInt16](repeating: 0, count: vectorRowsMax)
    report("add int64, range checked (bigint)") {
      var out = sums.mutableInt64
      _ = addInt64(left.int64, right.int64, rows, range: .bigint, into: &out)
    }
    report("add int64, range checked (integer)") {
      var out = sums.mutableInt64
      _ = addInt64(left.int64, right.int64, rows, range: .integer, into: &out)
    }
    report("multiply int64, range checked (bigint)") {
      var out = sums.mutableInt64
      _ = multiplyInt64(left.int64, right.int64, rows, range: .bigint, into: &out)
    }
    report("divide int64, range checked (bigint)") {
      var out = sums.mutableInt64
      _ = divideInt64(left.int64, right.int64, rows, range: .bigint, into: &out)
    }
    report("compare int64 <") {
      var out = truths.mutableBool
      compareInt64(.less, left.int64, right.int64, rows, into: &out)
    }
    report("compare int64 =") {
      var out = truths.mutableBool
      compareInt64(.equal, left.int64, right.int64, rows, into: &out)
    }
    report("select from bools, half") {
      var span = places.mutableSpan
      _ = selectTrue(truths, rows, into: &span)
    }
    let x = numbers(.float64) { Int64($0) }
    let y = numbers(.float64) { Int64($0 * 31 % 977) }
    let products = Vector(kind: .float64)
    let wide = Vector(kind: .int128)
    report("multiply double") {
      var out = products.mutableFloat64
      floatArithmetic(.multiply, x.float64, y.float64, rows, isReal: false, into: &out)
    }
    report("compare double <") {
      var out = truths.mutableBool
      compareFloat64(.less, x.float64, y.float64, rows, into: &out)
    }
    var hashes = [UInt64](repeating: 0, count: vectorRowsMax)
    report("hash int64") {
      var span = hashes.mutableSpan
      hashRows(left, rows, into: &span)
    }
    report("multiply int64 × int64 → int128") {
      var out = wide.mutableInt128
      multiplyWidening(left.int64, right.int64, rows, into: &out)
    }
    report("gather int64, 512 rows") {
      let chosen = places.span.extracting(first: 512)
      gather(left, chosen, into: sums, at: 0)
    }
  }

  private func expressions() {
    let cents = LogicalType.numeric(NumericShape(precision: 14, scale: 2))
    let stages = ["new", "won", "lost", "qualified", "proposal", "negotiation"]
    let batch = Batch(
      columns: [
        numbers(.int64) { Int64($0 * 7919 % 100_003) },
        numbers(.int64) { Int64($0 * 104_729 % 50_021 + 1) },
        Self.coded((0..<vectorRowsMax).map { stages[$0 * 31 % stages.count] }),
        numbers(.int64) { 750_000_000_000_000 + Int64($0) * 60_000_000 },
        Self.plain((0..<vectorRowsMax).map { "Deal number \($0 * 7919 % 100_003) for Acme" }),
      ],
      rowCount: rows
    )
    let a = BoundExpression(.column(0), cents)
    let b = BoundExpression(.column(1), .bigint)
    let stage = BoundExpression(.column(2), .text)
    let moment = BoundExpression(.column(3), .timestamp)
    let title = BoundExpression(.column(4), .text)
    func text(_ value: String) -> BoundExpression {
      BoundExpression(.constant(.bytes(Array(value.utf8))), .text)
    }
    func call(
      _ function: ScalarFunction,
      _ type: LogicalType,
      _ arguments: BoundExpression...
    ) -> BoundExpression { BoundExpression(.call(function, arguments), type) }
    let isWon = call(.compare(.equal), .boolean, stage, text("won"))
    let zero = BoundExpression(.constant(.int64(0)), cents)
    evaluate("b + 1", call(.add, .bigint, b, BoundExpression(.constant(.int64(1)), .bigint)), batch)
    evaluate("stage = 'won' (dictionary)", isWon, batch)
    evaluate("lower(stage) (dictionary)", call(.lower, .text, stage), batch)
    evaluate(
      "CASE WHEN stage = 'won' THEN a ELSE 0 END",
      BoundExpression(.caseWhen([(when: isWon, then: a)], otherwise: zero), cents),
      batch
    )
    evaluate(
      "b IN (20 values)",
      BoundExpression(.inList(b, (0..<20).map { .int64($0 * 977) }, negated: false), .boolean),
      batch
    )
    evaluate("date_trunc('day', t)", call(.dateTruncate, .timestamp, text("day"), moment), batch)
    evaluate(
      "date_trunc('month', t), one bucket",
      call(.dateTruncate, .timestamp, text("month"), moment),
      batch
    )
    evaluate(
      "extract(hour from t)",
      call(
        .extract,
        .numeric(NumericShape(precision: 18, scale: 0)),
        text("hour"),
        moment
      ),
      batch
    )
    evaluate(
      "title LIKE '%777%' (views)",
      call(.like(caseInsensitive: false), .boolean, title, text("%777%")),
      batch
    )
    evaluate(
      "title ~ '[0-9]+7 for'",
      call(
        .regularExpressionMatch(caseInsensitive: false),
        .boolean,
        title,
        text("[0-9]+7 for")
      ),
      batch
    )
  }

  private func evaluate(_ name: String, _ expression: BoundExpression, _ batch: Batch) {
    do {
      let evaluator = try Evaluator(expression, context: EvaluationContext())
      report(name) { _ = try evaluator.evaluate(batch) }
    } catch {
      print(name, "failed:", error)
    }
  }

  private static func plain(_ words: [String]) -> Vector {
    let vector = Vector(kind: .bytes)
    var views = vector.mutableViews
    for (row, word) in words.enumerated() { views[row] = vector.store(Array(word.utf8).span) }
    return vector
  }

  private static func coded(_ words: [String]) -> Vector {
    let distinct = Array(Set(words)).sorted()
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for word in distinct {
      bytes += Array(word.utf8)
      ends.append(bytes.count)
    }
    let vector = Vector(kind: .bytes)
    vector.dictionary = TextDictionary(
      buffer: ByteBuffer(copying: unsafe bytes.span.bytes),
      ends: ends
    )
    var codes = vector.mutableCodes
    for (row, word) in words.enumerated() {
      codes[row] = UInt32(distinct.firstIndex(of: word) ?? 0)
    }
    return vector
  }
}
