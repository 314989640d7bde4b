import Catalog
import Columnar
import Planning

extension SystemTables {
  /// The SQL standard's views (PostgreSQL 15, chapter 37), as far as there is something to say.
  static let informationSchema: [SystemTable] = [
    catalogName, schemata, standardTables, standardColumns, standardViews, tableConstraints,
    keyColumnUsage, constraintColumnUsage, routines, parameters,
    .empty(
      "information_schema.referential_constraints",
      """
      constraint_catalog:t constraint_schema:t constraint_name:t unique_constraint_catalog:t unique_constraint_schema:t
      unique_constraint_name:t match_option:t update_rule:t delete_rule:t
      """
    ),
    .empty(
      "information_schema.check_constraints",
      "constraint_catalog:t constraint_schema:t constraint_name:t check_clause:t"
    ),
    .empty(
      "information_schema.sequences",
      """
      sequence_catalog:t sequence_schema:t sequence_name:t data_type:t numeric_precision:i numeric_precision_radix:i
      numeric_scale:i start_value:t minimum_value:t maximum_value:t increment:t cycle_option:t
      """
    ),
    .empty(
      "information_schema.triggers",
      "trigger_catalog:t trigger_schema:t trigger_name:t event_manipulation:t event_object_schema:t event_object_table:t"
    ),
    .empty(
      "information_schema.domains",
      "domain_catalog:t domain_schema:t domain_name:t data_type:t"
    ),
    .empty(
      "information_schema.element_types",
      "object_catalog:t object_schema:t object_name:t object_type:t collection_type_identifier:t data_type:t"
    ),
  ]

  private static func yesOrNo(_ value: Bool) -> Datum { .text(value ? "YES" : "NO") }
  private static let database = Datum.text(Database.name)

  private static let catalogName = SystemTable(
    "information_schema.information_schema_catalog_name",
    "catalog_name:t"
  ) { _ in [["catalog_name": database]] }

  private static let schemata = SystemTable(
    "information_schema.schemata",
    """
    catalog_name:t schema_name:t schema_owner:t default_character_set_catalog:t default_character_set_schema:t
    default_character_set_name:t sql_path:t
    """
  ) { context in
    context.objects.schemas.map {
      [
        "catalog_name": database, "schema_name": .text($0.name),
        "schema_owner": .text(context.session.entry.user),
      ]
    }
  }

  private static let standardTables = SystemTable(
    "information_schema.tables",
    """
    table_catalog:t table_schema:t table_name:t table_type:t self_referencing_column_name:t reference_generation:t
    user_defined_type_catalog:t user_defined_type_schema:t user_defined_type_name:t is_insertable_into:t is_typed:t=NO
    commit_action:t
    """
  ) { context in
    context.objects.relations.map { relation in
      let isTable = relation.kind == .table
      return [
        "table_catalog": database, "table_schema": .text(relation.schema),
        "table_name": .text(relation.name), "table_type": .text(isTable ? "BASE TABLE" : "VIEW"),
        "is_insertable_into": yesOrNo(isTable),
      ]
    }
  }

  private static let standardColumns = SystemTable(
    "information_schema.columns",
    """
    table_catalog:t table_schema:t table_name:t column_name:t ordinal_position:i column_default:t is_nullable:t
    data_type:t character_maximum_length:i=- character_octet_length:i=- numeric_precision:i=-
    numeric_precision_radix:i=- numeric_scale:i=- datetime_precision:i=- interval_type:t interval_precision:i=-
    character_set_catalog:t character_set_schema:t character_set_name:t collation_catalog:t collation_schema:t
    collation_name:t domain_catalog:t domain_schema:t domain_name:t udt_catalog:t udt_schema:t=pg_catalog udt_name:t
    scope_catalog:t scope_schema:t scope_name:t maximum_cardinality:i=- dtd_identifier:t is_self_referencing:t=NO
    is_identity:t=NO identity_generation:t identity_start:t identity_increment:t identity_maximum:t
    identity_minimum:t identity_cycle:t=NO is_generated:t=NEVER generation_expression:t is_updatable:t
    """
  ) { context in
    context.objects.relations.flatMap { relation in
      context.columns(of: relation).enumerated().map { place, column -> [String: Datum] in
        [
          "table_catalog": database, "table_schema": .text(relation.schema),
          "table_name": .text(relation.name), "column_name": .text(column.name),
          "ordinal_position": .count(place + 1), "dtd_identifier": .text(String(place + 1)),
          "column_default": .text(column.defaultText), "is_nullable": yesOrNo(column.isNullable),
          "is_updatable": yesOrNo(relation.kind == .table), "udt_catalog": database,
        ].merging(described(column.type)) { first, _ in first }
      }
    }
  }

