// Made of answers of PostgreSQL 15 (C.UTF-8): an error is its message behind `!`.

import Columnar
import Planning

let textTable: [FunctionRow] = [
  row(.lower, .text, [.text("Hello ÄÖÜ Привет")], "hello äöü привет"),
  row(.lower, .text, [.text("")], ""),
  row(.lower, .text, [.text("abc")], "abc"),
  row(.lower, .text, [.null(.text)], "NULL"),
  row(.upper, .text, [.text("Hello äöü Привет ß")], "HELLO ÄÖÜ ПРИВЕТ ß"),
  row(.upper, .text, [.text("")], ""),
  row(.upper, .text, [.text("ABC")], "ABC"),
  row(.initialCapitals, .text, [.text("hello wORLD-foo 1st éa")], "Hello World-Foo 1st Éa"),
  row(.initialCapitals, .text, [.text("")], ""),
  row(.length, .integer, [.text("añb€𝄞")], "5"),
  row(.length, .integer, [.text("")], "0"),
  row(.length, .integer, [.text("abc")], "3"),
  row(.octetLength, .integer, [.text("añb€𝄞")], "11"),
  row(.octetLength, .integer, [.text("")], "0"),
  row(.ascii, .integer, [.text("abc")], "97"),
  row(.ascii, .integer, [.text("€")], "8364"),
  row(.ascii, .integer, [.text("")], "0"),
  row(.ascii, .integer, [.text("𝄞x")], "119070"),
  row(.character, .text, [.integer(65)], "A"),
  row(.character, .text, [.integer(8364)], "€"),
  row(.character, .text, [.integer(0)], "!null character not permitted"),
  row(.character, .text, [.integer(-1)], "!character number must be positive"),
  row(
    .character,
    .text,
    [.integer(1114112)],
    "!requested character too large for encoding: 1114112"
  ),
  row(.substring, .text, [.text("héllo"), .integer(2)], "éllo"),
  row(.substring, .text, [.text("héllo"), .integer(-3)], "héllo"),
  row(.substring, .text, [.text("héllo"), .integer(9)], ""),
  row(.substring, .text, [.text("héllo"), .integer(0)], "héllo"),
  row(.substring, .text, [.text("héllo"), .integer(2), .integer(3)], "éll"),
  row(.substring, .text, [.text("héllo"), .integer(-1), .integer(3)], "h"),
  row(.substring, .text, [.text("héllo"), .integer(0), .integer(2)], "h"),
  row(.substring, .text, [.text("héllo"), .integer(2), .integer(0)], ""),
  row(
    .substring,
    .text,
    [.text("héllo"), .integer(2), .integer(-1)],
    "!negative substring length not allowed"
  ),
  row(
    .substring,
    .text,
    [.text("héllo"), .integer(-5), .integer(-1)],
    "!negative substring length not allowed"
  ),
  row(.substring, .text, [.text("héllo"), .integer(3), .integer(2147483647)], "llo"),
  row(.substring, .text, [.text("héllo"), .integer(-2147483648), .integer(2147483647)], ""),
  row(.left, .text, [.text("héllo"), .integer(2)], "hé"),
  row(.left, .text, [.text("héllo"), .integer(-2)], "hél"),
  row(.left, .text, [.text("héllo"), .integer(0)], ""),
  row(.left, .text, [.text("héllo"), .integer(9)], "héllo"),
  row(.left, .text, [.text("héllo"), .integer(-9)], ""),
  row(.right, .text, [.text("héllo"), .integer(2)], "lo"),
  row(.right, .text, [.text("héllo"), .integer(-2)], "llo"),
  row(.right, .text, [.text("héllo"), .integer(0)], ""),
  row(.right, .text, [.text("héllo"), .integer(9)], "héllo"),
  row(.right, .text, [.text("héllo"), .integer(-9)], ""),
  row(.right, .text, [.text("héllo"), .integer(4)], "éllo"),
  row(.position, .integer, [.text("héllo"), .text("l")], "3"),
  row(.position, .integer, [.text("héllo"), .text("z")], "0"),
  row(.position, .integer, [.text("héllo"), .text("")], "1"),
  row(.position, .integer, [.text(""), .text("a")], "0"),
  row(.position, .integer, [.text("ab"), .text("abc")], "0"),
  row(.position, .integer, [.text("€€x"), .text("x")], "3"),
  row(.startsWith, .boolean, [.text("hello"), .text("he")], "t"),
  row(.startsWith, .boolean, [.text("hello"), .text("")], "t"),
  row(.startsWith, .boolean, [.text("he"), .text("hello")], "f"),
  row(.startsWith, .boolean, [.text("hello"), .text("lo")], "f"),
  row(.trimBoth, .text, [.text("  a b  ")], "a b"),
  row(.trimBoth, .text, [.text("   ")], ""),
  row(.trimBoth, .text, [.text("")], ""),
  row(.trimBoth, .text, [.text("xyabcyx"), .text("xy")], "abc"),
  row(.trimBoth, .text, [.text("€€a€"), .text("€")], "a"),
  row(.trimBoth, .text, [.text("abc"), .text("")], "abc"),
  row(.trimBoth, .text, [.text("aaa"), .text("a")], ""),
  row(.trimLeading, .text, [.text("xyabcyx"), .text("xy")], "abcyx"),
  row(.trimLeading, .text, [.text("€xa€"), .text("€x")], "a€"),
  row(.trimTrailing, .text, [.text("xyabcyx"), .text("xy")], "xyabc"),
  row(.trimTrailing, .text, [.text("€xa€"), .text("€x")], "€xa"),
  row(.splitPart, .text, [.text("a,b,c"), .text(","), .integer(1)], "a"),
  row(.splitPart, .text, [.text("a,b,c"), .text(","), .integer(3)], "c"),
  row(.splitPart, .text, [.text("a,b,c"), .text(","), .integer(4)], ""),
  row(.splitPart, .text, [.text("a,b,c"), .text(","), .integer(-1)], "c"),
  row(.splitPart, .text, [.text("a,b,c"), .text(","), .integer(-3)], "a"),
  row(.splitPart, .text, [.text("a,b,c"), .text(","), .integer(-4)], ""),
  row(
    .splitPart,
    .text,
    [.text("a,b,c"), .text(","), .integer(0)],
    "!field position must not be zero"
  ),
  row(.splitPart, .text, [.text("abc"), .text(""), .integer(1)], "abc"),
  row(.splitPart, .text, [.text("abc"), .text(""), .integer(2)], ""),
  row(.splitPart, .text, [.text("abc"), .text(""), .integer(-1)], "abc"),
  row(.splitPart, .text, [.text(""), .text(","), .integer(1)], ""),
  row(.splitPart, .text, [.text("a--b--"), .text("--"), .integer(3)], ""),
  row(.splitPart, .text, [.text("abc"), .text(","), .integer(1)], "abc"),
  row(.splitPart, .text, [.text("abc"), .text(","), .integer(-1)], "abc"),
  row(.splitPart, .text, [.text("abc"), .text(","), .integer(2)], ""),
  row(.concatenate, .text, [.text("ab"), .text("cd")], "abcd"),
  row(.concatenate, .text, [.text(""), .text("")], ""),
  row(.concatenate, .text, [.null(.text), .text("x")], "NULL"),
  row(.concat, .text, [.text("ab"), .null(.text), .text("cd")], "abcd"),
  row(.concat, .text, [.null(.text), .null(.text), .null(.text)], ""),
  row(.concatWithSeparator, .text, [.text(","), .text("ab"), .null(.text), .text("cd")], "ab,cd"),
  row(.concatWithSeparator, .text, [.text(","), .text(""), .text(""), .text("x")], ",,x"),
  row(.concatWithSeparator, .text, [.null(.text), .text("a"), .text("b"), .text("c")], "NULL"),
  row(.concatWithSeparator, .text, [.text("-"), .null(.text), .null(.text), .null(.text)], ""),
  row(.concatWithSeparator, .text, [.text(""), .text("a"), .text("b"), .text("c")], "abc"),
  row(.replace, .text, [.text("banana"), .text("an"), .text("x")], "bxxa"),
  row(.replace, .text, [.text("banana"), .text(""), .text("x")], "banana"),
  row(.replace, .text, [.text("banana"), .text("a"), .text("")], "bnn"),
  row(.replace, .text, [.text("aaa"), .text("aa"), .text("b")], "ba"),
  row(.replace, .text, [.text("banana"), .text("na"), .text("nana")], "banananana"),
  row(.padLeft, .text, [.text("hi"), .integer(5), .text("xy")], "xyxhi"),
  row(.padLeft, .text, [.text("hi"), .integer(1), .text("xy")], "h"),
  row(.padLeft, .text, [.text("hi"), .integer(0), .text("x")], ""),
  row(.padLeft, .text, [.text("hi"), .integer(-1), .text("x")], ""),
  row(.padLeft, .text, [.text("hé"), .integer(5), .text("€ab")], "€abhé"),
  row(.padLeft, .text, [.text("hi"), .integer(5), .text("")], "hi"),
  row(.padLeft, .text, [.text("hello"), .integer(3), .text("")], "hel"),
  row(.padRight, .text, [.text("hi"), .integer(5), .text("xy")], "hixyx"),
  row(.padRight, .text, [.text("hi"), .integer(1), .text("xy")], "h"),
  row(.padRight, .text, [.text("hé"), .integer(5), .text("€ab")], "hé€ab"),
  row(.padLeft, .text, [.text("7"), .integer(3)], "  7"),
  row(.reverse, .text, [.text("héllo€")], "€olléh"),
  row(.reverse, .text, [.text("")], ""),
  row(.repeated, .text, [.text("ab"), .integer(3)], "ababab"),
  row(.repeated, .text, [.text("ab"), .integer(0)], ""),
  row(.repeated, .text, [.text("ab"), .integer(-1)], ""),
  row(.repeated, .text, [.text(""), .integer(5)], ""),
  row(.md5, .text, [.text("")], "d41d8cd98f00b204e9800998ecf8427e"),
  row(.md5, .text, [.text("abc")], "900150983cd24fb0d6963f7d28e17f72"),
  row(
    .md5,
    .text,
    [.text("The quick brown fox jumps over the lazy dog")],
    "9e107d9d372bb6826bd81d3542a419d6"
  ),
  row(
    .md5,
    .text,
    [.text("12345678901234567890123456789012345678901234567890123456789012345678901234567890")],
    "57edf4a22be3c955ac49da2e2107b67a"
  ),
  row(.quoteIdentifier, .text, [.text("abc")], "abc"),
  row(.quoteIdentifier, .text, [.text("Abc")], "\"Abc\""),
  row(.quoteIdentifier, .text, [.text("a\"b")], "\"a\"\"b\""),
  row(.quoteIdentifier, .text, [.text("select")], "\"select\""),
  row(.quoteIdentifier, .text, [.text("1a")], "\"1a\""),
  row(.quoteIdentifier, .text, [.text("a1_")], "a1_"),
  row(.quoteIdentifier, .text, [.text("")], "\"\""),
  row(.quoteLiteral, .text, [.text("it's")], "'it''s'"),
  row(.quoteLiteral, .text, [.text("a\\b")], "E'a\\\\b'"),
  row(.quoteLiteral, .text, [.text("")], "''"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("abc")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("a%")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("%c")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("%b%")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("_b_")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("%")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text(""), .text("%")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text(""), .text("")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("a€c"), .text("a_c")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("a€c"), .text("%_c")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("%_")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("ab"), .text("%_b")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("b"), .text("%_b")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("aXbXc"), .text("a%X%c")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("aXc"), .text("a%X%X%c")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("a%c"), .text("a\\%c")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("a\\%c")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("abc\\")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("a\\c"), .text("a\\\\c")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("mississippi"), .text("m%iss%ip_i")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("mississippi"), .text("%iss_ss%")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abcabc"), .text("%abc")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abab"), .text("ab%ab%ab")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("aab"), .text("%a_")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("Ünder"), .text("ünd%")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("ABC"), .text("a_c")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("€€"), .text("__")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("€€"), .text("_")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("€€"), .text("___")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("xyz"), .text("%y_%")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("xy"), .text("%y_%")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.null(.text), .text("%")], "NULL"),
  row(.like(caseInsensitive: false), .boolean, [.text("a"), .null(.text)], "NULL"),
  row(.like(caseInsensitive: true), .boolean, [.text("abc"), .text("abc")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("abc"), .text("a%")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("abc"), .text("%c")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("abc"), .text("%b%")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("abc"), .text("_b_")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("abc"), .text("%")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text(""), .text("%")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text(""), .text("")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("abc"), .text("")], "f"),
  row(.like(caseInsensitive: true), .boolean, [.text("a€c"), .text("a_c")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("a€c"), .text("%_c")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("abc"), .text("%_")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("ab"), .text("%_b")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("b"), .text("%_b")], "f"),
  row(.like(caseInsensitive: true), .boolean, [.text("aXbXc"), .text("a%X%c")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("aXc"), .text("a%X%X%c")], "f"),
  row(.like(caseInsensitive: true), .boolean, [.text("a%c"), .text("a\\%c")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("abc"), .text("a\\%c")], "f"),
  row(.like(caseInsensitive: true), .boolean, [.text("abc"), .text("abc\\")], "f"),
  row(.like(caseInsensitive: true), .boolean, [.text("a\\c"), .text("a\\\\c")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("mississippi"), .text("m%iss%ip_i")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("mississippi"), .text("%iss_ss%")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("abcabc"), .text("%abc")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("abab"), .text("ab%ab%ab")], "f"),
  row(.like(caseInsensitive: true), .boolean, [.text("aab"), .text("%a_")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("Ünder"), .text("ünd%")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("ABC"), .text("a_c")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("€€"), .text("__")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("€€"), .text("_")], "f"),
  row(.like(caseInsensitive: true), .boolean, [.text("€€"), .text("___")], "f"),
  row(.like(caseInsensitive: true), .boolean, [.text("xyz"), .text("%y_%")], "t"),
  row(.like(caseInsensitive: true), .boolean, [.text("xy"), .text("%y_%")], "f"),
  row(.like(caseInsensitive: true), .boolean, [.null(.text), .text("%")], "NULL"),
  row(.like(caseInsensitive: true), .boolean, [.text("a"), .null(.text)], "NULL"),
  row(.like(caseInsensitive: false), .boolean, [.text("a%c"), .text("a!%c"), .text("!")], "t"),
  row(.like(caseInsensitive: false), .boolean, [.text("abc"), .text("a!%c"), .text("!")], "f"),
  row(.like(caseInsensitive: false), .boolean, [.text("a\\c"), .text("a\\c"), .text("")], "t"),
  row(
    .like(caseInsensitive: false),
    .boolean,
    [.text("a"), .text("a"), .text("xx")],
    "!invalid escape string"
  ),
  row(.like(caseInsensitive: false), .boolean, [.text("a%"), .text("a€%"), .text("€")], "t"),
  row(.regularExpressionMatch(caseInsensitive: false), .boolean, [.text("abc"), .text("b")], "t"),
  row(.regularExpressionMatch(caseInsensitive: false), .boolean, [.text("abc"), .text("^b")], "f"),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("^a.c$")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("a\nc"), .text("a.c")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("^(a|x)bc")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("\\d")],
    "f"
  ),
  row(.regularExpressionMatch(caseInsensitive: false), .boolean, [.text("a1"), .text("\\d")], "t"),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("foo bar"), .text("\\mbar\\M")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("foobar"), .text("\\mbar")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("foobar"), .text("\\ybar")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("foo bar"), .text("\\ybar\\y")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("[[:digit:]]")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("ab9"), .text("[[:digit:]]$")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("a{2}")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("aab"), .text("a{2}")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("(")],
    "!invalid regular expression: parentheses () not balanced"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("[")],
    "!invalid regular expression: brackets [] not balanced"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("*a")],
    "!invalid regular expression: quantifier operand invalid"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("a**")],
    "!invalid regular expression: quantifier operand invalid"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("(?i)ABC")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("(?=b)")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("Привет"), .text("^п")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("Привет"), .text("^П")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("(a)(b)\\2")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abb"), .text("(a)(b)\\2")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("line1\nline2"), .text("^line2")],
    "f"
  ),
  row(.regularExpressionMatch(caseInsensitive: false), .boolean, [.text("abc"), .text("")], "t"),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("[^a-c]")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("a.c"), .text("a\\.c")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("abc"), .text("\\A[a-c]+\\Z")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("x{y"), .text("x\\{y")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("aB"), .text("[[:upper:]]")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("tel 555-1234"), .text("[0-9]{3}-[0-9]{4}")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.text("a+b"), .text("a\\+b")],
    "t"
  ),
  row(.regularExpressionMatch(caseInsensitive: false), .boolean, [.text("abc"), .text("a|")], "t"),
  row(
    .regularExpressionMatch(caseInsensitive: false),
    .boolean,
    [.null(.text), .text("a")],
    "NULL"
  ),
  row(.regularExpressionMatch(caseInsensitive: true), .boolean, [.text("abc"), .text("b")], "t"),
  row(.regularExpressionMatch(caseInsensitive: true), .boolean, [.text("abc"), .text("^b")], "f"),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("^a.c$")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("a\nc"), .text("a.c")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("^(a|x)bc")],
    "t"
  ),
  row(.regularExpressionMatch(caseInsensitive: true), .boolean, [.text("abc"), .text("\\d")], "f"),
  row(.regularExpressionMatch(caseInsensitive: true), .boolean, [.text("a1"), .text("\\d")], "t"),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("foo bar"), .text("\\mbar\\M")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("foobar"), .text("\\mbar")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("foobar"), .text("\\ybar")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("foo bar"), .text("\\ybar\\y")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("[[:digit:]]")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("ab9"), .text("[[:digit:]]$")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("a{2}")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("aab"), .text("a{2}")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("(")],
    "!invalid regular expression: parentheses () not balanced"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("[")],
    "!invalid regular expression: brackets [] not balanced"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("*a")],
    "!invalid regular expression: quantifier operand invalid"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("a**")],
    "!invalid regular expression: quantifier operand invalid"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("(?i)ABC")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("(?=b)")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("Привет"), .text("^п")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("Привет"), .text("^П")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("(a)(b)\\2")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abb"), .text("(a)(b)\\2")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("line1\nline2"), .text("^line2")],
    "f"
  ),
  row(.regularExpressionMatch(caseInsensitive: true), .boolean, [.text("abc"), .text("")], "t"),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("[^a-c]")],
    "f"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("a.c"), .text("a\\.c")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("abc"), .text("\\A[a-c]+\\Z")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("x{y"), .text("x\\{y")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("aB"), .text("[[:upper:]]")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("tel 555-1234"), .text("[0-9]{3}-[0-9]{4}")],
    "t"
  ),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.text("a+b"), .text("a\\+b")],
    "t"
  ),
  row(.regularExpressionMatch(caseInsensitive: true), .boolean, [.text("abc"), .text("a|")], "t"),
  row(
    .regularExpressionMatch(caseInsensitive: true),
    .boolean,
    [.null(.text), .text("a")],
    "NULL"
  ),
  row(
    .jsonField,
    .jsonb,
    [
      .text("{\"a\": 1, \"b\": \"x\\\"y\", \"c\": null, \"d\": {\"e\": [1, 2, {\"f\": true}]}}"),
      .text("a"),
    ],
    "1"
  ),
  row(
    .jsonField,
    .jsonb,
    [
      .text("{\"a\": 1, \"b\": \"x\\\"y\", \"c\": null, \"d\": {\"e\": [1, 2, {\"f\": true}]}}"),
      .text("b"),
    ],
    "\"x\\\"y\""
  ),
  row(
    .jsonField,
    .jsonb,
    [
      .text("{\"a\": 1, \"b\": \"x\\\"y\", \"c\": null, \"d\": {\"e\": [1, 2, {\"f\": true}]}}"),
      .text("c"),
    ],
    "null"
  ),
  row(
    .jsonField,
    .jsonb,
    [
      .text("{\"a\": 1, \"b\": \"x\\\"y\", \"c\": null, \"d\": {\"e\": [1, 2, {\"f\": true}]}}"),
      .text("d"),
    ],
    "{\"e\": [1, 2, {\"f\": true}]}"
  ),
  row(
    .jsonField,
    .jsonb,
    [
      .text("{\"a\": 1, \"b\": \"x\\\"y\", \"c\": null, \"d\": {\"e\": [1, 2, {\"f\": true}]}}"),
      .text("zz"),
    ],
    "NULL"
  ),
  row(
    .jsonFieldText,
    .text,
    [
      .text("{\"a\": 1, \"b\": \"x\\\"y\", \"c\": null, \"d\": {\"e\": [1, 2, {\"f\": true}]}}"),
      .text("a"),
    ],
    "1"
  ),
  row(
    .jsonFieldText,
    .text,
    [
      .text("{\"a\": 1, \"b\": \"x\\\"y\", \"c\": null, \"d\": {\"e\": [1, 2, {\"f\": true}]}}"),
      .text("b"),
    ],
    "x\"y"
  ),
  row(
    .jsonFieldText,
    .text,
    [
      .text("{\"a\": 1, \"b\": \"x\\\"y\", \"c\": null, \"d\": {\"e\": [1, 2, {\"f\": true}]}}"),
      .text("c"),
    ],
    "NULL"
  ),
  row(
    .jsonFieldText,
    .text,
    [
      .text("{\"a\": 1, \"b\": \"x\\\"y\", \"c\": null, \"d\": {\"e\": [1, 2, {\"f\": true}]}}"),
      .text("d"),
    ],
    "{\"e\": [1, 2, {\"f\": true}]}"
  ),
  row(
    .jsonFieldText,
    .text,
    [
      .text("{\"a\": 1, \"b\": \"x\\\"y\", \"c\": null, \"d\": {\"e\": [1, 2, {\"f\": true}]}}"),
      .text("zz"),
    ],
    "NULL"
  ),
  row(.jsonField, .jsonb, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(0)], "1"),
  row(.jsonField, .jsonb, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(1)], "\"xé\\n\""),
  row(.jsonField, .jsonb, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(2)], "null"),
  row(.jsonField, .jsonb, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(3)], "[2, 3]"),
  row(.jsonField, .jsonb, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(4)], "NULL"),
  row(.jsonField, .jsonb, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(-1)], "[2, 3]"),
  row(.jsonField, .jsonb, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(-4)], "1"),
  row(.jsonField, .jsonb, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(-5)], "NULL"),
  row(.jsonFieldText, .text, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(0)], "1"),
  row(.jsonFieldText, .text, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(1)], "xé\n"),
  row(.jsonFieldText, .text, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(2)], "NULL"),
  row(.jsonFieldText, .text, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(3)], "[2, 3]"),
  row(.jsonFieldText, .text, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(4)], "NULL"),
  row(.jsonFieldText, .text, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(-1)], "[2, 3]"),
  row(.jsonFieldText, .text, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(-4)], "1"),
  row(.jsonFieldText, .text, [.text("[1, \"xé\\n\", null, [2, 3]]"), .integer(-5)], "NULL"),
  row(.jsonField, .jsonb, [.text("[1]"), .text("a")], "NULL"),
  row(.jsonField, .jsonb, [.text("{\"a\": 1}"), .integer(0)], "NULL"),
  row(.jsonField, .jsonb, [.text("3"), .text("a")], "NULL"),
  row(.jsonField, .jsonb, [.text("\"x\""), .integer(0)], "\"x\""),
]
