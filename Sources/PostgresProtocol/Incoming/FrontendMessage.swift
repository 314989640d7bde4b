/// A message of the client after the start-up.
package enum FrontendMessage: Equatable, Sendable {
  /// `Q`: statements to run at once.
  case query([UInt8])
  /// `P`
  case parse(ParseRequest)
  /// `B`
  case bind(BindRequest)
  /// `D`
  case describe(NamedObject)
  /// `E`; `maxRows` 0: all rows.
  case execute(portal: String, maxRows: Int)
  /// `C`
  case close(NamedObject)
  /// `H`
  case flush
  /// `S`
  case sync
  /// `X`
  case terminate
  /// `d`: bytes of COPY FROM STDIN, cut anywhere.
  case copyData([UInt8])
  /// `c`
  case copyDone
  /// `f`
  case copyFail(String)
  /// A message whose frame is whole but whose inside, or kind, is not acceptable.
  case malformed(kind: UInt8, ProtocolError)
}

/// What Describe and Close are about.
package enum NamedObject: Equatable, Sendable {
  case statement(String)
  case portal(String)
}

/// A Parse message.
package struct ParseRequest: Equatable, Sendable {
  /// Empty: the unnamed statement.
  package var name: String
  package var text: [UInt8]
  /// 0 where the client leaves the type to the server.
  package var parameterTypeIDs: [UInt32]
}

/// A Bind message: the values stay in one block of bytes until their types are known.
package struct BindRequest: Equatable, Sendable {
  package var portal: String
  package var statement: String
  /// None: all text; one: for all values; else one a value.
  package var parameterFormats: [ValueFormat]
  package var valueBytes: [UInt8]
  /// Where each value lies in ``valueBytes``; `nil`: NULL.
  package var valueRanges: [Range<Int>?]
  /// As ``parameterFormats``, for the result's columns.
  package var resultFormats: [ValueFormat]
}

/// How a value is written on the wire.
package enum ValueFormat: Int16, Sendable {
  case text = 0
  case binary = 1
}

extension FrontendMessage {
  /// Reads the inside of a message.
  ///
  /// - Parameters:
  ///   - kind: The message's first byte.
  ///   - bytes: Where the message lies.
  ///   - range: Of its inside: without the kind and the length.
  /// - Throws: 08P01 and others; fatal only for a kind that nobody knows.
  init(kind: UInt8, _ bytes: [UInt8], in range: Range<Int>) throws(ProtocolError) {
    var reader = MessageReader(bytes, in: range)
    switch kind {
    case UInt8(ascii: "Q"): self = .query(try reader.text())
    case UInt8(ascii: "P"): self = .parse(try ParseRequest(&reader))
    case UInt8(ascii: "B"): self = .bind(try BindRequest(&reader))
    case UInt8(ascii: "D"): self = .describe(try NamedObject(&reader, message: "DESCRIBE"))
    case UInt8(ascii: "E"):
      let portal = try reader.name()
      self = .execute(portal: portal, maxRows: max(0, Int(try reader.int32())))
    case UInt8(ascii: "C"): self = .close(try NamedObject(&reader, message: "CLOSE"))
    case UInt8(ascii: "H"): self = .flush
    case UInt8(ascii: "S"): self = .sync
    case UInt8(ascii: "X"): self = .terminate
    case UInt8(ascii: "d"): self = .copyData(reader.rest())
    case UInt8(ascii: "c"): self = .copyDone
    case UInt8(ascii: "f"): self = .copyFail(try reader.name())
    case UInt8(ascii: "F"): throw ProtocolError("0A000", "function calls are not supported")
    default: throw ProtocolError("08P01", "invalid frontend message type \(kind)", isFatal: true)
    }
    try reader.finish()
  }
}

extension NamedObject {
  fileprivate init(_ reader: inout MessageReader, message: String) throws(ProtocolError) {
    let kind = try reader.byte()
    let name = try reader.name()
    switch kind {
    case UInt8(ascii: "S"): self = .statement(name)
    case UInt8(ascii: "P"): self = .portal(name)
    default: throw ProtocolError("08P01", "invalid \(message) message subtype \(kind)")
    }
  }
}

extension ParseRequest {
  fileprivate init(_ reader: inout MessageReader) throws(ProtocolError) {
    name = try reader.name()
    text = try reader.text()
    parameterTypeIDs = []
    for _ in 0..<(try reader.count16(ofAtLeast: 4)) {
      parameterTypeIDs.append(UInt32(bitPattern: try reader.int32()))
    }
  }
}

extension BindRequest {
  fileprivate init(_ reader: inout MessageReader) throws(ProtocolError) {
    portal = try reader.name()
    statement = try reader.name()
    parameterFormats = try Self.formats(&reader)
    let count = try reader.count16(ofAtLeast: 4)
    var ranges: [Range<Int>?] = []
    ranges.reserveCapacity(count)
    let start = reader.offset
    for _ in 0..<count {
      let length = Int(try reader.int32())
      guard length >= -1 else { throw .truncated }
      if length == -1 {
        ranges.append(nil)
      } else {
        let range = try reader.skip(length)
        ranges.append(range.lowerBound - start..<range.upperBound - start)
      }
    }
    valueRanges = ranges
    valueBytes = reader.slice(start..<reader.offset)
    resultFormats = try Self.formats(&reader)
    guard parameterFormats.count <= 1 || parameterFormats.count == count else {
      throw ProtocolError(
        "08P01",
        "bind message has \(parameterFormats.count) parameter formats but \(count) parameters"
      )
    }
  }

  private static func formats(_ reader: inout MessageReader) throws(ProtocolError) -> [ValueFormat]
  {
    let count = try reader.count16(ofAtLeast: 2)
    var formats: [ValueFormat] = []
    formats.reserveCapacity(count)
    for _ in 0..<count {
      let code = try reader.int16()
      guard let format = ValueFormat(rawValue: code) else {
        throw ProtocolError("22023", "unsupported format code: \(code)")
      }
      formats.append(format)
    }
    return formats
  }
}
