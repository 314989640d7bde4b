/// The 105 columns of a hit, in five parts.
extension HitsGenerator {
  func write(_ hit: Hit, _ writer: inout RowWriter) {
    writePage(hit, &writer)
    writeBrowser(hit, &writer)
    writeSearch(hit, &writer)
    writeClient(hit, &writer)
    writeTimings(hit, &writer)
    writeCampaign(hit, &writer)
  }

  /// `watchid` to `urlregionid`.
  private func writePage(_ hit: Hit, _ writer: inout RowWriter) {
    let roll = hit.rowRoll
    writer.field(Dice.scatter(UInt64(hit.row) ^ (seed &<< 40) & 0x3fff_ff00_0000_0000))
    writer.flag(hit.userRoll & 7 < 6)
    if roll & 31 == 0 { writer.text(HitsTexts.empty) } else { writer.title(hit.page) }
    writer.comma()
    writer.field(1)
    writer.moment(hit.time)
    writer.date(hit.time / HitsClock.secondsPerDay)
    writer.comma()
    writer.field(hit.page.counterID)
    writer.field(clientAddress(hit))
    writer.field(Self.region(hit))
    writer.field(Self.userID(hit.user, userDice))
    writer.field([0, 0, 0, 0, 1, 0, -1, 2][hit.page.counter & 7])
    writer.field((hit.userRoll &>> 3).scaled(1, 7))
    writer.field((hit.userRoll &>> 11).scaled(1, 6))
    if Self.hasAddress(hit) { writer.address(hit.page) } else { writer.text(HitsTexts.empty) }
    writer.comma()
    writeReferer(hit, &writer)
    writer.comma()
    writer.flag((roll &>> 5) & 7 == 0)
    let hasReferer = hit.origin != .direct
    writer.field(hasReferer ? hit.page.counter % 41 : 0)
    writer.field(hasReferer ? hit.page.counter % 257 : 0)
    writer.field(hit.page.counter % 3 == 0 ? hit.page.counter % 1_031 : 0)
    writer.field(hit.page.counter % 2 == 0 ? hit.page.counter % 263 : 0)
  }

  /// `resolutionwidth` to `isartifical`; the phrase and the engine stand in `writeSearch`.
  private func writeBrowser(_ hit: Hit, _ writer: inout RowWriter) {
    let user = hit.userRoll
    let screen = Self.screen(hit)
    writer.field(screen.width)
    writer.field(screen.height)
    writer.field([32, 24, 32, 16][Int((user &>> 20) & 3)])
    writer.field(user & 15 == 0 ? 0 : 9 + Int((user &>> 22) & 3))
    writer.field(Int((user &>> 24) & 7))
    writer.word(HitsTexts.flashMinors, user &>> 27)
    writer.field(Int((user &>> 30) & 3) / 3)
    writer.field(Int((user &>> 32) & 7) / 6)
    writer.field(Int((user &>> 11) & 31))
    writer.word(HitsTexts.agentMinors, user &>> 36)
    writer.flag((user &>> 40) & 127 != 0)
    writer.flag((user &>> 41) & 255 != 0)
    let isMobile = Self.isMobile(hit)
    writer.flag(isMobile)
    let model = (user &>> 43).scaled(0, 5)
    writer.field(isMobile ? 1 + model * 7 % 81 : 0)
    if isMobile, (user &>> 49) & 7 != 0 {
      writer.word(HitsTexts.phones, UInt64(model))
    } else {
      writer.emptyField()
    }
    writer.rareWord(HitsTexts.parameters, hit.rowRoll &>> 8, oneOf: 64)
    writer.field(2_000_000 + (clientAddress(hit) &>> 11))
  }

