// The key words of PostgreSQL 15 with their classes, as `pg_get_keywords()` lists them. Words of our
// own statements (REPORT, COMPACT, TENANT, RETAIN, …) are deliberately absent: they are recognised
// by their place, so that no column of a source table becomes a reserved word.

/// A key word of PostgreSQL's grammar.
package enum Keyword: String, CaseIterable, Hashable, Sendable {
  case abort, absolute, access, action, add, admin, after, aggregate, all, also, alter, always
  case analyse, analyze, and, `any`, array, `as`, asc, asensitive, assertion, assignment
  case asymmetric, at, atomic, attach, attribute, authorization, backward, before, begin, between
  case bigint, binary, bit, boolean, both, breadth, by, cache, call, called, cascade, cascaded
  case `case`, cast, catalog, chain, char, character, characteristics, check, checkpoint, `class`
  case close, cluster, coalesce, collate, collation, column, columns, comment, comments, commit
  case committed, compression, concurrently, configuration, conflict, connection, constraint
  case constraints, content, `continue`, conversion, copy, cost, create, cross, csv, cube
  case current, current_catalog, current_date, current_role, current_schema, current_time
  case current_timestamp, current_user, cursor, cycle, data, database, day, deallocate, dec
  case decimal, declare, `default`, defaults, deferrable, deferred, definer, delete, delimiter
  case delimiters, depends, depth, desc, detach, dictionary, disable, discard, distinct, `do`
  case document, domain, double, drop, each, `else`, enable, encoding, encrypted, end, `enum`
  case escape, event, except, exclude, excluding, exclusive, execute, exists, explain, expression
  case `extension`, external, extract, `false`, family, fetch, filter, finalize, first, float
  case following, `for`, force, foreign, forward, freeze, from, full, function, functions
  case generated, global, grant, granted, greatest, group, grouping, groups, handler, having
  case header, hold, hour, identity, `if`, ilike, immediate, immutable, implicit, `import`, `in`
  case include, including, increment, index, indexes, inherit, inherits, initially, inline, inner
  case `inout`, input, insensitive, insert, instead, int, integer, intersect, interval, into
  case invoker, `is`, isnull, isolation, join, key, label, language, large, last, lateral
  case leading, leakproof, least, left, level, like, limit, listen, load, local, localtime
  case localtimestamp, location, lock, locked, logged, mapping, match, matched, materialized
  case maxvalue, merge, method, minute, minvalue, mode, month, move, name, names, national
  case natural, nchar, new, next, nfc, nfd, nfkc, nfkd, no, none, normalize, normalized, not
  case nothing, notify, notnull, nowait, null, nullif, nulls, numeric, object, of, off, offset
  case oids, old, on, only, `operator`, option, options, or, order, ordinality, others, out
  case outer, over, overlaps, overlay, overriding, owned, owner, parallel, parameter, parser
  case partial, partition, passing, password, placing, plans, policy, position, preceding
  case precision, prepare, prepared, preserve, primary, prior, privileges, procedural, procedure
  case procedures, program, publication, quote, range, read, real, reassign, recheck, recursive
  case ref, references, referencing, refresh, reindex, relative, release, rename, repeatable
  case replace, replica, reset, restart, restrict, `return`, returning, returns, revoke, right
  case role, rollback, rollup, routine, routines, row, rows, rule, savepoint, schema, schemas
  case scroll, search, second, security, select, sequence, sequences, serializable, server
  case session, session_user, set, setof, sets, share, show, similar, simple, skip, smallint
  case snapshot, `some`, sql, stable, standalone, start, statement, statistics, stdin, stdout
  case storage, stored, strict, strip, subscription, substring, support, symmetric, sysid, system
  case table, tables, tablesample, tablespace, temp, template, temporary, text, then, ties, time
  case timestamp, to, trailing, transaction, transform, treat, trigger, trim, `true`, truncate
  case trusted, type, types, uescape, unbounded, uncommitted, unencrypted, union, unique, unknown
  case unlisten, unlogged, until, update, user, using, vacuum, valid, validate, validator, value
  case values, varchar, variadic, varying, verbose, version, view, views, volatile, when, `where`
  case whitespace, window, with, within, without, work, wrapper, write, xml, xmlattributes
  case xmlconcat, xmlelement, xmlexists, xmlforest, xmlnamespaces, xmlparse, xmlpi, xmlroot
  case xmlserialize, xmltable, year, yes, zone
}

extension Keyword {
  /// Where a key word may stand as a name.
  package enum Category: Hashable, Sendable {
    /// Anywhere.
    case unreserved
    /// As a column or table, not as a function or type.
    case columnName
    /// As a function or type, not as a column or table.
    case typeOrFunctionName
    /// Only as a column label after AS.
    case reserved
  }

  package var category: Category {
    switch self {
    case .between, .bigint, .bit, .boolean, .char, .character, .coalesce, .dec, .decimal, .exists,
      .extract, .float, .greatest, .grouping, .inout, .int, .integer, .interval, .least,
      .national, .nchar, .none, .normalize, .nullif, .numeric, .out, .overlay, .position,
      .precision, .real, .row, .setof, .smallint, .substring, .time, .timestamp, .treat, .trim,
      .values, .varchar, .xmlattributes, .xmlconcat, .xmlelement, .xmlexists, .xmlforest,
      .xmlnamespaces, .xmlparse, .xmlpi, .xmlroot, .xmlserialize, .xmltable:
      .columnName
    case .all, .analyse, .analyze, .and, .any, .array, .as, .asc, .asymmetric, .both, .case,
      .cast, .check, .collate, .column, .constraint, .create, .current_catalog, .current_date,
      .current_role, .current_time, .current_timestamp, .current_user, .default, .deferrable,
      .desc, .distinct, .do, .else, .end, .except, .false, .fetch, .for, .foreign, .from, .grant,
      .group, .having, .in, .initially, .intersect, .into, .lateral, .leading, .limit, .localtime,
      .localtimestamp, .not, .null, .offset, .on, .only, .or, .order, .placing, .primary,
      .references, .returning, .select, .session_user, .some, .symmetric, .table, .then, .to,
      .trailing, .true, .union, .unique, .user, .using, .variadic, .when, .where, .window, .with:
      .reserved
    case .authorization, .binary, .collation, .concurrently, .cross, .current_schema, .freeze,
      .full, .ilike, .inner, .is, .isnull, .join, .left, .like, .natural, .notnull, .outer,
      .overlaps, .right, .similar, .tablesample, .verbose:
      .typeOrFunctionName
    default:
      .unreserved
    }
  }

  /// Whether the word can be a column label without AS.
  package var isBareLabel: Bool {
    switch self {
    case .array, .as, .char, .character, .create, .day, .except, .fetch, .filter, .for, .from,
      .grant, .group, .having, .hour, .intersect, .into, .isnull, .limit, .minute, .month,
      .notnull, .offset, .on, .order, .over, .overlaps, .precision, .returning, .second, .to,
      .union, .varying, .where, .window, .with, .within, .without, .year:
      false
    default:
      true
    }
  }

  /// Finds the key word of a lower-case word.
  ///
  /// - Complexity: O(length): one look-up by hash.
  static func find(_ word: String) -> Keyword? { byWord[word] }

  private static let byWord = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) }
  )
}
