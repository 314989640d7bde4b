import Storage
import TestSupport
import Testing

@Suite("Small tables inside the store")
struct PageTableTests {
  @Test("a page table answers like a dictionary", arguments: [1, 2, 3] as [UInt64])
  func matchesDictionary(seed: UInt64) {
    var random = SeededGenerator(seed)
    var table = PageTable<Int>()
    var model: [UInt64: Int] = [:]
    func key(_ number: UInt64) -> PageKey {
      PageKey(file: number & 3, slot: UInt32(number >> 2 & 7), index: UInt32(number >> 5))
    }
    func page(_ number: UInt64) -> Int? {
      table.slot(of: key(number)).flatMap { table.page(at: $0) }
    }
    for step in 0..<20_000 {
      let number = random.next() % 600
      switch random.next() % 6 {
      case 0, 1:
        table.insert(step, as: key(number))
        model[number] = step
      case 2:
        table.remove(key(number))
        model[number] = nil
      case 3:
        let gone = table.evict()
        #expect((gone == nil) == model.isEmpty)
        if let gone, let number = model.first(where: { $0.value == gone })?.key {
          model[number] = nil
        } else {
          #expect(gone == nil, "a page that was not there")
        }
      default:
        #expect(page(number) == model[number])
      }
    }
    for number in 0..<600 as Range<UInt64> { #expect(page(number) == model[number]) }
    #expect(table.count == model.count)
  }

  @Test("the hand passes once over pages in use")
  func clock() {
    var table = PageTable<Int>()
    for number in 0..<20 {
      table.insert(number, as: PageKey(file: 1, slot: 0, index: UInt32(number)))
    }
    for number in stride(from: 0, to: 20, by: 2) {
      let slot = table.slot(of: PageKey(file: 1, slot: 0, index: UInt32(number)))
      let page = slot.flatMap { table.use($0) }
      #expect(page == number)
    }
    let first = (0..<10).map { _ in table.evict() }
    #expect(first.allSatisfy { ($0 ?? 0) % 2 == 1 }, "\(first)")
    let second = (0..<10).map { _ in table.evict() }
    #expect(Set(second) == Set(stride(from: 0, to: 20, by: 2).map(Optional.some)))
    let none = table.evict()
    #expect(none == nil && table.count == 0)
  }

  @Test(
    "the place of a hash in a run is the first that is not below it",
    arguments: [0, 1, 15, 40, 5000]
  )
  func lowerBound(count: Int) {
    var random = SeededGenerator(UInt64(count))
    // Some equal hashes, some clusters: as uniform as chance, and not.
    var hashes = (0..<count).map { _ in random.next() >> (random.next() % 4 == 0 ? 9 : 0) }
    for index in stride(from: 1, to: count, by: 7) { hashes[index] = hashes[index - 1] }
    hashes.sort()
    let run = KeyHashRun(hashes: hashes, locators: hashes)
    var asked: [UInt64] = [0, .max] + hashes
    for _ in 0..<500 { asked.append(random.next()) }
    for hash in hashes { asked += [hash &+ 1, hash &- 1] }
    for hash in asked {
      #expect(run.lowerBound(hash) == hashes.firstIndex { $0 >= hash } ?? count)
    }
  }
}
