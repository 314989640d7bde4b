import Catalog
import Columnar
import Storage
import SystemIO
import TestSupport
import Testing

/// What delta batches tell of the strings that they hold.
@Suite struct FewTextsTests {
  private func texts(_ rowCount: Int, _ name: (Int) -> String?) throws -> Set<String>? {
    let fileSystem = SimulatedFileSystem()
    try fileSystem.makeDirectory("db")
    var options = testOptions()
    options.sealRowCount = 1 << 20
    let store = try Store.open(fileSystem, at: "db", options: options)
    let transaction = store.begin()
    try transaction.change(.createTable(testDefinition()))
    try transaction.commit()
    try store.insert((0..<rowCount).map { TestRow(id: Int64($0), time: 5, name: name($0)) })
    let table = try #require(store.published.table(TableID(1), scope: .unrestricted))
    let source = try #require(table.partitions.first?.sources.first?.source)
    #expect(source.rowCount == rowCount)
    // Asked twice: the second answer is kept from the first.
    _ = try source.fewTexts(ColumnID(3))
    return try source.fewTexts(ColumnID(3)).map { dictionary in
      Set((0..<dictionary.count).map { String(decoding: dictionary[$0].bytes, as: UTF8.self) })
    }
  }

  @Test func `few strings are told, NULL is none`() throws {
    let found = try texts(5_000) { $0 % 7 == 0 ? nil : "name \($0 % 5)" }
    #expect(found == Set((0..<5).map { "name \($0)" }))
    #expect(try texts(5_000) { _ in nil } == [])
  }

  @Test func `many strings are not told, nor those of small batches`() throws {
    #expect(try texts(5_000) { "name \($0 % 256)" }?.count == 256)
    #expect(try texts(5_000) { "name \($0 % 257)" } == nil)
    #expect(try texts(4_000) { _ in "one" } == nil)
    let long = String(repeating: "long ", count: 60)
    #expect(try texts(5_000) { "\(long) \($0 % 200)" }?.count == 200)
    #expect(try texts(5_000) { "\(long) \($0 % 250)" } == nil)
  }
}
