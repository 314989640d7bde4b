/// A page of a site: its address, title and hashes follow from its numbers.
struct HitsPage {
  /// Rank of the site; 0 is the busiest, ClickBench's counter 62.
  var counter: Int
  /// 0 is the site's first page.
  var number: Int
  /// The address tells that a search engine's advertisement was followed.
  var isMarked = false

  /// Random bits of the page, the same wherever it occurs.
  var roll: UInt64 {
    let mark: UInt64 = isMarked ? 1 &<< 62 : 0
    return Dice.mix(
      UInt64(truncatingIfNeeded: counter) &<< 32 | UInt64(truncatingIfNeeded: number) | mark
    )
  }

  /// What stands for the address in `urlhash`, 63 bits; ClickBench asks for the one of counter 62.
  var addressHash: UInt64 {
    if counter == 0, number == 0, !isMarked { return 2_868_770_270_353_813_622 }
    return Dice.mix(roll) &>> 1
  }

  /// The same in `refererhash`.
  var refererHash: UInt64 {
    if counter == 0, number == 0, !isMarked { return 3_594_120_000_172_545_465 }
    return Dice.mix(roll &+ 1) &>> 1
  }

  /// The site's number in `counterid`.
  var counterID: Int {
    counter == 0 ? 62 : 63 &+ ((counter &* 2_654_435_761) & 0x3_ffff)
  }
}

extension RowWriter {
  /// `http://www.avto-dom.ru`, a name of its own for each site.
  mutating func site(_ counter: Int) {
    text(counter & 15 == 9 ? HitsTexts.secureScheme : HitsTexts.scheme)
    if counter % 3 == 0 { text(HitsTexts.worldWideWeb) }
    if counter % 211 == 13 {
      byte(UInt8(ascii: "c"))
      number(counter)
      text(HitsTexts.googleDomain)
      return
    }
    if counter >= 4_096 { text(HitsTexts.mobile) }
    text(HitsTexts.pathWords[counter & 63])
    byte(UInt8(ascii: "-"))
    text(HitsTexts.pathWords[(counter &>> 6) & 63])
    text(HitsTexts.domains[counter % HitsTexts.domains.count])
  }

  /// The address of a page; ASCII only, at most some 150 bytes.
  mutating func address(_ page: HitsPage) {
    let roll = page.roll
    site(page.counter)
    byte(UInt8(ascii: "/"))
    if page.number > 0 {
      let style = Int(truncatingIfNeeded: roll & 7)
      text(HitsTexts.pathStarts[style])
      pathWords(roll, count: HitsTexts.pathWordCounts[style])
      text(HitsTexts.pathMiddles[style])
      number(page.number)
      text(HitsTexts.pathEnds[style])
    }
    if page.isMarked { text(HitsTexts.googleMark) }
  }

  private mutating func pathWords(_ roll: UInt64, count: Int) {
    for place in 0..<count {
      if place > 0 { byte(UInt8(ascii: "-")) }
      text(HitsTexts.pathWords[Int((roll &>> (8 &+ 6 &* UInt64(place))) & 63)])
    }
  }

  /// The title of a page; quoted for CSV where it holds a comma or quotes.
  mutating func title(_ page: HitsPage) {
    let roll = page.roll
    let style = page.number == 0 ? 0 : Int((roll &>> 3) & 7)
    let isQuoted = style == 3 || style == 5
    if isQuoted { byte(UInt8(ascii: "\"")) }
    text(HitsTexts.titleStarts[style])
    for place in 0..<UInt64(1 + (roll &>> 40) & 3) {
      if place > 0 { text(HitsTexts.titleGlue[style]) }
      text(HitsTexts.titleWords[Int((roll &>> (16 &+ 6 &* place)) & 63)])
    }
    // Many titles name the page alone, most a subject that other pages share.
    if style == 7 || style == 6 {
      byte(UInt8(ascii: " "))
      number(page.number)
    }
    text(HitsTexts.titleEnds[style])
    if (roll &>> 44) & 127 == 5 { text(HitsTexts.googleTitle) }
    if (roll &>> 51) & 1 == 1 {
      text(HitsTexts.titleDash)
      text(HitsTexts.titleWords[page.counter & 63])
    }
    if isQuoted { byte(UInt8(ascii: "\"")) }
  }

  /// What was searched for: two to five words, sometimes a number.
  mutating func searchPhrase(_ rank: Int) {
    let roll = Dice.mix(UInt64(truncatingIfNeeded: rank) &+ 0x5eed)
    for place in 0..<UInt64(2 + roll & 3) {
      if place > 0 { byte(UInt8(ascii: " ")) }
      text(HitsTexts.searchWords[Int((roll &>> (8 &+ 6 &* place)) & 63)])
    }
    if (roll &>> 4) & 3 == 0 {
      byte(UInt8(ascii: " "))
      number((roll &>> 40) & 0xffff)
    }
  }
}
