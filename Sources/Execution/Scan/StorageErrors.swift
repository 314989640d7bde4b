internal import ColumnEncoding
package import Storage
internal import SystemIO

extension ExecutionError {
  /// What storage met while the statement read.
  package init(_ error: StorageError) {
    switch error {
    case .corrupt(let file, let offset, let what):
      self = .sql("XX001", "data corrupted in \(file) at offset \(offset): \(what)")
    case .io(let error): self.init(error)
    default: self = .sql("58000", "\(error)")
    }
  }

  /// A block that does not hold what its header promised.
  init(_ error: EncodingError) {
    self = .sql("XX001", "data corrupted in an encoded block: \(error)")
  }

  /// The system refused to read or write.
  init(_ error: IOError) {
    // ENOSPC and EDQUOT.
    if error.errno == 28 || error.errno == 122 {
      self = .diskFull(detail: error.path)
    } else {
      self = .sql("58030", "\(error)")
    }
  }
}
