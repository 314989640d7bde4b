import Catalog
import Columnar
import ReportSyntax

extension QueryBinder {
  /// A view's query, bound from its stored text.
  ///
  /// It sees none of the WITH queries around it.
  func bind(_ view: ViewDefinition) throws(PlanningError) -> Plan {
    let query = try parseStored(view.text, "view \"\(view.name)\"")
    var plan: Plan
    do throws(PlanningError) {
      plan = try settled(try QueryBinder(binder, commonTables: [:]).bind(query))
    } catch {
      throw error.withoutPosition
    }
    var output = plan.output
    for (index, name) in view.columnNames.enumerated() where index < output.count {
      output[index].name = name
    }
    plan = Plan(plan.node, output: output)
    return plan
  }

  /// A report's query with its parameters' values: typed expressions, never text.
  func bind(
    _ report: ReportDefinition,
    arguments: [FunctionCall.Argument],
    _ range: SourceRange
  ) throws(PlanningError) -> Plan {
    let values = try parameters(of: report, arguments, range)
    let outer = context.namedParameters
    context.namedParameters = values
    defer { context.namedParameters = outer }
    let query = try parseStored(report.text, "report \"\(report.name)\"")
    do throws(PlanningError) {
      return try settled(try QueryBinder(binder, commonTables: [:]).bind(query))
    } catch {
      throw error.withoutPosition
    }
  }

  private func parameters(
    of report: ReportDefinition,
    _ arguments: [FunctionCall.Argument],
    _ range: SourceRange
  ) throws(PlanningError) -> [String: BoundExpression] {
    let expressions = ExpressionBinder(
      context: context,
      scope: EmptyScope(clause: "report arguments")
    )
    var values: [String: BoundExpression] = [:]
    for (position, argument) in arguments.enumerated() {
      let parameter: ReportParameter
      if let name = argument.name {
        guard let found = report.parameters.first(where: { $0.name == name.text }) else {
          throw unknownParameter(name, of: report)
        }
        parameter = found
      } else {
        guard position < report.parameters.count else {
          throw PlanningError(
            "42883",
            "report \"\(report.name)\" takes \(report.parameters.count) parameters",
            at: argument.value.range
          )
        }
        parameter = report.parameters[position]
      }
      guard values[parameter.name] == nil else {
        throw PlanningError(
          "42601",
          "parameter \"\(parameter.name)\" is given more than once",
          at: argument.value.range
        )
      }
      let bound = try expressions.bind(argument.value)
      guard canCoerce(bound.type, to: parameter.type, for: .assignment) else {
        throw .mismatch(
          "parameter \"\(parameter.name)\" is of type \(parameter.type.displayName) but the value is "
            + "of type \(bound.type.displayName)",
          at: argument.value.range
        )
      }
      values[parameter.name] = try context.coerce(
        bound,
        to: parameter.type,
        purpose: .assignment,
        range: argument.value.range
      )
    }
    for parameter in report.parameters where values[parameter.name] == nil {
      guard let text = parameter.defaultText else {
        throw PlanningError(
          "42883",
          "report \"\(report.name)\" needs a value for parameter \"\(parameter.name)\"",
          at: range,
          hint: "Call it as report.\(report.name)(\(parameter.name) => …)."
        )
      }
      values[parameter.name] = try binder.bindDefault(text: text, as: parameter.type)
    }
    return values
  }

  private func unknownParameter(_ name: Identifier, of report: ReportDefinition) -> PlanningError {
    let names = report.parameters.map(\.name)
    let nearest = names.min { editDistance($0, name.text) < editDistance($1, name.text) }
    return PlanningError(
      "42883",
      "report \"\(report.name)\" has no parameter \"\(name.text)\"",
      at: name.range,
      hint: nearest.map {
        "Perhaps you meant \"\($0)\"; its parameters are \(names.joined(separator: ", "))."
      }
    )
  }

  private func parseStored(_ text: String, _ what: String) throws(PlanningError) -> Query {
    do throws(SyntaxError) {
      return try StoredQueries.query(text)
    } catch {
      throw PlanningError("XX000", "the stored text of \(what) cannot be parsed: \(error.message)")
    }
  }

  // MARK: Functions in FROM

