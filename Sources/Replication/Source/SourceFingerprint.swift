/// The traces that changes leave in the source's catalog which its stream does not tell of: rows written anew, partitions that
/// came, went, or were truncated by themselves, labels of enums that were renamed.
///
/// What was known of a table last and what its catalog says now are compared. Where a TRUNCATE came in the stream, which changes files
/// too, its own traces tell whether anything else did; what cannot be told apart counts as written anew.
package struct SourceFingerprint: Sendable, Hashable {
  /// A file and how it belongs to the table.
  struct File: Sendable, Hashable {
    /// Another one after every rewrite and TRUNCATE; 0: not known.
    var node: UInt32
    /// See ``SourceLeaf/attachment``.
    var attachment: String
  }

  /// A TRUNCATE of the stream, and what came behind it.
  struct Truncate: Sendable, Hashable {
    /// 0: not known.
    var transactionID: UInt32
    var commitLSN: LSN
    /// Whether its own transaction brought rows behind it.
    var hasOwnRows = false
    /// The commit that brought the first rows behind it.
    var rowsSince: LSN?
  }

  /// By partition, or the table itself.
  var files: [UInt32: File] = [:]
  /// By number, the transaction that changed the column last: all that an ALTER COLUMN TYPE … USING may leave.
  var columns: [Int: UInt32] = [:]
  var labels: [UInt32: String] = [:]
  /// The last one since the files were known.
  var truncate: Truncate?
  /// Partitions that are none of ``files``, and the commit that brought their first rows.
  var partitions: [UInt32: LSN] = [:]

  /// What the catalog says of a table.
  package init(_ table: SourceTable) {
    for leaf in table.leaves {
      files[leaf.id] = File(node: leaf.fileNode, attachment: leaf.attachment)
    }
    for column in table.columns { columns[column.number] = column.changedBy }
    labels = table.labels
  }

  // MARK: What the stream tells

  /// Whether a TRUNCATE has come since the files were known.
  package var isTruncated: Bool { truncate != nil }

  /// Takes a TRUNCATE of the table: its files are others now.
  ///
  /// Labels stay, as rows that come have them.
  package mutating func take(_ truncate: SourceTruncate) {
    self.truncate = Truncate(
      transactionID: truncate.transactionID,
      commitLSN: truncate.commitLSN
    )
    for id in files.keys { files[id]?.node = 0 }
  }

  /// Takes the first rows behind a TRUNCATE; others change nothing.
  package mutating func takeRows(of transactionID: UInt32, commit: LSN) {
    guard let known = truncate, known.rowsSince == nil else { return }
    truncate?.rowsSince = commit
    truncate?.hasOwnRows = transactionID == known.transactionID
  }

  /// Whether a partition may have come since the files were known.
  package func isNew(_ partition: UInt32) -> Bool {
    files[partition] == nil && partitions[partition] == nil
  }

  /// Takes a partition's first rows.
  package mutating func takePartition(_ id: UInt32, commit: LSN) {
    if isNew(id) { partitions[id] = commit }
  }

  /// Takes partitions' first rows that another fingerprint has and that came behind a position.
  package mutating func takePartitions(of other: Self, since position: LSN) {
    for (id, commit) in other.partitions where commit >= position {
      takePartition(id, commit: commit)
    }
  }

  // MARK: Comparing

  package enum Judgement: Sendable, Equatable {
    /// The rows are those of the stream.
    case holds
    /// What was seen may be older than the TRUNCATE.
    case isTooOld
    /// They may be others.
    case isRewritten
  }

  /// Judges what the catalog showed, and shows unchanged since, once everything before a position was taken.
  ///
  /// - Parameters:
  ///   - seen: The table; it looked like this before the position.
  ///   - position: Where the source's log ended behind it.
  ///   - isListed: Whether a publication names the table, so that it cannot be written past the log (SET UNLOGGED).
  /// - Returns: Whether this fingerprint and the stream explain it.
  package func judge(_ seen: SourceTable, at position: LSN, isListed: Bool) -> Judgement {
    guard holdsLabels(of: seen) else { return .isRewritten }
    guard let truncate else {
      if holdsFiles(of: seen, at: position) { return .holds }
      // VACUUM FULL, CLUSTER, SET TABLESPACE: what changes values is a TRUNCATE, which the stream tells of, or leaves a mark
      // at a column. Of a partition the stream tells no TRUNCATE.
      let isKept = isListed && !seen.isPartitioned && holdsColumns(of: seen)
      return isKept && files.keys.elementsEqual(seen.leaves.map(\.id)) ? .holds : .isRewritten
    }
    guard truncate.commitLSN < position else { return .isTooOld }
    guard holdsColumns(of: seen) else { return .isRewritten }
    guard seen.isPartitioned else { return .holds }
    guard holdsFiles(of: seen, at: position, isNodeKnown: false) else { return .isRewritten }
    // The TRUNCATE itself made all files, and a file can be emptied in place only by the transaction that made it.
    let isOwn =
      truncate.transactionID != 0 && !truncate.hasOwnRows
      && seen.leaves.allSatisfy { $0.madeBy == truncate.transactionID }
    let isEmpty =
      (truncate.rowsSince ?? LSN(.max)) >= position && seen.leaves.allSatisfy { $0.byteCount == 0 }
    return isOwn || isEmpty ? .holds : .isRewritten
  }

  /// Whether all files that were known are there, as they were; partitions that came have never held a row, so that theirs
  /// come in the stream.
  private func holdsFiles(
    of seen: SourceTable,
    at position: LSN,
    isNodeKnown: Bool = true
  ) -> Bool {
    var left = files
    for leaf in seen.leaves {
      if let file = left.removeValue(forKey: leaf.id) {
        guard file.attachment == leaf.attachment, !isNodeKnown || file.node == leaf.fileNode else {
          return false
        }
      } else {
        // One that is empty though rows came was emptied.
        guard leaf.byteCount == 0, (partitions[leaf.id] ?? LSN(.max)) >= position else {
          return false
        }
      }
    }
    // Nor may one be gone whose rows came.
    let isGone = partitions.contains { id, commit in
      commit < position && !seen.leaves.contains { $0.id == id }
    }
    return left.isEmpty && !isGone
  }

  private func holdsColumns(of seen: SourceTable) -> Bool {
    seen.columns.allSatisfy { columns[$0.number] == $0.changedBy }
  }

  /// Whether no label has another name.
  private func holdsLabels(of seen: SourceTable) -> Bool {
    labels.allSatisfy { id, label in seen.labels[id].map { $0 == label } ?? true }
  }

  /// Whether nothing but columns and labels that came or went differs, so that rows that are here can be read as the
  /// catalog says now.
  package func isSameFile(_ seen: SourceTable) -> Bool {
    guard truncate == nil, holdsLabels(of: seen) else { return false }
    let there = Self(seen).files
    return files.allSatisfy { there[$0.key] == $0.value }
  }

  /// Whether rows that are here, or come behind a TRUNCATE, can be read with the catalog's columns: what was not seen
  /// before may have been filled by writing the rows anew.
  package func keepsRows(_ seen: SourceTable) -> Bool {
    isSameFile(seen) || (isTruncated && holdsLabels(of: seen) && holdsColumns(of: seen))
  }

  /// Takes over columns and labels; files are left to ``judge(_:at:)``.
  package mutating func takeDefinition(of other: Self) {
    columns = other.columns
    labels = other.labels
  }
}

