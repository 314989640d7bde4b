import Synchronization

/// Changes that set_config makes while a statement runs on any thread, until its session takes them over.
final class SettingChanges: Sendable {
  struct Change {
    var name: String
    var value: String
    var isLocal: Bool
  }
  private let waiting = Mutex<[Change]>([])
  private let isTimeZone: @Sendable (String) -> Bool

  init(isTimeZone: @escaping @Sendable (String) -> Bool) { self.isTimeZone = isTimeZone }

  /// Checks a change and keeps it.
  ///
  /// - Returns: The value as SHOW will print it.
  func add(
    _ name: String,
    _ value: String,
    isLocal: Bool,
    to settings: SessionSettings
  ) throws(EngineError) -> String {
    var trial = settings
    try trial.set(name, to: value, timeZones: isTimeZone)
    waiting.withLock { $0.append(Change(name: name, value: value, isLocal: isLocal)) }
    return try trial.show(name)
  }

  func take() -> [Change] {
    waiting.withLock { changes in
      defer { changes.removeAll() }
      return changes
    }
  }
}
