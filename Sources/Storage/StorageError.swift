package import Catalog
internal import ColumnEncoding
package import Columnar
package import SystemIO

/// Why storage refused or failed.
///
/// Cases carry facts; words and SQLSTATE are made in Engine.
package enum StorageError: Error, Equatable, Sendable {
  /// The system refused a call; ``IOError/isDiskFull`` tells a full disk.
  case io(IOError)
  /// Bytes on disk are not what was written: `what` names the field or check.
  case corrupt(file: String, offset: Int64, what: String)
  /// A file of a format that this build does not read.
  case formatVersion(file: String, found: UInt32, supported: UInt32)
  /// A file or directory that is not ours.
  case foreign(path: String, what: String)
  /// Another process has the data directory open.
  case locked(directory: String)
  /// A key that exists already (23505).
  case uniqueViolation(table: String, columns: [String], key: [Datum])
  /// A NULL in a column that takes none (23502).
  case notNullViolation(table: String, column: String)
  /// Another transaction changed the same rows or definitions first (40001).
  case serialization(table: String)
  /// The table is not there, or not any more.
  case unknownTable(TableID)
  /// One commit's rows are more than a log record holds.
  case transactionTooLarge(bytes: Int)
  /// The store refuses writes since a sync failed: what was written before is unknown until it is
  /// opened again.
  case failed(IOError)
  /// The store is closed.
  case closed
}

extension StorageError {
  /// The disk is full (53100).
  package var isDiskFull: Bool {
    if case .io(let error) = self { error.isDiskFull } else { false }
  }

  /// A coding error of a file's bytes; `base` is where the bytes begin in the file.
  static func coding(_ error: CodingError, file: String, base: Int64) -> StorageError {
    switch error {
    case .truncated(let offset):
      .corrupt(file: file, offset: base + Int64(offset), what: "truncated")
    case .invalid(let field, let offset):
      .corrupt(file: file, offset: base + Int64(offset), what: field)
    }
  }

  /// An encoding error of a block; `base` is where the block begins in the file.
  static func encoding(_ error: EncodingError, file: String, base: Int64) -> StorageError {
    .corrupt(file: file, offset: base, what: "block: \(error)")
  }
}

/// Runs calls of the file system with their error as a ``StorageError``.
@inline(__always)
func world<Result>(_ body: () throws(IOError) -> Result) throws(StorageError) -> Result {
  do throws(IOError) {
    return try body()
  } catch {
    throw .io(error)
  }
}
