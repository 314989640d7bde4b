import Foundation
import SystemIO

/// Random changes to a source database: every operation, type and edge that a follower must get right.
///
/// Sessions run at the same time, each with a generator of its own; the same seed gives the same statements.
package struct ReplicationWorkload {
  /// The tables, with the columns to order them by.
  package static let tables: KeyValuePairs<String, String> = [
    "deals": "id", "pairs": "code, number", "kinds": "id", "accounts": "id", "parted": "id, at",
    "full_identity": "id",
  ]

  /// How tables are named in CREATE REPLICATION.
  package static let tableList =
    "deals PARTITION BY MONTH (created_at), pairs, kinds, accounts, parted, full_identity"

  package static let schema = """
    CREATE TABLE deals (
      id bigint PRIMARY KEY, tenant integer NOT NULL, created_at timestamptz NOT NULL, closed_at timestamptz,
      amount numeric(15,2), title text, body text, blob bytea
    );
    ALTER TABLE deals ALTER body SET STORAGE EXTERNAL;
    ALTER TABLE deals ALTER blob SET STORAGE EXTERNAL;
    CREATE TABLE pairs (code text, number integer, note text, PRIMARY KEY (code, number));
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
    CREATE TABLE kinds (
      id uuid PRIMARY KEY, a smallint, b integer, c numeric, d numeric(38,6), e real, f double precision, g varchar(40),
      h char(6), i boolean, j date, k time, l timestamp, m interval, n jsonb, o json, p bytea, q integer[], r text[], s mood,
      t positive, u int4range, v inet, w timetz, x varbit, y point, z tsvector
    );
    CREATE TABLE accounts (id integer PRIMARY KEY, balance bigint NOT NULL, moves integer NOT NULL DEFAULT 0);
    INSERT INTO accounts SELECT i, 1000 FROM generate_series(1, 50) i;
    CREATE TABLE parted (id integer, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
    CREATE TABLE parted_2 (v text, at date NOT NULL, id integer NOT NULL);
    ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM ('2025-02-01') TO ('2025-04-01');
    CREATE TABLE full_identity (id integer PRIMARY KEY, v text, w text);
    ALTER TABLE full_identity REPLICA IDENTITY FULL;
    ALTER TABLE full_identity ALTER w SET STORAGE EXTERNAL;
    CREATE TABLE unpublished (id serial PRIMARY KEY, v text)
    """

  private var random: SeededRandom
  /// Keys of different sessions do not meet, but for tables on which they are to wait for each other.
  private let session: Int

  package init(seed: UInt64, session: Int) {
    random = SeededRandom(seed: seed &* 31 &+ UInt64(session))
    self.session = session
  }

  /// A statement, or a transaction of several.
  package mutating func next() -> String {
    switch random.below(20) {
    case 0: return "BEGIN; \(step()); \(step()); ROLLBACK"
    case 1:
      return "BEGIN; \(step()); SAVEPOINT a; \(step()); \(step()); ROLLBACK TO a; \(step()); COMMIT"
    case 2:
      return "BEGIN; SAVEPOINT a; \(step()); RELEASE a; SAVEPOINT b; \(step()); RELEASE b; COMMIT"
    case 3..<8: return "BEGIN; \(step()); \(step()); \(step()); COMMIT"
    case 8: return "INSERT INTO unpublished (v) VALUES ('x')"
    case 9: return "SELECT pg_logical_emit_message(\(random.oneIn(2)), 'test', 'message')"
    default: return step()
    }
  }

  private mutating func step() -> String {
    switch random.below(22) {
    case 0..<3: return insertDeals(1 + random.below(3))
    case 3: return insertDeals(50 + random.below(200))
    case 4: return "UPDATE deals SET amount = \(number()), title = \(text()) WHERE \(someDeals())"
    case 5: return "UPDATE deals SET created_at = \(time()) WHERE \(someDeals())"
    case 6: return "UPDATE deals SET body = \(long()) WHERE \(someDeals())"
    case 7:
      return "UPDATE deals SET closed_at = now() WHERE id % \(7 + random.below(40)) = \(session)"
    case 8: return "DELETE FROM deals WHERE \(someDeals())"
    case 9: return moveDeals()
    case 10:
      return
        "UPDATE deals SET blob = decode(\(hex(random.below(3000))), 'hex') WHERE \(someDeals())"
    case 11: return pairs()
    case 12, 13: return kinds()
    case 14..<17: return transfer()
    case 17, 18: return parted()
    case 19: return fullIdentity()
    case 20: return random.oneIn(12) ? "TRUNCATE pairs" : pairs()
    default:
      return random.oneIn(8)
        ? "DELETE FROM deals WHERE id % 2 = 0 AND id % 5 = \(session)" : transfer()
    }
  }

  // MARK: Tables

  /// Each session has deals of its own: keys that are its number modulo 5.
  private mutating func deal() -> Int { random.below(1200) * 5 + session % 5 }

  private mutating func someDeals() -> String {
    let first = deal()
    return random.oneIn(3)
      ? "id = \(first)"
      : "id BETWEEN \(first) AND \(first + random.below(300)) AND id % 5 = \(session % 5)"
  }

  private mutating func insertDeals(_ count: Int) -> String {
    let first = deal()
    return """
      INSERT INTO deals SELECT i, i % 7, \(time()) + (i % 50) * interval '1 day', NULL, \(number()), \(text()) || i,
        \(random.oneIn(2) ? long() : "NULL"), NULL
      FROM generate_series(\(first), \(first + count * 5 - 1), 5) i ON CONFLICT (id) DO \(conflict())
      """
  }

  private mutating func conflict() -> String {
    random.oneIn(2) ? "NOTHING" : "UPDATE SET title = excluded.title, amount = deals.amount + 1"
  }

  /// Keys move to numbers that no session inserts.
  private mutating func moveDeals() -> String {
    let distance = (1 + random.below(2000)) * 6000
    return """
      UPDATE deals SET id = id + \(distance) WHERE \(someDeals())
        AND NOT EXISTS (SELECT FROM deals o WHERE o.id = deals.id + \(distance))
      """
  }

  private mutating func pairs() -> String {
    let (code, number) = ("c\(session)-\(random.below(6))", random.below(30))
    switch random.below(5) {
    case 0, 1:
      return "INSERT INTO pairs VALUES ('\(code)', \(number), \(text())) ON CONFLICT DO NOTHING"
    case 2: return "UPDATE pairs SET note = \(text()) WHERE code = '\(code)'"
    case 3:
      return
        "UPDATE pairs SET number = number + 1000 * \(1 + random.below(1_000_000)) WHERE code = '\(code)' AND number = \(number)"
    default: return "DELETE FROM pairs WHERE code = '\(code)' AND number % 3 = \(random.below(3))"
    }
  }

  /// Money moves between accounts: the sum stays.
  private mutating func transfer() -> String {
    let (from, to, amount) = (1 + random.below(50), 1 + random.below(50), random.below(100))
    // In the order of keys, or sessions would wait for each other for ever.
    return """
      WITH moved AS (SELECT id FROM accounts WHERE id IN (\(from), \(to)) ORDER BY id FOR UPDATE)
      UPDATE accounts SET balance = balance + CASE WHEN id = \(from) THEN -\(amount) ELSE 0 END
        + CASE WHEN id = \(to) THEN \(amount) ELSE 0 END, moves = moves + 1
      WHERE id IN (SELECT id FROM moved)
      """
  }

  private mutating func parted() -> String {
    let id = random.below(200) * 5 + session % 5
    let day = "date '2025-01-01' + \(random.below(88))"
    switch random.below(4) {
    case 0, 1: return "INSERT INTO parted VALUES (\(id), \(day), \(text())) ON CONFLICT DO NOTHING"
    case 2:
      return
        "UPDATE parted SET at = \(day), v = \(text()) WHERE id = \(id) AND NOT EXISTS (SELECT FROM parted p WHERE p.id = \(id) AND p.at <> parted.at)"
    default: return "DELETE FROM parted WHERE id = \(id)"
    }
  }

  private mutating func fullIdentity() -> String {
    let id = random.below(40) * 5 + session % 5
    switch random.below(5) {
    case 0, 1:
      return
        "INSERT INTO full_identity VALUES (\(id), \(text()), \(long())) ON CONFLICT (id) DO NOTHING"
    case 2: return "UPDATE full_identity SET v = \(text()) WHERE id = \(id)"
    case 3:
      return
        "UPDATE full_identity SET id = id + 100000 * \(1 + random.below(10000)) WHERE id = \(id)"
    default: return "DELETE FROM full_identity WHERE id = \(id)"
    }
  }

  /// A row of every type, or a change of one.
  private mutating func kinds() -> String {
    let id = "'00000000-0000-4000-8000-0000000\(10000 + session * 1000 + random.below(40))'"
    switch random.below(4) {
    case 0: return "DELETE FROM kinds WHERE id = \(id)"
    case 1: return "UPDATE kinds SET b = b # 5, g = \(text()) WHERE id = \(id)"
    default:
      let values: [String] = [
        id, pick(["NULL", "-32768", "32767", "0"]), pick(["NULL", "-2147483648", "2147483647"]),
        pick([
          "NULL", "'NaN'", "'Infinity'", "'-Infinity'", "1e100", "-0.000000000000001",
          "1234567890123456789012345678901234567890",
        ]),
        pick(["NULL", "12345678901234567890123456789012.123456", "-0.000001"]),
        pick(["NULL", "'NaN'", "'Infinity'", "1.5e-30", "0.1"]),
        pick(["NULL", "'NaN'", "'-Infinity'", "1e308", "0.1", "-0.0"]), text(),
        pick(["NULL", "'a'", "'abcdef'", "'é'"]),
        pick(["NULL", "true", "false"]),
        pick([
          "NULL", "'infinity'", "'-infinity'", "'4713-01-01 BC'", "'5874897-12-31'", "'2025-02-28'",
        ]),
        pick(["NULL", "'24:00:00'", "'00:00:00.000001'"]),
        pick([
          "NULL", "'infinity'", "'-infinity'", "'0001-01-01 BC'", "'294276-12-31 23:59:59.999999'",
        ]),
        pick([
          "NULL", "'1 year 2 mons -3 days 04:05:06.000007'", "'-178000000 years'", "'00:00:00'",
        ]),
        pick(["NULL", "'{\"b\": [1, 2.50, null], \"a\": \"\\u00e9\"}'", "'null'", "'[]'"]),
        pick(["NULL", "'{ \"b\" : 1, \"a\":2 }'"]), pick(["NULL", "'\\x'", "'\\x00ff'"]),
        pick(["NULL", "'{}'", "'{1,NULL,3}'", "'[2:3]={4,5}'", "'{{1,2},{3,4}}'"]),
        pick(["NULL", "'{a,\"b c\",\"\"}'", "'{NULL}'"]),
        pick(["NULL", "'sad'", "'happy'"]), pick(["NULL", "1", "77"]),
        pick(["NULL", "'empty'", "'[1,5)'", "'(,3]'"]),
        pick(["NULL", "'10.0.0.1/8'", "'::1'"]), pick(["NULL", "'12:00:00+05:30'"]),
        pick(["NULL", "B'1011'", "B''"]), pick(["NULL", "'(1,2.5)'"]),
        pick(["NULL", "'a fat cat'"]),
      ]
      return
        "INSERT INTO kinds VALUES (\(values.joined(separator: ", "))) ON CONFLICT (id) DO UPDATE SET c = excluded.c, m = excluded.m, n = excluded.n, q = excluded.q, s = excluded.s"
    }
  }

  // MARK: Values

  private mutating func pick(_ values: [String]) -> String { values[random.below(values.count)] }
  private mutating func number() -> String {
    random.oneIn(10) ? "NULL" : "\(random.below(1_000_000)).\(10 + random.below(90))"
  }
  private mutating func text() -> String {
    pick([
      "'short'", "''", "'Ünïcødé 漢字 🙂'", "'tab\ttab'", "'back\\slash'", "'quote '' quote'",
      "repeat('long ', \(random.below(7)))",
    ])
  }
  private mutating func time() -> String {
    "timestamptz '2025-\(1 + random.below(12))-15 12:00+00'"
  }
  /// Some kilobytes: a value that is kept out of line, and left out of updates that do not touch it.
  private mutating func long() -> String {
    "repeat(md5('\(random.next())'), \(70 + random.below(60)))"
  }
  private mutating func hex(_ count: Int) -> String { "repeat('ab', \(count))" }
}
