import Columnar
import PostgresProtocol
import Testing

@Suite struct BackendMessageTests {
  private func message(_ write: (inout OutputBuffer) -> Void) -> [UInt8] {
    var output = OutputBuffer()
    write(&output)
    return output.array
  }

  @Test func `a row description tells names, types and formats`() {
    let columns = [
      ResultColumn(name: "id", type: .bigint, tableID: 7, columnNumber: 1),
      ResultColumn(name: "x", type: .numeric(NumericShape(precision: 12, scale: 2)), tableID: 7),
      ResultColumn(name: "sum", type: .numeric(NumericShape(precision: 12, scale: 2))),
      ResultColumn(name: "v", type: .varchar(5)),
    ]
    let typmod = ClientBytes.int32((12 << 16 | 2) + 4)
    let minus = ClientBytes.int32(-1)
    var expected = ClientBytes.int16(4)
    expected += ClientBytes.text("id") + ClientBytes.int32(7) + ClientBytes.int16(1)
    expected += ClientBytes.int32(20) + ClientBytes.int16(8) + minus + ClientBytes.int16(1)
    expected += ClientBytes.text("x") + ClientBytes.int32(7) + ClientBytes.int16(0)
    expected += ClientBytes.int32(1700) + ClientBytes.int16(-1) + typmod + ClientBytes.int16(1)
    expected += ClientBytes.text("sum") + ClientBytes.int32(0) + ClientBytes.int16(0)
    expected += ClientBytes.int32(1700) + ClientBytes.int16(-1) + minus + ClientBytes.int16(1)
    expected += ClientBytes.text("v") + ClientBytes.int32(0) + ClientBytes.int16(0)
    expected += ClientBytes.int32(1043) + ClientBytes.int16(-1) + ClientBytes.int32(9)
    expected += ClientBytes.int16(1)
    #expect(
      message { $0.rowDescription(columns, formats: [.binary]) }
        == [UInt8(ascii: "T")] + ClientBytes.int32(expected.count + 4) + expected
    )
  }

  @Test func `an error carries its fields and no zero byte inside`() {
    var fields = ErrorFields(severity: "ERROR", sqlState: "42703", message: "no\0pe")
    fields.position = 8
    let expected =
      Array("SERROR\0VERROR\0C42703\0Mnope\0P8\0".utf8) + [0]
    #expect(
      message { $0.errorResponse(fields) }
        == [UInt8(ascii: "E")] + ClientBytes.int32(expected.count + 4) + expected
    )
  }

  @Test func `short messages are as the protocol draws them`() {
    #expect(message { $0.readyForQuery(status: UInt8(ascii: "T")) } == Array("Z\0\0\0\u{5}T".utf8))
    #expect(message { $0.parseComplete() } == Array("1\0\0\0\u{4}".utf8))
    #expect(message { $0.commandComplete("SELECT 1") } == Array("C\0\0\0\u{d}SELECT 1\0".utf8))
    #expect(
      message { $0.copyInResponse(isBinary: true, columnCount: 2) }
        == Array("G\0\0\0\u{b}\u{1}\0\u{2}\0\u{1}\0\u{1}".utf8)
    )
    #expect(
      message { $0.parameterDescription([23, 25]) }
        == Array("t\0\0\0\u{e}\0\u{2}\0\0\0\u{17}\0\0\0\u{19}".utf8)
    )
  }

  @Test func `every type has a number that leads back to it`() throws {
    let types: [LogicalType] = [
      .boolean, .smallint, .integer, .bigint, .numeric(nil), .real, .double, .text, .varchar(nil),
      .uuid, .date, .time, .timestamp, .timestamptz, .interval, .jsonb, .bytea,
      .array(.integer), .array(.text), .array(.timestamptz), .array(.jsonb), .array(.numeric),
    ]
    for type in types { #expect(try LogicalType.named(by: type.id) == type) }
    #expect(try LogicalType.named(by: 0) == nil)
    #expect(throws: ProtocolError.self) { try LogicalType.named(by: 600) }
  }
}
