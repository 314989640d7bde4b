// Made of answers of PostgreSQL 15 (C.UTF-8, TimeZone Europe/Berlin): results as text, an error is its
// message behind `!`.

import Columnar
import Planning

let valueTable1: [ValueRow] = [
  ValueRow(nil, .smallint, [ValueArgument("32767", .integer)], "32767"),
  ValueRow(nil, .smallint, [ValueArgument("32768", .integer)], "!smallint out of range"),
  ValueRow(nil, .smallint, [ValueArgument("-32768", .integer)], "-32768"),
  ValueRow(nil, .smallint, [ValueArgument("-32769", .integer)], "!smallint out of range"),
  ValueRow(nil, .integer, [ValueArgument("2147483647", .bigint)], "2147483647"),
  ValueRow(nil, .integer, [ValueArgument("2147483648", .bigint)], "!integer out of range"),
  ValueRow(nil, .integer, [ValueArgument(nil, .bigint)], "NULL"),
  ValueRow(nil, .bigint, [ValueArgument("5", .integer)], "5"),
  ValueRow(nil, .boolean, [ValueArgument("0", .integer)], "false"),
  ValueRow(nil, .boolean, [ValueArgument("7", .integer)], "true"),
  ValueRow(nil, .integer, [ValueArgument("t", .boolean)], "1"),
  ValueRow(nil, .integer, [ValueArgument("f", .boolean)], "0"),
  ValueRow(nil, .text, [ValueArgument("t", .boolean)], "true"),
  ValueRow(nil, .text, [ValueArgument("f", .boolean)], "false"),
  ValueRow(nil, .text, [ValueArgument(nil, .boolean)], "NULL"),
  ValueRow(nil, .integer, [ValueArgument("2.5", .double)], "2"),
  ValueRow(nil, .integer, [ValueArgument("3.5", .double)], "4"),
  ValueRow(nil, .integer, [ValueArgument("-2.5", .double)], "-2"),
  ValueRow(nil, .integer, [ValueArgument("1e10", .double)], "!integer out of range"),
  ValueRow(nil, .integer, [ValueArgument("NaN", .double)], "!integer out of range"),
  ValueRow(nil, .integer, [ValueArgument("2147483647.4", .double)], "2147483647"),
  ValueRow(nil, .bigint, [ValueArgument("9.3e18", .double)], "!bigint out of range"),
  ValueRow(nil, .bigint, [ValueArgument("9.2e18", .double)], "9200000000000000000"),
  ValueRow(nil, .bigint, [ValueArgument("-0.5", .double)], "0"),
  ValueRow(nil, .real, [ValueArgument("1e40", .double)], "!value out of range: overflow"),
  ValueRow(nil, .real, [ValueArgument("1e-60", .double)], "!value out of range: underflow"),
  ValueRow(nil, .real, [ValueArgument("0.1", .double)], "0.1"),
  ValueRow(nil, .numeric(nil), [ValueArgument("0.1", .double)], "0.1"),
  ValueRow(nil, .numeric(nil), [ValueArgument("123456789.123456789", .double)], "123456789.123457"),
  ValueRow(nil, .numeric(nil), [ValueArgument("1e20", .double)], "100000000000000000000"),
  ValueRow(nil, .numeric(nil), [ValueArgument("NaN", .double)], "NaN"),
  ValueRow(nil, .numeric(nil), [ValueArgument("Infinity", .double)], "Infinity"),
  ValueRow(nil, .numeric(nil), [ValueArgument("0.1", .real)], "0.1"),
  ValueRow(nil, .numeric(nil), [ValueArgument("16777216", .real)], "16777200"),
  ValueRow(nil, .double, [ValueArgument("0.1", .real)], "0.10000000149011612"),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 6, scale: 2)),
    [ValueArgument("1.005", .double)],
    "1.01"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 6, scale: 2)),
    [ValueArgument("9999.995", .double)],
    "!numeric field overflow"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 6, scale: 2)),
    [ValueArgument("12345", .double)],
    "!numeric field overflow"
  ),
  ValueRow(nil, .integer, [ValueArgument("2.5", .numeric(nil))], "3"),
  ValueRow(nil, .integer, [ValueArgument("-2.5", .numeric(nil))], "-3"),
  ValueRow(nil, .integer, [ValueArgument("1.4", .numeric(nil))], "1"),
  ValueRow(nil, .integer, [ValueArgument("2147483647.5", .numeric(nil))], "!integer out of range"),
  ValueRow(nil, .integer, [ValueArgument("NaN", .numeric(nil))], "!cannot convert NaN to integer"),
  ValueRow(nil, .double, [ValueArgument("1.1", .numeric(nil))], "1.1"),
  ValueRow(nil, .double, [ValueArgument("NaN", .numeric(nil))], "NaN"),
  ValueRow(nil, .double, [ValueArgument("Infinity", .numeric(nil))], "Infinity"),
  ValueRow(nil, .real, [ValueArgument("1.1", .numeric(nil))], "1.1"),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 5, scale: 2)),
    [ValueArgument("1.005", .numeric(nil))],
    "1.01"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 5, scale: 2)),
    [ValueArgument("999.995", .numeric(nil))],
    "!numeric field overflow"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 5, scale: 2)),
    [ValueArgument("-0.005", .numeric(nil))],
    "-0.01"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 5, scale: 2)),
    [ValueArgument("12", .numeric(nil))],
    "12.00"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 12, scale: 4)),
    [ValueArgument("1.25", .numeric(NumericShape(precision: 12, scale: 2)))],
    "1.2500"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 12, scale: 4)),
    [ValueArgument("-99999999.99", .numeric(NumericShape(precision: 12, scale: 2)))],
    "-99999999.9900"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 3, scale: 1)),
    [ValueArgument("1.25", .numeric(NumericShape(precision: 12, scale: 2)))],
    "1.3"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 3, scale: 1)),
    [ValueArgument("99.94", .numeric(NumericShape(precision: 12, scale: 2)))],
    "99.9"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 3, scale: 1)),
    [ValueArgument("99.95", .numeric(NumericShape(precision: 12, scale: 2)))],
    "!numeric field overflow"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 3, scale: 1)),
    [ValueArgument("-1.25", .numeric(NumericShape(precision: 12, scale: 2)))],
    "-1.3"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 30, scale: 4)),
    [ValueArgument("1.25", .numeric(NumericShape(precision: 12, scale: 2)))],
    "1.2500"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 30, scale: 4)),
    [ValueArgument("9999999999.99", .numeric(NumericShape(precision: 12, scale: 2)))],
    "9999999999.9900"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 12, scale: 2)),
    [ValueArgument("1.2550", .numeric(NumericShape(precision: 30, scale: 4)))],
    "1.26"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 12, scale: 2)),
    [ValueArgument("-1.2550", .numeric(NumericShape(precision: 30, scale: 4)))],
    "-1.26"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 12, scale: 2)),
    [ValueArgument("99999999999999.9999", .numeric(NumericShape(precision: 30, scale: 4)))],
    "!numeric field overflow"
  ),
  ValueRow(
    nil,
    .integer,
    [ValueArgument("1.50", .numeric(NumericShape(precision: 12, scale: 2)))],
    "2"
  ),
  ValueRow(
    nil,
    .integer,
    [ValueArgument("-1.50", .numeric(NumericShape(precision: 12, scale: 2)))],
    "-2"
  ),
  ValueRow(
    nil,
    .integer,
    [ValueArgument("2.49", .numeric(NumericShape(precision: 12, scale: 2)))],
    "2"
  ),
  ValueRow(
    nil,
    .bigint,
    [ValueArgument("1.5000", .numeric(NumericShape(precision: 30, scale: 4)))],
    "2"
  ),
  ValueRow(
    nil,
    .bigint,
    [ValueArgument("-0.4999", .numeric(NumericShape(precision: 30, scale: 4)))],
    "0"
  ),
  ValueRow(
    nil,
    .double,
    [ValueArgument("1.23", .numeric(NumericShape(precision: 12, scale: 2)))],
    "1.23"
  ),
  ValueRow(
    nil,
    .double,
    [ValueArgument("12345678901234567890.1234", .numeric(NumericShape(precision: 30, scale: 4)))],
    "1.2345678901234567e+19"
  ),
  ValueRow(
    nil,
    .real,
    [ValueArgument("1.23", .numeric(NumericShape(precision: 12, scale: 2)))],
    "1.23"
  ),
  ValueRow(
    nil,
    .text,
    [ValueArgument("1.20", .numeric(NumericShape(precision: 12, scale: 2)))],
    "1.20"
  ),
  ValueRow(
    nil,
    .text,
    [ValueArgument("-0.05", .numeric(NumericShape(precision: 12, scale: 2)))],
    "-0.05"
  ),
  ValueRow(
    nil,
    .text,
    [ValueArgument("-0.0500", .numeric(NumericShape(precision: 30, scale: 4)))],
    "-0.0500"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 5, scale: 2)),
    [ValueArgument("123", .integer)],
    "123.00"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 5, scale: 2)),
    [ValueArgument("1000", .integer)],
    "!numeric field overflow"
  ),
  ValueRow(
    nil,
    .numeric(nil),
    [ValueArgument("9223372036854775807", .bigint)],
    "9223372036854775807"
  ),
  ValueRow(nil, .double, [ValueArgument("9007199254740993", .bigint)], "9.007199254740992e+15"),
  ValueRow(nil, .real, [ValueArgument("16777217", .bigint)], "1.6777216e+07"),
  ValueRow(nil, .smallint, [ValueArgument(" 12 ", .text)], "12"),
  ValueRow(nil, .smallint, [ValueArgument("-7", .text)], "-7"),
  ValueRow(
    nil,
    .smallint,
    [ValueArgument("12x", .text)],
    "!invalid input syntax for type smallint: \"12x\""
  ),
  ValueRow(
    nil,
    .smallint,
    [ValueArgument("", .text)],
    "!invalid input syntax for type smallint: \"\""
  ),
  ValueRow(
    nil,
    .smallint,
    [ValueArgument("99999999999999999999", .text)],
    "!value \"99999999999999999999\" is out of range for type smallint"
  ),
  ValueRow(
    nil,
    .smallint,
    [ValueArgument("1.5", .text)],
    "!invalid input syntax for type smallint: \"1.5\""
  ),
  ValueRow(nil, .integer, [ValueArgument(" 12 ", .text)], "12"),
  ValueRow(nil, .integer, [ValueArgument("-7", .text)], "-7"),
  ValueRow(
    nil,
    .integer,
    [ValueArgument("12x", .text)],
    "!invalid input syntax for type integer: \"12x\""
  ),
  ValueRow(
    nil,
    .integer,
    [ValueArgument("", .text)],
    "!invalid input syntax for type integer: \"\""
  ),
  ValueRow(
    nil,
    .integer,
    [ValueArgument("99999999999999999999", .text)],
    "!value \"99999999999999999999\" is out of range for type integer"
  ),
  ValueRow(
    nil,
    .integer,
    [ValueArgument("1.5", .text)],
    "!invalid input syntax for type integer: \"1.5\""
  ),
  ValueRow(nil, .bigint, [ValueArgument(" 12 ", .text)], "12"),
  ValueRow(nil, .bigint, [ValueArgument("-7", .text)], "-7"),
  ValueRow(
    nil,
    .bigint,
    [ValueArgument("12x", .text)],
    "!invalid input syntax for type bigint: \"12x\""
  ),
  ValueRow(nil, .bigint, [ValueArgument("", .text)], "!invalid input syntax for type bigint: \"\""),
  ValueRow(
    nil,
    .bigint,
    [ValueArgument("99999999999999999999", .text)],
    "!value \"99999999999999999999\" is out of range for type bigint"
  ),
  ValueRow(
    nil,
    .bigint,
    [ValueArgument("1.5", .text)],
    "!invalid input syntax for type bigint: \"1.5\""
  ),
  ValueRow(nil, .boolean, [ValueArgument("t", .text)], "true"),
  ValueRow(nil, .boolean, [ValueArgument("TRUE", .text)], "true"),
  ValueRow(nil, .boolean, [ValueArgument("yes", .text)], "true"),
  ValueRow(nil, .boolean, [ValueArgument("of", .text)], "false"),
  ValueRow(nil, .boolean, [ValueArgument("on", .text)], "true"),
  ValueRow(nil, .boolean, [ValueArgument("0", .text)], "false"),
  ValueRow(
    nil,
    .boolean,
    [ValueArgument("maybe", .text)],
    "!invalid input syntax for type boolean: \"maybe\""
  ),
  ValueRow(
    nil,
    .boolean,
    [ValueArgument("", .text)],
    "!invalid input syntax for type boolean: \"\""
  ),
  ValueRow(nil, .double, [ValueArgument("1.5e3", .text)], "1500"),
  ValueRow(
    nil,
    .double,
    [ValueArgument("abc", .text)],
    "!invalid input syntax for type double precision: \"abc\""
  ),
  ValueRow(
    nil,
    .double,
    [ValueArgument("1e400", .text)],
    "!\"1e400\" is out of range for type double precision"
  ),
  ValueRow(nil, .double, [ValueArgument("-inf", .text)], "-Infinity"),
  ValueRow(nil, .numeric(nil), [ValueArgument("1.50", .text)], "1.50"),
  ValueRow(nil, .numeric(nil), [ValueArgument("1e3", .text)], "1000"),
  ValueRow(
    nil,
    .numeric(nil),
    [ValueArgument("x", .text)],
    "!invalid input syntax for type numeric: \"x\""
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 4, scale: 1)),
    [ValueArgument("1.25", .text)],
    "1.3"
  ),
  ValueRow(
    nil,
    .numeric(NumericShape(precision: 4, scale: 1)),
    [ValueArgument("12345", .text)],
    "!numeric field overflow"
  ),
  ValueRow(nil, .date, [ValueArgument("2024-02-29", .text)], "2024-02-29"),
  ValueRow(
    nil,
    .date,
    [ValueArgument("2023-02-29", .text)],
    "!date/time field value out of range: \"2023-02-29\""
  ),
  ValueRow(nil, .date, [ValueArgument("20240301", .text)], "2024-03-01"),
  ValueRow(nil, .date, [ValueArgument("infinity", .text)], "infinity"),
  ValueRow(nil, .date, [ValueArgument("x", .text)], "!invalid input syntax for type date: \"x\""),
  ValueRow(nil, .date, [ValueArgument("Jan 5, 2024", .text)], "2024-01-05"),
  ValueRow(
    nil,
    .timestamp,
    [ValueArgument("2024-02-29 12:34:56.789", .text)],
    "2024-02-29 12:34:56.789"
  ),
  ValueRow(nil, .timestamp, [ValueArgument("2024-02-29", .text)], "2024-02-29 00:00:00"),
  ValueRow(
    nil,
    .timestamp,
    [ValueArgument("2024-13-01", .text)],
    "!date/time field value out of range: \"2024-13-01\""
  ),
  ValueRow(nil, .timestamptz, [ValueArgument("2024-06-01 12:00", .text)], "2024-06-01 12:00:00+02"),
  ValueRow(
    nil,
    .timestamptz,
    [ValueArgument("2024-06-01 12:00+00", .text)],
    "2024-06-01 14:00:00+02"
  ),
  ValueRow(
    nil,
    .timestamptz,
    [ValueArgument("2024-06-01 12:00 America/New_York", .text)],
    "2024-06-01 18:00:00+02"
  ),
  ValueRow(nil, .time, [ValueArgument("12:34", .text)], "12:34:00"),
  ValueRow(nil, .time, [ValueArgument("24:00", .text)], "24:00:00"),
  ValueRow(
    nil,
    .time,
    [ValueArgument("25:00", .text)],
    "!date/time field value out of range: \"25:00\""
  ),
  ValueRow(nil, .interval, [ValueArgument("1 day 2 hours", .text)], "1 day 02:00:00"),
  ValueRow(nil, .interval, [ValueArgument("3 mons", .text)], "3 mons"),
  ValueRow(nil, .interval, [ValueArgument("P1Y2M", .text)], "1 year 2 mons"),
  ValueRow(
    nil,
    .interval,
    [ValueArgument("x", .text)],
    "!invalid input syntax for type interval: \"x\""
  ),
  ValueRow(
    nil,
    .uuid,
    [ValueArgument("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", .text)],
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
  ),
  ValueRow(
    nil,
    .uuid,
    [ValueArgument("{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", .text)],
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
  ),
  ValueRow(nil, .uuid, [ValueArgument("zz", .text)], "!invalid input syntax for type uuid: \"zz\""),
  ValueRow(nil, .bytea, [ValueArgument("\\x0aff", .text)], "\\x0aff"),
  ValueRow(nil, .bytea, [ValueArgument("a\\\\b", .text)], "\\x615c62"),
  ValueRow(nil, .bytea, [ValueArgument("\\xz", .text)], "!invalid hexadecimal digit: \"z\""),
  ValueRow(
    nil,
    .jsonb,
    [ValueArgument("{\"b\":1,  \"a\":[1,2]}", .text)],
    "{\"a\": [1, 2], \"b\": 1}"
  ),
  ValueRow(nil, .jsonb, [ValueArgument("{", .text)], "!invalid input syntax for type json"),
  ValueRow(nil, .jsonb, [ValueArgument("1.0", .text)], "1.0"),
  ValueRow(nil, .varchar(3), [ValueArgument("abcdef", .text)], "abc"),
  ValueRow(nil, .varchar(3), [ValueArgument("ab", .text)], "ab"),
  ValueRow(nil, .varchar(3), [ValueArgument("äöüß", .text)], "äöü"),
  ValueRow(nil, .char(3), [ValueArgument("abcdef", .text)], "abc"),
  ValueRow(nil, .char(3), [ValueArgument("ab  ", .text)], "ab"),
  ValueRow(nil, .char(3), [ValueArgument("a", .text)], "a"),
  ValueRow(nil, .varchar(2), [ValueArgument("123", .integer)], "12"),
  ValueRow(nil, .text, [ValueArgument("-5", .integer)], "-5"),
  ValueRow(nil, .timestamp, [ValueArgument("2024-03-31", .date)], "2024-03-31 00:00:00"),
  ValueRow(nil, .timestamp, [ValueArgument("infinity", .date)], "infinity"),
  ValueRow(nil, .timestamptz, [ValueArgument("2024-03-31", .date)], "2024-03-31 00:00:00+01"),
  ValueRow(nil, .timestamptz, [ValueArgument("2024-07-01", .date)], "2024-07-01 00:00:00+02"),
  ValueRow(nil, .date, [ValueArgument("2024-03-31 23:59:59", .timestamp)], "2024-03-31"),
  ValueRow(nil, .date, [ValueArgument("-infinity", .timestamp)], "-infinity"),
  ValueRow(nil, .date, [ValueArgument("1999-12-31 23:00", .timestamp)], "1999-12-31"),
  ValueRow(nil, .date, [ValueArgument("2024-03-31 23:30+00", .timestamptz)], "2024-04-01"),
  ValueRow(
    nil,
    .timestamptz,
    [ValueArgument("2024-03-31 02:30", .timestamp)],
    "2024-03-31 03:30:00+02"
  ),
  ValueRow(
    nil,
    .timestamptz,
    [ValueArgument("2024-10-27 02:30", .timestamp)],
    "2024-10-27 02:30:00+01"
  ),
  ValueRow(
    nil,
    .timestamptz,
    [ValueArgument("2024-07-01 12:00", .timestamp)],
    "2024-07-01 12:00:00+02"
  ),
  ValueRow(
    nil,
    .timestamp,
    [ValueArgument("2024-03-31 01:30+00", .timestamptz)],
    "2024-03-31 03:30:00"
  ),
  ValueRow(
    nil,
    .timestamp,
    [ValueArgument("2024-10-27 00:30+00", .timestamptz)],
    "2024-10-27 02:30:00"
  ),
  ValueRow(
    nil,
    .timestamp,
    [ValueArgument("2024-10-27 01:30+00", .timestamptz)],
    "2024-10-27 02:30:00"
  ),
  ValueRow(nil, .time, [ValueArgument("infinity", .timestamp)], "NULL"),
  ValueRow(nil, .time, [ValueArgument("2024-01-01 12:34:56.5", .timestamp)], "12:34:56.5"),
  ValueRow(nil, .time, [ValueArgument("1969-01-01 00:00:01", .timestamp)], "00:00:01"),
  ValueRow(nil, .time, [ValueArgument("2024-01-01 12:34:56.5+00", .timestamptz)], "13:34:56.5"),
  ValueRow(nil, .interval, [ValueArgument("12:34", .time)], "12:34:00"),
  ValueRow(nil, .time, [ValueArgument("1 day 26:00", .interval)], "02:00:00"),
  ValueRow(nil, .time, [ValueArgument("-1 hour", .interval)], "23:00:00"),
  ValueRow(nil, .text, [ValueArgument("2024-01-05", .date)], "2024-01-05"),
  ValueRow(nil, .text, [ValueArgument("01:02:03.4", .time)], "01:02:03.4"),
  ValueRow(
    nil,
    .text,
    [ValueArgument("2024-01-05 06:07:08.09", .timestamp)],
    "2024-01-05 06:07:08.09"
  ),
  ValueRow(
    nil,
    .text,
    [ValueArgument("2024-01-05 06:07:08+00", .timestamptz)],
    "2024-01-05 07:07:08+01"
  ),
  ValueRow(
    nil,
    .text,
    [ValueArgument("1 year -2 days 03:04:05", .interval)],
    "1 year -2 days +03:04:05"
  ),
  ValueRow(
    nil,
    .text,
    [ValueArgument("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", .uuid)],
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
  ),
  ValueRow(nil, .text, [ValueArgument("\\x00ff", .bytea)], "\\x00ff"),
  ValueRow(nil, .text, [ValueArgument("1e21", .double)], "1e+21"),
  ValueRow(nil, .text, [ValueArgument("0.1", .real)], "0.1"),
  ValueRow(nil, .text, [ValueArgument("{\"a\": 1}", .jsonb)], "{\"a\": 1}"),
  ValueRow(
    .add,
    .numeric(nil),
    [ValueArgument("1.1", .numeric(nil)), ValueArgument("2.25", .numeric(nil))],
    "3.35"
  ),
  ValueRow(
    .add,
    .numeric(nil),
    [ValueArgument("NaN", .numeric(nil)), ValueArgument("1", .numeric(nil))],
    "NaN"
  ),
  ValueRow(
    .add,
    .numeric(nil),
    [ValueArgument("Infinity", .numeric(nil)), ValueArgument("-Infinity", .numeric(nil))],
    "NaN"
  ),
  ValueRow(
    .add,
    .numeric(nil),
    [ValueArgument(nil, .numeric(nil)), ValueArgument("1", .numeric(nil))],
    "NULL"
  ),
  ValueRow(
    .subtract,
    .numeric(nil),
    [ValueArgument("1.1", .numeric(nil)), ValueArgument("2.25", .numeric(nil))],
    "-1.15"
  ),
  ValueRow(
    .multiply,
    .numeric(nil),
    [ValueArgument("1.10", .numeric(nil)), ValueArgument("2.25", .numeric(nil))],
    "2.4750"
  ),
  ValueRow(
    .multiply,
    .numeric(nil),
    [ValueArgument("-3", .numeric(nil)), ValueArgument("0.5", .numeric(nil))],
    "-1.5"
  ),
  ValueRow(
    .divide,
    .numeric(nil),
    [ValueArgument("1", .numeric(nil)), ValueArgument("3", .numeric(nil))],
    "0.33333333333333333333"
  ),
  ValueRow(
    .divide,
    .numeric(nil),
    [ValueArgument("10", .numeric(nil)), ValueArgument("4", .numeric(nil))],
    "2.5000000000000000"
  ),
  ValueRow(
    .divide,
    .numeric(nil),
    [ValueArgument("1", .numeric(nil)), ValueArgument("0", .numeric(nil))],
    "!division by zero"
  ),
  ValueRow(
    .divide,
    .numeric(nil),
    [ValueArgument("22", .numeric(nil)), ValueArgument("7.0", .numeric(nil))],
    "3.1428571428571429"
  ),
  ValueRow(
    .divide,
    .numeric(nil),
    [ValueArgument("1e10", .numeric(nil)), ValueArgument("3", .numeric(nil))],
    "3333333333.33333333"
  ),
  ValueRow(
    .divide,
    .numeric(nil),
    [ValueArgument("0", .numeric(nil)), ValueArgument("5", .numeric(nil))],
    "0.00000000000000000000"
  ),
  ValueRow(
    .divide,
    .numeric(nil),
    [ValueArgument("0.001", .numeric(nil)), ValueArgument("3", .numeric(nil))],
    "0.00033333333333333333"
  ),
  ValueRow(
    .modulo,
    .numeric(nil),
    [ValueArgument("7.5", .numeric(nil)), ValueArgument("2", .numeric(nil))],
    "1.5"
  ),
  ValueRow(
    .modulo,
    .numeric(nil),
    [ValueArgument("-7.5", .numeric(nil)), ValueArgument("2", .numeric(nil))],
    "-1.5"
  ),
  ValueRow(
    .modulo,
    .numeric(nil),
    [ValueArgument("1", .numeric(nil)), ValueArgument("0", .numeric(nil))],
    "!division by zero"
  ),
  ValueRow(
    .power,
    .numeric(nil),
    [ValueArgument("2", .numeric(nil)), ValueArgument("10", .numeric(nil))],
    "1024.0000000000000000"
  ),
  ValueRow(
    .power,
    .numeric(nil),
    [ValueArgument("2", .numeric(nil)), ValueArgument("-1", .numeric(nil))],
    "0.5000000000000000"
  ),
  ValueRow(
    .power,
    .numeric(nil),
    [ValueArgument("2", .numeric(nil)), ValueArgument("0.5", .numeric(nil))],
    "1.4142135623730950"
  ),
  ValueRow(
    .power,
    .numeric(nil),
    [ValueArgument("0", .numeric(nil)), ValueArgument("-1", .numeric(nil))],
    "!zero raised to a negative power is undefined"
  ),
  ValueRow(
    .power,
    .numeric(nil),
    [ValueArgument("-2", .numeric(nil)), ValueArgument("0.5", .numeric(nil))],
    "!a negative number raised to a non-integer power yields a complex result"
  ),
  ValueRow(.negate, .numeric(nil), [ValueArgument("1.50", .numeric(nil))], "-1.50"),
  ValueRow(.negate, .numeric(nil), [ValueArgument("NaN", .numeric(nil))], "NaN"),
  ValueRow(.abs, .numeric(nil), [ValueArgument("-1.50", .numeric(nil))], "1.50"),
  ValueRow(.abs, .numeric(nil), [ValueArgument("-Infinity", .numeric(nil))], "Infinity"),
  ValueRow(.sign, .numeric(nil), [ValueArgument("-1.50", .numeric(nil))], "-1"),
  ValueRow(.sign, .numeric(nil), [ValueArgument("0.00", .numeric(nil))], "0"),
  ValueRow(.round, .numeric(nil), [ValueArgument("2.5", .numeric(nil))], "3"),
  ValueRow(.round, .numeric(nil), [ValueArgument("-2.5", .numeric(nil))], "-3"),
  ValueRow(.round, .numeric(nil), [ValueArgument("2.49", .numeric(nil))], "2"),
  ValueRow(
    .round,
    .numeric(nil),
    [ValueArgument("1.2345", .numeric(nil)), ValueArgument("2", .integer)],
    "1.23"
  ),
  ValueRow(
    .round,
    .numeric(nil),
    [ValueArgument("1250", .numeric(nil)), ValueArgument("-2", .integer)],
    "1300"
  ),
  ValueRow(
    .round,
    .numeric(nil),
    [ValueArgument("1.5", .numeric(nil)), ValueArgument("4", .integer)],
    "1.5000"
  ),
  ValueRow(
    .round,
    .numeric(nil),
    [ValueArgument("-1.255", .numeric(nil)), ValueArgument("2", .integer)],
    "-1.26"
  ),
  ValueRow(
    .round,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("2.50", .numeric(NumericShape(precision: 12, scale: 2)))],
    "3"
  ),
  ValueRow(
    .round,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("-2.50", .numeric(NumericShape(precision: 12, scale: 2)))],
    "-3"
  ),
  ValueRow(
    .round,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("9999999999.99", .numeric(NumericShape(precision: 12, scale: 2)))],
    "10000000000"
  ),
  ValueRow(
    .round,
    .numeric(NumericShape(precision: 13, scale: 1)),
    [
      ValueArgument("2.55", .numeric(NumericShape(precision: 14, scale: 2))),
      ValueArgument("1", .integer),
    ],
    "2.6"
  ),
  ValueRow(
    .round,
    .numeric(NumericShape(precision: 13, scale: 1)),
    [
      ValueArgument("-2.55", .numeric(NumericShape(precision: 14, scale: 2))),
      ValueArgument("1", .integer),
    ],
    "-2.6"
  ),
  ValueRow(
    .round,
    .numeric(NumericShape(precision: 30, scale: 1)),
    [
      ValueArgument("2.55", .numeric(NumericShape(precision: 30, scale: 2))),
      ValueArgument("1", .integer),
    ],
    "2.6"
  ),
  ValueRow(
    .round,
    .numeric(NumericShape(precision: 30, scale: 1)),
    [
      ValueArgument("-2.55", .numeric(NumericShape(precision: 30, scale: 2))),
      ValueArgument("1", .integer),
    ],
    "-2.6"
  ),
  ValueRow(.round, .double, [ValueArgument("2.5", .double)], "2"),
  ValueRow(.round, .double, [ValueArgument("-2.5", .double)], "-2"),
  ValueRow(.round, .double, [ValueArgument("3.5", .double)], "4"),
  ValueRow(.truncate, .numeric(nil), [ValueArgument("2.5", .numeric(nil))], "2"),
  ValueRow(.truncate, .numeric(nil), [ValueArgument("-2.5", .numeric(nil))], "-2"),
  ValueRow(.truncate, .numeric(nil), [ValueArgument("2.49", .numeric(nil))], "2"),
  ValueRow(
    .truncate,
    .numeric(nil),
    [ValueArgument("1.2345", .numeric(nil)), ValueArgument("2", .integer)],
    "1.23"
  ),
  ValueRow(
    .truncate,
    .numeric(nil),
    [ValueArgument("1250", .numeric(nil)), ValueArgument("-2", .integer)],
    "1200"
  ),
  ValueRow(
    .truncate,
    .numeric(nil),
    [ValueArgument("1.5", .numeric(nil)), ValueArgument("4", .integer)],
    "1.5000"
  ),
  ValueRow(
    .truncate,
    .numeric(nil),
    [ValueArgument("-1.255", .numeric(nil)), ValueArgument("2", .integer)],
    "-1.25"
  ),
  ValueRow(
    .truncate,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("2.50", .numeric(NumericShape(precision: 12, scale: 2)))],
    "2"
  ),
  ValueRow(
    .truncate,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("-2.50", .numeric(NumericShape(precision: 12, scale: 2)))],
    "-2"
  ),
  ValueRow(
    .truncate,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("9999999999.99", .numeric(NumericShape(precision: 12, scale: 2)))],
    "9999999999"
  ),
  ValueRow(
    .truncate,
    .numeric(NumericShape(precision: 13, scale: 1)),
    [
      ValueArgument("2.55", .numeric(NumericShape(precision: 14, scale: 2))),
      ValueArgument("1", .integer),
    ],
    "2.5"
  ),
  ValueRow(
    .truncate,
    .numeric(NumericShape(precision: 13, scale: 1)),
    [
      ValueArgument("-2.55", .numeric(NumericShape(precision: 14, scale: 2))),
      ValueArgument("1", .integer),
    ],
    "-2.5"
  ),
  ValueRow(
    .truncate,
    .numeric(NumericShape(precision: 30, scale: 1)),
    [
      ValueArgument("2.55", .numeric(NumericShape(precision: 30, scale: 2))),
      ValueArgument("1", .integer),
    ],
    "2.5"
  ),
  ValueRow(
    .truncate,
    .numeric(NumericShape(precision: 30, scale: 1)),
    [
      ValueArgument("-2.55", .numeric(NumericShape(precision: 30, scale: 2))),
      ValueArgument("1", .integer),
    ],
    "-2.5"
  ),
  ValueRow(.truncate, .double, [ValueArgument("2.5", .double)], "2"),
  ValueRow(.truncate, .double, [ValueArgument("-2.5", .double)], "-2"),
  ValueRow(.truncate, .double, [ValueArgument("3.5", .double)], "3"),
  ValueRow(.ceiling, .numeric(nil), [ValueArgument("2.1", .numeric(nil))], "3"),
  ValueRow(.ceiling, .numeric(nil), [ValueArgument("-2.1", .numeric(nil))], "-2"),
  ValueRow(.ceiling, .numeric(nil), [ValueArgument("2", .numeric(nil))], "2"),
  ValueRow(
    .ceiling,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("2.10", .numeric(NumericShape(precision: 12, scale: 2)))],
    "3"
  ),
  ValueRow(
    .ceiling,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("-2.10", .numeric(NumericShape(precision: 12, scale: 2)))],
    "-2"
  ),
  ValueRow(
    .ceiling,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("2.00", .numeric(NumericShape(precision: 12, scale: 2)))],
    "2"
  ),
  ValueRow(.ceiling, .double, [ValueArgument("2.1", .double)], "3"),
  ValueRow(.ceiling, .double, [ValueArgument("-2.1", .double)], "-2"),
]

