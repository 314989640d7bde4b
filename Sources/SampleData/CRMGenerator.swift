/// Makes the CRM's tables as CSV: the same bytes for the same scale and seed on every machine.
///
/// Memory does not grow with the number of rows. Rows of the three fact tables come in order of
/// time, tenants mixed, as a CRM writes them.
package struct CRMGenerator: Sendable {
  package let scale: CRMScale
  package let seed: UInt64
  let calendar: CRMCalendar
  let organisation: CRMOrganisation
  let dealDice: Dice
  let leadDice: Dice
  let activityDice: Dice
  let peopleDice: Dice

  package init(scale: CRMScale = CRMScale(), seed: UInt64 = 1) {
    self.scale = scale
    self.seed = seed
    calendar = CRMCalendar(months: scale.months, end: scale.end)
    organisation = CRMOrganisation(scale: scale)
    dealDice = Dice(seed: seed, stream: 1)
    leadDice = Dice(seed: seed, stream: 2)
    activityDice = Dice(seed: seed, stream: 3)
    peopleDice = Dice(seed: seed, stream: 4)
  }

  /// Rows of a table.
  package func rowCount(of table: CRMTable) -> Int {
    switch table {
    case .tenants: scale.tenants
    case .departments: organisation.departmentCount
    case .managers: organisation.managerCount
    case .customers: organisation.customerCount
    case .pipelines: organisation.pipelineCount
    case .stages: organisation.pipelineCount * CRMTexts.stages.count
    case .sources: organisation.sourceCount
    case .deals: scale.deals
    case .leads: scale.leads
    case .activities: scale.activities
    }
  }

  /// Writes a table with its header line.
  ///
  /// - Parameters:
  ///   - table: Which one.
  ///   - sink: Takes the bytes in order, in chunks that end with a row; the span lives for the call.
  /// - Throws: What `sink` throws.
  package func write<Failure: Error>(
    _ table: CRMTable,
    to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    let header = Array((table.columns.joined(separator: ",") + "\n").utf8)
    // SAFETY: bytes have no padding.
    try unsafe sink(header.span.bytes)
    try write(table, rows: 0..<rowCount(of: table), to: sink)
  }

  /// Writes some rows of a table without a header, so that several threads can share a table.
  ///
  /// - Parameters:
  ///   - table: Which one.
  ///   - rows: From 0; cut to the rows there are.
  ///   - sink: Takes the bytes in order, in chunks that end with a row.
  /// - Throws: What `sink` throws.
  package func write<Failure: Error>(
    _ table: CRMTable,
    rows: Range<Int>,
    to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var writer = RowWriter(calendar: calendar)
    for row in rows.clamped(to: 0..<rowCount(of: table)) {
      write(table, row, &writer)
      if writer.isFull {
        try sink(writer.written)
        writer.clear()
      }
    }
    if writer.count > 0 { try sink(writer.written) }
  }

  private func write(_ table: CRMTable, _ row: Int, _ writer: inout RowWriter) {
    switch table {
    case .tenants: writeTenant(row, &writer)
    case .departments: writeDepartment(row, &writer)
    case .managers: writeManager(row, &writer)
    case .customers: writeCustomer(row, &writer)
    case .pipelines: writePipeline(row, &writer)
    case .stages: writeStage(row, &writer)
    case .sources: writeSource(row, &writer)
    case .deals: writeDeal(row, &writer)
    case .leads: writeLead(row, &writer)
    case .activities: writeActivity(row, &writer)
    }
  }

  /// The 64-bit id of row `row`, from 0; `stream` tells tables apart where ids are sparse.
  @inline(__always)
  func id(_ row: Int, stream: UInt64) -> UInt64 {
    let number = UInt64(truncatingIfNeeded: row) &+ 1
    guard scale.idStyle == .sparse else { return number }
    return Dice.scatter(number ^ (Dice.mix(seed &+ stream) & 0x3fff_ffff_0000_0000))
  }
}
