/// Classes of bytes, as in PostgreSQL's scanner.
extension UInt8 {
  var isDigit: Bool { self >= 0x30 && self <= 0x39 }

  var isBlank: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0d && self != 0x0b) }

  var isIdentifierStart: Bool {
    self >= 0x80 || self == 0x5f || ((self | 0x20) >= 0x61 && (self | 0x20) <= 0x7a)
  }

  var isIdentifierPart: Bool { isIdentifierStart || isDigit || self == 0x24 }

  var isOperator: Bool {
    switch self {
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"),
      UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "="):
      true
    default: isPostgresOperator
    }
  }

  /// Operator characters that no SQL-standard operator has.
  var isPostgresOperator: Bool {
    switch self {
    case UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "@"), UInt8(ascii: "#"),
      UInt8(ascii: "^"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "`"),
      UInt8(ascii: "?"), UInt8(ascii: "%"):
      true
    default: false
    }
  }

  /// ASCII letters fold; PostgreSQL leaves others as they are in UTF-8.
  var lowercased: UInt8 { self >= 0x41 && self <= 0x5a ? self | 0x20 : self }

  /// The value of a hexadecimal digit.
  var hexValue: UInt32? {
    switch self {
    case 0x30...0x39: UInt32(self - 0x30)
    case 0x41...0x46: UInt32(self - 0x41 + 10)
    case 0x61...0x66: UInt32(self - 0x61 + 10)
    default: nil
    }
  }
}
