/// What PostgreSQL would say about a value: bad text, out of range, division by zero.
package struct ValueError: Error, Equatable, Sendable {
  /// Five characters, PostgreSQL's error code.
  package var sqlState: String
  package var message: String
  package var detail: String?
  package var hint: String?

  package init(_ sqlState: String, _ message: String, detail: String? = nil, hint: String? = nil) {
    self.sqlState = sqlState
    self.message = message
    self.detail = detail
    self.hint = hint
  }
}

extension ValueError {
  package static let divisionByZero = ValueError("22012", "division by zero")
  package static let timestampOutOfRange = ValueError("22008", "timestamp out of range")
  package static let dateOutOfRange = ValueError("22008", "date out of range")
  package static let intervalOutOfRange = ValueError("22008", "interval out of range")
  /// A numeric that needs more digits than are kept.
  package static let numericOverflow = ValueError("22003", "value overflows numeric format")
  package static let smallintOutOfRange = ValueError("22003", "smallint out of range")
  package static let integerOutOfRange = ValueError("22003", "integer out of range")
  package static let bigintOutOfRange = ValueError("22003", "bigint out of range")
  package static let doubleOverflow = ValueError("22003", "value out of range: overflow")
  package static let doubleUnderflow = ValueError("22003", "value out of range: underflow")

  /// `invalid input syntax for type integer: "x"`.
  package static func invalidSyntax(_ type: String, _ text: Span<UInt8>) -> ValueError {
    ValueError("22P02", "invalid input syntax for type \(type): \"\(string(text))\"")
  }

  /// `value "99999" is out of range for type smallint`.
  package static func outOfRange(_ type: String, _ text: Span<UInt8>) -> ValueError {
    ValueError("22003", "value \"\(string(text))\" is out of range for type \(type)")
  }

  /// Date, time and interval input that no rule reads: 22007.
  static func badDateTime(_ type: String, _ text: Span<UInt8>) -> ValueError {
    ValueError("22007", "invalid input syntax for type \(type): \"\(string(text))\"")
  }
}

/// The bytes as a string, for messages.
func string(_ bytes: Span<UInt8>) -> String {
  var copy: [UInt8] = []
  copy.reserveCapacity(bytes.count)
  for i in bytes.indices { copy.append(bytes[i]) }
  return String(decoding: copy, as: UTF8.self)
}