  func bind(
    _ function: ReportSyntax.TableFunction,
    _ alias: FromItem.Alias?
  ) throws(PlanningError) -> (plan: Plan, scope: Scope) {
    guard function.calls.count == 1, !function.isRowsFrom else {
      throw .unsupported("ROWS FROM", at: function.calls[0].range)
    }
    guard !function.withOrdinality else {
      throw .unsupported("WITH ORDINALITY", at: function.calls[0].range)
    }
    guard function.columnDefinitions.isEmpty else {
      throw .unsupported("a column definition list", at: function.calls[0].range)
    }
    let expression = function.calls[0]
    let plan: Plan
    var name = expression.columnName
    if case .function(let call) = expression.kind, call.name.schema?.text == "report" {
      guard let report = context.catalog.reports[call.name.name.text] else {
        throw unknownReport(call)
      }
      plan = try bind(report, arguments: call.arguments, expression.range)
      name = report.name
    } else {
      plan = try tableFunction(expression, columnName: alias?.name.text ?? name)
    }
    let renamed = try renamed(
      plan,
      alias?.columns ?? [],
      what: "table \"\(alias?.name.text ?? name)\""
    )
    return (renamed, Scope(renamed, alias: alias?.name.text ?? name))
  }

  private func unknownReport(_ call: FunctionCall) -> PlanningError {
    let word = call.name.name.text
    let nearest = context.catalog.reports.keys.sorted().min {
      editDistance($0, word) < editDistance($1, word)
    }
    return PlanningError(
      "42883",
      "report \"\(word)\" does not exist",
      at: call.name.range,
      hint: nearest.map { "Perhaps you meant \"report.\($0)\"." }
    )
  }

  private func tableFunction(
    _ expression: Expression,
    columnName: String
  ) throws(PlanningError) -> Plan {
    let expressions = ExpressionBinder(
      context: context,
      scope: EmptyScope(clause: "functions in FROM")
    )
    guard case .function(let call) = expression.kind,
      ["generate_series", "unnest"].contains(call.name.name.text)
    else {
      let value = try expressions.bindSettled(expression)
      return Plan(
        .values(rows: [[value]]),
        output: [OutputColumn(name: columnName, type: value.type)]
      )
    }
    var arguments: [BoundExpression] = []
    for argument in call.arguments { arguments.append(try expressions.bind(argument.value)) }
    let ranges = call.arguments.map(\.value.range)
    if call.name.name.text == "unnest" {
      guard arguments.count == 1, case .array(let element) = arguments[0].type else {
        throw noFunction(call, arguments, expression.range)
      }
      return Plan(
        .tableFunction(.unnest, arguments: arguments),
        output: [OutputColumn(name: columnName, type: element.type)]
      )
    }
    let types = try seriesTypes(call, arguments, expression.range)
    for index in arguments.indices {
      arguments[index] = try context.coerce(
        arguments[index],
        to: types[index],
        range: ranges[index]
      )
    }
    return Plan(
      .tableFunction(.generateSeries, arguments: arguments),
      output: [OutputColumn(name: columnName, type: types[0])]
    )
  }

  /// The argument types of generate_series: whole numbers, numerics, or moments with an interval.
  private func seriesTypes(
    _ call: FunctionCall,
    _ arguments: [BoundExpression],
    _ range: SourceRange
  ) throws(PlanningError) -> [LogicalType] {
    guard (2...3).contains(arguments.count) else { throw noFunction(call, arguments, range) }
    let known = arguments.prefix(2).map(\.type).filter { $0 != .unknown }
    if known.contains(where: { $0.category == .dateTime })
      || (known.isEmpty && arguments.count == 3 && arguments[2].type == .interval)
    {
      guard arguments.count == 3 else { throw noFunction(call, arguments, range) }
      let type: LogicalType =
        known.allSatisfy({ $0 == .timestamp }) && !known.isEmpty ? .timestamp : .timestamptz
      return [type, type, .interval]
    }
    let ranks = arguments.map(\.type).filter { $0 != .unknown }.compactMap(\.numericRank)
    guard let rank = ranks.max(), rank <= 3 else { throw noFunction(call, arguments, range) }
    let type: LogicalType = rank <= 1 ? .integer : rank == 2 ? .bigint : .numeric(nil)
    return Array(repeating: type, count: arguments.count)
  }

  private func noFunction(
    _ call: FunctionCall,
    _ arguments: [BoundExpression],
    _ range: SourceRange
  ) -> PlanningError {
    let types = arguments.map(\.type.displayName).joined(separator: ", ")
    return PlanningError(
      "42883",
      "function \(call.name.description)(\(types)) does not exist",
      at: range,
      hint: ExpressionBinder.functionHint
    )
  }
}
