package import Columnar

/// What PostgreSQL's clients ask about the catalog; the engine answers from its definitions.
///
/// Objects are named by OIDs, which are bigint here.
package enum CatalogFunction: String, Hashable, Sendable {
  // The name of an object, and the object of a name.
  case relationName, relationID, relationIDOrNull, typeName, typeID, schemaName, schemaID, roleName
  /// The name of a function without its schema.
  case functionName
  // Type, relation and function descriptions.
  case formatType, isRelationVisible, expressionText, indexDefinition, constraintDefinition,
    viewDefinition, functionArguments, functionResult, description
  // Sizes in bytes, and bytes for people.
  case relationSize, totalSize, databaseSize, prettySize
  case encodingName, arrayText
  /// Whether the user may do something: there is one user, who may do everything.
  case isAllowed
  /// Whether something is so that never is; a number of what there is none of.
  case isNever, none
  case startTime
}

extension CatalogFunction {
  /// The lanes of the answers.
  package var laneKind: LaneKind {
    switch self {
    case .relationID, .relationIDOrNull, .typeID, .schemaID, .relationSize, .totalSize,
      .databaseSize, .none, .startTime:
      .int64
    case .isRelationVisible, .isAllowed, .isNever: .bool
    default: .bytes
    }
  }
}

extension FunctionCatalog {
  /// PostgreSQL 9.26: what clients call beside the relations of pg_catalog.
  static let catalog: [String: [FunctionOverload]] = {
    var all: [String: [FunctionOverload]] = [:]
    func add(
      _ name: String,
      _ parameters: [LogicalType],
      _ result: LogicalType,
      _ function: CatalogFunction
    ) {
      all[name, default: []].append(FunctionOverload(parameters, result, .catalog(function)))
    }
    add("format_type", [.bigint, .bigint], .text, .formatType)
    for name in ["pg_table_is_visible", "pg_type_is_visible", "pg_function_is_visible"] {
      add(name, [.bigint], .boolean, .isRelationVisible)
    }
    add("pg_get_userbyid", [.bigint], .text, .roleName)
    add("pg_get_expr", [.text, .bigint], .text, .expressionText)
    add("pg_get_expr", [.text, .bigint, .boolean], .text, .expressionText)
    add("pg_get_indexdef", [.bigint], .text, .indexDefinition)
    add("pg_get_indexdef", [.bigint, .integer, .boolean], .text, .indexDefinition)
    add("pg_get_constraintdef", [.bigint], .text, .constraintDefinition)
    add("pg_get_constraintdef", [.bigint, .boolean], .text, .constraintDefinition)
    for parameter in [LogicalType.bigint, .text] {
      add("pg_get_viewdef", [parameter], .text, .viewDefinition)
      add("pg_get_viewdef", [parameter, .boolean], .text, .viewDefinition)
      for name in ["pg_relation_size", "pg_table_size"] {
        add(name, [parameter], .bigint, .relationSize)
      }
      add("pg_total_relation_size", [parameter], .bigint, .totalSize)
      add("pg_database_size", [parameter], .bigint, .databaseSize)
    }
    add("pg_get_partkeydef", [.bigint], .text, .description)
    add("pg_tablespace_location", [.bigint], .text, .description)
    add("pg_indexes_size", [.bigint], .bigint, .none)
    add("pg_get_function_arguments", [.bigint], .text, .functionArguments)
    add("pg_get_function_identity_arguments", [.bigint], .text, .functionArguments)
    add("pg_get_function_result", [.bigint], .text, .functionResult)
    add("obj_description", [.bigint, .text], .text, .description)
    add("obj_description", [.bigint], .text, .description)
    add("col_description", [.bigint, .bigint], .text, .description)
    add("shobj_description", [.bigint, .text], .text, .description)
    add("pg_size_pretty", [.bigint], .text, .prettySize)
    add("pg_encoding_to_char", [.integer], .text, .encodingName)
    add("array_to_string", [.text, .text], .text, .arrayText)
    add("pg_postmaster_start_time", [], .timestamptz, .startTime)
    for name in ["pg_is_in_recovery", "pg_relation_is_publishable", "pg_is_other_temp_schema"] {
      add(name, name == "pg_is_in_recovery" ? [] : [.bigint], .boolean, .isNever)
    }
    add("to_regclass", [.text], .bigint, .relationIDOrNull)
    for object in [LogicalType.bigint, .text] {
      for name in ["table", "schema", "database", "any_column", "function", "sequence"] {
        add("has_\(name)_privilege", [object, .text], .boolean, .isAllowed)
        add("has_\(name)_privilege", [.text, object, .text], .boolean, .isAllowed)
      }
    }
    return all
  }()
}
