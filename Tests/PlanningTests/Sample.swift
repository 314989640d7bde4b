import Catalog
import Columnar
import Planning
import ReportSyntax

/// A catalog of two tables, and folding of the casts that texts in these tests need.
enum Sample {
  /// Converts between lanes of one kind; parses whole numbers, dates and moments in UTC.
  private struct Folding: ConstantFolding {
    func fold(_ expression: BoundExpression) throws(PlanningError) -> Datum {
      guard case .cast(let inner) = expression.node, case .constant(let datum) = inner.node else {
        throw PlanningError("0A000", "not folded")
      }
      guard case .bytes(let bytes) = datum, !expression.type.isText else {
        return scaled(datum, inner.type, expression.type)
      }
      let text = String(decoding: bytes, as: UTF8.self)
      if expression.type == .timestamptz || expression.type == .timestamp {
        let parts = text.split { "- :+".contains($0) }.compactMap { Int($0) }
        return .int64(
          Civil.days(year: parts[0], month: parts[1], day: parts[2]) * Civil.microsecondsPerDay
        )
      }
      guard let value = Int64(text) else {
        throw PlanningError(
          "22P02",
          "invalid input syntax for type \(expression.type.displayName): \"\(text)\""
        )
      }
      return scaled(.int64(value), .bigint, expression.type)
    }

    private func scaled(_ datum: Datum, _ from: LogicalType, _ to: LogicalType) -> Datum {
      guard case .int64(var value) = datum, to.laneKind == .int64 || to.laneKind == .int128 else {
        return datum
      }
      for _ in from.scale..<max(from.scale, to.scale) { value *= 10 }
      return to.laneKind == .int64 ? .int64(value) : .int128(Int128(value))
    }
  }

  static let catalog: CatalogSnapshot = {
    var catalog = CatalogSnapshot()
    let money = LogicalType.numeric(NumericShape(precision: 15, scale: 2))
    catalog.apply(
      .createTable(
        table(
          1,
          "deals",
          [
            ("id", .bigint), ("tenant_id", .integer), ("created_at", .timestamptz),
            ("stage", .text), ("amount", money), ("manager_id", .bigint),
          ]
        )
      )
    )
    catalog.apply(.createTable(table(2, "managers", [("id", .bigint), ("name", .text)])))
    return catalog
  }()

  private static func table(
    _ id: UInt32,
    _ name: String,
    _ columns: [(String, LogicalType)]
  ) -> TableDefinition {
    var definitions = columns.enumerated().map { index, column in
      Catalog.ColumnDefinition(id: ColumnID(UInt32(index)), name: column.0, type: column.1)
    }
    definitions[0].isNullable = false
    if name == "deals" { definitions[3].defaultText = "'new'" }
    return TableDefinition(
      id: TableID(id),
      name: name,
      columns: definitions,
      primaryKey: [ColumnID(0)]
    )
  }

  /// Binds a statement and applies the rules.
  static func bind(
    _ text: String,
    sizes: (any TableStatistics)? = nil
  ) throws -> BoundStatement {
    let statements = try Parser.parseStatements(Array(text.utf8))
    guard let first = statements.first else { throw PlanningError("XX000", "no statement") }
    let context = BindingContext(
      catalog: catalog,
      settings: BindingSettings(),
      folding: Folding()
    )
    context.statistics = sizes
    return try Binder(context: context).bind(first.statement)
  }

  /// SQLSTATE and message of a statement that cannot be bound.
  static func failure(_ text: String) -> String? {
    do {
      _ = try bind(text)
      return nil
    } catch let error as PlanningError {
      return "\(error.sqlState) \(error.message)"
    } catch {
      return "\(error)"
    }
  }
}