let valueTable2: [ValueRow] = [
  ValueRow(.floor, .numeric(nil), [ValueArgument("2.1", .numeric(nil))], "2"),
  ValueRow(.floor, .numeric(nil), [ValueArgument("-2.1", .numeric(nil))], "-3"),
  ValueRow(.floor, .numeric(nil), [ValueArgument("2", .numeric(nil))], "2"),
  ValueRow(
    .floor,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("2.10", .numeric(NumericShape(precision: 12, scale: 2)))],
    "2"
  ),
  ValueRow(
    .floor,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("-2.10", .numeric(NumericShape(precision: 12, scale: 2)))],
    "-3"
  ),
  ValueRow(
    .floor,
    .numeric(NumericShape(precision: 11, scale: 0)),
    [ValueArgument("2.00", .numeric(NumericShape(precision: 12, scale: 2)))],
    "2"
  ),
  ValueRow(.floor, .double, [ValueArgument("2.1", .double)], "2"),
  ValueRow(.floor, .double, [ValueArgument("-2.1", .double)], "-3"),
  ValueRow(.squareRoot, .numeric(nil), [ValueArgument("2", .numeric(nil))], "1.414213562373095"),
  ValueRow(
    .squareRoot,
    .numeric(nil),
    [ValueArgument("-1", .numeric(nil))],
    "!cannot take square root of a negative number"
  ),
  ValueRow(.squareRoot, .double, [ValueArgument("2", .double)], "1.4142135623730951"),
  ValueRow(
    .squareRoot,
    .double,
    [ValueArgument("-1", .double)],
    "!cannot take square root of a negative number"
  ),
  ValueRow(.squareRoot, .double, [ValueArgument("NaN", .double)], "NaN"),
  ValueRow(.exponential, .numeric(nil), [ValueArgument("1", .numeric(nil))], "2.7182818284590452"),
  ValueRow(.exponential, .double, [ValueArgument("1", .double)], "2.718281828459045"),
  ValueRow(
    .exponential,
    .double,
    [ValueArgument("1000", .double)],
    "!value out of range: overflow"
  ),
  ValueRow(
    .exponential,
    .double,
    [ValueArgument("-1000", .double)],
    "!value out of range: underflow"
  ),
  ValueRow(.exponential, .double, [ValueArgument("-Infinity", .double)], "0"),
  ValueRow(
    .naturalLogarithm,
    .numeric(nil),
    [ValueArgument("2", .numeric(nil))],
    "0.6931471805599453"
  ),
  ValueRow(
    .naturalLogarithm,
    .numeric(nil),
    [ValueArgument("0", .numeric(nil))],
    "!cannot take logarithm of zero"
  ),
  ValueRow(
    .naturalLogarithm,
    .numeric(nil),
    [ValueArgument("-1", .numeric(nil))],
    "!cannot take logarithm of a negative number"
  ),
  ValueRow(.naturalLogarithm, .double, [ValueArgument("2", .double)], "0.6931471805599453"),
  ValueRow(
    .naturalLogarithm,
    .double,
    [ValueArgument("0", .double)],
    "!cannot take logarithm of zero"
  ),
  ValueRow(
    .naturalLogarithm,
    .double,
    [ValueArgument("-1", .double)],
    "!cannot take logarithm of a negative number"
  ),
  ValueRow(.logarithm, .numeric(nil), [ValueArgument("100", .numeric(nil))], "2.0000000000000000"),
  ValueRow(
    .logarithm,
    .numeric(nil),
    [ValueArgument("2", .numeric(nil)), ValueArgument("8", .numeric(nil))],
    "3.0000000000000000"
  ),
  ValueRow(.logarithm, .double, [ValueArgument("1000", .double)], "3"),
  ValueRow(.power, .double, [ValueArgument("2", .double), ValueArgument("10", .double)], "1024"),
  ValueRow(
    .power,
    .double,
    [ValueArgument("0", .double), ValueArgument("-1", .double)],
    "!zero raised to a negative power is undefined"
  ),
  ValueRow(
    .power,
    .double,
    [ValueArgument("-8", .double), ValueArgument("0.5", .double)],
    "!a negative number raised to a non-integer power yields a complex result"
  ),
  ValueRow(
    .power,
    .double,
    [ValueArgument("1e300", .double), ValueArgument("2", .double)],
    "!value out of range: overflow"
  ),
  ValueRow(
    .power,
    .double,
    [ValueArgument("1e-300", .double), ValueArgument("2", .double)],
    "!value out of range: underflow"
  ),
  ValueRow(.power, .double, [ValueArgument("NaN", .double), ValueArgument("0", .double)], "1"),
  ValueRow(.power, .double, [ValueArgument("1", .double), ValueArgument("NaN", .double)], "1"),
  ValueRow(.power, .double, [ValueArgument("-2", .double), ValueArgument("3", .double)], "-8"),
  ValueRow(
    .power,
    .double,
    [ValueArgument("2", .double), ValueArgument("-Infinity", .double)],
    "0"
  ),
  ValueRow(.sign, .double, [ValueArgument("-2.5", .double)], "-1"),
  ValueRow(.sign, .double, [ValueArgument("0", .double)], "0"),
  ValueRow(.sign, .double, [ValueArgument("NaN", .double)], "0"),
  ValueRow(
    .sign,
    .numeric(NumericShape(precision: 1, scale: 0)),
    [ValueArgument("-2.50", .numeric(NumericShape(precision: 12, scale: 2)))],
    "-1"
  ),
  ValueRow(
    .sign,
    .numeric(NumericShape(precision: 1, scale: 0)),
    [ValueArgument("0.00", .numeric(NumericShape(precision: 30, scale: 2)))],
    "0"
  ),
  ValueRow(.abs, .double, [ValueArgument("-2.5", .double)], "2.5"),
  ValueRow(.divide, .real, [ValueArgument("1", .real), ValueArgument("3", .real)], "0.33333334"),
  ValueRow(
    .multiply,
    .real,
    [ValueArgument("1e30", .real), ValueArgument("1e30", .real)],
    "!value out of range: overflow"
  ),
  ValueRow(
    .add,
    .numeric(NumericShape(precision: 14, scale: 3)),
    [
      ValueArgument("1.250", .numeric(NumericShape(precision: 14, scale: 3))),
      ValueArgument("2.125", .numeric(NumericShape(precision: 14, scale: 3))),
    ],
    "3.375"
  ),
  ValueRow(
    .modulo,
    .numeric(NumericShape(precision: 14, scale: 3)),
    [
      ValueArgument("7.500", .numeric(NumericShape(precision: 14, scale: 3))),
      ValueArgument("2.000", .numeric(NumericShape(precision: 14, scale: 3))),
    ],
    "1.500"
  ),
  ValueRow(
    .modulo,
    .numeric(NumericShape(precision: 14, scale: 3)),
    [
      ValueArgument("1.000", .numeric(NumericShape(precision: 14, scale: 3))),
      ValueArgument("0.000", .numeric(NumericShape(precision: 14, scale: 3))),
    ],
    "!division by zero"
  ),
  ValueRow(
    .multiply,
    .numeric(NumericShape(precision: 24, scale: 4)),
    [
      ValueArgument("9999999999.99", .numeric(NumericShape(precision: 12, scale: 2))),
      ValueArgument("9999999999.99", .numeric(NumericShape(precision: 12, scale: 2))),
    ],
    "99999999999800000000.0001"
  ),
  ValueRow(
    .subtract,
    .numeric(NumericShape(precision: 31, scale: 2)),
    [
      ValueArgument("1.25", .numeric(NumericShape(precision: 30, scale: 2))),
      ValueArgument(
        "9999999999999999999999999999.99",
        .numeric(NumericShape(precision: 30, scale: 2))
      ),
    ],
    "-9999999999999999999999999998.74"
  ),
  ValueRow(
    .add,
    .date,
    [ValueArgument("2024-02-28", .date), ValueArgument("2", .integer)],
    "2024-03-01"
  ),
  ValueRow(
    .add,
    .date,
    [ValueArgument("infinity", .date), ValueArgument("2", .integer)],
    "infinity"
  ),
  ValueRow(
    .add,
    .date,
    [ValueArgument("5874897-12-31", .date), ValueArgument("1", .integer)],
    "!date out of range"
  ),
  ValueRow(
    .subtract,
    .date,
    [ValueArgument("2024-03-01", .date), ValueArgument("1", .integer)],
    "2024-02-29"
  ),
  ValueRow(
    .subtract,
    .integer,
    [ValueArgument("2024-03-01", .date), ValueArgument("2024-02-01", .date)],
    "29"
  ),
  ValueRow(
    .subtract,
    .integer,
    [ValueArgument("infinity", .date), ValueArgument("2024-02-01", .date)],
    "!cannot subtract infinite dates"
  ),
  ValueRow(
    .add,
    .timestamp,
    [ValueArgument("2024-01-31 10:00", .timestamp), ValueArgument("1 mon", .interval)],
    "2024-02-29 10:00:00"
  ),
  ValueRow(
    .add,
    .timestamp,
    [ValueArgument("2024-02-29", .timestamp), ValueArgument("1 year -1 day 02:00", .interval)],
    "2025-02-27 02:00:00"
  ),
  ValueRow(
    .add,
    .timestamp,
    [ValueArgument("294276-12-31", .timestamp), ValueArgument("1 day", .interval)],
    "!timestamp out of range"
  ),
  ValueRow(
    .add,
    .timestamp,
    [ValueArgument("infinity", .timestamp), ValueArgument("1 day", .interval)],
    "infinity"
  ),
  ValueRow(
    .add,
    .timestamptz,
    [ValueArgument("2024-03-30 12:00+01", .timestamptz), ValueArgument("1 day", .interval)],
    "2024-03-31 12:00:00+02"
  ),
  ValueRow(
    .add,
    .timestamptz,
    [ValueArgument("2024-03-30 12:00+01", .timestamptz), ValueArgument("24 hours", .interval)],
    "2024-03-31 13:00:00+02"
  ),
  ValueRow(
    .subtract,
    .timestamptz,
    [ValueArgument("2024-03-31 12:00+02", .timestamptz), ValueArgument("1 day", .interval)],
    "2024-03-30 12:00:00+01"
  ),
  ValueRow(
    .subtract,
    .timestamptz,
    [ValueArgument("2024-03-31 12:00+02", .timestamptz), ValueArgument("1 mon", .interval)],
    "2024-02-29 12:00:00+01"
  ),
  ValueRow(
    .subtract,
    .interval,
    [ValueArgument("2024-03-31 12:00", .timestamp), ValueArgument("2024-01-01 13:30", .timestamp)],
    "89 days 22:30:00"
  ),
  ValueRow(
    .subtract,
    .interval,
    [ValueArgument("infinity", .timestamp), ValueArgument("2024-01-01", .timestamp)],
    "!cannot subtract infinite timestamps"
  ),
  ValueRow(
    .subtract,
    .interval,
    [ValueArgument("01:00", .time), ValueArgument("02:30", .time)],
    "-01:30:00"
  ),
  ValueRow(
    .subtract,
    .interval,
    [ValueArgument("1 day", .interval), ValueArgument("25 hours", .interval)],
    "1 day -25:00:00"
  ),
  ValueRow(
    .add,
    .time,
    [ValueArgument("23:30", .time), ValueArgument("1 hour", .interval)],
    "00:30:00"
  ),
  ValueRow(
    .subtract,
    .time,
    [ValueArgument("00:30", .time), ValueArgument("1 hour", .interval)],
    "23:30:00"
  ),
  ValueRow(
    .add,
    .interval,
    [ValueArgument("1 mon", .interval), ValueArgument("2 days 01:00", .interval)],
    "1 mon 2 days 01:00:00"
  ),
  ValueRow(
    .multiply,
    .interval,
    [ValueArgument("1 mon 1 day", .interval), ValueArgument("1.5", .double)],
    "1 mon 16 days 12:00:00"
  ),
  ValueRow(
    .divide,
    .interval,
    [ValueArgument("1 day", .interval), ValueArgument("7", .double)],
    "03:25:42.857143"
  ),
  ValueRow(
    .divide,
    .interval,
    [ValueArgument("1 day", .interval), ValueArgument("0", .double)],
    "!division by zero"
  ),
  ValueRow(.negate, .interval, [ValueArgument("1 mon -2 days", .interval)], "-1 mons +2 days"),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [
      ValueArgument("microseconds", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp),
    ],
    "2024-05-17 13:45:59.123456"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [
      ValueArgument("microseconds", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp),
    ],
    "1999-12-31 23:59:59.999999"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("microseconds", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0044-03-15 10:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("microseconds", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [
      ValueArgument("milliseconds", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp),
    ],
    "2024-05-17 13:45:59.123"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [
      ValueArgument("milliseconds", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp),
    ],
    "1999-12-31 23:59:59.999"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("milliseconds", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0044-03-15 10:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("milliseconds", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("second", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024-05-17 13:45:59"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("second", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1999-12-31 23:59:59"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("second", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0044-03-15 10:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("second", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("minute", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024-05-17 13:45:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("minute", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1999-12-31 23:59:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("minute", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0044-03-15 10:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("minute", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("hour", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024-05-17 13:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("hour", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1999-12-31 23:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("hour", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0044-03-15 10:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("hour", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("day", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024-05-17 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("day", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1999-12-31 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("day", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0044-03-15 00:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("day", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("week", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024-05-13 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("week", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1999-12-27 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("week", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0044-03-11 00:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("week", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("month", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024-05-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("month", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1999-12-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("month", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0044-03-01 00:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("month", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("quarter", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024-04-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("quarter", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1999-10-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("quarter", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0044-01-01 00:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("quarter", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("year", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024-01-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("year", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1999-01-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("year", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0044-01-01 00:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("year", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("decade", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2020-01-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("decade", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1990-01-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("decade", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0051-01-01 00:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("decade", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("century", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2001-01-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("century", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1901-01-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("century", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0100-01-01 00:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("century", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("millennium", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2001-01-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("millennium", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1001-01-01 00:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("millennium", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "1000-01-01 00:00:00 BC"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("millennium", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("dow", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "!unit \"dow\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("dow", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "!unit \"dow\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("dow", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "!unit \"dow\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("dow", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("nonsense", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "!unit \"nonsense\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("nonsense", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "!unit \"nonsense\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("nonsense", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "!unit \"nonsense\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .dateTruncate,
    .timestamp,
    [ValueArgument("nonsense", .text), ValueArgument("infinity", .timestamp)],
    "infinity"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-03-31 03:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-03-31 03:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-03-31 03:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-03-31 03:15:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-10-27 02:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-10-27 02:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-10-27 02:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-10-27 02:15:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-10-27 02:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-10-27 02:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-10-27 02:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("hour", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-10-27 02:15:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-03-31 00:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-03-30 05:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-03-31 01:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-03-30 19:15:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-10-27 00:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-10-26 06:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-10-27 02:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-10-26 20:15:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-10-27 00:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-10-26 06:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-10-27 02:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-10-26 20:15:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-03-25 00:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-03-25 05:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-03-25 01:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-03-24 19:15:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-10-21 00:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-10-21 06:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-10-21 02:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-10-20 20:15:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-10-21 00:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-10-21 06:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-10-21 02:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("week", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-10-20 20:15:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-03-01 00:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-03-01 06:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-03-01 01:00:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-02-29 19:15:00+01"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-10-01 00:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-10-01 06:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-10-01 02:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-10-27 00:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-09-30 20:15:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("Europe/Berlin", .text),
    ],
    "2024-10-01 00:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("America/New_York", .text),
    ],
    "2024-10-01 06:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("UTC", .text),
    ],
    "2024-10-01 02:00:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("month", .text), ValueArgument("2024-10-27 01:30+00", .timestamptz),
      ValueArgument("Asia/Kathmandu", .text),
    ],
    "2024-09-30 20:15:00+02"
  ),
  ValueRow(
    .dateTruncate,
    .timestamptz,
    [
      ValueArgument("day", .text), ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("Nowhere/X", .text),
    ],
    "!time zone \"Nowhere/X\" not recognized"
  ),
  ValueRow(
    .dateTruncate,
    .interval,
    [ValueArgument("hour", .text), ValueArgument("3 days 02:47:33", .interval)],
    "3 days 02:00:00"
  ),
  ValueRow(
    .dateTruncate,
    .interval,
    [ValueArgument("month", .text), ValueArgument("1 year 5 mons 3 days", .interval)],
    "1 year 5 mons"
  ),
  ValueRow(
    .dateTruncate,
    .interval,
    [ValueArgument("week", .text), ValueArgument("3 days", .interval)],
    "!unit \"week\" not supported for type interval"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("microseconds", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp),
    ],
    "59123456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("microseconds", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp),
    ],
    "59999999"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("microseconds", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("microseconds", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp),
    ],
    "59123456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("microseconds", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "59123456"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("microseconds", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "59123456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("microseconds", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"microseconds\" not supported for type date"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("microseconds", .text), ValueArgument("2024-02-29", .date)],
    "!unit \"microseconds\" not supported for type date"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("microseconds", .text), ValueArgument("2024-12-30", .date)],
    "0"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("microseconds", .text), ValueArgument("13:45:59.5", .time)],
    "59500000"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("microseconds", .text), ValueArgument("13:45:59.5", .time)],
    "59500000"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("microseconds", .text),
      ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "6700000"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("microseconds", .text),
      ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "6700000"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 3)),
    [
      ValueArgument("milliseconds", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp),
    ],
    "59123.456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 3)),
    [
      ValueArgument("milliseconds", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp),
    ],
    "59999.999"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 3)),
    [ValueArgument("milliseconds", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0.000"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("milliseconds", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp),
    ],
    "59123.456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 3)),
    [
      ValueArgument("milliseconds", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "59123.456"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("milliseconds", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "59123.456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 3)),
    [ValueArgument("milliseconds", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"milliseconds\" not supported for type date"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 3)),
    [ValueArgument("milliseconds", .text), ValueArgument("2024-02-29", .date)],
    "!unit \"milliseconds\" not supported for type date"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("milliseconds", .text), ValueArgument("2024-12-30", .date)],
    "0"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 3)),
    [ValueArgument("milliseconds", .text), ValueArgument("13:45:59.5", .time)],
    "59500.000"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("milliseconds", .text), ValueArgument("13:45:59.5", .time)],
    "59500"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 3)),
    [
      ValueArgument("milliseconds", .text),
      ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "6700.000"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("milliseconds", .text),
      ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "6700"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("second", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "59.123456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("second", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "59.999999"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("second", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0.000000"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("second", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "59.123456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("second", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "59.123456"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("second", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "59.123456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("second", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"second\" not supported for type date"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("second", .text), ValueArgument("2024-02-29", .date)],
    "!unit \"second\" not supported for type date"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("second", .text), ValueArgument("2024-12-30", .date)],
    "0"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("second", .text), ValueArgument("13:45:59.5", .time)],
    "59.500000"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("second", .text), ValueArgument("13:45:59.5", .time)],
    "59.5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("second", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "6.700000"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("second", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "6.7"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("minute", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "45"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("minute", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "59"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("minute", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "0"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("minute", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "45"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("minute", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "45"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("minute", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "45"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("minute", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"minute\" not supported for type date"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("minute", .text), ValueArgument("2024-02-29", .date)],
    "!unit \"minute\" not supported for type date"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("minute", .text), ValueArgument("2024-12-30", .date)],
    "0"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("minute", .text), ValueArgument("13:45:59.5", .time)],
    "45"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("minute", .text), ValueArgument("13:45:59.5", .time)],
    "45"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("minute", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "5"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("minute", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("hour", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "13"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("hour", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "23"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("hour", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "10"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("hour", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "13"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("hour", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "1"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("hour", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "1"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("hour", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"hour\" not supported for type date"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("hour", .text), ValueArgument("2024-02-29", .date)],
    "!unit \"hour\" not supported for type date"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("hour", .text), ValueArgument("2024-12-30", .date)],
    "0"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("hour", .text), ValueArgument("13:45:59.5", .time)],
    "13"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("hour", .text), ValueArgument("13:45:59.5", .time)],
    "13"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("hour", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "4"
  ),
]

let valueTable3: [ValueRow] = [
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("hour", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "4"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("day", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "17"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("day", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "31"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("day", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "15"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("day", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "17"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("day", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "18"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("day", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "18"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("day", .text), ValueArgument("2024-12-30", .date)],
    "30"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("day", .text), ValueArgument("2024-02-29", .date)],
    "29"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("day", .text), ValueArgument("2024-12-30", .date)],
    "30"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("day", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"day\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("day", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"day\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("day", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "3"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("day", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "3"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("week", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "20"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("week", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "52"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("week", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "11"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("week", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "20"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("week", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "20"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("week", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "20"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("week", .text), ValueArgument("2024-12-30", .date)],
    "1"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("week", .text), ValueArgument("2024-02-29", .date)],
    "9"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("week", .text), ValueArgument("2024-12-30", .date)],
    "1"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("week", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"week\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("week", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"week\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("week", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"week\" not supported for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("week", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"week\" not supported for type interval"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("month", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("month", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "12"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("month", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "3"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("month", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("month", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "5"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("month", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("month", .text), ValueArgument("2024-12-30", .date)],
    "12"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("month", .text), ValueArgument("2024-02-29", .date)],
    "2"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("month", .text), ValueArgument("2024-12-30", .date)],
    "12"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("month", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"month\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("month", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"month\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("month", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "5"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("month", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("quarter", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("quarter", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "4"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("quarter", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "1"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("quarter", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("quarter", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "2"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("quarter", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "2"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("quarter", .text), ValueArgument("2024-12-30", .date)],
    "4"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("quarter", .text), ValueArgument("2024-02-29", .date)],
    "1"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("quarter", .text), ValueArgument("2024-12-30", .date)],
    "4"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("quarter", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"quarter\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("quarter", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"quarter\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("quarter", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "2"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("quarter", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "2"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("year", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("year", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1999"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("year", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "-44"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("year", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("year", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "2024"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("year", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "2024"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("year", .text), ValueArgument("2024-12-30", .date)],
    "2024"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("year", .text), ValueArgument("2024-02-29", .date)],
    "2024"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("year", .text), ValueArgument("2024-12-30", .date)],
    "2024"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("year", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"year\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("year", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"year\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("year", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "1"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("year", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "1"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("decade", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "202"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("decade", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "199"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("decade", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "-5"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("decade", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "202"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("decade", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "202"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("decade", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "202"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("decade", .text), ValueArgument("2024-12-30", .date)],
    "202"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("decade", .text), ValueArgument("2024-02-29", .date)],
    "202"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("decade", .text), ValueArgument("2024-12-30", .date)],
    "202"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("decade", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"decade\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("decade", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"decade\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("decade", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "0"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("decade", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "0"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("century", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "21"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("century", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "20"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("century", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "-1"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("century", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "21"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("century", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "21"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("century", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "21"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("century", .text), ValueArgument("2024-12-30", .date)],
    "21"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("century", .text), ValueArgument("2024-02-29", .date)],
    "21"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("century", .text), ValueArgument("2024-12-30", .date)],
    "21"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("century", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"century\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("century", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"century\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("century", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "0"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("century", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "0"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("millennium", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "3"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("millennium", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "2"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("millennium", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "-1"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("millennium", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "3"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("millennium", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "3"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("millennium", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "3"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("millennium", .text), ValueArgument("2024-12-30", .date)],
    "3"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("millennium", .text), ValueArgument("2024-02-29", .date)],
    "3"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("millennium", .text), ValueArgument("2024-12-30", .date)],
    "3"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("millennium", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"millennium\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("millennium", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"millennium\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("millennium", .text),
      ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "0"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("millennium", .text),
      ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "0"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isoyear", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isoyear", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "1999"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isoyear", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "-44"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("isoyear", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2024"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("isoyear", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "2024"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("isoyear", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "2024"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isoyear", .text), ValueArgument("2024-12-30", .date)],
    "2025"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isoyear", .text), ValueArgument("2024-02-29", .date)],
    "2024"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("isoyear", .text), ValueArgument("2024-12-30", .date)],
    "2025"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isoyear", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"isoyear\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("isoyear", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"isoyear\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isoyear", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"isoyear\" not supported for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("isoyear", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"isoyear\" not supported for type interval"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("dow", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("dow", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("dow", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "5"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("dow", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("dow", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "6"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("dow", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "6"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("dow", .text), ValueArgument("2024-12-30", .date)],
    "1"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("dow", .text), ValueArgument("2024-02-29", .date)],
    "4"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("dow", .text), ValueArgument("2024-12-30", .date)],
    "1"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("dow", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"dow\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("dow", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"dow\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("dow", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"dow\" not supported for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("dow", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"dow\" not supported for type interval"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isodow", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isodow", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isodow", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "5"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("isodow", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isodow", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "6"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("isodow", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "6"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isodow", .text), ValueArgument("2024-12-30", .date)],
    "1"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isodow", .text), ValueArgument("2024-02-29", .date)],
    "4"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("isodow", .text), ValueArgument("2024-12-30", .date)],
    "1"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isodow", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"isodow\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("isodow", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"isodow\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("isodow", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"isodow\" not supported for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("isodow", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"isodow\" not supported for type interval"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("doy", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "138"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("doy", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "365"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("doy", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "74"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("doy", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "138"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("doy", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "139"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("doy", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "139"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("doy", .text), ValueArgument("2024-12-30", .date)],
    "365"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("doy", .text), ValueArgument("2024-02-29", .date)],
    "60"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("doy", .text), ValueArgument("2024-12-30", .date)],
    "365"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("doy", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"doy\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("doy", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"doy\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("doy", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"doy\" not supported for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("doy", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"doy\" not supported for type interval"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("epoch", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "1715953559.123456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("epoch", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "946684799.999999"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("epoch", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "-63517788000.000000"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("epoch", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "1715953559.123456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("epoch", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "1715989559.123456"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("epoch", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "1715989559.123456"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("epoch", .text), ValueArgument("2024-12-30", .date)],
    "1735516800"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("epoch", .text), ValueArgument("2024-02-29", .date)],
    "1709164800"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("epoch", .text), ValueArgument("2024-12-30", .date)],
    "1735516800"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 6)),
    [ValueArgument("epoch", .text), ValueArgument("13:45:59.5", .time)],
    "49559.500000"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("epoch", .text), ValueArgument("13:45:59.5", .time)],
    "49559.5"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 25, scale: 6)),
    [ValueArgument("epoch", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "44791506.700000"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("epoch", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "44791506.7"
  ),
  ValueRow(
    .extract,
    .numeric(nil),
    [ValueArgument("julian", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2460448.57360096592592592593"
  ),
  ValueRow(
    .extract,
    .numeric(nil),
    [ValueArgument("julian", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "2451544.99999999998842592593"
  ),
  ValueRow(
    .extract,
    .numeric(nil),
    [ValueArgument("julian", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "1705428.41666666666666666667"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("julian", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "2460448.573600966"
  ),
  ValueRow(
    .extract,
    .numeric(nil),
    [ValueArgument("julian", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "2460449.07360096592592592593"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("julian", .text), ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz)],
    "2460449.073600966"
  ),
  ValueRow(
    .extract,
    .numeric(nil),
    [ValueArgument("julian", .text), ValueArgument("2024-12-30", .date)],
    "2460675"
  ),
  ValueRow(
    .extract,
    .numeric(nil),
    [ValueArgument("julian", .text), ValueArgument("2024-02-29", .date)],
    "2460370"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("julian", .text), ValueArgument("2024-12-30", .date)],
    "2460675"
  ),
  ValueRow(
    .extract,
    .numeric(nil),
    [ValueArgument("julian", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"julian\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("julian", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"julian\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(nil),
    [ValueArgument("julian", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"julian\" not supported for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("julian", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval)],
    "!unit \"julian\" not supported for type interval"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "!unit \"timezone\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "!unit \"timezone\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "!unit \"timezone\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("timezone", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "!unit \"timezone\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("timezone", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "7200"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("timezone", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "7200"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"timezone\" not supported for type date"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone", .text), ValueArgument("2024-02-29", .date)],
    "!unit \"timezone\" not supported for type date"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("timezone", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"timezone\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"timezone\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("timezone", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"timezone\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("timezone", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "!unit \"timezone\" not supported for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("timezone", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "!unit \"timezone\" not supported for type interval"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("timezone_hour", .text),
      ValueArgument("2024-05-17 13:45:59.123456", .timestamp),
    ],
    "!unit \"timezone_hour\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("timezone_hour", .text),
      ValueArgument("1999-12-31 23:59:59.999999", .timestamp),
    ],
    "!unit \"timezone_hour\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone_hour", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "!unit \"timezone_hour\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("timezone_hour", .text),
      ValueArgument("2024-05-17 13:45:59.123456", .timestamp),
    ],
    "!unit \"timezone_hour\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("timezone_hour", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "2"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("timezone_hour", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "2"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone_hour", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"timezone_hour\" not supported for type date"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone_hour", .text), ValueArgument("2024-02-29", .date)],
    "!unit \"timezone_hour\" not supported for type date"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("timezone_hour", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"timezone_hour\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone_hour", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"timezone_hour\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("timezone_hour", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"timezone_hour\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("timezone_hour", .text),
      ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "!unit \"timezone_hour\" not supported for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("timezone_hour", .text),
      ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "!unit \"timezone_hour\" not supported for type interval"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("timezone_minute", .text),
      ValueArgument("2024-05-17 13:45:59.123456", .timestamp),
    ],
    "!unit \"timezone_minute\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("timezone_minute", .text),
      ValueArgument("1999-12-31 23:59:59.999999", .timestamp),
    ],
    "!unit \"timezone_minute\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone_minute", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "!unit \"timezone_minute\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("timezone_minute", .text),
      ValueArgument("2024-05-17 13:45:59.123456", .timestamp),
    ],
    "!unit \"timezone_minute\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("timezone_minute", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "0"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("timezone_minute", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "0"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone_minute", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"timezone_minute\" not supported for type date"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone_minute", .text), ValueArgument("2024-02-29", .date)],
    "!unit \"timezone_minute\" not supported for type date"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("timezone_minute", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"timezone_minute\" not supported for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("timezone_minute", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"timezone_minute\" not supported for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("timezone_minute", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"timezone_minute\" not supported for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("timezone_minute", .text),
      ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "!unit \"timezone_minute\" not supported for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("timezone_minute", .text),
      ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "!unit \"timezone_minute\" not supported for type interval"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("nonsense", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "!unit \"nonsense\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("nonsense", .text), ValueArgument("1999-12-31 23:59:59.999999", .timestamp)],
    "!unit \"nonsense\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("nonsense", .text), ValueArgument("0044-03-15 10:00:00 BC", .timestamp)],
    "!unit \"nonsense\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("nonsense", .text), ValueArgument("2024-05-17 13:45:59.123456", .timestamp)],
    "!unit \"nonsense\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("nonsense", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "!unit \"nonsense\" not recognized for type timestamp with time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("nonsense", .text),
      ValueArgument("2024-05-17 23:45:59.123456+00", .timestamptz),
    ],
    "!unit \"nonsense\" not recognized for type timestamp with time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("nonsense", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"nonsense\" not recognized for type date"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("nonsense", .text), ValueArgument("2024-02-29", .date)],
    "!unit \"nonsense\" not recognized for type date"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("nonsense", .text), ValueArgument("2024-12-30", .date)],
    "!unit \"nonsense\" not recognized for type timestamp without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [ValueArgument("nonsense", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"nonsense\" not recognized for type time without time zone"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("nonsense", .text), ValueArgument("13:45:59.5", .time)],
    "!unit \"nonsense\" not recognized for type time without time zone"
  ),
  ValueRow(
    .extract,
    .numeric(NumericShape(precision: 18, scale: 0)),
    [
      ValueArgument("nonsense", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "!unit \"nonsense\" not recognized for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [
      ValueArgument("nonsense", .text), ValueArgument("1 year 5 mons 3 days 04:05:06.7", .interval),
    ],
    "!unit \"nonsense\" not recognized for type interval"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("year", .text), ValueArgument("infinity", .timestamp)],
    "Infinity"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("hour", .text), ValueArgument("infinity", .timestamp)],
    "NULL"
  ),
  ValueRow(
    .datePart,
    .double,
    [ValueArgument("epoch", .text), ValueArgument("-infinity", .timestamp)],
    "-Infinity"
  ),
  ValueRow(
    .dateBin,
    .timestamp,
    [
      ValueArgument("15 minutes", .interval), ValueArgument("2020-02-11 15:44:17", .timestamp),
      ValueArgument("2001-01-01", .timestamp),
    ],
    "2020-02-11 15:30:00"
  ),
  ValueRow(
    .dateBin,
    .timestamp,
    [
      ValueArgument("15 minutes", .interval), ValueArgument("2020-02-11 15:44:17", .timestamp),
      ValueArgument("2030-01-01 00:02:30", .timestamp),
    ],
    "2020-02-11 15:32:30"
  ),
  ValueRow(
    .dateBin,
    .timestamp,
    [
      ValueArgument("1 mon", .interval), ValueArgument("2020-02-11", .timestamp),
      ValueArgument("2001-01-01", .timestamp),
    ],
    "!timestamps cannot be binned into intervals containing months or years"
  ),
  ValueRow(
    .dateBin,
    .timestamp,
    [
      ValueArgument("0 s", .interval), ValueArgument("2020-02-11", .timestamp),
      ValueArgument("2001-01-01", .timestamp),
    ],
    "!stride must be greater than zero"
  ),
  ValueRow(
    .dateBin,
    .timestamp,
    [
      ValueArgument("-1 day", .interval), ValueArgument("2020-02-11", .timestamp),
      ValueArgument("2001-01-01", .timestamp),
    ],
    "!stride must be greater than zero"
  ),
  ValueRow(
    .dateBin,
    .timestamp,
    [
      ValueArgument("1 day", .interval), ValueArgument("2000-12-31", .timestamp),
      ValueArgument("2001-01-01", .timestamp),
    ],
    "2000-12-31 00:00:00"
  ),
  ValueRow(
    .age,
    .interval,
    [ValueArgument("2024-03-31", .timestamp), ValueArgument("2023-12-30", .timestamp)],
    "3 mons 1 day"
  ),
  ValueRow(
    .age,
    .interval,
    [ValueArgument("2001-04-10", .timestamp), ValueArgument("1957-06-13 12:00", .timestamp)],
    "43 years 9 mons 26 days 12:00:00"
  ),
  ValueRow(
    .age,
    .interval,
    [
      ValueArgument("2024-03-31 12:00+02", .timestamptz),
      ValueArgument("2024-03-30 12:00+01", .timestamptz),
    ],
    "1 day"
  ),
  ValueRow(
    .atTimeZone,
    .timestamp,
    [ValueArgument("2024-03-31 01:30+00", .timestamptz), ValueArgument("America/New_York", .text)],
    "2024-03-30 21:30:00"
  ),
  ValueRow(
    .atTimeZone,
    .timestamp,
    [ValueArgument("2024-07-01 00:00+00", .timestamptz), ValueArgument("CET", .text)],
    "2024-07-01 01:00:00"
  ),
  ValueRow(
    .atTimeZone,
    .timestamp,
    [ValueArgument("2024-07-01 00:00+00", .timestamptz), ValueArgument("+03", .text)],
    "2024-06-30 21:00:00"
  ),
]

let valueTable4: [ValueRow] = [
  ValueRow(
    .atTimeZone,
    .timestamp,
    [ValueArgument("2024-07-01 00:00+00", .timestamptz), ValueArgument("-05:30", .text)],
    "2024-07-01 05:30:00"
  ),
  ValueRow(
    .atTimeZone,
    .timestamp,
    [ValueArgument("2024-07-01 00:00+00", .timestamptz), ValueArgument("bad", .text)],
    "!time zone \"bad\" not recognized"
  ),
  ValueRow(
    .atTimeZone,
    .timestamp,
    [ValueArgument("2024-07-01 00:00+00", .timestamptz), ValueArgument(nil, .text)],
    "NULL"
  ),
  ValueRow(
    .atTimeZone,
    .timestamptz,
    [ValueArgument("2024-03-31 02:30", .timestamp), ValueArgument("Europe/Berlin", .text)],
    "2024-03-31 03:30:00+02"
  ),
  ValueRow(
    .atTimeZone,
    .timestamptz,
    [ValueArgument("2024-10-27 02:30", .timestamp), ValueArgument("Europe/Berlin", .text)],
    "2024-10-27 02:30:00+01"
  ),
  ValueRow(.justifyHours, .interval, [ValueArgument("27 hours", .interval)], "1 day 03:00:00"),
  ValueRow(.justifyDays, .interval, [ValueArgument("35 days", .interval)], "1 mon 5 days"),
  ValueRow(
    .justifyInterval,
    .interval,
    [ValueArgument("1 mon -1 hour", .interval)],
    "29 days 23:00:00"
  ),
  ValueRow(
    .makeDate,
    .date,
    [ValueArgument("2024", .integer), ValueArgument("2", .integer), ValueArgument("29", .integer)],
    "2024-02-29"
  ),
  ValueRow(
    .makeDate,
    .date,
    [ValueArgument("2023", .integer), ValueArgument("2", .integer), ValueArgument("29", .integer)],
    "!date field value out of range: 2023-02-29"
  ),
  ValueRow(
    .makeDate,
    .date,
    [ValueArgument("-44", .integer), ValueArgument("3", .integer), ValueArgument("15", .integer)],
    "0044-03-15 BC"
  ),
  ValueRow(
    .makeDate,
    .date,
    [ValueArgument("0", .integer), ValueArgument("1", .integer), ValueArgument("1", .integer)],
    "!date field value out of range: 0-01-01"
  ),
  ValueRow(
    .makeDate,
    .date,
    [ValueArgument("2024", .integer), ValueArgument("13", .integer), ValueArgument("1", .integer)],
    "!date field value out of range: 2024-13-01"
  ),
  ValueRow(
    .makeTimestamp,
    .timestamp,
    [
      ValueArgument("2024", .integer), ValueArgument("2", .integer), ValueArgument("29", .integer),
      ValueArgument("12", .integer), ValueArgument("34", .integer),
      ValueArgument("56.789", .double),
    ],
    "2024-02-29 12:34:56.789"
  ),
  ValueRow(
    .makeTimestamp,
    .timestamp,
    [
      ValueArgument("2024", .integer), ValueArgument("2", .integer), ValueArgument("29", .integer),
      ValueArgument("25", .integer), ValueArgument("0", .integer), ValueArgument("0", .double),
    ],
    "!time field value out of range: 25:00:00"
  ),
  ValueRow(
    .makeTimestamp,
    .timestamp,
    [
      ValueArgument("2024", .integer), ValueArgument("2", .integer), ValueArgument("29", .integer),
      ValueArgument("24", .integer), ValueArgument("0", .integer), ValueArgument("0", .double),
    ],
    "2024-03-01 00:00:00"
  ),
  ValueRow(
    .makeTimestamp,
    .timestamp,
    [
      ValueArgument("2024", .integer), ValueArgument("2", .integer), ValueArgument("29", .integer),
      ValueArgument("23", .integer), ValueArgument("59", .integer), ValueArgument("60", .double),
    ],
    "2024-03-01 00:00:00"
  ),
  ValueRow(
    .makeInterval,
    .interval,
    [
      ValueArgument("1", .integer), ValueArgument("2", .integer), ValueArgument("3", .integer),
      ValueArgument("4", .integer), ValueArgument("5", .integer), ValueArgument("6", .integer),
      ValueArgument("7.5", .double),
    ],
    "1 year 2 mons 25 days 05:06:07.5"
  ),
  ValueRow(.makeInterval, .interval, [ValueArgument("1", .integer)], "1 year"),
  ValueRow(.toTimestamp, .timestamptz, [ValueArgument("0", .double)], "1970-01-01 01:00:00+01"),
  ValueRow(
    .toTimestamp,
    .timestamptz,
    [ValueArgument("1700000000.123456", .double)],
    "2023-11-14 23:13:20.123456+01"
  ),
  ValueRow(.toTimestamp, .timestamptz, [ValueArgument("NaN", .double)], "!timestamp cannot be NaN"),
  ValueRow(.toTimestamp, .timestamptz, [ValueArgument("Infinity", .double)], "infinity"),
  ValueRow(
    .toTimestamp,
    .timestamptz,
    [ValueArgument("1e20", .double)],
    "!timestamp out of range: \"1e+20\""
  ),
  ValueRow(
    .toCharacters,
    .text,
    [
      ValueArgument("2024-03-05 07:08:09.123456", .timestamp),
      ValueArgument("YYYY-MM-DD HH24:MI:SS.US", .text),
    ],
    "2024-03-05 07:08:09.123456"
  ),
  ValueRow(
    .toCharacters,
    .text,
    [
      ValueArgument("2024-03-05 17:08:09", .timestamp),
      ValueArgument("FMDay, FMDD Mon HH12:MI AM", .text),
    ],
    "Tuesday, 5 Mar 05:08 PM"
  ),
  ValueRow(
    .toCharacters,
    .text,
    [
      ValueArgument("2024-03-31 01:30+00", .timestamptz),
      ValueArgument("YYYY-MM-DD HH24:MI TZ OF", .text),
    ],
    "2024-03-31 03:30 CEST +02"
  ),
  ValueRow(
    .toCharacters,
    .text,
    [ValueArgument("infinity", .timestamp), ValueArgument("YYYY", .text)],
    "NULL"
  ),
  ValueRow(
    .toCharacters,
    .text,
    [ValueArgument("2024-03-05", .timestamp), ValueArgument("", .text)],
    "NULL"
  ),
  ValueRow(
    .toCharacters,
    .text,
    [ValueArgument("1234.5", .numeric(nil)), ValueArgument("9,999.99", .text)],
    " 1,234.50"
  ),
  ValueRow(
    .toCharacters,
    .text,
    [ValueArgument("-7", .integer), ValueArgument("S000", .text)],
    "-007"
  ),
  ValueRow(
    .toCharacters,
    .text,
    [ValueArgument("12345", .integer), ValueArgument("999", .text)],
    " ###"
  ),
  ValueRow(
    .toCharacters,
    .text,
    [ValueArgument("1.5", .double), ValueArgument("FM9.990", .text)],
    "1.500"
  ),
  ValueRow(
    .toCharacters,
    .text,
    [ValueArgument("3 days 04:05:06", .interval), ValueArgument("DD HH24:MI:SS", .text)],
    "03 04:05:06"
  ),
  ValueRow(
    .toCharacters,
    .text,
    [
      ValueArgument("1.25", .numeric(NumericShape(precision: 12, scale: 2))),
      ValueArgument("FM990.0", .text),
    ],
    "1.3"
  ),
  ValueRow(
    .toDate,
    .date,
    [ValueArgument("05 Dec 2000", .text), ValueArgument("DD Mon YYYY", .text)],
    "2000-12-05"
  ),
  ValueRow(
    .toDate,
    .date,
    [ValueArgument("2000-13-01", .text), ValueArgument("YYYY-MM-DD", .text)],
    "!date/time field value out of range: \"2000-13-01\""
  ),
  ValueRow(
    .toTimestamp,
    .timestamptz,
    [ValueArgument("05 Dec 2000 13:14", .text), ValueArgument("DD Mon YYYY HH24:MI", .text)],
    "2000-12-05 13:14:00+01"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("NaN", .double), ValueArgument("NaN", .double)],
    "true"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("NaN", .double), ValueArgument("1", .double)],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("1", .double), ValueArgument("NaN", .double)],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("0", .double), ValueArgument("-0", .double)],
    "true"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("Infinity", .double), ValueArgument("NaN", .double)],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument(nil, .double), ValueArgument("1", .double)],
    "NULL"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("1.0", .numeric(nil)), ValueArgument("1.00", .numeric(nil))],
    "true"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("NaN", .numeric(nil)), ValueArgument("NaN", .numeric(nil))],
    "true"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("-Infinity", .numeric(nil)), ValueArgument("1", .numeric(nil))],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("1.01", .numeric(nil)), ValueArgument("1.001", .numeric(nil))],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("1 mon", .interval), ValueArgument("30 days", .interval)],
    "true"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("1 day", .interval), ValueArgument("24 hours", .interval)],
    "true"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("1 mon", .interval), ValueArgument("29 days 25 hours", .interval)],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("a", .text), ValueArgument("B", .text)],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("a", .text), ValueArgument("ab", .text)],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("", .text), ValueArgument("a", .text)],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("é", .text), ValueArgument("z", .text)],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument(nil, .text), ValueArgument(nil, .text)],
    "NULL"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [
      ValueArgument("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", .uuid),
      ValueArgument("b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", .uuid),
    ],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("t", .boolean), ValueArgument("f", .boolean)],
    "false"
  ),
  ValueRow(
    .compare(.equal),
    .boolean,
    [ValueArgument("2024-01-01", .date), ValueArgument("infinity", .date)],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("NaN", .double), ValueArgument("NaN", .double)],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("NaN", .double), ValueArgument("1", .double)],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("1", .double), ValueArgument("NaN", .double)],
    "true"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("0", .double), ValueArgument("-0", .double)],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("Infinity", .double), ValueArgument("NaN", .double)],
    "true"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument(nil, .double), ValueArgument("1", .double)],
    "NULL"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("1.0", .numeric(nil)), ValueArgument("1.00", .numeric(nil))],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("NaN", .numeric(nil)), ValueArgument("NaN", .numeric(nil))],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("-Infinity", .numeric(nil)), ValueArgument("1", .numeric(nil))],
    "true"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("1.01", .numeric(nil)), ValueArgument("1.001", .numeric(nil))],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("1 mon", .interval), ValueArgument("30 days", .interval)],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("1 day", .interval), ValueArgument("24 hours", .interval)],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("1 mon", .interval), ValueArgument("29 days 25 hours", .interval)],
    "true"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("a", .text), ValueArgument("B", .text)],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("a", .text), ValueArgument("ab", .text)],
    "true"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("", .text), ValueArgument("a", .text)],
    "true"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("é", .text), ValueArgument("z", .text)],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument(nil, .text), ValueArgument(nil, .text)],
    "NULL"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [
      ValueArgument("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", .uuid),
      ValueArgument("b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", .uuid),
    ],
    "true"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("t", .boolean), ValueArgument("f", .boolean)],
    "false"
  ),
  ValueRow(
    .compare(.less),
    .boolean,
    [ValueArgument("2024-01-01", .date), ValueArgument("infinity", .date)],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("NaN", .double), ValueArgument("NaN", .double)],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("NaN", .double), ValueArgument("1", .double)],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("1", .double), ValueArgument("NaN", .double)],
    "false"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("0", .double), ValueArgument("-0", .double)],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("Infinity", .double), ValueArgument("NaN", .double)],
    "false"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument(nil, .double), ValueArgument("1", .double)],
    "NULL"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("1.0", .numeric(nil)), ValueArgument("1.00", .numeric(nil))],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("NaN", .numeric(nil)), ValueArgument("NaN", .numeric(nil))],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("-Infinity", .numeric(nil)), ValueArgument("1", .numeric(nil))],
    "false"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("1.01", .numeric(nil)), ValueArgument("1.001", .numeric(nil))],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("1 mon", .interval), ValueArgument("30 days", .interval)],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("1 day", .interval), ValueArgument("24 hours", .interval)],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("1 mon", .interval), ValueArgument("29 days 25 hours", .interval)],
    "false"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("a", .text), ValueArgument("B", .text)],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("a", .text), ValueArgument("ab", .text)],
    "false"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("", .text), ValueArgument("a", .text)],
    "false"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("é", .text), ValueArgument("z", .text)],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument(nil, .text), ValueArgument(nil, .text)],
    "NULL"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [
      ValueArgument("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", .uuid),
      ValueArgument("b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", .uuid),
    ],
    "false"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("t", .boolean), ValueArgument("f", .boolean)],
    "true"
  ),
  ValueRow(
    .compare(.greaterOrEqual),
    .boolean,
    [ValueArgument("2024-01-01", .date), ValueArgument("infinity", .date)],
    "false"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("NaN", .double), ValueArgument("NaN", .double)],
    "false"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("NaN", .double), ValueArgument("1", .double)],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("1", .double), ValueArgument("NaN", .double)],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("0", .double), ValueArgument("-0", .double)],
    "false"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("Infinity", .double), ValueArgument("NaN", .double)],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument(nil, .double), ValueArgument("1", .double)],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("1.0", .numeric(nil)), ValueArgument("1.00", .numeric(nil))],
    "false"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("NaN", .numeric(nil)), ValueArgument("NaN", .numeric(nil))],
    "false"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("-Infinity", .numeric(nil)), ValueArgument("1", .numeric(nil))],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("1.01", .numeric(nil)), ValueArgument("1.001", .numeric(nil))],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("1 mon", .interval), ValueArgument("30 days", .interval)],
    "false"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("1 day", .interval), ValueArgument("24 hours", .interval)],
    "false"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("1 mon", .interval), ValueArgument("29 days 25 hours", .interval)],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("a", .text), ValueArgument("B", .text)],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("a", .text), ValueArgument("ab", .text)],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("", .text), ValueArgument("a", .text)],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("é", .text), ValueArgument("z", .text)],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument(nil, .text), ValueArgument(nil, .text)],
    "false"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [
      ValueArgument("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", .uuid),
      ValueArgument("b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", .uuid),
    ],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("t", .boolean), ValueArgument("f", .boolean)],
    "true"
  ),
  ValueRow(
    .isDistinctFrom,
    .boolean,
    [ValueArgument("2024-01-01", .date), ValueArgument("infinity", .date)],
    "true"
  ),
]

let valueTable: [ValueRow] = valueTable1 + valueTable2 + valueTable3 + valueTable4
