/// Deals, and leads and activities that refer to them.
extension CRMGenerator {
  enum DealStatus: Int {
    case open, won, lost
  }

  /// What other tables need to know of a deal; made from its row number alone.
  struct Deal {
    var tenant: Int
    var created: Int64
    var manager: Int
    var source: Int
    var status: DealStatus
    var closed: Int64
  }

  /// Amounts in hundredths by the number that dice show: a quarter more each step.
  private static let amounts: [UInt64] = (0..<29).reduce(into: []) { amounts, _ in
    amounts.append((amounts.last ?? 120_000) * 5 / 4)
  }

  @inline(__always)
  func deal(_ row: Int) -> Deal {
    let first = dealDice.roll(row)
    let second = dealDice.roll(row, 1)
    let tenant = organisation.tenant(first)
    let managers = organisation.tenants[tenant].managers
    let created = calendar.moment(row: row, of: scale.deals, roll: first &>> 10)
    let outcome = second & 127
    var status: DealStatus = outcome < 37 ? .won : outcome < 70 ? .lost : .open
    let days = Int64(
      1 &+ second.below(60, bits: 10, from: 7) &* second.below(60, bits: 10, from: 17) / 40
    )
    let closed =
      created - created % CRMCalendar.microsecondsPerDay + days
      &* CRMCalendar.microsecondsPerDay &+ calendar.timeOfDay(dealDice.roll(row, 3))
    if closed >= calendar.end { status = .open }
    // Two throws: the first half of the managers sells more.
    let manager = min(
      second.below(managers.count, bits: 12, from: 27),
      second.below(managers.count * 3 / 2, bits: 12, from: 39)
    )
    return Deal(
      tenant: tenant,
      created: created,
      manager: managers.lowerBound + manager,
      source: Self.skewedSource(second &>> 51),
      status: status,
      closed: closed
    )
  }

  /// Early sources bring more.
  private static func skewedSource(_ bits: UInt64) -> Int {
    let one = Int(truncatingIfNeeded: bits & 7)
    let other = Int(truncatingIfNeeded: (bits &>> 3) & 15)
    return min(one, other)
  }

  func writeDeal(_ row: Int, _ writer: inout RowWriter) {
    let deal = deal(row)
    let tenant = organisation.tenants[deal.tenant]
    let roll = dealDice.roll(row, 2)
    writer.number(id(row, stream: 1))
    writer.comma()
    writer.number(deal.tenant + 1)
    writer.comma()
    writer.moment(deal.created)
    writer.comma()
    if deal.status != .open { writer.moment(deal.closed) }
    writer.comma()
    writer.number(id(customer(of: tenant, dealDice.roll(row, 4)), stream: 4))
    writer.comma()
    writer.number(deal.manager + 1)
    writer.comma()
    writer.number(deal.manager / CRMOrganisation.managersPerDepartment + 1)
    writer.comma()
    writer.number(
      tenant.pipelines.lowerBound + roll.below(tenant.pipelines.count, bits: 6, from: 0) + 1
    )
    writer.comma()
    let openStage = min(roll.below(4, bits: 6, from: 6), roll.below(5, bits: 6, from: 12))
    let stage = deal.status == .open ? openStage : deal.status == .won ? 4 : 5
    writer.text(CRMTexts.stages[stage])
    writer.comma()
    writer.text(CRMTexts.sourceCodes[deal.source])
    writer.comma()
    let currency = (roll &>> 18) & 31
    writer.text(CRMTexts.currencies[currency < 27 ? 0 : currency < 30 ? 1 : 2])
    writer.comma()
    writeAmount(roll &>> 23, dealDice.roll(row, 5), &writer)
    writer.comma()
    let title = Int(truncatingIfNeeded: (roll &>> 36) & 15)
    writer.text(CRMTexts.dealTitles[title])
    writer.number(dealDice.roll(row, 6).below(max(1_000, scale.deals / 2)))
    writer.text(CRMTexts.dealTitleEnds[title])
    writer.comma()
    writer.text(CRMTexts.dealStatuses[deal.status.rawValue])
    writer.newline()
  }

  /// The sum of four throws chooses the size, so that few deals are very large.
  private func writeAmount(_ throwBits: UInt64, _ roll: UInt64, _ writer: inout RowWriter) {
    let sum =
      (throwBits & 7) &+ ((throwBits &>> 3) & 7) &+ ((throwBits &>> 6) & 7)
      &+ ((throwBits &>> 9) & 7)
    let base = Self.amounts[Int(truncatingIfNeeded: sum)]
    var cents = base &+ UInt64(truncatingIfNeeded: roll.below(Int(base) / 4))
    // Half of the prices are whole.
    if roll & 1 == 0 { cents &-= cents % 100 }
    writer.money(cents)
  }

  /// Every fifth deal goes to one of the tenant's best customers, a twentieth of all.
  private func customer(of tenant: CRMOrganisation.Tenant, _ roll: UInt64) -> Int {
    let count = tenant.customers.count
    let limit = roll & 0xff < 51 ? max(1, count / 20) : count
    return tenant.customers.lowerBound + Dice.mix(roll).below(limit)
  }

