/// The prepared statements or the portals of one session.
///
/// The empty name is taken over silently; any other name must be free.
package struct NameTable<Object> {
  /// Enough for every driver's cache; a client that never closes anything must not fill the memory.
  package static var countMax: Int { 10_000 }

  private let kind: Kind
  private var objects: [String: Object] = [:]
  private var unnamed: Object?

  package enum Kind: Sendable { case statement, portal }

  package init(_ kind: Kind) { self.kind = kind }

  package var count: Int { objects.count + (unnamed == nil ? 0 : 1) }

  /// - Throws: 42P05, 42P03: the name is taken; 53000: too many.
  package mutating func add(_ object: Object, named name: String) throws(ProtocolError) {
    guard !name.isEmpty else {
      unnamed = object
      return
    }
    guard objects[name] == nil else {
      throw switch kind {
      case .statement: ProtocolError("42P05", "prepared statement \"\(name)\" already exists")
      case .portal: ProtocolError("42P03", "cursor \"\(name)\" already exists")
      }
    }
    guard objects.count < Self.countMax else {
      throw ProtocolError("53000", "more than \(Self.countMax) open statements or portals")
    }
    objects[name] = object
  }

  /// - Throws: 26000, 34000: no such name.
  package func object(named name: String) throws(ProtocolError) -> Object {
    if let object = name.isEmpty ? unnamed : objects[name] { return object }
    throw switch kind {
    case .statement where name.isEmpty:
      ProtocolError("26000", "unnamed prepared statement does not exist")
    case .statement: ProtocolError("26000", "prepared statement \"\(name)\" does not exist")
    case .portal: ProtocolError("34000", "portal \"\(name)\" does not exist")
    }
  }

  /// Forgets a name; nothing happens when nobody has it.
  package mutating func remove(_ name: String) {
    if name.isEmpty { unnamed = nil } else { objects[name] = nil }
  }

  package mutating func removeAll() {
    unnamed = nil
    if !objects.isEmpty { objects.removeAll() }
  }
}
