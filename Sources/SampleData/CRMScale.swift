/// How much CRM data there is, and over which time.
package struct CRMScale: Sendable, Equatable {
  /// What 64-bit ids look like.
  package enum IDStyle: String, Sendable, CaseIterable {
    /// 1, 2, 3, …
    case dense
    /// Scattered over 63 bits.
    case sparse
  }

  /// A day of the Gregorian calendar.
  package struct Day: Sendable, Equatable {
    package var year: Int
    package var month: Int
    package var day: Int

    package init(year: Int, month: Int, day: Int) {
      self.year = year
      self.month = month
      self.day = day
    }
  }

  package var deals: Int
  package var leads: Int
  package var activities: Int
  /// Companies that share the CRM, 1...64; the first is the largest.
  package var tenants: Int
  /// Months that the data covers, the last one included, 1...600.
  package var months: Int
  /// The first day after the data.
  package var end: Day
  package var idStyle: IDStyle

  /// Sizes below zero and other values outside their range are brought into it.
  package init(
    deals: Int = 2_000_000,
    leads: Int = 1_000_000,
    activities: Int = 3_000_000,
    tenants: Int = 8,
    months: Int = 36,
    end: Day = Day(year: 2026, month: 7, day: 1),
    idStyle: IDStyle = .dense
  ) {
    self.deals = max(0, deals)
    self.leads = max(0, leads)
    self.activities = max(0, activities)
    self.tenants = min(max(1, tenants), 64)
    self.months = min(max(1, months), 600)
    self.end = end
    self.idStyle = idStyle
  }
}

/// A table of the CRM, in an order in which foreign keys find what they refer to.
package enum CRMTable: String, Sendable, CaseIterable {
  case tenants, departments, managers, customers, pipelines, stages, sources, deals, leads
  case activities

  /// The names of the columns in the file, as in `schema/crm/source.sql`.
  package var columns: [String] {
    switch self {
    case .tenants: ["id", "key", "name", "time_zone", "created_at"]
    case .departments: ["id", "tenant_id", "title"]
    case .managers:
      ["id", "tenant_id", "department_id", "name", "email", "hired_on", "is_active"]
    case .customers: ["id", "tenant_id", "name", "kind", "city", "created_at"]
    case .pipelines: ["id", "tenant_id", "title"]
    case .stages: ["pipeline_id", "code", "position", "title"]
    case .sources: ["id", "tenant_id", "code", "source_type", "title"]
    case .deals:
      [
        "id", "tenant_id", "created_at", "closed_at", "customer_id", "manager_id", "department_id",
        "pipeline_id", "stage", "source", "currency", "amount", "title", "status",
      ]
    case .leads:
      [
        "id", "tenant_id", "created_at", "converted_at", "source_id", "manager_id", "deal_id",
        "status", "title",
      ]
    case .activities:
      [
        "id", "tenant_id", "created_at", "completed_at", "manager_id", "department_id", "deal_id",
        "kind", "status", "duration_s", "subject",
      ]
    }
  }
}
