"""How each engine spells what the queries need; the rest of the SQL is common."""


class Dialect:
    """PostgreSQL's spelling, which Almanac speaks."""

    name = "almanac"

    def truncate(self, unit, column):
        return f"date_trunc('{unit}', {column})"

    def field(self, name, column):
        return f"extract({name} FROM {column})"

    def moment(self, text):
        return f"timestamptz '{text}+00'"

    def distinct(self, column):
        return f"count(DISTINCT {column})"

    def average(self, column):
        return f"avg({column})"

    def length(self, column):
        """Of ASCII text: the cheaper of characters and bytes."""
        return f"length({column})"

    def replaced(self, text, pattern, by):
        """The first match of a regular expression."""
        return f"regexp_replace({text}, '{pattern}', '{by}')"

    def quantile(self, share, column):
        return f"percentile_cont({share}) WITHIN GROUP (ORDER BY {column})"

    def count_if(self, condition):
        return f"count(*) FILTER (WHERE {condition})"

    def total(self, column):
        return f"sum({column})"

    def sum_if(self, column, condition):
        return f"sum({column}) FILTER (WHERE {condition})"

    def seconds_between(self, start, end):
        return f"extract(epoch FROM {end} - {start})"


class DuckDB(Dialect):
    name = "duckdb"

    def moment(self, text):
        return f"TIMESTAMP '{text}'"

    def length(self, column):
        return f"strlen({column})"

    def quantile(self, share, column):
        return f"quantile_cont({column}::DOUBLE, {share})"


class ClickHouse(Dialect):
    name = "clickhouse"

    def truncate(self, unit, column):
        start = {"month": "toStartOfMonth", "day": "toStartOfDay", "year": "toStartOfYear",
                 "minute": "toStartOfMinute"}[unit]
        return f"{start}({column})"

    def field(self, name, column):
        function = {"hour": "toHour", "minute": "toMinute", "isodow": "toDayOfWeek", "year": "toYear"}[name]
        return f"{function}({column})"

    def moment(self, text):
        return f"toDateTime64('{text}', 6, 'UTC')"

    def distinct(self, column):
        return f"uniqExact({column})"

    def average(self, column):
        # Of large integers: avg(Int64) sums in 64 bits, which wrap round unnoticed.
        return f"avg(toFloat64({column}))"

    def replaced(self, text, pattern, by):
        return f"replaceRegexpOne({text}, {self.quoted(pattern)}, {self.quoted(by)})"

    @staticmethod
    def quoted(text):
        return "'" + text.replace("\\", "\\\\") + "'"

    def quantile(self, share, column):
        return f"quantileExactInclusive({share})(toFloat64({column}))"

    def count_if(self, condition):
        return f"countIf({condition})"

    def total(self, column):
        # Over no rows a sum is NULL as in SQL, not 0.
        return f"sumOrNull({column})"

    def sum_if(self, column, condition):
        return f"sumOrNullIf({column}, {condition})"

    def seconds_between(self, start, end):
        # As a double first: avg(x / 1e6) is rewritten to avg(x) / 1e6, whose sum of Int64 wraps round unnoticed.
        return f"toFloat64(toUnixTimestamp64Micro({end}) - toUnixTimestamp64Micro({start})) / 1e6"


DIALECTS = {dialect.name: dialect for dialect in (Dialect(), DuckDB(), ClickHouse())}
