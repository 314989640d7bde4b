import ReportSyntax
import Synchronization

/// The trees of views' and reports' texts: each is parsed for its first use only.
enum StoredQueries {
  private static let textsMax = 256
  private static let known = Mutex<[String: Query]>([:])

  /// - Parameter text: A stored query.
  /// - Returns: Its tree, whoever asks.
  /// - Throws: What the parser says of it.
  static func query(_ text: String) throws(SyntaxError) -> Query {
    if let query = known.withLock({ $0[text] }) { return query }
    let query = try Parser.parseQuery(Array(text.utf8), options: .report)
    known.withLock { known in
      // Definitions that were replaced leave theirs behind.
      if known.count >= textsMax { known.removeAll() }
      known[text] = query
    }
    return query
  }
}
