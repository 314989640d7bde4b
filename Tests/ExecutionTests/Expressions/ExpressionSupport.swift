import Columnar
import Execution
import Foundation
import Kernels
import Planning

/// Column `index` of type `type`.
func column(_ index: Int, _ type: LogicalType) -> BoundExpression {
  BoundExpression(.column(index), type)
}

func integer(_ value: Int64, _ type: LogicalType = .integer) -> BoundExpression {
  BoundExpression(.constant(.int64(value)), type)
}

func text(_ value: String, _ type: LogicalType = .text) -> BoundExpression {
  BoundExpression(.constant(.bytes(Array(value.utf8))), type)
}

func null(_ type: LogicalType) -> BoundExpression {
  BoundExpression(.constant(.null), type)
}

func call(
  _ function: ScalarFunction,
  _ type: LogicalType,
  _ arguments: BoundExpression...
) -> BoundExpression {
  BoundExpression(.call(function, arguments), type)
}

func cast(_ operand: BoundExpression, _ type: LogicalType) -> BoundExpression {
  BoundExpression(.cast(operand), type)
}

func compare(
  _ left: BoundExpression,
  _ comparison: ComparisonOperator,
  _ right: BoundExpression
) -> BoundExpression {
  call(.compare(comparison), .boolean, left, right)
}

/// An int64 vector of these rows; `nil` is NULL, with a lane that would do harm if it were used.
func integers(_ rows: [Int64?], harm: Int64 = .max) -> Vector {
  let vector = Vector(kind: .int64, capacity: max(rows.count, 1))
  var lanes = vector.mutableInt64
  for (row, value) in rows.enumerated() {
    lanes[row] = value ?? harm
    if value == nil { vector.setNull(row) }
  }
  return vector
}

func doubles(_ rows: [Double?]) -> Vector {
  let vector = Vector(kind: .float64, capacity: max(rows.count, 1))
  var lanes = vector.mutableFloat64
  for (row, value) in rows.enumerated() {
    lanes[row] = value ?? .infinity
    if value == nil { vector.setNull(row) }
  }
  return vector
}

func booleans(_ rows: [Bool?]) -> Vector {
  let vector = Vector(kind: .bool, capacity: max(rows.count, 1))
  var lanes = vector.mutableBool
  for (row, value) in rows.enumerated() {
    lanes[row] = value ?? true ? 1 : 0
    if value == nil { vector.setNull(row) }
  }
  return vector
}

/// Strings as views.
func strings(_ rows: [String?]) -> Vector {
  let vector = Vector(kind: .bytes, capacity: max(rows.count, 1))
  var views = vector.mutableViews
  for (row, value) in rows.enumerated() {
    let bytes = Array((value ?? "harm").utf8)
    views[row] = vector.store(bytes.span)
    if value == nil { vector.setNull(row) }
  }
  return vector
}

/// Strings as codes of a dictionary that also has an entry that no row uses.
func coded(_ rows: [String?], unused: String = "unused") -> Vector {
  var words = [unused]
  for case let value? in rows where !words.contains(value) { words.append(value) }
  var bytes: [UInt8] = []
  var ends: [Int] = []
  for word in words {
    bytes += Array(word.utf8)
    ends.append(bytes.count)
  }
  let vector = Vector(kind: .bytes, capacity: max(rows.count, 1))
  vector.dictionary = TextDictionary(
    buffer: ByteBuffer(copying: unsafe bytes.span.bytes),
    ends: ends
  )
  var codes = vector.mutableCodes
  for (row, value) in rows.enumerated() {
    codes[row] = value.flatMap { words.firstIndex(of: $0) }.map { UInt32($0) } ?? 4_000_000
    if value == nil { vector.setNull(row) }
  }
  return vector
}

/// The rows of a result, `nil` for NULL, in a plain form.
func plain(_ vector: Vector, _ rows: Int) -> [String] {
  (0..<rows).map { row in
    switch datum(vector, row) {
    case .null: "NULL"
    case .boolean(let value): value ? "t" : "f"
    case .int64(let value): "\(value)"
    case .int128(let value): "\(value)"
    case .double(let value): "\(value)"
    case .decimal(let value): "\(value.coefficient)e-\(value.scale)"
    case .wide(let value):
      String(decoding: value.magnitude.decimalText, as: UTF8.self) + "e-\(value.scale)"
    case .bytes(let value): String(decoding: value, as: UTF8.self)
    case .uuid(let value): String(value, radix: 16)
    case .interval(let value): "\(value.months)m \(value.days)d \(value.microseconds)us"
    case .array(let members): "\(members)"
    }
  }
}

/// Evaluates `expression` over one batch of these columns.
func evaluate(
  _ expression: BoundExpression,
  _ columns: Vector...,
  rows: Int? = nil,
  context: EvaluationContext = EvaluationContext()
) throws(ExecutionError) -> [String] {
  let evaluator = try Evaluator(expression, context: context)
  let count = rows ?? 1
  return plain(try evaluator.evaluate(Batch(columns: columns, rowCount: count)), count)
}

/// The rows that pass.
func select(
  _ conjuncts: [BoundExpression],
  _ columns: Vector...,
  rows: Int
) throws(ExecutionError) -> [Int] {
  let predicate = try Predicate(conjuncts, context: EvaluationContext())
  var places = [UInt16](repeating: 0, count: max(rows, 1))
  var span = places.mutableSpan
  let found = try predicate.select(Batch(columns: columns, rowCount: rows), into: &span)
  return places.prefix(found).map { Int($0) }
}

/// Numbers of rows at the borders of words and batches.
let borders = [0, 1, 63, 64, 65, 1023, 1024, 2048]

/// The tz database of the machine.
func testZones() -> TimeZoneDatabase {
  TimeZoneDatabase(names: [
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "CET",
  ]) { name in
    FileManager.default.contents(atPath: "/usr/share/zoneinfo/" + name).map { Array($0) }
  }
}

/// A copy that owns what it needs.
func copyForTest(_ source: Vector, into target: Vector) {
  copyRows(source, from: 0, count: 3, into: target, at: 0)
}
