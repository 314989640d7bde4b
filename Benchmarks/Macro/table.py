"""The rows of a report, and what they come to."""

import math
import statistics
import sys

PEERS = ["duckdb", "clickhouse"]
# Under this many milliseconds a query is level when it is within as many of the peer.
LEVEL_MS = 1.0
# What updates may make of a query's time.
WORN = 1.5


def geometric_mean(ratios):
    return math.exp(statistics.fmean(map(math.log, ratios))) if ratios else float("nan")


class Table:
    """The rows of the report, and what they come to."""

    def __init__(self, title, names, baseline, pristine=None):
        """`pristine`: Almanac's milliseconds by query before the updates, to compare with."""
        self.title, self.names, self.baseline, self.pristine = title, names, baseline, pristine
        self.rows, self.ratios, self.apart, self.slower, self.worn, self.wrong = [], [], [], [], [], []
        self.ours = {}

    def heads(self):
        heads = [*self.names]
        if "almanac" in self.names and len(self.names) > 1:
            heads.append("better peer ÷ Almanac")
        if self.pristine:
            heads.append("Almanac ÷ as loaded")
        return heads

    def add(self, query, times):
        if isinstance(times, str):
            print(f"bench: {query.name}: {times}", file=sys.stderr)
            self.wrong.append(query.name)
            self.rows.append(f"| {query.name} " + "| no answer " * len(self.heads()) + "|")
            return
        best = {name: min(values) for name, values in times.items()}
        cells = [f"{query.name}{' *' if query.statistics_only else ''}", *(f"{best[name]:.2f}" for name in self.names)]
        if "almanac" in best:
            self.ours[query.name] = max(best["almanac"] - self.baseline, 0.001)
            cells += self.ratio_to_peer(query, best) + self.ratio_to_pristine(query)
        self.rows.append(f"| {' | '.join(cells)} |")
        print(self.rows[-1], file=sys.stderr, flush=True)

    def ratio_to_peer(self, query, best):
        peer = min((best[name] for name in PEERS if name in best), default=None)
        if peer is None:
            return []
        ours = self.ours[query.name]
        (self.apart if query.statistics_only else self.ratios).append(peer / ours)
        if ours > peer and not (ours < 2 and ours - peer <= LEVEL_MS):
            self.slower.append(query.name)
        return [f"{peer / ours:.2f}"]

    def ratio_to_pristine(self, query):
        if not self.pristine:
            return []
        if query.name not in self.pristine:
            return ["–"]
        ratio = self.ours[query.name] / self.pristine[query.name]
        if ratio > WORN:
            self.worn.append(query.name)
        return [f"{ratio:.2f}"]

    def lines(self):
        heads = self.heads()
        lines = ["| query | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|", *self.rows, ""]
        if self.ratios or self.apart:
            lines += [f"Geometric mean: **{geometric_mean(self.ratios):.2f}×** the better peer without the queries "
                      f"marked * (statistics alone may answer them), "
                      f"{geometric_mean(self.ratios + self.apart):.2f}× with them. "
                      f"`SELECT 1` over the connection, {self.baseline:.3f} ms, is subtracted from Almanac.",
                      f"Slower than the better peer: {', '.join(self.slower) or 'none'}."]
        if self.pristine:
            lines.append(f"Above {WORN} times its time as loaded: {', '.join(self.worn) or 'none'}.")
        return lines
