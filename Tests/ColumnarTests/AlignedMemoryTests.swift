import Columnar
import TestSupport
import Testing

@Suite struct AlignedMemoryTests {
  /// Blocks that are freed and taken again by several threads belong to one of them at a time.
  @Test func blocksAreAlignedAndNobodyElses() async {
    let seed = UInt64.random(in: 1...1_000_000)
    let faults = await withTaskGroup(of: Int.self) { group in
      for number in 0..<4 {
        group.addTask { Self.churn(seed: seed &+ UInt64(number), mark: UInt8(number + 1)) }
      }
      return await group.reduce(0, +)
    }
    #expect(faults == 0, "seed \(seed)")
  }

  /// Takes and frees blocks of sizes that are kept and sizes that are not, each filled with a mark.
  ///
  /// - Returns: How many blocks were not aligned, or did not hold what was written to them.
  private static func churn(seed: UInt64, mark: UInt8) -> Int {
    var random = SeededGenerator(seed)
    var faults = 0
    // SAFETY: every block is read and written within its size, and freed once.
    var blocks: [(UnsafeMutablePointer<UInt8>, Int)] = unsafe []
    func free(_ place: Int) {
      let (block, size) = unsafe blocks.remove(at: place)
      for byte in 0..<size where unsafe block[byte] != mark { faults += 1 }
      unsafe AlignedMemory.deallocate(UnsafeMutableRawPointer(block))
    }
    for _ in 0..<3_000 {
      let size = Int.random(in: 1...40_000, using: &random)
      let raw = unsafe AlignedMemory.allocate(byteCount: size)
      if Int(bitPattern: raw) % 64 != 0 { faults += 1 }
      let block = unsafe raw.bindMemory(to: UInt8.self, capacity: size)
      unsafe block.initialize(repeating: mark, count: size)
      unsafe blocks.append((block, size))
      if unsafe blocks.count > 20 { free(Int.random(in: 0..<20, using: &random)) }
    }
    while unsafe !blocks.isEmpty { free(0) }
    return faults
  }
}
