/// `VACUUM`, `ANALYZE`: accepted from tools that send them.
package struct Maintenance: Sendable {
  package enum Kind: String, Hashable, Sendable {
    case vacuum, analyze
  }
  package let kind: Kind
  package let tables: [QualifiedName]
}

/// `LISTEN`, `UNLISTEN`, `NOTIFY`.
package enum Notification: Sendable {
  case listen(Identifier)
  /// Nil for `UNLISTEN *`.
  case unlisten(Identifier?)
  case notify(Identifier, payload: String?)
}

extension Parser {
  mutating func parseMaintenance() throws(SyntaxError) -> Maintenance {
    let kind: Maintenance.Kind = advance().keyword == .vacuum ? .vacuum : .analyze
    if at(.leftParenthesis) {
      _ = try parenthesised { (parser: inout Parser) throws(SyntaxError) in
        _ = try parser.parseLabel()
        if !parser.at(.comma), !parser.at(.rightParenthesis) { _ = try parser.parseSettingValue() }
      }
    } else {
      while accept(.full) || accept(.freeze) || accept(.verbose) || accept(.analyze)
        || accept(.analyse)
      {}
    }
    var tables: [QualifiedName] = []
    if isColumnName {
      tables = try commaList { (parser: inout Parser) throws(SyntaxError) in
        let name = try parser.parseQualifiedName()
        if parser.at(.leftParenthesis) { _ = try parser.parseColumnList() }
        return name
      }
    }
    return Maintenance(kind: kind, tables: tables)
  }

  mutating func parseNotification() throws(SyntaxError) -> Notification {
    switch advance().keyword {
    case .listen: return .listen(try parseColumnName())
    case .unlisten: return .unlisten(accept(.star) ? nil : try parseColumnName())
    default:
      let channel = try parseColumnName()
      return .notify(channel, payload: accept(.comma) ? try parseString() : nil)
    }
  }
}

extension Printer {
  mutating func write(_ maintenance: Maintenance) {
    write(maintenance.kind.rawValue.uppercased())
    if maintenance.tables.isEmpty { return }
    write(" ")
    writeList(maintenance.tables) { $0.write($1) }
  }

  mutating func write(_ notification: Notification) {
    switch notification {
    case .listen(let channel):
      write("LISTEN ")
      write(channel)
    case .unlisten(let channel):
      write("UNLISTEN ")
      if let channel { write(channel) } else { write("*") }
    case .notify(let channel, let payload):
      write("NOTIFY ")
      write(channel)
      if let payload { write(", " + Self.literal(payload)) }
    }
  }
}
