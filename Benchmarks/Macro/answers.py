"""Whether two engines gave the same answer."""

import datetime
import decimal


def normal(value):
    """Dates and times as naive UTC times, whole numbers as int, exact numbers as Decimal."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, decimal.Decimal) and value == value.to_integral_value():
        return int(value)
    return value


def same(left, right):
    left, right = normal(left), normal(right)
    if isinstance(left, (int, float, decimal.Decimal)) and isinstance(right, (int, float, decimal.Decimal)):
        if left == right:
            return True
        # An average is exact in PostgreSQL and a double, or a decimal of few digits, elsewhere.
        if isinstance(left, int) and isinstance(right, int):
            return False
        return abs(float(left) - float(right)) <= 1e-6 * max(1.0, abs(float(left)))
    return left == right


def difference(left, right):
    """None when the rows are the same, else where they differ."""
    if len(left) != len(right):
        return f"{len(left)} rows against {len(right)}"
    for number, (one, other) in enumerate(zip(left, right)):
        if len(one) != len(other) or not all(map(same, one, other)):
            return f"row {number + 1}: {one} against {other}"
    return None
