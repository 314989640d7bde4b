/// What is wrong with a client's bytes, in the words and codes of PostgreSQL.
package struct ProtocolError: Error, Equatable, Sendable {
  /// Five characters, PostgreSQL's error code.
  package var sqlState: String
  package var message: String
  /// Whether the connection must end, because nobody knows where the next message begins.
  package var isFatal: Bool

  package init(_ sqlState: String = "08P01", _ message: String, isFatal: Bool = false) {
    self.sqlState = sqlState
    self.message = message
    self.isFatal = isFatal
  }
}

extension ProtocolError {
  static let truncated = ProtocolError("08P01", "insufficient data left in message")
  static let trailing = ProtocolError("08P01", "invalid message format")
  static let unterminated = ProtocolError("08P01", "invalid string in message")
  static let badEncoding = ProtocolError("22021", "invalid byte sequence for encoding \"UTF8\"")
}
