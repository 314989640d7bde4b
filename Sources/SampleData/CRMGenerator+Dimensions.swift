/// The small tables that facts refer to.
extension CRMGenerator {
  func writeTenant(_ row: Int, _ writer: inout RowWriter) {
    writer.number(row + 1)
    writer.comma()
    writeUUID(peopleDice.roll(row, 1), peopleDice.roll(row, 2), &writer)
    writer.comma()
    writer.text(CRMTexts.tenants[row % CRMTexts.tenants.count])
    writer.comma()
    writer.text(CRMTexts.zones[row % CRMTexts.zones.count])
    writer.comma()
    writer.moment(-Int64(1 + row) &* 30 &* CRMCalendar.microsecondsPerDay)
    writer.newline()
  }

  func writeDepartment(_ row: Int, _ writer: inout RowWriter) {
    writer.number(row + 1)
    writer.comma()
    writer.number(organisation.tenantOfDepartment[row] + 1)
    writer.comma()
    writer.text(CRMTexts.departments[row % CRMTexts.departments.count])
    writer.newline()
  }

  func writeManager(_ row: Int, _ writer: inout RowWriter) {
    let roll = peopleDice.roll(row, 3)
    let department = row / CRMOrganisation.managersPerDepartment
    writer.number(row + 1)
    writer.comma()
    writer.number(organisation.tenantOfDepartment[department] + 1)
    writer.comma()
    writer.number(department + 1)
    writer.comma()
    writer.text(CRMTexts.firstNames[Int(roll & 15)])
    writer.byte(UInt8(ascii: " "))
    writer.text(CRMTexts.lastNames[Int((roll &>> 4) & 15)])
    writer.comma()
    writer.text(CRMTexts.mailbox)
    writer.number(row + 1)
    writer.text(CRMTexts.mailDomain)
    writer.comma()
    writer.date(-1 - roll.below(1_900))
    writer.comma()
    writer.text(CRMTexts.flags[(roll &>> 8) & 15 == 0 ? 0 : 1])
    writer.newline()
  }

  func writeCustomer(_ row: Int, _ writer: inout RowWriter) {
    let roll = peopleDice.roll(row, 4)
    var tenant = 0
    while row >= organisation.tenants[tenant].customers.upperBound { tenant += 1 }
    let isCompany = roll & 3 != 0
    let name = Int((roll &>> 2) & 7)
    writer.number(id(row, stream: 4))
    writer.comma()
    writer.number(tenant + 1)
    writer.comma()
    if isCompany {
      writer.text(CRMTexts.companies[name])
      writer.number(row + 1)
      writer.text(CRMTexts.companyEnds[name])
    } else {
      writer.text(CRMTexts.firstNames[Int((roll &>> 5) & 15)])
      writer.byte(UInt8(ascii: " "))
      writer.text(CRMTexts.lastNames[Int((roll &>> 9) & 15)])
    }
    writer.comma()
    writer.text(CRMTexts.customerKinds[isCompany ? 0 : 1])
    writer.comma()
    let city = Int((roll &>> 13) & 15)
    if city < CRMTexts.cities.count { writer.text(CRMTexts.cities[city]) }
    writer.comma()
    writer.moment(-Int64(peopleDice.roll(row, 5).below(1_900 * 1_440)) &* 60_000_000)
    writer.newline()
  }

  func writePipeline(_ row: Int, _ writer: inout RowWriter) {
    var tenant = 0
    while row >= organisation.tenants[tenant].pipelines.upperBound { tenant += 1 }
    writer.number(row + 1)
    writer.comma()
    writer.number(tenant + 1)
    writer.comma()
    writer.text(CRMTexts.pipelines[row - organisation.tenants[tenant].pipelines.lowerBound])
    writer.newline()
  }

  func writeStage(_ row: Int, _ writer: inout RowWriter) {
    let stage = row % CRMTexts.stages.count
    writer.number(row / CRMTexts.stages.count + 1)
    writer.comma()
    writer.text(CRMTexts.stages[stage])
    writer.comma()
    writer.number(stage + 1)
    writer.comma()
    writer.text(CRMTexts.stageTitles[stage])
    writer.newline()
  }

  func writeSource(_ row: Int, _ writer: inout RowWriter) {
    let source = row % CRMTexts.sourceCodes.count
    writer.number(row + 1)
    writer.comma()
    writer.number(row / CRMTexts.sourceCodes.count + 1)
    writer.comma()
    writer.text(CRMTexts.sourceCodes[source])
    writer.comma()
    writer.text(CRMTexts.sourceTypes[source])
    writer.comma()
    writer.text(CRMTexts.sourceTitles[source])
    writer.newline()
  }

  private func writeUUID(_ high: UInt64, _ low: UInt64, _ writer: inout RowWriter) {
    for digit in 0..<32 {
      if digit == 8 || digit == 12 || digit == 16 || digit == 20 { writer.byte(UInt8(ascii: "-")) }
      let half = digit < 16 ? high : low
      let value = UInt8(truncatingIfNeeded: (half &>> UInt64(60 - 4 * (digit % 16))) & 15)
      writer.byte(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10)
    }
  }
}
