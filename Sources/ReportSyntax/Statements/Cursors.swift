/// `DECLARE name [BINARY] [[NO] SCROLL] CURSOR [WITH HOLD] FOR query`.
package struct DeclareCursor: Sendable {
  package let name: Identifier
  package let isBinary: Bool
  package let isScroll: Bool?
  package let isHold: Bool
  package let query: Query
  package let queryRange: SourceRange
}

/// `FETCH … FROM cursor`, `MOVE … FROM cursor`.
package struct Fetch: Sendable {
  package enum Direction: Hashable, Sendable {
    /// `FORWARD n`; a negative count goes back.
    case forward(Int64)
    case forwardAll
    case backward(Int64)
    case backwardAll
    case absolute(Int64)
    case relative(Int64)
    case first, last, prior
  }
  package let direction: Direction
  package let cursor: Identifier
  package let isMove: Bool
}

/// `CLOSE name`, `CLOSE ALL`.
package struct CloseCursor: Sendable {
  package let name: Identifier?
}

extension Parser {
  mutating func parseDeclareCursor() throws(SyntaxError) -> DeclareCursor {
    try expect(.declare)
    let name = try parseColumnName()
    var isBinary = false
    var isScroll: Bool?
    while !at(.cursor) {
      if accept(.binary) {
        isBinary = true
      } else if accept(.no, .scroll) {
        isScroll = false
      } else if accept(.scroll) {
        isScroll = true
      } else if !accept(.insensitive), !accept(.asensitive) {
        throw unexpected()
      }
    }
    advance()
    let isHold = accept(.with, .hold)
    if !isHold { _ = accept(.without, .hold) }
    try expect(.for)
    let first = current.range
    let query = try parseQuery()
    return DeclareCursor(
      name: name,
      isBinary: isBinary,
      isScroll: isScroll,
      isHold: isHold,
      query: query,
      queryRange: range(from: first)
    )
  }

  mutating func parseFetchCursor() throws(SyntaxError) -> Fetch {
    let isMove = advance().keyword == .move
    let direction = try parseFetchDirection()
    if !accept(.from) { _ = accept(.in) }
    return Fetch(direction: direction, cursor: try parseColumnName(), isMove: isMove)
  }

  private mutating func parseFetchDirection() throws(SyntaxError) -> Fetch.Direction {
    // A word alone is the cursor's name, not a direction.
    guard peek().kind != .endOfInput, peek().kind != .semicolon else { return .forward(1) }
    if at(.wholeNumber) || at(.minus) || at(.plus) { return .forward(try parseSignedInteger()) }
    switch current.keyword {
    case .next:
      advance()
      return .forward(1)
    case .prior:
      advance()
      return .prior
    case .first:
      advance()
      return .first
    case .last:
      advance()
      return .last
    case .all:
      advance()
      return .forwardAll
    case .absolute:
      advance()
      return .absolute(try parseSignedInteger())
    case .relative:
      advance()
      return .relative(try parseSignedInteger())
    case .forward:
      advance()
      if accept(.all) { return .forwardAll }
      return .forward(isCountAhead ? try parseSignedInteger() : 1)
    case .backward:
      advance()
      if accept(.all) { return .backwardAll }
      return .backward(isCountAhead ? try parseSignedInteger() : 1)
    default: return .forward(1)
    }
  }

  private var isCountAhead: Bool { at(.wholeNumber) || at(.minus) || at(.plus) }

  mutating func parseCloseCursor() throws(SyntaxError) -> CloseCursor {
    try expect(.close)
    if accept(.all) { return CloseCursor(name: nil) }
    return CloseCursor(name: try parseColumnName())
  }
}

extension Printer {
  mutating func write(_ cursor: DeclareCursor) {
    write("DECLARE ")
    write(cursor.name)
    if cursor.isBinary { write(" BINARY") }
    if let isScroll = cursor.isScroll { write(isScroll ? " SCROLL" : " NO SCROLL") }
    write(" CURSOR ")
    if cursor.isHold { write("WITH HOLD ") }
    write("FOR ")
    write(cursor.query)
  }

  mutating func write(_ fetch: Fetch) {
    write(fetch.isMove ? "MOVE " : "FETCH ")
    switch fetch.direction {
    case .forward(let count): write("FORWARD \(count)")
    case .forwardAll: write("FORWARD ALL")
    case .backward(let count): write("BACKWARD \(count)")
    case .backwardAll: write("BACKWARD ALL")
    case .absolute(let count): write("ABSOLUTE \(count)")
    case .relative(let count): write("RELATIVE \(count)")
    case .first: write("FIRST")
    case .last: write("LAST")
    case .prior: write("PRIOR")
    }
    write(" FROM ")
    write(fetch.cursor)
  }

  mutating func write(_ close: CloseCursor) {
    write("CLOSE ")
    if let name = close.name { write(name) } else { write("ALL") }
  }
}
