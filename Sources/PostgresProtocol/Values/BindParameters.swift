package import Columnar

extension BindRequest {
  /// The values of the parameters.
  ///
  /// - Parameters:
  ///   - types: Of the statement's parameters.
  ///   - typeIDs: What the client takes them for, one each: `oid` and bigint differ in width only on the wire.
  ///   - context: The session's zone and clock, for text forms.
  /// - Returns: One value a parameter.
  /// - Throws: 08P01 when the counts differ, 22P03 for bad binary forms, or a value's own error.
  package func values(
    of types: [LogicalType],
    typeIDs: [UInt32],
    _ context: @autoclosure () -> DateTimeContext
  ) throws(ValueError) -> [Datum] {
    precondition(types.count == typeIDs.count)
    guard valueRanges.count == types.count else {
      throw ValueError(
        "08P01",
        "bind message supplies \(valueRanges.count) parameters, but prepared statement "
          + "\"\(statement)\" requires \(types.count)"
      )
    }
    guard !types.isEmpty else { return [] }
    let context = context()
    var values: [Datum] = []
    values.reserveCapacity(types.count)
    for (index, range) in valueRanges.enumerated() {
      guard let range else {
        values.append(.null)
        continue
      }
      values.append(try value(index, range, types[index], typeIDs[index], context))
    }
    return values
  }

  private func value(
    _ index: Int,
    _ range: Range<Int>,
    _ type: LogicalType,
    _ typeID: UInt32,
    _ context: DateTimeContext
  ) throws(ValueError) -> Datum {
    let bytes = valueBytes.span.extracting(range)
    switch parameterFormats.format(of: index) {
    case .text:
      if type.isText || type == .jsonb { try checkText(bytes) }
      return try Datum(parsing: bytes, as: type, context)
    case .binary:
      do throws(ValueError) {
        return try Datum(binary: bytes, oid: typeID, as: type)
      } catch {
        guard error.sqlState == "22P03" || error.sqlState == "08P01" else { throw error }
        throw ValueError(
          "22P03",
          "incorrect binary data format in bind parameter \(index + 1)",
          detail: error.message
        )
      }
    }
  }

  private func checkText(_ bytes: Span<UInt8>) throws(ValueError) {
    try validateUTF8(bytes)
    for index in bytes.indices where bytes[index] == 0 {
      throw ValueError("22021", "invalid byte sequence for encoding \"UTF8\": 0x00")
    }
  }
}
