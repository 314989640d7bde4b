import Columnar
import ReportSyntax

/// Number literals as PostgreSQL types them.
enum NumberLiteral {
  /// The value of a literal of digits, with point or exponent, and an optional minus sign.
  ///
  /// Digits alone are integer, bigint or numeric, whichever is the first that holds them.
  static func bind(_ text: String, range: SourceRange) throws(PlanningError) -> BoundExpression {
    if let value = Int64(text) {
      let isInteger = Int32(exactly: value) != nil
      return BoundExpression(.constant(.int64(value)), isInteger ? .integer : .bigint)
    }
    let number = parse(Array(text.utf8))
    let precision = number.map { max($0.digits, $0.scale, 1) } ?? .max
    guard let number, precision <= shapeDigitsMax else {
      do throws(ValueError) {
        let value = try Decimal(parsing: Array(text.utf8).span)
        return BoundExpression(.constant(Datum(numeric: value)), .numeric(nil))
      } catch {
        throw PlanningError(error.sqlState, error.message, at: range)
      }
    }
    let shape = NumericShape(precision: precision, scale: number.scale)
    let datum: Datum =
      precision <= 18 ? .int64(Int64(number.coefficient)) : .int128(number.coefficient)
    return BoundExpression(.constant(datum), .numeric(shape))
  }

  /// Coefficient, digits in front of and behind the point, and scale; `nil` beyond 38 digits.
  private static func parse(
    _ text: [UInt8]
  ) -> (coefficient: Int128, digits: Int, scale: Int)? {
    var coefficient: Int128 = 0
    var scale = 0
    var isNegative = false
    var hasPoint = false
    var index = 0
    while index < text.count, text[index] != UInt8(ascii: "e"), text[index] != UInt8(ascii: "E") {
      switch text[index] {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): hasPoint = true
      default:
        guard let next = append(text[index], to: coefficient) else { return nil }
        coefficient = next
        if hasPoint { scale += 1 }
      }
      index += 1
    }
    if index < text.count {
      guard let exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)),
        exponent.magnitude < 1000
      else { return nil }
      scale -= exponent
    }
    while scale < 0 {
      guard let next = append(UInt8(ascii: "0"), to: coefficient) else { return nil }
      coefficient = next
      scale += 1
    }
    guard scale <= shapeDigitsMax else { return nil }
    var digits = 0
    var rest = coefficient
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    return (isNegative ? -coefficient : coefficient, digits, scale)
  }

  private static func append(_ byte: UInt8, to value: Int128) -> Int128? {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
    let limit: Int128 = 9_999_999_999_999_999_999_999_999_999_999_999_999
    guard value <= limit else { return nil }
    return value * 10 + Int128(byte - UInt8(ascii: "0"))
  }
}
