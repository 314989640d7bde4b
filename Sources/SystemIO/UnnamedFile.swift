internal import Synchronization

/// Numbers the names that files have for a moment.
private let unnamedCounter = Atomic<UInt64>(0)

extension FileSystem {
  /// A new file without a name: nothing is left of it, whatever ends the process.
  ///
  /// - Parameter directory: Made when it is not there; of this process alone.
  /// - Returns: The file, open for reading and writing.
  /// - Throws: ``IOError`` of any of the calls.
  package func openUnnamed(in directory: String) throws(IOError) -> any File {
    let number = unnamedCounter.add(1, ordering: .relaxed).oldValue
    let path = "\(directory)/unnamed-\(number).tmp"
    try makeDirectory(directory)
    // One process owns the directory, so a file of that name is left from an earlier one.
    if try information(path) != nil { try remove(path) }
    let file = try open(path, .createNew)
    try remove(path)
    return file
  }
}
