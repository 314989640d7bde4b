package import Columnar

// The messages of the server, each appended to a buffer of the connection: a length is written as four zeroes
// and set when the message's end is known. Nothing here allocates.

extension OutputBuffer {
  /// Begins a message; ``endMessage(_:)`` takes what this returns.
  @inline(__always)
  mutating func beginMessage(_ kind: Unicode.Scalar) -> Int {
    append(UInt8(truncatingIfNeeded: kind.value))
    return skip(4)
  }

  /// Sets the length of the message that began at `place`.
  @inline(__always)
  mutating func endMessage(_ place: Int) {
    setBigEndian(Int32(truncatingIfNeeded: count &- place), at: place)
  }

  mutating func append(terminated text: String) {
    append(text: text)
    append(UInt8(0))
  }

  private mutating func message(_ kind: Unicode.Scalar) { endMessage(beginMessage(kind)) }

  // MARK: Start-up

  /// The one byte that refuses SSLRequest and GSSENCRequest.
  package mutating func refuseEncryption() { append(UInt8(ascii: "N")) }

  package mutating func authenticationOk() {
    let place = beginMessage("R")
    appendBigEndian(Int32(0))
    endMessage(place)
  }

  /// Tells a client of a newer protocol, or with unknown `_pq_.` options, what it gets.
  package mutating func negotiateProtocolVersion(_ request: StartupRequest) {
    let place = beginMessage("v")
    appendBigEndian(Int32(3 << 16 | request.agreedMinorVersion))
    appendBigEndian(Int32(truncatingIfNeeded: request.protocolOptions.count))
    for option in request.protocolOptions { append(terminated: option) }
    endMessage(place)
  }

  package mutating func parameterStatus(_ name: String, _ value: String) {
    let place = beginMessage("S")
    append(terminated: name)
    append(terminated: value)
    endMessage(place)
  }

  package mutating func backendKeyData(processID: Int32, secret: [UInt8]) {
    let place = beginMessage("K")
    appendBigEndian(processID)
    append(secret)
    endMessage(place)
  }

  /// - Parameter status: `I`, `T` or `E`.
  package mutating func readyForQuery(status: UInt8) {
    let place = beginMessage("Z")
    append(status)
    endMessage(place)
  }

  // MARK: Statements

  package mutating func parseComplete() { message("1") }
  package mutating func bindComplete() { message("2") }
  package mutating func closeComplete() { message("3") }
  package mutating func noData() { message("n") }
  package mutating func emptyQueryResponse() { message("I") }
  package mutating func portalSuspended() { message("s") }

  /// - Parameter tag: `SELECT 5`, `INSERT 0 1`, …
  package mutating func commandComplete(_ tag: String) {
    let place = beginMessage("C")
    append(terminated: tag)
    endMessage(place)
  }

  package mutating func parameterDescription(_ typeIDs: [UInt32]) {
    let place = beginMessage("t")
    appendBigEndian(UInt16(truncatingIfNeeded: typeIDs.count))
    for typeID in typeIDs { appendBigEndian(typeID) }
    endMessage(place)
  }

  /// - Parameters:
  ///   - columns: At most 65,535.
  ///   - formats: One for each column, or one for all, or none for text.
  package mutating func rowDescription(_ columns: [ResultColumn], formats: [ValueFormat] = []) {
    let place = beginMessage("T")
    appendBigEndian(UInt16(truncatingIfNeeded: columns.count))
    for (index, column) in columns.enumerated() {
      append(terminated: column.name)
      appendBigEndian(column.tableID)
      appendBigEndian(column.columnNumber)
      appendBigEndian(column.type.id)
      appendBigEndian(column.type.byteCount)
      appendBigEndian(column.hasModifier ? column.type.modifier : -1)
      appendBigEndian(formats.format(of: index).rawValue)
    }
    endMessage(place)
  }

  // MARK: COPY

  package mutating func copyInResponse(isBinary: Bool, columnCount: Int) {
    copyResponse("G", isBinary, columnCount)
  }

  package mutating func copyOutResponse(isBinary: Bool, columnCount: Int) {
    copyResponse("H", isBinary, columnCount)
  }

  private mutating func copyResponse(_ kind: Unicode.Scalar, _ isBinary: Bool, _ count: Int) {
    let place = beginMessage(kind)
    append(isBinary ? 1 : 0)
    appendBigEndian(UInt16(truncatingIfNeeded: count))
    for _ in 0..<count { appendBigEndian(Int16(isBinary ? 1 : 0)) }
    endMessage(place)
  }

  package mutating func copyData(_ bytes: Span<UInt8>) {
    let place = beginMessage("d")
    append(bytes)
    endMessage(place)
  }

  package mutating func copyDone() { message("c") }

  // MARK: Errors

  package mutating func errorResponse(_ fields: ErrorFields) { report("E", fields) }
  package mutating func noticeResponse(_ fields: ErrorFields) { report("N", fields) }

  private mutating func report(_ kind: Unicode.Scalar, _ fields: ErrorFields) {
    let place = beginMessage(kind)
    field("S", fields.severity)
    field("V", fields.severity)
    field("C", fields.sqlState)
    field("M", fields.message)
    field("D", fields.detail)
    field("H", fields.hint)
    field("P", fields.position.map { String($0) })
    field("W", fields.context)
    field("t", fields.table)
    field("c", fields.column)
    field("n", fields.constraint)
    append(UInt8(0))
    endMessage(place)
  }

  private mutating func field(_ code: Unicode.Scalar, _ value: String?) {
    guard let value else { return }
    append(UInt8(truncatingIfNeeded: code.value))
    // A zero inside would end the field, and the client would lose its place.
    for byte in value.utf8 where byte != 0 { append(byte) }
    append(UInt8(0))
  }
}

/// What ErrorResponse and NoticeResponse tell.
package struct ErrorFields: Equatable, Sendable {
  /// ERROR, FATAL, WARNING, NOTICE or their kin.
  package var severity: String
  package var sqlState: String
  package var message: String
  package var detail: String?
  package var hint: String?
  /// 1-based character in the statement's text.
  package var position: Int?
  /// Where it happened, such as `COPY deals, line 7, column amount`.
  package var context: String?
  package var table: String?
  package var column: String?
  package var constraint: String?

  package init(severity: String, sqlState: String, message: String) {
    self.severity = severity
    self.sqlState = sqlState
    self.message = message
  }

  package init(_ error: ProtocolError) {
    self.init(
      severity: error.isFatal ? "FATAL" : "ERROR",
      sqlState: error.sqlState,
      message: error.message
    )
  }
}

/// A column of a result, as RowDescription tells it.
package struct ResultColumn: Equatable, Sendable {
  package var name: String
  package var type: LogicalType
  /// The stored column it comes from; 0 when it is computed.
  package var tableID: UInt32
  package var columnNumber: Int16

  package init(name: String, type: LogicalType, tableID: UInt32 = 0, columnNumber: Int16 = 0) {
    self.name = name
    self.type = type
    self.tableID = tableID
    self.columnNumber = columnNumber
  }

  /// The precision that the planner finds for a computed numeric is not the client's business: PostgreSQL
  /// tells none either.
  fileprivate var hasModifier: Bool {
    if case .numeric = type { tableID != 0 } else { true }
  }
}

extension [ValueFormat] {
  /// The format of value `index` by the rule of Bind: none, one for all, or one each.
  package func format(of index: Int) -> ValueFormat {
    count > 1 ? (index < count ? self[index] : .text) : first ?? .text
  }
}
