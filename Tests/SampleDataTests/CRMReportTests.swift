import Foundation
import SampleData
import TestSupport
import Testing

/// `schema/crm` against PostgreSQL: the tables have the source's columns, and each report runs with
/// every one of its parameters and answers as a plain query does.
@Suite struct CRMReportTests {
  private struct Report {
    var name: String
    var parameters: [(name: String, type: String)]
    var query: String

    /// The query with each parameter as a typed literal; those that are not given are NULL.
    func sql(_ arguments: [String: String]) -> String {
      parameters.sorted { $0.name.count > $1.name.count }.reduce(query) { text, parameter in
        let value = arguments[parameter.name].map { "'\($0)'" } ?? "NULL"
        return text.replacing(":\(parameter.name)", with: "CAST(\(value) AS \(parameter.type))")
      }
    }
  }

  private func reports() throws -> [Report] {
    let text = try CRMOracle.text("reports.sql")
    let pattern = #/CREATE OR REPLACE REPORT (\w+)\(([^)]*)\) AS\n(.*?);/#.dotMatchesNewlines()
    return text.matches(of: pattern).map { match in
      Report(
        name: String(match.1),
        parameters: match.2.split(separator: ",").map { parameter in
          let words = parameter.split(whereSeparator: \.isWhitespace)
          return (String(words[0]), String(words[1]))
        },
        query: String(match.3)
      )
    }
  }

  @Test func `Almanac's tables have the source's columns`() throws {
    func columns(_ text: String) -> [String] {
      text.split(separator: "\n").compactMap { line in
        if line.hasPrefix("CREATE TABLE") { return String(line) }
        guard line.hasPrefix("  "), let word = line.split(separator: " ").first,
          word.allSatisfy({ $0.isLowercase || $0 == "_" })
        else { return nil }
        return line.split(separator: " ").prefix(2).joined(separator: " ")
          .trimmingCharacters(in: [","])
      }
    }
    let source = try columns(CRMOracle.text("source.sql"))
    #expect(try source == columns(CRMOracle.text("tables.sql")))
    let generated = CRMTable.allCases.flatMap { table in
      ["CREATE TABLE \(table) ("] + table.columns
    }
    #expect(
      source.map { $0.hasPrefix("CREATE") ? $0 : String($0.split(separator: " ")[0]) } == generated
    )
  }

  @Test func `each report filters by each of its parameters`() throws {
    let reports = try reports()
    #expect(
      reports.map(\.name) == [
        "sales_by_month", "manager_activity", "leads_by_source", "lead_conversion", "sales_funnel",
      ]
    )
    // The condition that a parameter stands for, on the report's fact table.
    let conditions: [String: (fact: String, time: String, base: String)] = [
      "sales_by_month": ("deals", "closed_at", "status = 'won'"),
      "manager_activity": ("activities", "completed_at", "status = 'done'"),
      "leads_by_source": ("leads", "created_at", "true"),
      "lead_conversion": ("leads", "created_at", "true"),
      "sales_funnel": ("deals", "created_at", "true"),
    ]
    let values = [
      "start_date": "2025-02-10", "end_date": "2025-11-30", "manager_id": "14",
      "department_id": "2", "source_type": "online", "source_id": "3", "pipeline_id": "2",
    ]
    let counts = [
      "sales_by_month": "deals", "manager_activity": "completed", "leads_by_source": "leads",
      "lead_conversion": "leads", "sales_funnel": "deals",
    ]
    let generator = CRMGenerator(
      scale: CRMScale(deals: 20_000, leads: 10_000, activities: 20_000),
      seed: 2
    )
    try CRMOracle.withDatabase(named: "reports", generator) { connection in
      for report in reports {
        let (fact, time, base) = try #require(conditions[report.name])
        let measure = try #require(counts[report.name])
        let optional = report.parameters.dropFirst().map(\.name)
        #expect(report.parameters[0].name == "tenant")
        // No parameter, each alone, all together.
        for names in [[]] + optional.map({ [$0] }) + [optional] {
          let arguments = values.filter { names.contains($0.key) }
          let filters = names.map { name -> String in
            let value = values[name] ?? ""
            return switch name {
            case "start_date": "\(time) >= date '\(value)'"
            case "end_date": "\(time)::date <= date '\(value)'"
            case "source_type":
              "source_id IN (SELECT id FROM sources WHERE source_type = '\(value)')"
            default: "\(name) = \(value)"
            }
          }
          let plain = ([base, "tenant_id = 1"] + filters).joined(separator: " AND ")
          let answer = try connection.execute(
            "SELECT coalesce(sum(\(measure)), 0) FROM (\(report.sql(arguments.merging(["tenant": "1"]) { $1 }))) AS r"
          )[0].texts
          let expected = try connection.execute("SELECT count(*) FROM \(fact) WHERE \(plain)")[0]
            .texts
          #expect(answer == expected, "\(report.name) \(arguments)")
          if names.count <= 1 { #expect(answer != [["0"]], "\(report.name) \(arguments)") }
        }
      }
    }
  }
}
