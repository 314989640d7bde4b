/// Bytes as a client sends them: the encoder that only tests need.
struct ClientBytes {
  var bytes: [UInt8] = []

  static func int16(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
  }

  static func int32(_ value: Int) -> [UInt8] {
    int16(value >> 16) + int16(value)
  }

  static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

  /// A message with a kind.
  mutating func message(_ kind: Unicode.Scalar, _ inside: [UInt8] = []) {
    bytes += [UInt8(truncatingIfNeeded: kind.value)] + Self.int32(inside.count + 4) + inside
  }

  /// A packet of the start-up.
  mutating func packet(_ code: Int, _ inside: [UInt8] = []) {
    bytes += Self.int32(inside.count + 8) + Self.int32(code) + inside
  }

  mutating func startup(_ parameters: [(String, String)], code: Int = 3 << 16) {
    packet(code, parameters.flatMap { Self.text($0.0) + Self.text($0.1) } + [0])
  }

  mutating func query(_ text: String) { message("Q", Self.text(text)) }

  mutating func parse(_ name: String, _ text: String, types: [Int] = []) {
    message(
      "P",
      Self.text(name) + Self.text(text) + Self.int16(types.count) + types.flatMap(Self.int32)
    )
  }

  mutating func bind(
    _ portal: String,
    _ statement: String,
    formats: [Int] = [],
    values: [[UInt8]?] = [],
    resultFormats: [Int] = []
  ) {
    var inside = Self.text(portal) + Self.text(statement)
    inside += Self.int16(formats.count) + formats.flatMap(Self.int16)
    inside += Self.int16(values.count)
    for value in values { inside += Self.int32(value?.count ?? -1) + (value ?? []) }
    inside += Self.int16(resultFormats.count) + resultFormats.flatMap(Self.int16)
    message("B", inside)
  }

  mutating func execute(_ portal: String, maxRows: Int = 0) {
    message("E", Self.text(portal) + Self.int32(maxRows))
  }

  mutating func describe(_ kind: Unicode.Scalar, _ name: String) {
    message("D", [UInt8(truncatingIfNeeded: kind.value)] + Self.text(name))
  }
}
