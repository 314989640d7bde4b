/// RFC 4180 with a header line; NULL is an empty field, an empty string is `""`, as COPY … CSV writes them.
struct CSVPrinter: ResultPrinter {
  private let output: StandardOutput

  init(_ output: StandardOutput) { self.output = output }

  mutating func begin(columns: [ResultColumn]) {
    rows([columns.map { Array($0.name.utf8) }])
  }

  mutating func rows(_ rows: [[[UInt8]?]]) {
    var bytes: [UInt8] = []
    for row in rows {
      for (index, field) in row.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        if let field { Self.append(field, to: &bytes) }
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    output.write(bytes)
  }

  mutating func end(tag: String) {}
  mutating func command(tag: String) { output.note(tag) }

  private static func append(_ field: [UInt8], to bytes: inout [UInt8]) {
    let special: Set<UInt8> = [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13]
    guard field.isEmpty || field.contains(where: special.contains) else {
      bytes += field
      return
    }
    bytes.append(UInt8(ascii: "\""))
    for byte in field {
      if byte == UInt8(ascii: "\"") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
