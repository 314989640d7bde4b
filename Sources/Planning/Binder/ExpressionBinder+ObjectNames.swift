import Columnar
import ReportSyntax

/// The types whose values are objects of the catalog, written as their names.
private enum ObjectType: String {
  case relation = "regclass"
  case type = "regtype"
  case schema = "regnamespace"
  case role = "regrole"
  case function = "regproc"

  init?(_ name: TypeName) {
    guard name.arrayDimensions == 0, name.name.schema.map({ $0.text == "pg_catalog" }) ?? true
    else { return nil }
    self.init(rawValue: name.name.name.text)
  }

  var nameOfID: CatalogFunction {
    switch self {
    case .relation: .relationName
    case .type: .typeName
    case .schema: .schemaName
    case .role: .roleName
    case .function: .functionName
    }
  }

  var idOfName: CatalogFunction? {
    switch self {
    case .relation: .relationID
    case .type: .typeID
    case .schema: .schemaID
    case .role, .function: nil
    }
  }
}

extension ExpressionBinder {
  /// A cast to or from `regclass` and its kin; nil: it is another cast.
  ///
  /// There are no values of these types: a number becomes the object's name, a name the object's number, which is what
  /// clients compare it with. Functions are known by their names alone.
  func bindObjectCast(
    _ operand: Expression,
    _ name: TypeName
  ) throws(PlanningError) -> BoundExpression? {
    if let object = ObjectType(name) {
      let value = try bind(operand)
      if value.type.isInteger {
        return call(.catalog(object.nameOfID), [try asID(value, operand.range)], .text)
      }
      return try identified(value, object, operand.range)
    }
    guard case .cast(let inner, let innerName, _) = operand.kind,
      let object = ObjectType(innerName)
    else { return nil }
    let value = try bind(inner)
    let isNumber = value.type.isInteger
    let id =
      isNumber ? try asID(value, inner.range) : try identified(value, object, inner.range)
    let type = try LogicalType(name)
    let wantsName = type.category == .string && id.type == .bigint
    let result = wantsName ? call(.catalog(object.nameOfID), [id], .text) : id
    return try context.coerce(result, to: type, purpose: .explicit, range: operand.range)
  }

  private func asID(
    _ value: BoundExpression,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    try context.coerce(value, to: .bigint, purpose: .explicit, range: range)
  }

  private func identified(
    _ value: BoundExpression,
    _ object: ObjectType,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    let text = try context.coerce(value, to: .text, purpose: .explicit, range: range)
    guard let function = object.idOfName else {
      return call(.catalog(object.nameOfID), [text], .text)
    }
    return call(.catalog(function), [text], .bigint)
  }
}