  func writeLead(_ row: Int, _ writer: inout RowWriter) {
    let roll = leadDice.roll(row)
    let dealRow = row.multipliedFullWidth(by: scale.deals, dividedBy: scale.leads)
    let isFirst =
      row == 0
      || row.advanced(by: -1).multipliedFullWidth(by: scale.deals, dividedBy: scale.leads)
        != dealRow
    let isConverted = scale.deals > 0 && isFirst && roll & 127 < 43
    let deal = scale.deals > 0 ? deal(dealRow) : nil
    let tenant = isConverted ? deal?.tenant ?? 0 : organisation.tenant(roll &>> 7)
    let people = organisation.tenants[tenant]
    var created = calendar.moment(row: row, of: scale.leads, roll: leadDice.roll(row, 1))
    if isConverted, let deal {
      let lead = Int64(1 + leadDice.roll(row, 2).below(20 * 1_440)) &* 60_000_000
      created = max(0, deal.created &- lead)
    }
    let fate = (roll &>> 17) & 15
    let isNew = !isConverted && fate < 3
    writer.number(id(row, stream: 2))
    writer.comma()
    writer.number(tenant + 1)
    writer.comma()
    writer.moment(created)
    writer.comma()
    if isConverted, let deal { writer.moment(deal.created) }
    writer.comma()
    let source = isConverted ? deal?.source ?? 0 : Self.skewedSource(roll &>> 21)
    writer.number(people.sources.lowerBound + source + 1)
    writer.comma()
    let manager = people.managers.lowerBound + roll.below(people.managers.count, bits: 12, from: 30)
    if !isNew { writer.number((isConverted ? deal?.manager ?? manager : manager) + 1) }
    writer.comma()
    if isConverted { writer.number(id(dealRow, stream: 1)) }
    writer.comma()
    writer.text(CRMTexts.leadStatuses[isConverted ? 2 : isNew ? 0 : fate < 7 ? 1 : 3])
    writer.comma()
    let title = Int(truncatingIfNeeded: (roll &>> 45) & 7)
    writer.text(CRMTexts.leadTitles[title])
    writer.number(leadDice.roll(row, 3).below(max(1_000, scale.leads)))
    writer.text(CRMTexts.leadTitleEnds[title])
    writer.newline()
  }

  func writeActivity(_ row: Int, _ writer: inout RowWriter) {
    let roll = activityDice.roll(row)
    let dealRow = row.multipliedFullWidth(by: scale.deals, dividedBy: scale.activities)
    let deal =
      scale.deals > 0
      ? deal(dealRow)
      : Deal(tenant: 0, created: 0, manager: 0, source: 0, status: .open, closed: 0)
    let created = min(
      deal.created &+ Int64(roll.below(30 * 1_440, bits: 24, from: 0)) &* 60_000_000,
      calendar.end &- 60_000_000
    )
    let completed = created &+ Int64(1 + activityDice.roll(row, 1).below(7 * 1_440)) &* 60_000_000
    let fate = (roll &>> 24) & 15
    let isDone = fate < 12 && completed < calendar.end
    let kind = Int(truncatingIfNeeded: min((roll &>> 28) % 5, (roll &>> 36) % 7))
    writer.number(id(row, stream: 3))
    writer.comma()
    writer.number(deal.tenant + 1)
    writer.comma()
    writer.moment(created)
    writer.comma()
    if isDone { writer.moment(completed) }
    writer.comma()
    writer.number(deal.manager + 1)
    writer.comma()
    writer.number(deal.manager / CRMOrganisation.managersPerDepartment + 1)
    writer.comma()
    if scale.deals > 0, (roll &>> 44) & 7 != 0 { writer.number(id(dealRow, stream: 1)) }
    writer.comma()
    writer.text(CRMTexts.activityKinds[kind])
    writer.comma()
    writer.text(CRMTexts.activityStatuses[isDone ? 1 : fate >= 14 ? 2 : 0])
    writer.comma()
    if isDone, kind < 2 { writer.number(20 + activityDice.roll(row, 2).below(3_600)) }
    writer.comma()
    // The subject with a line break is rare.
    let subject = Int(truncatingIfNeeded: (roll &>> 47) & 15)
    let isRare = subject == 15 && (roll &>> 51) & 63 != 0
    writer.text(CRMTexts.subjects[isRare ? 0 : subject])
    writer.newline()
  }
}

extension Int {
  /// `self * factor / divisor` without overflow in between; 0 when the divisor is 0.
  @inline(__always)
  fileprivate func multipliedFullWidth(by factor: Int, dividedBy divisor: Int) -> Int {
    guard divisor > 0 else { return 0 }
    let product = UInt64(truncatingIfNeeded: self)
      .multipliedFullWidth(by: UInt64(truncatingIfNeeded: factor))
    return Int(truncatingIfNeeded: UInt64(divisor).dividingFullWidth(product).quotient)
  }
}
