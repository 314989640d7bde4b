import Catalog
import Columnar

/// Writes plans as text: for EXPLAIN, and for the tests of the rules.
package enum PlanPrinter {
  /// One line an operator, inputs indented under it, as EXPLAIN shows plans.
  package static func lines(of plan: Plan) -> [String] {
    var lines: [String] = []
    append(plan, depth: 0, to: &lines)
    return lines
  }

  /// The lines as one text.
  package static func text(of plan: Plan) -> String {
    lines(of: plan).joined(separator: "\n")
  }

  private static func append(_ plan: Plan, depth: Int, to lines: inout [String]) {
    let indent = depth == 0 ? "" : String(repeating: "  ", count: depth - 1) + "->  "
    lines.append(indent + heading(of: plan))
    let inner = String(repeating: "  ", count: depth + 1)
    for detail in details(of: plan) { lines.append(inner + detail) }
    for input in plan.inputs { append(input, depth: depth + 1, to: &lines) }
  }

  // MARK: Operators

  private static func heading(of plan: Plan) -> String {
    switch plan.node {
    case .scan(let scan): "Scan \(scan.table.name) (\(names(of: scan)))"
    case .values(let rows): "Values (\(rows.count) \(rows.count == 1 ? "row" : "rows"))"
    case .tableFunction(let function, _): "Function \(function)"
    case .systemTable(let name): "System Table \(name.schema).\(name.name)"
    case .filter: "Filter"
    case .project(let input, let list):
      "Project (\(list.map { text(of: $0, input) }.joined(separator: ", ")))"
    case .aggregate(_, let keys, _): keys.isEmpty ? "Aggregate" : "Group"
    case .join(_, _, let kind, let keys, _):
      "\(keys.isEmpty ? "" : "Hash ")\(word(kind)) Join"
    case .sort: "Sort"
    case .limit: "Limit"
    case .distinct: "Distinct"
    case .distinctOn: "Distinct On"
    case .setOperation(let kind, _, _, let isAll):
      "\(word(kind))\(isAll ? " All" : "")"
    case .window: "Window"
    }
  }

  private static func names(of scan: TableScan) -> String {
    let names = scan.columns.prefix(scan.outputCount).map { id in
      scan.table.index(of: id).map { scan.table.columns[$0].name } ?? "?"
    }
    return (names + (scan.emitsLocator ? ["locator"] : [])).joined(separator: ", ")
  }

  /// What the columns of a plan are called; those without a name are called as they are made.
  private static func names(of plan: Plan) -> [String] {
    let given = plan.output.map(\.name)
    guard given.contains("") else { return given }
    var made: [String]
    switch plan.node {
    case .aggregate(let input, let keys, let aggregates):
      let printer = ExpressionPrinter(names(of: input))
      made = keys.map(printer.text) + aggregates.map(printer.text)
    case .project(let input, let list):
      made = list.map(ExpressionPrinter(names(of: input)).text)
    case .window(let input, let calls):
      let inner = names(of: input)
      made = inner + calls.map(ExpressionPrinter(inner).text)
    default: made = plan.inputs.flatMap(names)
    }
    guard made.count >= given.count else { return given }
    return zip(given, made).map { $0.isEmpty ? $1 : $0 }
  }

  private static func word(_ kind: JoinKind) -> String {
    switch kind {
    case .inner: "Inner"
    case .left: "Left"
    case .right: "Right"
    case .full: "Full"
    case .semi: "Semi"
    case .anti: "Anti"
    case .cross: "Cross"
    }
  }

  private static func word(_ kind: SetOperation) -> String {
    switch kind {
    case .union: "Union"
    case .intersect: "Intersect"
    case .except: "Except"
    }
  }

  private static func details(of plan: Plan) -> [String] {
    switch plan.node {
    case .scan(let scan):
      let names = scan.columns.map { id in
        scan.table.index(of: id).map { scan.table.columns[$0].name } ?? "?"
      }
      return list("Filter", scan.filters.map { ExpressionPrinter(names).text(of: $0) }, " AND ")
    case .tableFunction(_, let arguments):
      return list("Arguments", arguments.map { ExpressionPrinter([]).text(of: $0) })
    case .filter(let input, let condition): return ["Filter: \(text(of: condition, input))"]
    case .aggregate(let input, let keys, let aggregates):
      let printer = ExpressionPrinter(names(of: input))
      return list("Keys", keys.map(printer.text))
        + list("Aggregates", aggregates.map(printer.text))
    case .join(let left, let right, _, let keys, let residual):
      let both = ExpressionPrinter(names(of: left) + names(of: right))
      return list(
        "Condition",
        keys.map { "\(text(of: $0.left, left)) = \(text(of: $0.right, right))" },
        " AND "
      ) + list("Filter", residual.map { [both.text(of: $0)] } ?? [])
    case .sort(let input, let keys):
      let printer = ExpressionPrinter(names(of: input))
      return list("Keys", keys.map(printer.text))
    case .limit(_, let limit, let offset):
      let printer = ExpressionPrinter([])
      return list("Count", limit.map { [printer.text(of: $0)] } ?? [])
        + list("Offset", offset.map { [printer.text(of: $0)] } ?? [])
    case .distinctOn(let input, let keys):
      return list("Keys", keys.map { text(of: $0, input) })
    case .window(let input, let calls):
      let printer = ExpressionPrinter(names(of: input))
      return list("Calls", calls.map(printer.text))
    case .values, .systemTable, .project, .distinct, .setOperation: return []
    }
  }

  private static func list(
    _ title: String,
    _ items: [String],
    _ separator: String = ", "
  ) -> [String] {
    items.isEmpty ? [] : ["\(title): \(items.joined(separator: separator))"]
  }

  private static func text(of expression: BoundExpression, _ input: Plan) -> String {
    ExpressionPrinter(names(of: input)).text(of: expression)
  }
}