  /// `traficsourceid` to `clienteventtime`.
  private func writeSearch(_ hit: Hit, _ writer: inout RowWriter) {
    let isInside = hit.origin == .inside
    switch hit.origin {
    case .direct: writer.field(0)
    case .inside: writer.field((hit.visitRoll &>> 33) & 7 == 0 ? 6 : -1)
    case .link: writer.field(1)
    case .search: writer.field(2)
    case .advertisement: writer.field(3)
    }
    writer.field(
      [0, 2, 3, 1, 13, 22, 55, 4, 5, 7, 9, 12, 14, 17, 20, 25, 31, 38, 46][hit.searchEngine]
    )
    if let phrase = hit.phrase {
      writer.searchPhrase(phrase)
      writer.comma()
    } else {
      writer.emptyField()
    }
    let isPaid = hit.origin == .advertisement
    writer.field(isPaid ? 2 + Int((hit.visitRoll &>> 24).scaled(1, 5)) : 0)
    writer.flag(hit.rowRoll & 0xfff == 77)
    let screen = Self.screen(hit)
    // A third of the windows changed their size within the visit.
    let sizes = (hit.rowRoll &>> 14) % 3 == 0 ? Dice.mix(hit.rowRoll) : Dice.mix(hit.visitRoll)
    let isKnown = sizes & 31 != 0 && screen.width > 0
    writer.field(isKnown ? max(1, screen.width - sizes.below(180, bits: 20, from: 5)) : 0)
    writer.field(isKnown ? max(1, screen.height - sizes.below(460, bits: 20, from: 25)) : 0)
    writer.field(Self.zone(hit))
    writer.moment(min(hit.time &+ Int((hit.userRoll &>> 50) & 127), HitsClock.end - 1))
    let hasSilverlight = (hit.userRoll &>> 57) & 3 == 0
    writer.field(hasSilverlight ? 5 : 0)
    writer.field(hasSilverlight ? 1 : 0)
    writer.field(hasSilverlight ? [10_411, 20_125, 20_513, 41_212][hit.user & 3] : 0)
    writer.field(0)
    writer.word(HitsTexts.charsets, UInt64(hit.page.counter))
    writer.field([291, 1_601, 1_683, 1_601][hit.page.counter & 3])
    writer.flag((hit.rowRoll &>> 16) & 15 == 1)
    writer.flag((hit.rowRoll &>> 20) & 127 == 2)
    writer.flag(hit.visitSize > 1 && !isInside)
  }

  /// `funiqid` to `httperror`.
  private func writeClient(_ hit: Hit, _ writer: inout RowWriter) {
    let user = Dice.mix(hit.userRoll &+ 1)
    let row = Dice.mix(hit.rowRoll &+ 1)
    writer.field(user & 3 == 0 ? 0 : user &>> 2)
    if row & 31 == 0, Self.hasAddress(hit) {
      writer.address(hit.page)
      writer.comma()
    } else {
      writer.emptyField()
    }
    writer.field((row &>> 5) & 0x3fff_ffff)
    writer.flag(hit.page.counter & 63 == 5)
    writer.flag(!Self.hasAddress(hit))
    writer.flag((row &>> 35) & 63 == 3)
    writer.flag((row &>> 41) & 15 == 3)
    writer.flag(hit.page.number & 15 == 7)
    writer.word(HitsTexts.hitColors, row &>> 45)
    writer.moment(hit.time + Self.zone(hit) * 3_600)
    let isKnown = user & 0x70 > 0x40
    writer.field(isKnown ? [16, 22, 31, 39, 50, 55, 22, 31][Int((user &>> 7) & 7)] : 0)
    writer.field(isKnown ? 1 + Int((user &>> 10) & 1) : 0)
    writer.field(isKnown ? 1 + Int((user &>> 11) & 3) : 0)
    writer.field(isKnown ? Int((user &>> 13) & 0x3fff) : 0)
    writer.field([0, 0, 0, 0, 0, 0, 4, 15][Int((user &>> 27) & 7)])
    writer.field(clientAddress(hit) ^ ((user &>> 30) & 7 == 0 ? 0x55 : 0))
    writer.field((row &>> 50) & 3 == 0 ? Int((hit.visitRoll &>> 8) & 0xff_ffff) : -1)
    writer.field((row &>> 52) & 3 == 0 ? Int((hit.visitRoll &>> 16) & 0xff_ffff) : -1)
    writer.field(Int(min(row.below(60, bits: 8, from: 54), 30)) &+ hit.step)
    writer.word(HitsTexts.languages, UInt64((user &>> 31).scaled(1, 4)))
    writer.word(HitsTexts.countries, UInt64((user &>> 37).scaled(1, 4)))
    let isSocial = (row &>> 23) & 255 == 9
    writer.optionalWord(HitsTexts.socialNetworks, row &>> 31, isPresent: isSocial)
    writer.optionalWord(HitsTexts.socialActions, row &>> 33, isPresent: isSocial)
    writer.field((row &>> 20) & 0x1ff == 4 ? 404 : 0)
  }

