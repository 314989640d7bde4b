import Catalog
import Columnar
import Execution
import Planning
import Storage
import Synchronization

/// Answers the functions of pg_catalog for one statement.
final class CatalogAnswers: Sendable {
  private let catalog: CatalogSnapshot
  private let searchPath: [String]
  private let user: String
  private let database: Database
  /// Made when it is asked for first.
  private let made = Mutex<CatalogObjects?>(nil)

  init(_ catalog: CatalogSnapshot, searchPath: [String], user: String, _ database: Database) {
    self.catalog = catalog
    self.searchPath = searchPath
    self.user = user
    self.database = database
  }

  private var objects: CatalogObjects {
    made.withLock { known in
      if let known { return known }
      let fresh = CatalogObjects(catalog)
      known = fresh
      return fresh
    }
  }

  /// The value of a call; NULL for an object that there is not.
  ///
  /// - Parameters:
  ///   - function: What is asked.
  ///   - arguments: None of them NULL.
  /// - Returns: The answer.
  /// - Throws: An unknown name where PostgreSQL raises one.
  func answer(
    _ function: CatalogFunction,
    _ arguments: [Datum]
  ) throws(ExecutionError) -> Datum {
    let text = arguments.first?.text ?? ""
    let id = arguments.first?.integer ?? 0
    switch function {
    case .relationName:
      guard let relation = objects.relation(id) else {
        let key = objects.keys.first { $0.indexID == id }
        return .text(key.map { quoteIdentifier($0.name) } ?? (id == 0 ? "-" : String(id)))
      }
      return .text(objects.displayName(of: relation, searchPath))
    case .relationID: return .int64(try relationID(text))
    case .relationIDOrNull: return (try? relationID(text)).map { .int64($0) } ?? .null
    case .typeName: return .text(CatalogType.formatted(id, modifier: nil))
    case .typeID:
      if let id = Int64(text) { return .int64(id) }
      guard let type = CatalogType.named(text) else {
        throw .sql("42704", "type \"\(text)\" does not exist")
      }
      return .int64(Int64(type.id))
    case .schemaName:
      return .text(objects.schemas.first { $0.id == id }.map(\.name) ?? String(id))
    case .schemaID:
      guard let schema = objects.schemas.first(where: { $0.name == identifierParts(text)[0] })
      else { throw .sql("3F000", "schema \"\(text)\" does not exist") }
      return .int64(schema.id)
    case .roleName:
      return .text(id == CatalogObjects.roleID ? user : "unknown (OID=\(id))")
    case .functionName: return .text(identifierParts(text).last ?? text)
    case .formatType:
      return .text(CatalogType.formatted(id, modifier: arguments.last?.integer))
    case .isRelationVisible: return isVisible(id)
    case .expressionText: return .text(text)
    case .indexDefinition: return indexDefinition(arguments)
    case .constraintDefinition:
      return .text(objects.keys.first { $0.constraintID == id }?.constraintText)
    case .viewDefinition:
      let relation = arguments.first?.integer == nil ? try? relationID(text) : id
      return .text(relation.flatMap { objects.relation($0)?.view }.map { " \($0.text);" })
    case .functionArguments:
      return .text(report(id)?.parameters.map(Self.written).joined(separator: ", "))
    case .functionResult: return .text(report(id) == nil ? nil : "SETOF record")
    case .description: return .null
    case .relationSize, .totalSize:
      let relation = arguments.first?.integer == nil ? try relationID(text) : id
      return .int64(size(of: relation))
    case .databaseSize:
      return .int64(objects.relations.reduce(0) { $0 + size(of: $1.id) })
    case .prettySize: return .text(Self.pretty(id))
    case .encodingName: return .text(id == 6 ? "UTF8" : "")
    case .arrayText: return .text(Self.joined(text, by: arguments.last?.text ?? ""))
    case .isAllowed: return .boolean(true)
    case .isNever: return .boolean(false)
    case .none: return .int64(0)
    case .startTime: return .int64(database.startedAt)
    }
  }

  private func relationID(_ text: String) throws(ExecutionError) -> Int64 {
    if let id = Int64(text) { return id }
    if let relation = objects.relation(named: text, searchPath) { return relation.id }
    let name = identifierParts(text).last
    if let key = objects.keys.first(where: { $0.name == name }) { return key.indexID }
    throw .sql("42P01", "relation \"\(text)\" does not exist")
  }

  private func report(_ id: Int64) -> ReportDefinition? {
    objects.reports.first { CatalogObjects.id(ofReport: $0.name) == id }
  }

  private func isVisible(_ id: Int64) -> Datum {
    if let relation = objects.relation(id) {
      return .boolean(objects.isVisible(relation, searchPath))
    }
    if let key = objects.keys.first(where: { $0.indexID == id }) {
      return .boolean(objects.isVisible(key.relation, searchPath))
    }
    if report(id) != nil { return .boolean(searchPath.contains("report")) }
    return UInt32(exactly: id).flatMap { CatalogType.byID[$0] } == nil ? .null : .boolean(true)
  }

  /// A whole index, or the name of its column `arguments[1]`.
  private func indexDefinition(_ arguments: [Datum]) -> Datum {
    guard let key = objects.keys.first(where: { $0.indexID == arguments.first?.integer }) else {
      return .null
    }
    let place = arguments.count > 1 ? arguments[1].integer ?? 0 : 0
    guard place > 0 else { return .text(key.indexText) }
    return .text(
      key.columns.count >= place ? quoteIdentifier(key.columns[Int(place) - 1].column.name) : ""
    )
  }

  /// Bytes of a table's segment files.
  private func size(of id: Int64) -> Int64 {
    guard let table = objects.relation(id)?.table,
      let rows = database.store.published.table(table.id, scope: .unrestricted)
    else { return 0 }
    return rows.partitions.reduce(0) { sum, partition in
      partition.sources.reduce(sum) { sum, source in
        sum + Int64((source.source as? SegmentFile)?.summary.sizeBytes ?? 0)
      }
    }
  }

  private static func written(_ parameter: ReportParameter) -> String {
    "\(quoteIdentifier(parameter.name)) \(parameter.type.displayName)"
      + (parameter.defaultText.map { " DEFAULT \($0)" } ?? "")
  }

  /// Bytes in the largest unit that leaves at least ten of them, as pg_size_pretty writes them.
  static func pretty(_ bytes: Int64) -> String {
    var value = bytes
    guard value.magnitude >= 10 * 1024 else { return "\(value) bytes" }
    value /= 1 << 9
    for unit in ["kB", "MB", "GB", "TB"] {
      if value.magnitude < 20 * 1024 - 1 || unit == "TB" { return "\(half(value)) \(unit)" }
      value /= 1 << 10
    }
    return "\(half(value)) PB"
  }

  /// Half of a number, rounded away from zero.
  private static func half(_ value: Int64) -> Int64 { (value + (value < 0 ? -1 : 1)) / 2 }

  /// The members of an array in text form with `separator` between them.
  private static func joined(_ array: String, by separator: String) -> String {
    guard array.hasPrefix("{"), array.hasSuffix("}") else { return array }
    return array.dropFirst().dropLast().split(separator: ",").joined(separator: separator)
  }
}

extension Datum {
  fileprivate var text: String? {
    if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
  }

  fileprivate var integer: Int64? { if case .int64(let value) = self { value } else { nil } }
}
