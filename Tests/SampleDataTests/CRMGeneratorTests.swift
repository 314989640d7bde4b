import Columnar
import Foundation
import SampleData
import TestSupport
import Testing

/// The CRM's sample data: the same bytes for ever, keys that find what they refer to, and a file
/// that PostgreSQL itself loads.
@Suite struct CRMGeneratorTests {
  private static let scale = CRMScale(deals: 4_000, leads: 2_000, activities: 6_000)

  private func bytes(_ generator: CRMGenerator, _ table: CRMTable) -> [UInt8] {
    collected { sink in generator.write(table, to: sink) }
  }

  /// FNV-1a: short, and the same everywhere.
  private func hash(_ generator: CRMGenerator) -> UInt64 {
    CRMTable.allCases.reduce(fnvStart) { hash, table in fnv(bytes(generator, table), from: hash) }
  }

  @Test(arguments: [
    (1 as UInt64, CRMScale.IDStyle.dense, 2_146_644_692_047_605_649 as UInt64),
    (7, .dense, 6_668_986_349_701_042_421), (1, .sparse, 17_757_430_328_258_725_419),
  ])
  func `a seed gives the same bytes for ever`(
    seed: UInt64,
    style: CRMScale.IDStyle,
    expected: UInt64
  ) {
    var scale = Self.scale
    scale.idStyle = style
    #expect(hash(CRMGenerator(scale: scale, seed: seed)) == expected)
  }

  @Test func `parts of a table make the whole`() {
    let generator = CRMGenerator(scale: Self.scale, seed: 3)
    var parts = Array((CRMTable.deals.columns.joined(separator: ",") + "\n").utf8)
    for start in stride(from: 0, to: 4_000, by: 999) {
      parts += collected { sink in generator.write(.deals, rows: start..<start + 999, to: sink) }
    }
    #expect(parts == bytes(generator, .deals))
  }

  @Test func `a sink's error ends the writing`() {
    struct Full: Error {}
    #expect(throws: Full.self) {
      try CRMGenerator(scale: Self.scale).write(.deals) { _ throws(Full) in throw Full() }
    }
  }

  @Test(arguments: CRMScale.IDStyle.allCases)
  func `PostgreSQL loads every table with its keys and foreign keys`(
    style: CRMScale.IDStyle
  ) throws {
    var scale = Self.scale
    scale.idStyle = style
    let generator = CRMGenerator(scale: scale, seed: 5)
    try CRMOracle.withDatabase(named: "sample \(style)", generator) { connection in
      for table in CRMTable.allCases {
        let count = try connection.execute("SELECT count(*) FROM \(table)")[0].texts
        #expect(count == [[String(generator.rowCount(of: table))]], "\(table)")
      }
      let checks = [
        "SELECT count(*) FROM deals d JOIN managers m ON m.id = d.manager_id WHERE m.tenant_id <> d.tenant_id",
        "SELECT count(*) FROM deals d JOIN customers c ON c.id = d.customer_id WHERE c.tenant_id <> d.tenant_id",
        "SELECT count(*) FROM deals d JOIN pipelines p ON p.id = d.pipeline_id WHERE p.tenant_id <> d.tenant_id",
        "SELECT count(*) FROM deals d JOIN managers m ON m.id = d.manager_id WHERE m.department_id <> d.department_id",
        "SELECT count(*) FROM leads l JOIN sources s ON s.id = l.source_id WHERE s.tenant_id <> l.tenant_id",
        "SELECT count(*) FROM leads l JOIN deals d ON d.id = l.deal_id WHERE d.tenant_id <> l.tenant_id OR d.created_at <> l.converted_at OR l.created_at > d.created_at",
        "SELECT count(*) FROM leads WHERE (status = 'converted') <> (deal_id IS NOT NULL)",
        "SELECT count(*) FROM activities a JOIN deals d ON d.id = a.deal_id WHERE d.tenant_id <> a.tenant_id OR d.manager_id <> a.manager_id OR a.created_at < d.created_at",
        "SELECT count(*) FROM activities WHERE (status = 'done') <> (completed_at IS NOT NULL)",
        "SELECT count(*) FROM deals WHERE (status = 'open') <> (closed_at IS NULL) OR closed_at < created_at OR (status <> 'open') <> (stage = status)",
        "SELECT count(*) FROM deals WHERE created_at < '2023-07-01 00:00+00' OR created_at >= '2026-07-01 00:00+00' OR closed_at >= '2026-07-01 00:00+00'",
      ]
      for check in checks {
        #expect(try connection.execute(check)[0].texts == [["0"]], "\(check)")
      }
    }
  }

  @Test func `the data looks like a CRM's`() throws {
    let generator = CRMGenerator(
      scale: CRMScale(deals: 20_000, leads: 10_000, activities: 1_000),
      seed: 11
    )
    try CRMOracle.withDatabase(named: "sample shape", generator) { connection in
      let shape = try connection.execute(
        """
        SELECT count(DISTINCT date_trunc('month', created_at)) = 36,
               count(DISTINCT tenant_id) = 8,
               avg((closed_at IS NULL)::int) BETWEEN 0.44 AND 0.52,
               avg((amount > 100000)::int) BETWEEN 0.05 AND 0.25,
               count(DISTINCT title) > 7000,
               count(DISTINCT customer_id) > 3000,
               avg((title LIKE '%"%' OR title LIKE '%,%')::int) BETWEEN 0.05 AND 0.2,
               max(amount) < 1000000
        FROM deals
        """
      )[0].texts
      #expect(shape == [[String](repeating: "t", count: 8)].map { $0.map(Optional.some) })
      let skew = try connection.execute(
        "SELECT count(*) FROM deals GROUP BY tenant_id ORDER BY tenant_id"
      )[0].texts
        .compactMap { $0[0].flatMap(Int.init) }
      #expect(skew == skew.sorted(by: >) && skew[0] > 2 * skew[7])
    }
  }
}
