import Foundation
import Planning
import ReportSyntax
import Testing

@Suite struct DepthTests {
  /// Runs on a thread with the smallest stack that a session may have.
  private func onSmallStack(_ body: @escaping @Sendable () -> Void) {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      body()
      done.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    done.wait()
  }

  private static func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  @Test func `what the parser lets through is bound and planned, or refused, on a small stack`() {
    let height = NestingLimit.height - 6
    let texts = [
      "SELECT id" + Self.repeated(" + id", height) + " FROM deals",
      "SELECT stage" + Self.repeated(" || 'a'", height) + " FROM deals",
      "SELECT id FROM deals WHERE " + Self.repeated("NOT ", 60) + "true",
      "SELECT " + Self.repeated("abs(", 8) + "1" + Self.repeated(")", 8) + " FROM deals",
      "SELECT stage" + Self.repeated("::text", height) + " FROM deals",
      "SELECT 1" + Self.repeated(" UNION ALL SELECT 1", height / 2),
      "SELECT 1 FROM deals" + (0..<90).map { " CROSS JOIN managers m\($0)" }.joined(),
      Self.repeated("SELECT * FROM (", 8) + "SELECT 1 AS a"
        + (0..<8).map { ") x\($0)" }.joined(),
      "SELECT id FROM deals WHERE id = 0" + Self.repeated(" OR id = 1", 50_000),
      // Twelve different keys: 4,096 grouping sets.
      "SELECT count(*) FROM deals GROUP BY CUBE ("
        + (1...12).map { "id + \($0)" }.joined(separator: ", ")
        + ")",
    ]
    onSmallStack {
      for text in texts {
        do {
          guard case .query(let plan) = try Sample.bind(text) else { continue }
          #expect(!PlanPrinter.lines(of: plan).isEmpty)
        } catch {
          #expect("\(error)".contains("54001"), "\(text.prefix(60)): \(error)")
        }
      }
    }
  }

  @Test func `grouping sets are counted before they are multiplied`() {
    let cube = "CUBE (" + (1...12).map { "id + \($0)" }.joined(separator: ", ") + ")"
    for sets in ["GROUPING SETS (\(cube), \(cube))", "\(cube), ROLLUP (stage)"] {
      let error = #expect(throws: PlanningError.self) {
        try Sample.bind("SELECT count(*) FROM deals GROUP BY \(sets)")
      }
      #expect(error?.sqlState == "54001")
    }
  }
}
