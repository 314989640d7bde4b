/// Who works for whom: the ranges of departments, managers and so on of each tenant.
///
/// Ids of these count from 1 in the order of tenants.
struct CRMOrganisation: Sendable {
  struct Tenant: Sendable {
    var departments: Range<Int>
    var managers: Range<Int>
    var pipelines: Range<Int>
    var sources: Range<Int>
    var customers: Range<Int>
  }

  static let managersPerDepartment = 12

  let tenants: [Tenant]
  /// The tenant of each of 1,024 equal shares of the rows: the first has most.
  private let tenantOfShare: [UInt8]
  /// The tenant of each department, from 0.
  let tenantOfDepartment: [Int]

  init(scale: CRMScale) {
    let weights = (1...scale.tenants).map { 1_000_000 / ($0 + 1) }
    let total = weights.reduce(0, +)
    var shares: [UInt8] = []
    var passed = 0
    for (tenant, weight) in weights.enumerated() {
      passed += weight
      let end = passed * 1_024 / total
      shares += [UInt8](repeating: UInt8(tenant), count: max(0, end - shares.count))
    }
    tenantOfShare = shares
    let customerTotal = max(scale.tenants * 4, scale.deals / 5)
    var tenants: [Tenant] = []
    for weight in weights {
      let previous = tenants.last
      let departmentCount = 1 + 12 * weight / total
      let departments = Self.next(after: previous?.departments, count: departmentCount)
      tenants.append(
        Tenant(
          departments: departments,
          managers: departments.lowerBound * Self.managersPerDepartment..<departments.upperBound
            * Self.managersPerDepartment,
          pipelines: Self.next(after: previous?.pipelines, count: departmentCount > 2 ? 3 : 2),
          sources: Self.next(after: previous?.sources, count: CRMTexts.sourceCodes.count),
          customers: Self.next(
            after: previous?.customers,
            count: max(4, customerTotal * weight / total)
          )
        )
      )
    }
    self.tenants = tenants
    tenantOfDepartment = tenants.enumerated().flatMap { index, tenant in
      [Int](repeating: index, count: tenant.departments.count)
    }
  }

  @inline(__always)
  func tenant(_ roll: UInt64) -> Int {
    Int(tenantOfShare[Int(truncatingIfNeeded: roll & 1_023)])
  }

  var customerCount: Int { tenants.last?.customers.upperBound ?? 0 }
  var pipelineCount: Int { tenants.last?.pipelines.upperBound ?? 0 }
  var sourceCount: Int { tenants.last?.sources.upperBound ?? 0 }
  var departmentCount: Int { tenantOfDepartment.count }
  var managerCount: Int { departmentCount * Self.managersPerDepartment }

  private static func next(after range: Range<Int>?, count: Int) -> Range<Int> {
    let start = range?.upperBound ?? 0
    return start..<start + count
  }
}
