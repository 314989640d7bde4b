/// Makes the table `hits` of ClickBench (a log of page views, 105 columns) as CSV: the same bytes for
/// the same rows and seed on every machine.
///
/// Rows come in order of time but for some minutes, as a web counter writes them. A hit belongs to a visit
/// of one user to one counter (site); what it says follows from the user, the counter, the page and the
/// step of the visit. Any row can be made alone, and memory does not grow with the number of rows.
/// - Source: The columns and their types are those of the public benchmark ClickBench.
package struct HitsGenerator: Sendable {
  package let rowCount: Int
  package let seed: UInt64
  let clock = HitsClock()
  let calendar = CRMCalendar(months: 2, end: CRMScale.Day(year: 2013, month: 9, day: 1))
  let visitDice: Dice
  let userDice: Dice
  let pageDice: Dice
  let rowDice: Dice
  /// Powers of two that limit how many users, phrases and pages of the busiest site there are.
  let userBits: UInt64
  let phraseBits: UInt64
  let pageBits: UInt64

  /// - Parameters:
  ///   - rowCount: Below zero is zero.
  ///   - seed: The user's seed.
  package init(rowCount: Int = 10_000_000, seed: UInt64 = 1) {
    self.rowCount = max(0, rowCount)
    self.seed = seed
    visitDice = Dice(seed: seed, stream: 11)
    userDice = Dice(seed: seed, stream: 12)
    pageDice = Dice(seed: seed, stream: 13)
    rowDice = Dice(seed: seed, stream: 14)
    userBits = Self.bits(self.rowCount / 5, from: 9)
    phraseBits = Self.bits(self.rowCount / 4, from: 6)
    pageBits = Self.bits(self.rowCount / 128, from: 4)
  }

  private static func bits(_ count: Int, from lowest: Int) -> UInt64 {
    UInt64(min(30, max(lowest, Int.bitWidth - count.leadingZeroBitCount)))
  }

  /// Writes the table with its header line.
  ///
  /// - Parameter sink: Takes the bytes in order, in chunks that end with a row; the span lives for the call.
  /// - Throws: What `sink` throws.
  package func write<Failure: Error>(
    to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    let header = Array((HitsColumns.names.joined(separator: ",") + "\n").utf8)
    // SAFETY: bytes have no padding.
    try unsafe sink(header.span.bytes)
    try write(rows: 0..<rowCount, to: sink)
  }

  /// Writes some rows without a header.
  ///
  /// - Parameters:
  ///   - rows: From 0; cut to the rows there are.
  ///   - sink: Takes the bytes in order, in chunks that end with a row.
  /// - Throws: What `sink` throws.
  package func write<Failure: Error>(
    rows: Range<Int>,
    to sink: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var writer = RowWriter(calendar: calendar)
    for row in rows.clamped(to: 0..<rowCount) {
      write(hit(row), &writer)
      if writer.isFull {
        try sink(writer.written)
        writer.clear()
      }
    }
    if writer.count > 0 { try sink(writer.written) }
  }
}

/// The names of the columns of `hits` as PostgreSQL folds them.
package enum HitsColumns {
  package static let names = """
    watchid javaenable title goodevent eventtime eventdate counterid clientip regionid userid \
    counterclass os useragent url referer isrefresh referercategoryid refererregionid urlcategoryid \
    urlregionid resolutionwidth resolutionheight resolutiondepth flashmajor flashminor flashminor2 \
    netmajor netminor useragentmajor useragentminor cookieenable javascriptenable ismobile mobilephone \
    mobilephonemodel params ipnetworkid traficsourceid searchengineid searchphrase advengineid \
    isartifical windowclientwidth windowclientheight clienttimezone clienteventtime \
    silverlightversion1 silverlightversion2 silverlightversion3 silverlightversion4 pagecharset \
    codeversion islink isdownload isnotbounce funiqid originalurl hid isoldcounter isevent isparameter \
    dontcounthits withhash hitcolor localeventtime age sex income interests robotness remoteip \
    windowname openername historylength browserlanguage browsercountry socialnetwork socialaction \
    httperror sendtiming dnstiming connecttiming responsestarttiming responseendtiming fetchtiming \
    socialsourcenetworkid socialsourcepage paramprice paramorderid paramcurrency paramcurrencyid \
    openstatservicename openstatcampaignid openstatadid openstatsourceid utmsource utmmedium \
    utmcampaign utmcontent utmterm fromtag hasgclid refererhash urlhash clid
    """.split(separator: " ").map(String.init)
}