// MARK: Text

extension SourceFingerprint {
  /// As the catalog here keeps it.
  package var text: String {
    var marks = files.map { "\($0.key):\($0.value.node):\($0.value.attachment)" }
    marks += columns.map { "c\($0.key):\($0.value)" }
    marks += labels.map { "e\($0.key):\($0.value)" }
    marks += partitions.map { "p\($0.key):\($0.value.rawValue)" }
    if let truncate {
      let since = truncate.rowsSince.map { "\($0.rawValue)" } ?? ""
      marks.append(
        "t\(truncate.transactionID):\(truncate.commitLSN.rawValue):\(truncate.hasOwnRows ? 1 : 0):\(since)"
      )
    }
    return marks.sorted().joined(separator: ",")
  }

  /// Reads what ``text`` wrote; what is not understood is not known.
  package init(_ text: String) {
    for mark in text.split(separator: ",") {
      let fields = mark.split(separator: ":", omittingEmptySubsequences: false)
      guard let first = fields.first, let kind = first.first else { continue }
      let second = fields.count > 1 ? fields[1] : ""
      let id = UInt32(kind.isNumber ? first : first.dropFirst())
      guard let id else { continue }
      switch kind {
      case "c": columns[Int(id)] = UInt32(second)
      case "e": labels[id] = String(second)
      case "p": partitions[id] = UInt64(second).map { LSN($0) }
      case "t":
        guard fields.count == 4, let commit = UInt64(second) else { continue }
        truncate = Truncate(
          transactionID: id,
          commitLSN: LSN(commit),
          hasOwnRows: fields[2] == "1",
          rowsSince: UInt64(fields[3]).map { LSN($0) }
        )
      default:
        let attachment = fields.count > 2 ? String(fields[2]) : ""
        files[id] = UInt32(second).map { File(node: $0, attachment: attachment) }
      }
    }
  }
}
