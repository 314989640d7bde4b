package import Columnar
package import Storage
package import SystemIO

/// Why a load failed; nothing of its file is in the table then.
package enum LoadError: Error, Sendable {
  /// A row of the file, with its line.
  case row(RowError)
  /// A key that is in the table or in the file already (23505).
  case duplicateKey(table: String, columns: [String], key: [Datum])
  /// A file of this content was loaded before, under this name.
  case loadedBefore(earlierName: String)
  /// The file cannot be unpacked: `what` says why.
  case compression(what: String)
  /// Names in the header, or asked for, that are no columns, or are twice.
  case columns(what: String)
  case io(IOError)
  case storage(StorageError)
  /// The caller's progress function asked to stop.
  case cancelled
}

/// Runs calls into storage with their error as a ``LoadError``.
@inline(__always)
func stored<Result>(_ body: () throws(StorageError) -> Result) throws(LoadError) -> Result {
  do throws(StorageError) {
    return try body()
  } catch {
    throw .storage(error)
  }
}
