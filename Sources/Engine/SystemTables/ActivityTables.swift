import Catalog
import Columnar
import Planning

extension SystemTables {
  /// Statements that run now and those that ended last.
  static let queries = SystemTable(
    "almanac",
    "queries",
    [
      "pid": .integer, "user": .text, "state": .text, "started_at": .timestamptz,
      "duration_ms": .numeric(NumericShape(precision: 18, scale: 3)), "rows": .bigint,
      "sqlstate": .text, "query": .text,
    ]
  ) { context in
    let running = context.database.activity.sessions.compactMap { session -> [Datum]? in
      guard let entry = session.running, !entry.isOver else { return nil }
      return [
        .int64(Int64(session.processID)), .text(session.user), .text("running"),
        .int64(entry.startedAt), .int64(Int64(entry.elapsedNanoseconds / 1_000)), .null, .null,
        .text(entry.text),
      ]
    }
    return running
      + context.database.activity.history.reversed().map { statement in
        [
          .int64(Int64(statement.processID)), .text(statement.user),
          .text(statement.sqlState == nil ? "finished" : "failed"), .int64(statement.startedAt),
          .int64(statement.durationMicroseconds), .count(statement.rows), .text(statement.sqlState),
          .text(statement.text),
        ]
      }
  }

  static let sessions = SystemTable(
    "almanac",
    "sessions",
    [
      "pid": .integer, "user": .text, "application_name": .text, "started_at": .timestamptz,
      "state": .text, "query": .text,
    ]
  ) { context in
    context.database.activity.sessions.map { session in
      let running = session.running
      return [
        .int64(Int64(session.processID)), .text(session.user), .text(session.applicationName),
        .int64(session.startedAt), .text(running?.isOver == false ? "active" : "idle"),
        .text(running?.text),
      ]
    }
  }

  static let settings = SystemTable(
    "almanac",
    "settings",
    ["name": .text, "setting": .text, "description": .text]
  ) { context in
    SettingCatalog.all.map { definition in
      [
        .text(definition.name), .text(context.session.settings.text(definition.name)),
        .text(definition.description),
      ]
    }
  }

  /// Named reports with their parameters.
  static let reports = SystemTable(
    "almanac",
    "reports",
    ["name": .text, "parameters": .text, "query": .text]
  ) { context in
    context.tables.catalog.reports.values.sorted { $0.name < $1.name }.map { report in
      let parameters = report.parameters.map { parameter in
        "\(parameter.name) \(parameter.type.displayName)"
          + (parameter.defaultText.map { " DEFAULT \($0)" } ?? "")
      }
      return [
        .text(report.name), .text(parameters.joined(separator: ", ")), .text(report.text),
      ]
    }
  }

  /// What pg_catalog says of sessions.
  static let postgresActivity: [SystemTable] = [
    SystemTable(
      "pg_catalog",
      "pg_stat_activity",
      [
        "pid": .integer, "usename": .text, "application_name": .text, "backend_start": .timestamptz,
        "query_start": .timestamptz, "state": .text, "query": .text,
      ]
    ) { context in
      context.database.activity.sessions.map { session in
        let running = session.running
        return [
          .int64(Int64(session.processID)), .text(session.user), .text(session.applicationName),
          .int64(session.startedAt), running.map { .int64($0.startedAt) } ?? .null,
          .text(running?.isOver == false ? "active" : "idle"), .text(running?.text),
        ]
      }
    },
    SystemTable(
      "pg_catalog",
      "pg_cursors",
      [
        "name": .text, "statement": .text, "is_holdable": .boolean, "is_binary": .boolean,
        "is_scrollable": .boolean, "creation_time": .timestamptz,
      ]
    ) { context in
      context.session.cursors.sorted { $0.key < $1.key }.map { name, cursor in
        [
          .text(name), .text(cursor.text), .boolean(cursor.isHeld), .boolean(false),
          .boolean(false), .int64(cursor.createdAt),
        ]
      }
    },
  ]
}
