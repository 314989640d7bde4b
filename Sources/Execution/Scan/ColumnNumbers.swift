internal import Catalog
internal import Columnar
internal import Kernels
internal import Storage
internal import Synchronization

/// The numbers of a text column's strings in one statement: those of its dictionaries' entries are known beforehand, other
/// strings (of rows that came lately) get theirs as they come.
final class ColumnNumbers: @unchecked Sendable {
  private let column: ColumnID
  // Set before the scan begins.
  private var numbering = TextNumbering()
  private var known: [ObjectIdentifier: (dictionary: TextDictionary, numbers: [UInt32])] = [:]
  /// Numbers below are the numbering's, at the time when the scan began.
  private var limit = 0
  /// Numbers of strings that are in no dictionary, less `limit`; used under the lock.
  private let others = StringTable()
  private let lock = Mutex<Void>(())
  /// The numbers that there may be; nil: not known.
  private(set) var range: ClosedRange<Int64>?

  init(_ column: ColumnID) { self.column = column }

  /// Whether most rows of a table are coded, and all rows wanted.
  static func serves(_ table: TableSnapshot, _ column: ColumnID) -> Bool {
    var coded = 0
    var others = 0
    for source in table.partitions.lazy.flatMap(\.sources) {
      if source.wantedRows != nil { return false }
      if source.source.isCoded(column) {
        coded += source.source.rowCount
      } else {
        others += source.source.rowCount
      }
    }
    return coded > 0 && others <= max(4096, coded / 8)
  }

  /// Numbers the dictionaries of the sources that will be read.
  ///
  /// - Parameters:
  ///   - sources: Each once.
  ///   - rows: How many rows may be read: for few of them not all entries of large dictionaries are numbered.
  /// - Throws: ``StorageError`` when a dictionary cannot be read.
  func begin(_ sources: [any RowSource], rows: Int) throws(StorageError) {
    var dictionaries: [TextDictionary] = []
    var fewTexts: [TextDictionary] = []
    var otherRows = 0
    for source in sources {
      if source.isCoded(column), let dictionary = try source.dictionary(column) {
        dictionaries.append(dictionary)
      } else if let few = try source.fewTexts(column) {
        fewTexts.append(few)
      } else {
        otherRows += source.rowCount
      }
    }
    let entries = dictionaries.reduce(0) { $0 + $1.count }
    guard !dictionaries.isEmpty, entries <= max(4096, rows / 4) else { return }
    let (numbering, numbers) = TextNumbering.numbering(dictionaries)
    self.numbering = numbering
    for (dictionary, numbers) in zip(dictionaries, numbers) {
      known[ObjectIdentifier(dictionary)] = (dictionary, numbers)
    }
    limit = numbering.count
    for few in fewTexts { for place in 0..<few.count { _ = number(few[place]) } }
    let count = limit + lock.withLock { _ in others.count }
    range = 0...Int64(max(0, count + otherRows - 1))
  }

  /// The numbers of a dictionary's entries, by code; nil: ask for each entry.
  func numbers(of dictionary: TextDictionary) -> [UInt32]? {
    known[ObjectIdentifier(dictionary)]?.numbers
  }

  /// The number of a string.
  func number(_ string: ByteView) -> Int64 {
    if let number = numbering.number(string), number < limit { return Int64(number) }
    return Int64(limit) + Int64(lock.withLock { _ in others.number(string) })
  }

  /// The strings of rows 0..<`rows` of a vector of numbers, NULL where they are.
  func write(_ numbers: Vector, rows: Int, to vector: Vector) {
    vector.reset()
    vector.reserve(rows)
    let lanes = numbers.int64
    numbering.write(lanes, rows: rows, below: limit, to: vector)
    lock.withLock { _ in
      guard others.count > 0 else { return }
      var out = vector.mutableViews
      for row in 0..<rows where numbers.isValid(row) && lanes[row] >= Int64(limit) {
        out[row] = others.strings[Int(lanes[row]) - limit]
      }
    }
    vector.retain(others.arena)
    copyValidity(numbers, rows, into: vector)
  }
}

/// Numbers of a scan's text column; one slot's.
final class TextNumbers: DerivedText {
  private let numbers: ColumnNumbers
  /// Strings that came without a code, and their numbers: others ask for the same ones.
  private let plain = StringTable()
  private var plainNumbers: [Int64] = []

  init(_ numbers: ColumnNumbers) { self.numbers = numbers }

  override func values(of dictionary: TextDictionary) -> [UInt32]? {
    numbers.numbers(of: dictionary)
  }

  override func value(of string: ByteView) -> Int64 {
    let place = Int(plain.number(string))
    if place == plainNumbers.count { plainNumbers.append(numbers.number(string)) }
    return plainNumbers[place]
  }
}
