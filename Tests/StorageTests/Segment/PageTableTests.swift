import Storage
import TestSupport
import Testing

@Suite("Small tables inside the store")
struct PageTableTests {
  @Test("a page table answers like a dictionary", arguments: [1, 2, 3] as [UInt64])
  func matchesDictionary(seed: UInt64) {
    var random = SeededGenerator(seed)
    var table = PageTable()
    var model: [UInt64: Int] = [:]
    func key(_ number: UInt64) -> PageKey {
      PageKey(file: number & 3, slot: UInt32(number >> 2 & 7), index: UInt32(number >> 5))
    }
    for step in 0..<20_000 {
      let number = random.next() % 600
      switch random.next() % 5 {
      case 0, 1:
        table.set(key(number), to: step)
        model[number] = step
      case 2, 3:
        table.remove(key(number))
        model[number] = nil
      default:
        #expect(table.place(of: key(number)) == model[number])
      }
    }
    for number in 0..<600 as Range<UInt64> {
      #expect(table.place(of: key(number)) == model[number])
    }
    #expect(table.count == model.count)
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
