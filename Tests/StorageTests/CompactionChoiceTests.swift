import Storage
import Testing

@Suite("Which segments are worth writing anew")
struct CompactionChoiceTests {
  /// Places of the chosen among segments of so many rows, of which so many are deleted.
  private func chosen(
    _ segments: [(rows: Int, deleted: Int)],
    _ reason: CompactionReason = .limits
  ) -> [Int] {
    let loads = segments.map { SegmentLoad(rowCount: $0.rows, deletedCount: $0.deleted) }
    return reason.choose(among: loads, deltaCount: 0, StoreOptions())
  }

  @Test func `a small segment that wears does not take the large one along`() {
    #expect(chosen([(500_000, 0), (30_000, 20_000), (10_000, 0)]) == [1, 2])
    // A tenth of its own rows is nothing for the partition.
    #expect(chosen([(500_000, 0), (30_000, 4_000)]) == [])
  }

  @Test func `a large segment that has lost a tenth takes the smaller ones along`() {
    #expect(chosen([(500_000, 50_000), (30_000, 0), (900_000, 0)]) == [0, 1])
    #expect(chosen([(500_000, 40_000), (30_000, 0)]) == [])
  }

  @Test func `many small segments are merged by size class`() {
    let small = [(rows: Int, deleted: Int)](repeating: (30_000, 0), count: 7)
    #expect(chosen([(1_900_000, 0)] + small) == [1, 2, 3, 4, 5, 6, 7])
    #expect(chosen([(400_000, 0)] + small) == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(chosen(small) == [])
  }

  @Test
  func `when nothing else is to be done, what has changed is written anew with the small ones`() {
    #expect(chosen([(500_000, 10_000), (30_000, 0), (4_000_000, 0)], .quiet) == [0, 1])
    #expect(chosen([(500_000, 0), (30_000, 0)], .quiet) == [])
    #expect(chosen([(500_000, 0), (30_000, 0)], .forced) == [0, 1])
    #expect(chosen([(500_000, 0)], .forced) == [])
  }
}
