import Replication
import Testing

private func table(
  _ files: [UInt32: UInt32],
  isPartitioned: Bool = false,
  byteCount: Int = 8192,
  column: UInt32 = 700,
  labels: [UInt32: String] = [:]
) -> SourceTable {
  SourceTable(
    id: 1,
    schema: "public",
    name: "t",
    isPartitioned: isPartitioned,
    identity: .primaryKey,
    columns: [
      SourceTableColumn(
        number: 1,
        name: "a",
        typeID: 23,
        modifier: -1,
        isNotNull: true,
        isGenerated: false,
        missingValue: nil,
        changedBy: column
      )
    ],
    primaryKey: [1],
    identityIndex: [],
    leaves: files.map { id, node in
      SourceLeaf(
        id: id,
        schema: "public",
        name: "l\(id)",
        fileNode: node,
        byteCount: byteCount,
        estimatedRows: 0,
        madeBy: node,
        attachment: isPartitioned ? "600.601" : ""
      )
    },
    labels: labels
  )
}

private func truncate(_ id: UInt32, at lsn: UInt64) -> SourceTruncate {
  SourceTruncate(
    relationIDs: [1],
    isCascading: false,
    restartsIdentity: false,
    transactionID: id,
    commitLSN: LSN(lsn)
  )
}

@Test func `a fingerprint is read as it was written`() {
  var print = SourceFingerprint(
    table([5: 50, 6: 60], isPartitioned: true, labels: [9: "736164", 10: ""])
  )
  #expect(SourceFingerprint(print.text) == print)
  print.takePartition(7, commit: LSN(0x1_0000_0000))
  print.takePartition(5, commit: LSN(1))
  #expect(SourceFingerprint(print.text) == print)
  #expect(!print.isNew(7) && !print.isNew(5) && print.isNew(8))
  for rows in [(80, 90), (81, 95)] as [(UInt32, UInt64)] {
    print.take(truncate(80, at: 88))
    #expect(SourceFingerprint(print.text) == print)
    print.takeRows(of: rows.0, commit: LSN(rows.1))
    // Only the first count.
    print.takeRows(of: 1, commit: LSN(1))
    #expect(SourceFingerprint(print.text) == print)
  }
  #expect(SourceFingerprint("").text.isEmpty)
}

@Test func `traces behind a TRUNCATE tell it from what came beside it`() {
  let known = SourceFingerprint(table([5: 50, 6: 60], isPartitioned: true))
  /// The table behind a TRUNCATE of transaction 80 that commits at 88, judged at 100.
  func judge(
    _ files: [UInt32: UInt32],
    rows: (UInt32, UInt64)? = nil,
    byteCount: Int = 8192,
    column: UInt32 = 700,
    at position: UInt64 = 100
  ) -> SourceFingerprint.Judgement {
    var print = known
    print.take(truncate(80, at: 88))
    if let rows { print.takeRows(of: rows.0, commit: LSN(rows.1)) }
    let seen = table(files, isPartitioned: true, byteCount: byteCount, column: column)
    return print.judge(seen, at: LSN(position), isListed: true)
  }
  #expect(judge([5: 80, 6: 80]) == .holds)
  #expect(judge([5: 80, 6: 80], rows: (81, 90)) == .holds)
  #expect(judge([5: 80, 6: 80], rows: (80, 88)) == .isRewritten)
  #expect(judge([5: 80, 6: 82], rows: (81, 90)) == .isRewritten)
  #expect(judge([5: 80, 6: 82]) == .isRewritten)
  #expect(judge([5: 80, 6: 82], byteCount: 0) == .holds)
  #expect(judge([5: 80, 6: 82], rows: (81, 90), byteCount: 0) == .isRewritten)
  #expect(judge([5: 80, 6: 82], rows: (81, 110), byteCount: 0) == .holds)
  #expect(judge([5: 80]) == .isRewritten)
  #expect(judge([5: 80, 6: 80, 7: 80]) == .isRewritten)
  #expect(judge([5: 80, 6: 80], column: 701) == .isRewritten)
  #expect(judge([5: 50, 6: 60], at: 88) == .isTooOld)
}

@Test func `files that are others without a TRUNCATE are explained only where none can be unseen`()
{
  let plain = SourceFingerprint(table([1: 10]))
  #expect(plain.judge(table([1: 10], column: 701), at: LSN(9), isListed: true) == .holds)
  #expect(plain.judge(table([1: 11]), at: LSN(9), isListed: true) == .holds)
  #expect(plain.judge(table([1: 11]), at: LSN(9), isListed: false) == .isRewritten)
  #expect(plain.judge(table([1: 11], column: 701), at: LSN(9), isListed: true) == .isRewritten)
  let parts = SourceFingerprint(table([5: 50], isPartitioned: true))
  func judge(_ files: [UInt32: UInt32], _ byteCount: Int, rows: UInt64? = nil) -> Bool {
    var print = parts
    if let rows { print.takePartition(6, commit: LSN(rows)) }
    let seen = table(files, isPartitioned: true, byteCount: byteCount)
    return print.judge(seen, at: LSN(100), isListed: true) == .holds
  }
  #expect(!judge([5: 51], 0))
  #expect(judge([5: 50, 6: 60], 0))
  #expect(!judge([5: 50, 6: 60], 1))
  #expect(judge([5: 50, 6: 60], 0, rows: 100))
  #expect(!judge([5: 50, 6: 60], 0, rows: 99))
  // One that came with rows and went, and one that may be seen later.
  #expect(!judge([5: 50], 0, rows: 99))
  #expect(judge([5: 50], 0, rows: 100))
  var later = parts
  var earlier = parts
  earlier.takePartition(6, commit: LSN(100))
  earlier.takePartition(7, commit: LSN(99))
  later.takePartitions(of: earlier, since: LSN(100))
  #expect(!later.isNew(6) && later.isNew(7))
}
