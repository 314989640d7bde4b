// `almanac check`: every checksum, statistic and index entry of a segment.

internal import Catalog
internal import ColumnEncoding
internal import Columnar
internal import SystemIO

extension SegmentFile {
  /// Reads everything and compares it with what the footer says.
  ///
  /// - Parameter report: Called once for every thing found wrong.
  package func verify(_ report: (CheckFinding) -> Void) {
    for place in footer.chunks.indices {
      for index in 0..<footer.blockCount { verifyBlock(place, index, report) }
    }
    verifyTotals(report)
    verifyKeys(report)
  }

  private func finding(_ offset: Int64, _ what: String) -> CheckFinding {
    CheckFinding(file: file.path, offset: offset, what: what)
  }

  private func finding(_ error: StorageError, _ offset: Int64) -> CheckFinding {
    if case .corrupt(_, let offset, let what) = error { return finding(offset, what) }
    return finding(offset, "\(error)")
  }

  /// Decodes a block, bypassing the cache, encodes its rows again and compares the statistics.
  private func verifyBlock(_ place: Int, _ index: Int, _ report: (CheckFinding) -> Void) {
    let chunk = footer.chunks[place]
    let reference = chunk.blocks[index]
    do throws(StorageError) {
      let bytes = try readPage(reference)
      let dictionary = chunk.dictionary == nil ? nil : try dictionary(ofChunk: place)
      let symbols = try symbolTable(ofChunk: place)
      do throws(EncodingError) {
        let block = try EncodedBlock(
          bytes: bytes,
          kind: chunk.type.laneKind,
          dictionary: dictionary,
          symbols: symbols
        )
        let known = try recount(block)
        guard block.rowCount == rows(ofBlock: index).count else {
          report(finding(reference.offset, "row count of a block"))
          return
        }
        if chunk.isCoded, block.encoding != .dictionary, block.encoding != .constant {
          report(finding(reference.offset, "column \(chunk.id.rawValue) is not coded throughout"))
        }
        if !known.isSame(as: chunk.statistics[index]) {
          let name = "statistics of column \(chunk.id.rawValue), block \(index)"
          report(finding(reference.offset, name))
        }
      } catch {
        throw .encoding(error, file: file.path, base: reference.offset)
      }
    } catch {
      report(finding(error, reference.offset))
    }
  }

  private func recount(_ block: EncodedBlock) throws(EncodingError) -> BlockStatistics {
    let encoder = BlockEncoder(kind: block.kind, blockRowCount: block.rowCount)
    let vector = Vector(kind: block.kind)
    for group in 0..<block.groupCount {
      let count = try block.decode(group: group, into: vector)
      encoder.append(vector, rows: 0..<count)
    }
    return encoder.finishBlock().statistics
  }

  private func verifyTotals(_ report: (CheckFinding) -> Void) {
    for chunk in footer.chunks {
      guard var total = chunk.statistics.first else { continue }
      for next in chunk.statistics.dropFirst() { total.append(next) }
      if let known = chunk.total, known.isSame(as: total) { continue }
      report(finding(0, "statistics of column \(chunk.id.rawValue)"))
    }
  }

  /// Every row must be found by its own key.
  private func verifyKeys(_ report: (CheckFinding) -> Void) {
    guard let keys = footer.keys else { return }
    let offset = keys.pages.first?.offset ?? 0
    for index in 0..<footer.blockCount {
      do throws(StorageError) {
        var blocks: [EncodedBlock] = []
        for id in keys.columns { blocks.append(try block(id, at: index)) }
        for group in 0..<(blocks.first?.groupCount ?? 0) {
          let batch = Batch(kinds: blocks.map(\.kind))
          do throws(EncodingError) {
            for (block, vector) in zip(blocks, batch.columns) {
              batch.rowCount = try block.decode(group: group, into: vector)
            }
          } catch {
            throw .encoding(error, file: file.path, base: offset)
          }
          let first = index * blockRowCount + group * groupRowCount
          try verifyKeys(batch, firstRow: first, offset, report)
        }
      } catch {
        report(finding(error, offset))
        return
      }
    }
  }

  private func verifyKeys(
    _ batch: Batch,
    firstRow: Int,
    _ offset: Int64,
    _ report: (CheckFinding) -> Void
  ) throws(StorageError) {
    var rows = [Int32](repeating: -1, count: batch.rowCount)
    try locate(keys: KeyHashes(of: batch), of: batch, into: &rows)
    for (index, row) in rows.enumerated() where row != Int32(firstRow + index) {
      report(finding(offset, "key of row \(firstRow + index) leads to row \(row)"))
    }
  }
}

extension BlockStatistics {
  func isSame(as other: BlockStatistics) -> Bool {
    rowCount == other.rowCount && nullCount == other.nullCount && sum == other.sum
      && isSorted == other.isSorted && isMaximumTruncated == other.isMaximumTruncated
      && minimum.isSame(as: other.minimum) && maximum.isSame(as: other.maximum)
  }
}

extension Datum {
  /// Equal in the order of statistics: NaN is NaN, -0 is 0.
  fileprivate func isSame(as other: Datum) -> Bool {
    switch (self, other) {
    case (.null, .null): true
    case (.double(let a), .double(let b)): a == b || (a.isNaN && b.isNaN)
    default: isBefore(other, orEqual: true) == true && other.isBefore(self, orEqual: true) == true
    }
  }
}