  /// `sendtiming` to `socialsourcepage`.
  private func writeTimings(_ hit: Hit, _ writer: inout RowWriter) {
    let roll = Dice.mix(hit.rowRoll &+ 2)
    let isMeasured = roll & 3 != 0
    writer.field(isMeasured ? (roll &>> 2).scaled(2, 12) : 0)
    writer.field(isMeasured ? (roll &>> 8).scaled(1, 9) : 0)
    writer.field(isMeasured ? (roll &>> 14).scaled(1, 9) : 0)
    writer.field(isMeasured ? (roll &>> 20).scaled(3, 12) : 0)
    writer.field(isMeasured ? (roll &>> 26).scaled(3, 12) : 0)
    writer.field(isMeasured ? (roll &>> 30).scaled(4, 13) : 0)
    let isSocial = hit.origin == .link && (hit.visitRoll &>> 10) & 15 == 0
    writer.field(isSocial ? 1 + Int((hit.visitRoll &>> 14) & 3) : 0)
    if isSocial, let bytes = HitsTexts.socialPages.element(hit.visitRoll &>> 16) {
      writer.text(bytes)
      writer.number((hit.visitRoll &>> 18) & 0xffff)
      writer.comma()
    } else {
      writer.emptyField()
    }
  }

  /// `paramprice` to `clid`.
  private func writeCampaign(_ hit: Hit, _ writer: inout RowWriter) {
    let roll = Dice.mix(hit.rowRoll &+ 3)
    let visit = Dice.mix(hit.visitRoll &+ 3)
    let isOrder = roll & 255 == 1
    writer.field(isOrder ? 100 + (roll &>> 8).scaled(6, 22) : 0)
    if isOrder {
      writer.field(roll &>> 40)
    } else {
      writer.emptyField()
    }
    writer.optionalWord(HitsTexts.currencies, roll &>> 20, isPresent: isOrder)
    writer.field(isOrder ? 1 + Int((roll &>> 20) & 3) : 0)
    let isOpenstat = visit & 127 == 4
    writer.optionalWord(HitsTexts.openstatNames, visit &>> 7, isPresent: isOpenstat)
    for shift: UInt64 in [20, 28, 36] {
      if isOpenstat { writer.field((visit &>> shift) & 0xfff) } else { writer.emptyField() }
    }
    let isCampaign = visit & 31 == 5 || hit.page.isMarked
    writer.optionalWord(HitsTexts.utmSources, visit &>> 9, isPresent: isCampaign)
    writer.optionalWord(HitsTexts.utmMedia, visit &>> 12, isPresent: isCampaign)
    if isCampaign { writer.field((visit &>> 14) & 0x3ff) } else { writer.emptyField() }
    writer.emptyField()
    writer.optionalWord(HitsTexts.pathWords, visit &>> 24, isPresent: isCampaign)
    writer.optionalWord(HitsTexts.fromTags, visit &>> 30, isPresent: visit & 63 == 9)
    writer.flag(hit.page.isMarked)
    writer.field(Self.refererHash(hit))
    writer.field(Self.hasAddress(hit) ? hit.page.addressHash : 0)
    writer.number((visit &>> 32) & 511 == 1 ? 1 + (visit &>> 50) & 0xff : 0)
    writer.newline()
  }
}

/// What several columns say in the same way.
extension HitsGenerator {
  /// ClickBench looks this user up.
  private static let knownUser = 100
  private static let knownUserID: UInt64 = 435_090_932_899_640_449

  private static func userID(_ user: Int, _ dice: Dice) -> UInt64 {
    user == knownUser ? knownUserID : dice.roll(user, 1) &>> 1
  }

