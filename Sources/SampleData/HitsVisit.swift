/// Who looks at what: the parts of a hit that several columns depend on.
struct Hit {
  /// What brought the visitor to the page.
  enum Origin {
    case direct, inside, link, search, advertisement
  }

  var row: Int
  /// Number of the visit and of the hit in it.
  var visit: Int
  var step: Int
  var visitSize: Int
  /// Rank of the user; 0 is the busiest.
  var user: Int
  var page: HitsPage
  /// Where the visitor came from; `nil` when there is no referer, or when it is a search engine's.
  var refererPage: HitsPage?
  var origin: Origin
  /// Rank of the search engine, 0 when the visit did not begin with a search.
  var searchEngine: Int
  /// Rank of what was searched for; `nil` mostly.
  var phrase: Int?
  /// Seconds since the month's start.
  var time: Int
  /// Random bits of the user, the visit and the row.
  var userRoll: UInt64
  var visitRoll: UInt64
  var rowRoll: UInt64
}

extension HitsGenerator {
  /// The visit of each of 16 rows in a row, six visits mixed: four, two, one, five, two and two hits.
  private static let visitOfPlace = [0, 0, 1, 0, 2, 1, 0, 3, 3, 4, 3, 5, 4, 3, 5, 3]
  private static let stepOfPlace: [Int] = visitOfPlace.indices.map { place in
    visitOfPlace[..<place].count { $0 == visitOfPlace[place] }
  }
  private static let visitSizes = [4, 2, 1, 5, 2, 2]

  /// The hit of a row.
  func hit(_ row: Int) -> Hit {
    let place = row & 15
    let visit = (row &>> 4) &* 6 &+ Self.visitOfPlace[place]
    let step = Self.stepOfPlace[place]
    let visitRoll = visitDice.roll(visit)
    let user = user(visitDice.roll(visit, 1))
    let counter = visitDice.roll(visit, 2).skewed(from: 2, to: 13)
    let start = origin(visitRoll)
    let engine = start == .search ? Self.searchEngine(visitRoll &>> 20) : 0
    let rowRoll = rowDice.roll(row)
    var origin = start
    var referer: HitsPage?
    if step > 0 {
      origin = .inside
      referer = page(visit, step &- 1, counter, engine)
    } else if start == .link {
      let other = visitDice.roll(visit, 3).skewed(from: 2, to: 13)
      referer = HitsPage(counter: other, number: pageNumber(of: other, visitDice.roll(visit, 4)))
    }
    let isSearched = start == .search && step < 2
    let begin = clock.second(part: row &- place, of: max(1, rowCount))
    let pause = Int((visitRoll &>> 40) & 255) &+ step &* Int(20 &+ (visitRoll &>> 52) & 63)
    return Hit(
      row: row,
      visit: visit,
      step: step,
      visitSize: Self.visitSizes[Self.visitOfPlace[place]],
      user: user,
      page: page(visit, step, counter, engine),
      refererPage: referer,
      origin: origin,
      searchEngine: isSearched ? engine : 0,
      phrase: isSearched ? visitDice.roll(visit, 5).skewed(from: 5, to: phraseBits) : nil,
      time: min(begin &+ pause, HitsClock.end - 1),
      userRoll: userDice.roll(user),
      visitRoll: visitRoll,
      rowRoll: rowRoll
    )
  }

  /// Half of the visits are of users who come again and again, the others of anyone.
  private func user(_ roll: UInt64) -> Int {
    let isRegular = roll & (1 &<< 40) != 0
    return isRegular
      ? roll.skewed(from: 8, to: userBits) : Int(truncatingIfNeeded: roll & ((1 &<< userBits) &- 1))
  }

  private func origin(_ roll: UInt64) -> Hit.Origin {
    switch roll & 127 {
    case 0..<26: .search
    case 26..<60: .link
    case 60..<63: .advertisement
    default: .direct
    }
  }

  /// Two engines have most of it.
  private static func searchEngine(_ roll: UInt64) -> Int {
    switch roll & 31 {
    case 0..<17: 1
    case 17..<27: 2
    default: 3 + Int((roll &>> 5) & 15)
    }
  }

  /// A quarter of all views are of the first page of a site; a site with half the visits has half the pages.
  private func pageNumber(of counter: Int, _ roll: UInt64) -> Int {
    if roll & (3 &<< 40) == 0 { return 0 }
    let octave = UInt64(Int.bitWidth - 1 - (counter + 4).leadingZeroBitCount)
    return 1 &+ roll.skewed(from: 3, to: max(4, pageBits &+ 2 &- min(octave, pageBits)))
  }

  private func page(_ visit: Int, _ step: Int, _ counter: Int, _ engine: Int) -> HitsPage {
    let roll = pageDice.roll(visit &* 8 &+ step)
    // A few of those whom the second engine sent carry its mark in the address.
    let isMarked = engine == 2 && step == 0 && (roll &>> 44) & 15 == 0
    return HitsPage(counter: counter, number: pageNumber(of: counter, roll), isMarked: isMarked)
  }
}
