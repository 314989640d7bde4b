// `almanac check`: reads a whole data directory and says what is wrong with it. Changes nothing.

internal import Catalog
internal import ColumnEncoding
internal import Columnar
package import SystemIO

/// What a check read.
package struct CheckSummary: Equatable, Sendable {
  package var tables = 0
  package var partitions = 0
  package var segments = 0
  package var deltaBatches = 0
  package var liveRows = 0
  package var logRecords = 0
}

/// Verifies every checksum, statistic and index entry of a data directory.
///
/// - Parameters:
///   - fileSystem: The disk.
///   - directory: The data directory; no process may have it open.
///   - report: Called once for every thing found wrong.
/// - Returns: What there was to check.
/// - Throws: ``StorageError/locked(directory:)``, or why the directory cannot be read at all.
package func checkStore(
  _ fileSystem: any FileSystem,
  at directory: String,
  report: @escaping (CheckFinding) -> Void
) throws(StorageError) -> CheckSummary {
  let lock = try takeCheckLock(fileSystem, directory)
  defer { lock.release() }
  let recovered: Recovered?
  do throws(StorageError) {
    recovered = try Recovered.read(fileSystem, directory: directory)
  } catch {
    guard let finding = CheckFinding(error) else { throw error }
    report(finding)
    return CheckSummary()
  }
  guard let recovered else { return CheckSummary() }
  let check = StoreCheck(fileSystem: fileSystem, directory: directory, report: report)
  return check.run(recovered)
}

private func takeCheckLock(
  _ fileSystem: any FileSystem,
  _ directory: String
) throws(StorageError) -> any FileLock {
  do throws(IOError) {
    return try fileSystem.lock("\(directory)/\(FileNames.lock)")
  } catch {
    if error.wouldBlock { throw .locked(directory: directory) }
    throw .io(error)
  }
}

extension CheckFinding {
  /// The place an error names; nil when the world refused.
  init?(_ error: StorageError) {
    switch error {
    case .corrupt(let file, let offset, let what):
      self.init(file: file, offset: offset, what: what)
    case .formatVersion(let file, let found, _):
      self.init(file: file, offset: 0, what: "format version \(found)")
    case .foreign(let path, let what): self.init(file: path, offset: 0, what: "not a \(what)")
    default: return nil
    }
  }
}

/// One run over a directory that was read.
private struct StoreCheck {
  let fileSystem: any FileSystem
  let directory: String
  let report: (CheckFinding) -> Void
  let cache = BlockCache(capacityBytes: 32 << 20)

  func run(_ recovered: Recovered) -> CheckSummary {
    var summary = CheckSummary()
    summary.tables = recovered.state.tables.count
    summary.logRecords = recovered.newestLog?.frames.count ?? 0
    for var table in recovered.state.tables.values {
      for key in table.partitions.keys.sorted() {
        guard var partition = table.partitions[key] else { continue }
        summary.partitions += 1
        summary.segments += partition.segments.count
        summary.deltaBatches += partition.delta.count
        summary.liveRows += partition.liveRowCount
        check(&partition, of: table.definition)
        table.partitions[key] = partition
      }
      if !table.definition.primaryKey.isEmpty { checkKeys(table) }
    }
    return summary
  }

  private func note(_ error: StorageError, _ file: String) {
    report(CheckFinding(error) ?? CheckFinding(file: file, offset: 0, what: "\(error)"))
  }

  /// Opens and verifies the segments; those that cannot be opened stay without a source.
  private func check(_ partition: inout PartitionState, of definition: TableDefinition) {
    for index in partition.segments.indices {
      let reference = partition.segments[index].reference
      let path = "\(directory)/\(FileNames.segment(reference.number))"
      do throws(StorageError) {
        let file = try SegmentFile.open(
          fileSystem: fileSystem,
          path: path,
          definition: definition,
          cache: cache,
          expected: reference.summary
        )
        file.verify(report)
        partition.segments[index].source = file
        try checkPlaces(file, partition.key, definition, path)
      } catch {
        note(error, path)
      }
    }
    for entry in partition.delta {
      do throws(StorageError) {
        try checkStatistics(entry.batch)
        try checkPlaces(entry.source, partition.key, definition, "delta")
      } catch {
        note(error, "delta")
      }
    }
  }