  /// Four of five visits come from the user's own address, the others from somewhere.
  private func clientAddress(_ hit: Hit) -> Int {
    let roll = (hit.visitRoll &>> 60) < 13 ? Dice.mix(hit.userRoll) : Dice.mix(hit.visitRoll &+ 9)
    // Networks have few users who look at these pages.
    return Int((roll &>> 33) & 0x7fff_ffff) - 0x3fff_ffff
  }

  private static func region(_ hit: Hit) -> Int {
    ((hit.userRoll &>> 8).scaled(2, 12) &* 1_237 &+ 229) & 8_191
  }

  private static func zone(_ hit: Hit) -> Int {
    [4, 4, 3, 6, 4, 7, 2, 5][Int((hit.userRoll &>> 9) & 7)]
  }

  private static func isMobile(_ hit: Hit) -> Bool { hit.userRoll &>> 60 == 0 }

  private static func screen(_ hit: Hit) -> (width: Int, height: Int) {
    HitsTexts.screens[(hit.userRoll &>> 14).scaled(1, 4)]
  }

  /// Events of a page that is open have no address.
  private static func hasAddress(_ hit: Hit) -> Bool { hit.rowRoll &>> 56 != 3 }

  private func writeReferer(_ hit: Hit, _ writer: inout RowWriter) {
    if let page = hit.refererPage {
      writer.address(page)
    } else if hit.origin == .search {
      writer.text(HitsTexts.searchReferers[min(hit.searchEngine, 3)])
      writer.number(hit.phrase ?? 0)
    } else if hit.origin == .advertisement {
      writer.text(HitsTexts.advertisementReferer)
      writer.number(hit.visit & 0xffff)
    } else {
      writer.text(HitsTexts.empty)
    }
  }

  private static func refererHash(_ hit: Hit) -> UInt64 {
    if let page = hit.refererPage { return page.refererHash }
    return switch hit.origin {
    case .search:
      Dice.mix(UInt64(min(hit.searchEngine, 3)) &<< 40 | UInt64(hit.phrase ?? 0)) &>> 1
    case .advertisement: Dice.mix(7 &<< 40 | UInt64(hit.visit & 0xffff)) &>> 1
    default: 0
    }
  }
}

extension UInt64 {
  /// A skewed rank from bits that may be taken anywhere: mixed first.
  @inline(__always)
  fileprivate func scaled(_ low: UInt64, _ high: UInt64) -> Int {
    Dice.mix(self).skewed(from: low, to: high)
  }
}

extension [[UInt8]] {
  /// The element that the low bits choose; `nil` of none.
  fileprivate func element(_ bits: UInt64) -> [UInt8]? {
    isEmpty ? nil : self[Int(bits & 0xff) % count]
  }
}

extension RowWriter {
  @inline(__always)
  fileprivate mutating func field(_ value: Int) {
    signed(value)
    comma()
  }

  @inline(__always)
  fileprivate mutating func field(_ value: UInt64) {
    number(value)
    comma()
  }

  @inline(__always)
  fileprivate mutating func flag(_ value: Bool) {
    byte(value ? UInt8(ascii: "1") : UInt8(ascii: "0"))
    comma()
  }

  /// An empty text, not a NULL.
  fileprivate mutating func emptyField() {
    text(HitsTexts.empty)
    comma()
  }

  fileprivate mutating func word(_ words: [[UInt8]], _ bits: UInt64) {
    optionalWord(words, bits, isPresent: true)
  }

  fileprivate mutating func optionalWord(_ words: [[UInt8]], _ bits: UInt64, isPresent: Bool) {
    text(isPresent ? words.element(bits) ?? HitsTexts.empty : HitsTexts.empty)
    comma()
  }

  /// A word once in `count` rows or so.
  fileprivate mutating func rareWord(_ words: [[UInt8]], _ bits: UInt64, oneOf count: UInt64) {
    optionalWord(words, bits &>> 8, isPresent: bits & (count &- 1) == 0)
  }

  /// A time of day of the month, from its seconds.
  fileprivate mutating func moment(_ seconds: Int) {
    timestamp(
      day: seconds / HitsClock.secondsPerDay,
      second: seconds % HitsClock.secondsPerDay
    )
    comma()
  }
}
