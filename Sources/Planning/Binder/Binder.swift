package import Columnar
package import ReportSyntax

/// Turns a statement's tree into a plan.
package struct Binder {
  package let context: BindingContext
  package let systemTables: any SystemTableCatalog

  package init(context: BindingContext, systemTables: any SystemTableCatalog = NoSystemTables()) {
    self.context = context
    self.systemTables = systemTables
  }

  /// Binds a query or a change and applies the rules.
  ///
  /// - Throws: ``PlanningError``; 0A000 for statements that are not planned.
  package func bind(_ statement: Statement) throws(PlanningError) -> BoundStatement {
    context.stack = StackBudget()
    switch statement {
    case .query(let query):
      let queries = QueryBinder(self, commonTables: [:])
      return .query(optimized(try queries.settled(try queries.bind(query))))
    case .insert(let insert): return .insert(try bindInsert(insert))
    case .update(let update): return .update(try bindUpdate(update))
    case .delete(let delete): return .delete(try bindDelete(delete))
    default: throw .unsupported("planning this statement", at: nil)
    }
  }

  func optimized(_ plan: Plan) -> Plan {
    PlanRules.apply(plan, statistics: context.statistics, rollupsOf: context)
  }

  /// Binds a query as it stands, before the rules.
  package func bindQuery(_ query: Query) throws(PlanningError) -> Plan {
    try QueryBinder(self, commonTables: [:]).bind(query)
  }

  /// Binds an expression without columns: a DEFAULT, a parameter's default, a value of SET.
  ///
  /// `clause`: What messages name.
  package func bindConstant(
    _ expression: Expression,
    as type: LogicalType,
    clause: String
  ) throws(PlanningError) -> BoundExpression {
    let binder = ExpressionBinder(context: context, scope: EmptyScope(clause: clause))
    let bound = try binder.bind(expression)
    return try context.coerce(bound, to: type, purpose: .assignment, range: expression.range)
  }

  /// Binds the stored text of a column's DEFAULT.
  package func bindDefault(
    text: String,
    as type: LogicalType
  ) throws(PlanningError) -> BoundExpression {
    let expression: Expression
    do throws(SyntaxError) {
      expression = try Parser.parseExpression(Array(text.utf8))
    } catch {
      throw PlanningError(
        "XX000",
        "stored expression \"\(text)\" cannot be parsed: \(error.message)"
      )
    }
    do throws(PlanningError) {
      return try bindConstant(expression, as: type, clause: "DEFAULT expressions")
    } catch {
      throw error.withoutPosition
    }
  }
}

extension PlanningError {
  /// The same error for a text that is not the client's own.
  var withoutPosition: PlanningError {
    PlanningError(sqlState, message, detail: detail, hint: hint)
  }
}