  /// What the standard's columns say of a type.
  private static func described(_ type: LogicalType) -> [String: Datum] {
    var row: [String: Datum] = [
      "data_type": .text(type.displayName), "udt_name": .text(CatalogType.byID[type.id]?.name),
    ]
    func number(_ precision: Int, _ radix: Int, _ scale: Int?) {
      row["numeric_precision"] = .count(precision)
      row["numeric_precision_radix"] = .count(radix)
      row["numeric_scale"] = scale.map { .count($0) } ?? .null
    }
    switch type {
    case .smallint: number(16, 2, 0)
    case .integer: number(32, 2, 0)
    case .bigint: number(64, 2, 0)
    case .real: number(24, 2, nil)
    case .double: number(53, 2, nil)
    case .numeric(let shape?): number(shape.precision, 10, shape.scale)
    case .numeric: row["numeric_precision_radix"] = .count(10)
    case .text: row["character_octet_length"] = .count(1 << 30)
    case .varchar(let limit), .char(let limit as Int?):
      row["character_maximum_length"] = limit.map { .count($0) } ?? .null
      row["character_octet_length"] = .count(limit.map { $0 * 4 } ?? 1 << 30)
    case .date: row["datetime_precision"] = .count(0)
    case .time, .timestamp, .timestamptz, .interval: row["datetime_precision"] = .count(6)
    case .array: row["data_type"] = .text("ARRAY")
    case .boolean, .uuid, .jsonb, .bytea, .unknown: break
    }
    return row
  }

  private static let standardViews = SystemTable(
    "information_schema.views",
    """
    table_catalog:t table_schema:t table_name:t view_definition:t check_option:t=NONE is_updatable:t=NO
    is_insertable_into:t=NO is_trigger_updatable:t=NO is_trigger_deletable:t=NO is_trigger_insertable_into:t=NO
    """
  ) { context in
    context.objects.relations.filter { $0.kind == .view }.map {
      [
        "table_catalog": database, "table_schema": .text($0.schema), "table_name": .text($0.name),
        "view_definition": .text($0.view.map { " \($0.text);" }),
      ]
    }
  }

  private static func named(_ key: CatalogObjects.Key) -> [String: Datum] {
    [
      "constraint_catalog": database, "constraint_schema": .text(key.relation.schema),
      "constraint_name": .text(key.name), "table_catalog": database,
      "table_schema": .text(key.relation.schema), "table_name": .text(key.relation.name),
    ]
  }

  private static let tableConstraints = SystemTable(
    "information_schema.table_constraints",
    """
    constraint_catalog:t constraint_schema:t constraint_name:t table_catalog:t table_schema:t table_name:t
    constraint_type:t is_deferrable:t=NO initially_deferred:t=NO enforced:t=YES nulls_distinct:t
    """
  ) { context in
    context.objects.keys.map { key in
      var row = named(key)
      row["constraint_type"] = .text("PRIMARY KEY")
      return row
    }
  }

  private static let keyColumnUsage = SystemTable(
    "information_schema.key_column_usage",
    """
    constraint_catalog:t constraint_schema:t constraint_name:t table_catalog:t table_schema:t table_name:t
    column_name:t ordinal_position:i position_in_unique_constraint:i=-
    """
  ) { context in
    context.objects.keys.flatMap { key in
      key.columns.enumerated().map { place, part in
        var row = named(key)
        row["column_name"] = .text(part.column.name)
        row["ordinal_position"] = .count(place + 1)
        return row
      }
    }
  }

  private static let constraintColumnUsage = SystemTable(
    "information_schema.constraint_column_usage",
    """
    table_catalog:t table_schema:t table_name:t column_name:t constraint_catalog:t constraint_schema:t
    constraint_name:t
    """
  ) { context in
    context.objects.keys.flatMap { key in
      key.columns.map { part in
        var row = named(key)
        row["column_name"] = .text(part.column.name)
        return row
      }
    }
  }

  /// Reports are table functions of the schema `report`.
  private static let routines = SystemTable(
    "information_schema.routines",
    """
    specific_catalog:t specific_schema:t=report specific_name:t routine_catalog:t routine_schema:t=report routine_name:t
    routine_type:t=FUNCTION data_type:t=record type_udt_schema:t=pg_catalog type_udt_name:t=record routine_body:t=SQL
    routine_definition:t external_language:t=SQL is_deterministic:t=NO sql_data_access:t=READS security_type:t=INVOKER
    """
  ) { context in
    context.objects.reports.map { report in
      [
        "specific_catalog": database, "routine_catalog": database,
        "specific_name": .text(specificName(of: report)), "routine_name": .text(report.name),
        "routine_definition": .text(report.text),
      ]
    }
  }

  private static let parameters = SystemTable(
    "information_schema.parameters",
    """
    specific_catalog:t specific_schema:t=report specific_name:t ordinal_position:i parameter_mode:t=IN is_result:t=NO
    as_locator:t=NO parameter_name:t data_type:t udt_catalog:t udt_schema:t=pg_catalog udt_name:t parameter_default:t
    """
  ) { context in
    context.objects.reports.flatMap { report in
      report.parameters.enumerated().map { place, parameter in
        [
          "specific_catalog": database, "specific_name": .text(specificName(of: report)),
          "ordinal_position": .count(place + 1), "parameter_name": .text(parameter.name),
          "data_type": .text(parameter.type.displayName), "udt_catalog": database,
          "udt_name": .text(CatalogType.byID[parameter.type.id]?.name),
          "parameter_default": .text(parameter.defaultText),
        ]
      }
    }
  }

  private static func specificName(of report: ReportDefinition) -> String {
    "\(report.name)_\(CatalogObjects.id(ofReport: report.name))"
  }
}
