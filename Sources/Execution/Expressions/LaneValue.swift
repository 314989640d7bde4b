import Columnar
import Kernels

/// A type that vectors hold in their lanes, for nodes that compute a value at a time.
protocol LaneValue: BitwiseCopyable {
  static var laneKind: LaneKind { get }

  /// The lanes of a vector of this kind.
  @_lifetime(borrow vector)
  static func lanes(_ vector: borrowing Vector) -> Span<Self>

  /// The lanes to write.
  @_lifetime(borrow vector)
  static func mutableLanes(_ vector: borrowing Vector) -> MutableSpan<Self>

  /// Called once values were written into rows 0..<`rows` of a vector; also where an error ended the loop.
  static func settle(_ vector: Vector, _ rows: Int)
}

extension LaneValue {
  @inline(__always)
  static func settle(_ vector: Vector, _ rows: Int) {}
}

extension Int64: LaneValue {
  static var laneKind: LaneKind { .int64 }
  @_lifetime(borrow vector)
  static func lanes(_ vector: borrowing Vector) -> Span<Int64> { vector.int64 }
  @_lifetime(borrow vector)
  static func mutableLanes(_ vector: borrowing Vector) -> MutableSpan<Int64> {
    vector.mutableInt64
  }
}

extension Int128: LaneValue {
  static var laneKind: LaneKind { .int128 }
  @_lifetime(borrow vector)
  static func lanes(_ vector: borrowing Vector) -> Span<Int128> { vector.int128 }
  @_lifetime(borrow vector)
  static func mutableLanes(_ vector: borrowing Vector) -> MutableSpan<Int128> {
    vector.mutableInt128
  }
}

extension Double: LaneValue {
  static var laneKind: LaneKind { .float64 }
  @_lifetime(borrow vector)
  static func lanes(_ vector: borrowing Vector) -> Span<Double> { vector.float64 }
  @_lifetime(borrow vector)
  static func mutableLanes(_ vector: borrowing Vector) -> MutableSpan<Double> {
    vector.mutableFloat64
  }
}

extension UInt8: LaneValue {
  static var laneKind: LaneKind { .bool }
  @_lifetime(borrow vector)
  static func lanes(_ vector: borrowing Vector) -> Span<UInt8> { vector.bool }
  @_lifetime(borrow vector)
  static func mutableLanes(_ vector: borrowing Vector) -> MutableSpan<UInt8> {
    vector.mutableBool
  }
}

extension Decimal: LaneValue {
  static var laneKind: LaneKind { .decimal }
  @_lifetime(borrow vector)
  static func lanes(_ vector: borrowing Vector) -> Span<Decimal> { vector.decimal }
  @_lifetime(borrow vector)
  static func mutableLanes(_ vector: borrowing Vector) -> MutableSpan<Decimal> {
    vector.mutableDecimal
  }
  static func settle(_ vector: Vector, _ rows: Int) { vector.settleWides(0..<rows) }
}

extension Interval: LaneValue {
  static var laneKind: LaneKind { .interval }
  @_lifetime(borrow vector)
  static func lanes(_ vector: borrowing Vector) -> Span<Interval> { vector.interval }
  @_lifetime(borrow vector)
  static func mutableLanes(_ vector: borrowing Vector) -> MutableSpan<Interval> {
    vector.mutableInterval
  }
}

extension UInt128: LaneValue {
  static var laneKind: LaneKind { .uuid }
  @_lifetime(borrow vector)
  static func lanes(_ vector: borrowing Vector) -> Span<UInt128> { vector.uuid }
  @_lifetime(borrow vector)
  static func mutableLanes(_ vector: borrowing Vector) -> MutableSpan<UInt128> {
    vector.mutableUUID
  }
}

extension ByteView: LaneValue {
  static var laneKind: LaneKind { .bytes }
  @_lifetime(borrow vector)
  static func lanes(_ vector: borrowing Vector) -> Span<ByteView> { vector.views }
  @_lifetime(borrow vector)
  static func mutableLanes(_ vector: borrowing Vector) -> MutableSpan<ByteView> {
    vector.mutableViews
  }
}

extension ExpressionCompiler {
  /// A function of one value, computed a value at a time, never for NULL rows.
  @inline(__always)
  func map<A: LaneValue, R: LaneValue>(
    _ node: ExpressionNode,
    _ body: @escaping (A) throws(ValueError) -> R
  ) -> ExpressionNode {
    unary(R.laneKind, node) { (input, rows, output) throws(ExecutionError) in
      let lanes = A.lanes(input)
      var out = R.mutableLanes(output)
      defer { R.settle(output, rows) }
      try raising { () throws(ValueError) in
        let valid = ValidRows(output)
        for row in 0..<rows where valid[row] { out[row] = try body(lanes[row]) }
      }
    }
  }

  /// A function of two values, computed a row at a time, never for rows with a NULL.
  @inline(__always)
  func map<A: LaneValue, B: LaneValue, R: LaneValue>(
    _ a: ExpressionNode,
    _ b: ExpressionNode,
    _ body: @escaping (A, B) throws(ValueError) -> R
  ) -> ExpressionNode {
    binary(R.laneKind, a, b) { (left, right, rows, output) throws(ExecutionError) in
      let x = A.lanes(left)
      let y = B.lanes(right)
      var out = R.mutableLanes(output)
      defer { R.settle(output, rows) }
      try raising { () throws(ValueError) in
        let valid = ValidRows(output)
        for row in 0..<rows where valid[row] { out[row] = try body(x[row], y[row]) }
      }
    }
  }

  /// A function of one value that has its text in `buffer`.
  @inline(__always)
  func write<A: LaneValue>(
    _ node: ExpressionNode,
    _ body: @escaping (A, inout OutputBuffer) throws(ValueError) -> Void
  ) -> ExpressionNode {
    let text = TextBuffer()
    return unary(.bytes, node) { (input, rows, output) throws(ExecutionError) in
      let lanes = A.lanes(input)
      var out = output.mutableViews
      try raising { () throws(ValueError) in
        let valid = ValidRows(output)
        for row in 0..<rows {
          guard valid[row] else {
            out[row] = .empty
            continue
          }
          text.buffer.removeAll()
          try body(lanes[row], &text.buffer)
          out[row] = output.store(text.buffer.bytes)
        }
      }
    }
  }
}

/// A buffer that a node writes texts into.
final class TextBuffer {
  var buffer = OutputBuffer()
}
