import Synchronization
import SystemIO
import Testing

@Suite struct MachineTests {
  @Test func `the seeded generator gives the same numbers for ever`() {
    var random = SeededRandom(seed: 42)
    let words = (0..<2).map { _ in random.next() }
    // xoshiro256** with SplitMix64 seeding of 42.
    #expect(words == [1_546_998_764_402_558_742, 6_990_951_692_964_543_102])
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<10_000 { counts[random.below(10)] += 1 }
    #expect(counts.allSatisfy { (800...1200).contains($0) })
  }

  @Test func `entropy does not repeat`() throws {
    #expect(try entropy(byteCount: 32) != entropy(byteCount: 32))
    #expect(try entropy(byteCount: 0).isEmpty)
  }

  @Test func `the clocks tell the time`() {
    let clock = SystemClock()
    #expect(clock.unixMicroseconds > 1_700_000_000_000_000)
    #expect(clock.unixMicroseconds - clock.postgresMicroseconds > 946_684_799_000_000)
    let before = clock.monotonicNanoseconds
    sleep(nanoseconds: 2_000_000)
    #expect(clock.monotonicNanoseconds >= before + 2_000_000)
  }

  @Test func `threads hand values through a monitor`() throws {
    let monitor = Monitor(0)
    let threads = try (0..<4).map { _ in
      try Thread.start(name: "counter") {
        for _ in 0..<1000 { monitor.update { $0 += 1 } }
      }
    }
    #expect(monitor.wait { $0 == 4000 ? "done" : nil } == "done")
    for thread in threads { thread.join() }
    #expect(monitor.wait(nanoseconds: 5_000_000) { $0 == 1 ? 1 : nil } == nil)
  }

  @Test func `this machine can run the engine`() {
    #expect(cpuIsSupported)
  }
}
