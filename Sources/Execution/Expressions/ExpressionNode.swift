package import Columnar
import Kernels

/// One operator of a compiled expression: computes a vector from a batch.
///
/// A tree of nodes belongs to one thread. The vector that ``evaluate(_:)`` returns is valid until the next
/// call: it is the node's own, or a column of the batch.
class ExpressionNode {
  let kind: LaneKind

  init(kind: LaneKind) { self.kind = kind }

  /// Whether all rows of all batches have one value.
  var isConstant: Bool { false }

  /// Rows 0..<batch.rowCount of the result.
  func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    preconditionFailure("every node evaluates")
  }
}

/// A column of the input as it is.
final class ColumnNode: ExpressionNode {
  let index: Int

  init(_ index: Int, kind: LaneKind) {
    self.index = index
    super.init(kind: kind)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let column = batch.columns[index]
    precondition(column.kind == kind)
    return column
  }
}

/// One value for all rows: a vector filled once, as far as batches reach.
final class ConstantNode: ExpressionNode {
  let value: Datum
  let vector: Vector
  private var filled: Int

  override var isConstant: Bool { true }

  init(_ value: Datum, kind: LaneKind) {
    self.value = value
    vector = Vector(kind: kind, capacity: 64)
    filled = vector.capacity
    fill(vector, with: value, rows: filled)
    super.init(kind: kind)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    if batch.rowCount > filled {
      vector.reserve(batch.rowCount)
      filled = vector.capacity
      fill(vector, with: value, rows: filled)
    }
    return vector
  }
}

/// An expression without columns, evaluated when the first rows come.
///
/// Not earlier: an error in it must not be raised where no row asks for it.
final class LazyConstantNode: ExpressionNode {
  private let inner: ExpressionNode
  private var constant: ConstantNode?
  private let oneRow = Batch(columns: [], rowCount: 1)
  private let none: Vector

  override var isConstant: Bool { true }

  init(_ inner: ExpressionNode) {
    self.inner = inner
    none = Vector(kind: inner.kind, capacity: 64)
    super.init(kind: inner.kind)
  }

  /// The value.
  func value() throws(ExecutionError) -> Datum {
    datum(try inner.evaluate(oneRow), 0)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    if let constant { return try constant.evaluate(batch) }
    guard batch.rowCount > 0 else { return none }
    let fresh = ConstantNode(try value(), kind: kind)
    constant = fresh
    return try fresh.evaluate(batch)
  }
}

/// Fills rows 0..<rows of `vector` with one value; a value of another kind than the vector's is NULL.
func fill(_ vector: Vector, with value: Datum, rows: Int) {
  vector.reset()
  vector.reserve(rows)
  switch (value, vector.kind) {
  case (.boolean(let value), .bool):
    var out = vector.mutableBool
    for row in 0..<rows { out[row] = value ? 1 : 0 }
  case (.int64(let value), .int64):
    var out = vector.mutableInt64
    for row in 0..<rows { out[row] = value }
  case (.int128(let value), .int128):
    var out = vector.mutableInt128
    for row in 0..<rows { out[row] = value }
  case (.int64(let value), .int128):
    var out = vector.mutableInt128
    for row in 0..<rows { out[row] = Int128(value) }
  case (.double(let value), .float64):
    var out = vector.mutableFloat64
    for row in 0..<rows { out[row] = value }
  case (.decimal(let value), .decimal):
    var out = vector.mutableDecimal
    for row in 0..<rows { out[row] = value }
  case (.wide, .decimal):
    guard rows > 0 else { return }
    vector.setDecimal(value.numeric ?? .zero, at: 0)
    var out = vector.mutableDecimal
    for row in 1..<rows { out[row] = out[0] }
  case (.bytes(let value), .bytes):
    let view = vector.store(value.span)
    var out = vector.mutableViews
    for row in 0..<rows { out[row] = view }
  case (.uuid(let value), .uuid):
    var out = vector.mutableUUID
    for row in 0..<rows { out[row] = value }
  case (.interval(let value), .interval):
    var out = vector.mutableInterval
    for row in 0..<rows { out[row] = value }
  default:
    vector.beginNulls()
    setValidity(vector, from: 0, count: rows, valid: false)
    makeLanesHarmless(vector, rows: rows)
  }
}

/// Empty views in place of null addresses; other kinds' zeroed lanes are harmless already.
func makeLanesHarmless(_ vector: Vector, rows: Int) {
  guard vector.kind == .bytes, vector.dictionary == nil else { return }
  var views = vector.mutableViews
  for row in 0..<rows { views[row] = .empty }
}

/// The value of one row; for constants, never for rows in bulk.
package func datum(_ vector: Vector, _ row: Int) -> Datum {
  guard vector.isValid(row) else { return .null }
  return switch vector.kind {
  case .bool: .boolean(vector.bool[row] != 0)
  case .int64: .int64(vector.int64[row])
  case .int128: .int128(vector.int128[row])
  case .float64: .double(vector.float64[row])
  case .decimal: Datum(numeric: vector.decimal[row])
  case .bytes: .bytes(vector.bytes(at: row).bytes)
  case .uuid: .uuid(vector.uuid[row])
  case .interval: .interval(vector.interval[row])
  }
}
