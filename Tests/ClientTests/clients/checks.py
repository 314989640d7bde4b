"""Runs the functions named check_… of a client's script, in order, against the server that is named on the command line."""

import asyncio
import inspect
import sys
import traceback

ROW_COLUMNS = (
    "id bigint PRIMARY KEY, b boolean, s smallint, i integer, n numeric(12,2), r real, d double precision, t text,"
    " u uuid, dt date, tm time, ts timestamp, tz timestamptz, iv interval, j jsonb, by bytea"
)


def run(module):
    """Prints how many checks passed; ends with 1 when one did not."""
    checks = [f for name, f in vars(module).items() if name.startswith("check_")]
    failed = 0
    for check in checks:
        try:
            if inspect.iscoroutinefunction(check):
                asyncio.run(asyncio.wait_for(check(), 30))
            else:
                check()
        except Exception:
            failed += 1
            print(f"{check.__name__}: FAILED", file=sys.stderr)
            traceback.print_exc()
    print(f"{len(checks) - failed} of {len(checks)} checks passed")
    sys.exit(1 if failed or not checks else 0)


def fails(kind, action):
    """The exception of the wanted kind that the action raises."""
    try:
        action()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")