  /// Every row must lie in the partition of its month.
  private func checkPlaces(
    _ source: any RowSource,
    _ key: PartitionKey,
    _ definition: TableDefinition,
    _ file: String
  ) throws(StorageError) {
    guard let column = definition.partitionColumn,
      let place = definition.index(of: column)
    else { return }
    var narrow = definition
    narrow.columns = [definition.columns[place]]
    let partitioner = Partitioner(narrow)
    let values = try source.decodeColumn(column)
    let rows = Batch(columns: [values], rowCount: source.rowCount)
    if let row = partitioner.keys(of: rows).firstIndex(where: { $0 != key }) {
      report(CheckFinding(file: file, offset: 0, what: "row \(row) lies in a wrong partition"))
    }
  }

  private func checkStatistics(_ batch: DeltaBatch) throws(StorageError) {
    for column in batch.columns {
      for part in column.blocks {
        let (block, known) = (part.block, part.statistics)
        let vector = Vector(kind: column.kind, capacity: block.rowCount)
        let group = Vector(kind: column.kind, capacity: groupRowCount)
        var start = 0
        for number in 0..<block.groupCount {
          group.reset()
          do throws(EncodingError) {
            let count = try block.decode(group: number, into: group)
            vector.append(from: group, rows: 0..<count, at: start)
            start += count
          } catch {
            throw .encoding(error, file: "delta", base: 0)
          }
        }
        let counted = BlockEncoder.encode(vector, rowCount: block.rowCount).statistics
        guard counted.nullCount == known.nullCount, counted.sum == known.sum,
          counted.minimum.isSameBound(as: known.minimum),
          counted.maximum.isSameBound(as: known.maximum)
        else {
          report(
            CheckFinding(
              file: "delta",
              offset: 0,
              what: "statistics of column \(column.id.rawValue)"
            )
          )
          return
        }
      }
    }
  }

  /// No key may have two live rows.
  ///
  /// Keys are taken in parts, so that memory stays bounded.
  private func checkKeys(_ table: TableState) {
    let rowsInPart = 4 << 20
    let parts = table.liveRowCount / rowsInPart + 1
    let sources = table.snapshot().partitions.flatMap(\.sources)
    for part in 0..<parts {
      var keys: [(hash: UInt64, source: Int32, row: Int32)] = []
      for (number, source) in sources.enumerated() {
        do throws(StorageError) {
          try collect(source, table.definition) { hash, row in
            guard hash % UInt64(parts) == UInt64(part) else { return }
            keys.append((hash, Int32(number), Int32(row)))
          }
        } catch {
          note(error, "key columns")
        }
      }
      keys.sort { $0.hash < $1.hash }
      for index in keys.indices.dropFirst() where keys[index].hash == keys[index - 1].hash {
        compare(keys[index - 1], keys[index], sources, table.definition)
      }
    }
  }

  private func collect(
    _ source: SourceSnapshot,
    _ definition: TableDefinition,
    _ body: (UInt64, Int) -> Void
  ) throws(StorageError) {
    let columns = try definition.primaryKey.map { (id) throws(StorageError) -> Vector in
      try source.source.decodeColumn(id)
    }
    let hashes = KeyHashes(of: columns, rowCount: source.source.rowCount)
    for row in 0..<source.source.rowCount where source.deletions?.isDeleted(row) != true {
      body(hashes.values[row], row)
    }
  }

  private func compare(
    _ a: (hash: UInt64, source: Int32, row: Int32),
    _ b: (hash: UInt64, source: Int32, row: Int32),
    _ sources: [SourceSnapshot],
    _ definition: TableDefinition
  ) {
    do throws(StorageError) {
      for id in definition.primaryKey {
        let left = try sources[Int(a.source)].source.value(id, at: Int(a.row))
        let right = try sources[Int(b.source)].source.value(id, at: Int(b.row))
        guard left == right else { return }
      }
      report(
        CheckFinding(
          file: directory,
          offset: 0,
          what: "table \(definition.name): a key has two rows, one of them row \(b.row)"
        )
      )
    } catch {
      note(error, "key columns")
    }
  }
}

extension RowSource {
  /// One value of one row.
  func value(_ id: ColumnID, at row: Int) throws(StorageError) -> Datum {
    let block = try block(id, at: row / blockRowCount)
    do throws(EncodingError) {
      return try block.value(at: row % blockRowCount)
    } catch {
      throw .encoding(error, file: "source", base: 0)
    }
  }
}

extension Datum {
  /// Whether two bounds are the same; NaN is itself.
  fileprivate func isSameBound(as other: Datum) -> Bool {
    if case .double(let a) = self, case .double(let b) = other {
      return a == b || (a.isNaN && b.isNaN)
    }
    return self == other
  }
}
