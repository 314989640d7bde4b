import ReportSyntax
import Testing

@Suite struct ParserTests {
  @Test func `PostgreSQL's statements and ours are read and print to a stable text`() throws {
    for text in Corpus.accepted + Corpus.extensions {
      let statements = try parse(text)
      for statement in statements {
        let printed = Printer.text(of: statement.statement)
        let again = try Parser.parseStatements(Array(printed.utf8), options: .report)
        #expect(again.map { Printer.text(of: $0.statement) } == [printed], "\(text)")
      }
    }
  }

  @Test func `errors have PostgreSQL's words and position`() {
    for refusal in Corpus.refused {
      let error = failure(refusal.text)
      #expect(error?.sqlState == refusal.sqlState, "\(refusal.text)")
      #expect(error?.message == refusal.message, "\(refusal.text)")
      let position = error.map {
        SourceText.characterPosition(of: $0.range.lower, in: Array(refusal.text.utf8))
      }
      #expect(position == refusal.position, "\(refusal.text)")
    }
  }

  @Test func `operators bind as in PostgreSQL`() throws {
    let shapes = [
      ("a or b and not c = d", "(or a (and b (not (= c d))))"),
      ("a and b and (c and d) or e", "(or (and a b c d) e)"),
      ("1 - 2 - 3 * 4 ^ 2", "(- (- 1 2) (* 3 (^ 4 2)))"),
      ("- a ^ b", "(^ (- a) b)"),
      ("-2::int", "(- (cast int4 2))"),
      ("a || b + c", "(|| a (+ b c))"),
      ("a = b || c", "(= a (|| b c))"),
      ("not a is null", "(not (is null a))"),
      ("a = b is null", "(is null (= a b))"),
      ("a < b like c", "(< a (like b c))"),
      ("a between b < c and d and e", "(and (between a (< b c) d) e)"),
      ("a is distinct from b = c", "(distinct a (= b c))"),
      ("a + b at time zone c", "(+ a (zone b c))"),
      ("a -> b ->> c", "(->> (-> a b) c)"),
      ("1 = not a and b", "(and (= 1 (not a)) b)"),
      ("a operator(pg_catalog.+) b * c", "(+ a (* b c))"),
    ]
    for (text, shape) in shapes {
      let expression = try Parser.parseExpression(Array(text.utf8))
      #expect(Shape.text(of: expression) == shape, "\(text)")
      let printed = Printer.text(of: expression)
      let again = try Parser.parseExpression(Array(printed.utf8))
      #expect(Shape.text(of: again) == shape, "\(printed)")
    }
  }

  @Test func `a column is named as PostgreSQL names it`() throws {
    let names = [
      ("true", "?column?"), ("now()::date", "now"), ("1::int::text", "text"),
      ("case when true then 1 end", "case"), ("case when a then 1 else length(b) end", "length"),
      ("'1'::int + 1", "?column?"), ("interval '1' day", "interval"), ("trim(' a ')", "btrim"),
      ("extract(year from a)", "extract"), ("a at time zone 'x'", "timezone"), ("t.a", "a"),
      ("(select 1 as foo)", "foo"), ("(array[1,2])[1]", "array"), ("exists(select 1)", "exists"),
      ("current_timestamp(2)", "current_timestamp"), ("(a).b", "b"), ("-1", "?column?"),
      ("coalesce(a, 1)", "coalesce"), ("char 'x'", "bpchar"), ("a collate \"C\"", "a"),
      ("a is null", "?column?"), ("count(*)", "count"), ("date '2020-01-01'", "date"),
    ]
    for (text, name) in names {
      #expect(try Parser.parseExpression(Array(text.utf8)).columnName == name, "\(text)")
    }
  }

  @Test func `a text of several statements is split into their ranges`() throws {
    let text = "  select 1 ; ; -- c\n begin;select 'a;b'  "
    let source = Array(text.utf8)
    let parts = try Parser.parseStatements(source).map { SourceText.slice($0.range, of: source) }
    #expect(parts == ["select 1", "begin", "select 'a;b'"])
    #expect(try Parser.parseStatements(Array(" /* x */ ; -- y".utf8)).isEmpty)
  }

  @Test func `a named parameter is read only where options or a report allow it`() throws {
    #expect(failure("select :a")?.sqlState == "42601")
    #expect(try Parser.parseStatements(Array("select :a".utf8), options: .report).count == 1)
    #expect(try parse("create report r as select :a; select 1").count == 2)
    #expect(failure("create report r as select :a; select :b")?.sqlState == "42601")
  }

  @Test func `words of our own statements stay usable as names`() throws {
    _ = try parse("select report, retain from tenant compact where months = 1")
  }

  @Test func `an expression's range leaves out parentheses around it`() throws {
    let source = Array("((a)) + b".utf8)
    let expression = try Parser.parseExpression(source)
    #expect(expression.range == SourceRange(lower: 2, upper: 9))
  }
}

/// The statements of a text.
func parse(_ text: String) throws(SyntaxError) -> [ParsedStatement] {
  try Parser.parseStatements(Array(text.utf8))
}

/// The error of a text, or nil when it is read.
func failure(_ text: String) -> SyntaxError? {
  do {
    _ = try parse(text)
    return nil
  } catch {
    return error
  }
}

/// Prefix notation of the operators that the precedence test uses.
enum Shape {
  static func text(of expression: Expression) -> String {
    switch expression.kind {
    case .column(let parts): return parts.map(\.text).joined(separator: ".")
    case .literal(.integer(let digits)): return digits
    case .unary(let symbol, let operand): return list(symbol.symbol, [operand])
    case .binary(let symbol, let left, let right): return list(symbol.symbol, [left, right])
    case .and(let operands): return list("and", operands)
    case .or(let operands): return list("or", operands)
    case .not(let operand): return list("not", [operand])
    case .test(let operand, let test, _): return list("is \(test.rawValue)", [operand])
    case .distinct(let left, let right, _, _): return list("distinct", [left, right])
    case .between(let between):
      return list("between", [between.value, between.lower, between.upper])
    case .like(let like): return list("like", [like.value, like.pattern])
    case .atTimeZone(let value, let zone): return list("zone", [value, zone])
    case .cast(let value, let type, _): return list("cast \(type.name.name.text)", [value])
    default: return "?"
    }
  }

  private static func list(_ word: String, _ operands: [Expression]) -> String {
    "(" + ([word] + operands.map(text)).joined(separator: " ") + ")"
  }
}
