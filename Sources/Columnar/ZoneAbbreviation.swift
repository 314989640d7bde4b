// Abbreviations that date input and AT TIME ZONE know: PostgreSQL's set "Default".

/// What an abbreviation of a time zone means.
enum ZoneAbbreviation {
  /// Seconds east of UTC.
  case fixed(Int)
  /// What it meant in that zone at the time in question.
  case asIn(zone: String)

  /// Looks an abbreviation up; `name` in lower case.
  init?(_ name: String) {
    if let seconds = Self.fixedOffsets[name] {
      self = .fixed(seconds)
    } else if let zone = Self.zones[name] {
      self = .asIn(zone: zone)
    } else {
      return nil
    }
  }

  private static let fixedOffsets: [String: Int] = {
    var offsets: [String: Int] = [:]
    for (seconds, names) in namesByOffset {
      for name in names.split(separator: " ") { offsets[String(name)] = seconds }
    }
    return offsets
  }()

  private static let namesByOffset: [(Int, String)] = [
    (-36_000, "hst taht"),
    (-34_200, "mart"),
    (-32_400, "akst gamt"),
    (-28_800, "akdt pst"),
    (-25_200, "mst pdt"),
    (-21_600, "cst mdt galt"),
    (-18_000, "act cot cdt est pet"),
    (-14_400, "bot edt amt ast"),
    (-12_600, "nft nst"),
    (-10_800, "bra brt clst gft pmst pyst uyt wgt adt"),
    (-9_000, "ndt"),
    (-7_200, "brst fnt pmdt uyst wgst"),
    (-3_600, "egt fnst azot"),
    (0, "egst azost gmt uct ut utc z zulu wet"),
    (3_600, "wat bst cet met mez wetdst"),
    (7_200, "sast ist bdst cest cetdst eet mest mesz metdst"),
    (10_800, "eat idt eest eetdst fet"),
    (12_600, "irt"),
    (14_400, "msd mut ret sct"),
    (16_200, "aft"),
    (18_000, "pkt tjt uzt must mvt tft"),
    (20_700, "npt"),
    (21_600, "almt bdt btt kgst pkst uzst xjt yekst"),
    (23_400, "mmt"),
    (25_200, "almst ict wast cxt"),
    (28_800, "bnt bort cct hkt myt pht awst wadt"),
    (31_500, "acwst"),
    (32_400, "jayt jst kst ulast awsst wdt pwt"),
    (34_200, "acst cast"),
    (36_000, "ddut kdt aest ligt chut mpt pgt trut yapt"),
    (37_800, "acsst acdt cadt lhst sadt"),
    (39_600, "aesst aedt pont vut"),
    (43_200, "nzt fjt gilt mht nzst tvt wakt wft"),
    (45_900, "chast"),
    (46_800, "fjst nzdt tot"),
    (49_500, "chadt"),
  ]

  private static let zones: [String: String] = [
    "art": "America/Argentina/Buenos_Aires",
    "arst": "America/Argentina/Buenos_Aires",
    "clt": "America/Santiago",
    "gyt": "America/Guyana",
    "pyt": "America/Asuncion",
    "vet": "America/Caracas",
    "davt": "Antarctica/Davis",
    "mawt": "Antarctica/Mawson",
    "amst": "Asia/Yerevan",
    "anast": "Asia/Anadyr",
    "anat": "Asia/Anadyr",
    "azst": "Asia/Baku",
    "azt": "Asia/Baku",
    "gest": "Asia/Tbilisi",
    "get": "Asia/Tbilisi",
    "irkst": "Asia/Irkutsk",
    "irkt": "Asia/Irkutsk",
    "kgt": "Asia/Bishkek",
    "krast": "Asia/Krasnoyarsk",
    "krat": "Asia/Krasnoyarsk",
    "lkt": "Asia/Colombo",
    "magst": "Asia/Magadan",
    "magt": "Asia/Magadan",
    "novst": "Asia/Novosibirsk",
    "novt": "Asia/Novosibirsk",
    "omsst": "Asia/Omsk",
    "omst": "Asia/Omsk",
    "petst": "Asia/Kamchatka",
    "pett": "Asia/Kamchatka",
    "sgt": "Asia/Singapore",
    "tmt": "Asia/Ashgabat",
    "ulat": "Asia/Ulaanbaatar",
    "vlast": "Asia/Vladivostok",
    "vlat": "Asia/Vladivostok",
    "yakst": "Asia/Yakutsk",
    "yakt": "Asia/Yakutsk",
    "yekt": "Asia/Yekaterinburg",
    "fkst": "Atlantic/Stanley",
    "fkt": "Atlantic/Stanley",
    "lhdt": "Australia/Lord_Howe",
    "msk": "Europe/Moscow",
    "volt": "Europe/Volgograd",
    "iot": "Indian/Chagos",
    "ckt": "Pacific/Rarotonga",
    "easst": "Pacific/Easter",
    "east": "Pacific/Easter",
    "kost": "Pacific/Kosrae",
    "lint": "Pacific/Kiritimati",
    "nut": "Pacific/Niue",
    "tkt": "Pacific/Fakaofo",
  ]
}
