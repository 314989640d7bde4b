"""The engines side by side: load the same CSV, run a text, say what it cost.

Each runs in a process of its own, so that its peak memory is its own.
"""

import datetime
import decimal
import json
import os
import pathlib
import socket
import subprocess
import time

THREADS = 2


def folder_bytes(path):
    return sum(file.stat().st_size for file in pathlib.Path(path).rglob("*") if file.is_file())


def peak_bytes(process="self"):
    for line in open(f"/proc/{process}/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def processor_seconds(process):
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class DuckDB:
    name = "duckdb"

    def __init__(self, folder, options):
        import duckdb
        self.folder = folder
        self.schema, self.table, self.copy = options["schema"], options["table"], options["duckdb_copy"]
        self.connection = duckdb.connect(f"{folder}/{self.table}.duckdb", config={"threads": THREADS})
        self.version = "DuckDB " + duckdb.__version__

    def load(self, csv):
        self.connection.execute(self.schema)
        self.connection.execute(f"COPY {self.table} FROM '{csv}' (FORMAT csv, HEADER{self.copy})")
        self.connection.execute("CHECKPOINT")

    def run(self, text):
        return self.connection.execute(text).fetchall()

    def update(self, changes):
        values, conditions = changes
        for condition in conditions:
            self.connection.execute(f"UPDATE {self.table} SET {values} WHERE {condition}")

    def rest(self):
        self.connection.execute("CHECKPOINT")

    def figures(self):
        return {"bytes": folder_bytes(self.folder), "peak": peak_bytes()}

    def close(self):
        self.connection.close()


class ClickHouse:
    name = "clickhouse"

    def __init__(self, folder, options):
        from chdb import session
        self.folder = folder
        self.schema, self.table, self.structure = options["schema"], options["table"], options["clickhouse_structure"]
        self.session = session.Session(f"{folder}/clickhouse")
        self.version = "ClickHouse " + self.run("SELECT version()")[0][0] + " (chdb)"

    def load(self, csv):
        self.session.query(self.schema)
        structure = f", '{self.structure}'" if self.structure else ""
        # With a structure given, the header line is passed over.
        header = 0 if self.structure else 1
        self.session.query(
            f"INSERT INTO {self.table} SELECT * FROM file('{csv}', 'CSVWithNames'{structure}) "
            f"SETTINGS max_threads = {THREADS}, max_insert_threads = {THREADS}, "
            f"input_format_with_names_use_header = {header}, "
            "date_time_input_format = 'best_effort', max_partitions_per_insert_block = 0")

    def settle(self):
        """Merges what it would merge in the background anyway; not part of the load's time."""
        self.session.query(f"OPTIMIZE TABLE {self.table} FINAL SETTINGS optimize_skip_merged_partitions = 1")

    def update(self, changes):
        """One mutation: each would write the columns of all parts anew."""
        values, conditions = changes
        self.session.query(f"ALTER TABLE {self.table} UPDATE {values} WHERE {' OR '.join(conditions)} "
                           "SETTINGS mutations_sync = 1")

    def rest(self):
        self.settle()

    def run(self, text):
        result = self.session.query(f"{text} SETTINGS max_threads = {THREADS}", "JSONCompact")
        answer = json.loads(bytes(result.bytes()), parse_float=decimal.Decimal)
        types = [column["type"] for column in answer["meta"]]
        return [tuple(self.value(value, kind) for value, kind in zip(row, types)) for row in answer["data"]]

    @staticmethod
    def value(value, kind):
        if value is None:
            return None
        if "Date" in kind:
            return datetime.datetime.fromisoformat(value)
        if "Int" in kind:
            return int(value)
        if "Decimal" in kind:
            return decimal.Decimal(value)
        return float(value) if "Float" in kind else value

    def figures(self):
        return {"bytes": int(self.run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active")[0][0]),
                "peak": peak_bytes()}

    def close(self):
        self.session.close()


class Almanac:
    """The server over the wire: `almanac load`, then `almanac serve` and psycopg."""

    name = "almanac"

    def __init__(self, folder, options):
        self.folder = f"{folder}/data"
        self.program = options["program"]
        self.schema, self.table = options["schema"], options["table"]
        self.server = None
        self.load_peak = 0
        self.version = subprocess.run([self.program, "version"], capture_output=True, text=True,
                                      check=True).stdout.strip()

    def load(self, csv):
        script = pathlib.Path(self.folder).parent / "schema.sql"
        script.write_text(self.schema, encoding="utf-8")
        subprocess.run([self.program, "query", "--data", self.folder, "--file", str(script)], check=True,
                       stdout=subprocess.DEVNULL)
        process = subprocess.Popen([self.program, "load", "--data", self.folder, "--table", self.table, csv],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"almanac load ended with {process.returncode}")
        self.load_peak = usage.ru_maxrss * 1024

    def settle(self):
        import psycopg
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.server = subprocess.Popen(
            [self.program, "serve", "--data", self.folder, "--listen", f"127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                self.connection = psycopg.connect(
                    f"host=127.0.0.1 port={port} user=almanac dbname=almanac", autocommit=True)
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        else:
            raise RuntimeError("almanac serve does not answer")
        # Small segments are merged, as ClickHouse's parts are.
        self.rest()

    def run(self, text):
        return self.connection.execute(text).fetchall()

    def update(self, changes):
        values, conditions = changes
        for condition in conditions:
            self.connection.execute(f"UPDATE {self.table} SET {values} WHERE {condition}")

    def rest(self):
        """Waits until the server has done nothing for two seconds: quiet partitions are written anew."""
        spent, since = None, time.perf_counter()
        while time.perf_counter() - since < 2:
            time.sleep(0.1)
            now = processor_seconds(self.server.pid)
            if spent is None or now - spent > 0.05:
                spent, since = now, time.perf_counter()

    def figures(self):
        return {"bytes": folder_bytes(self.folder), "peak": peak_bytes(self.server.pid), "load peak": self.load_peak}

    def close(self):
        if self.server:
            self.connection.close()
            self.server.terminate()
            self.server.wait()


ENGINES = {engine.name: engine for engine in (Almanac, DuckDB, ClickHouse)}


def serve(name, folder, options, pipe):
    """The loop of an engine's process: ("load", csv), ("run", text), ("figures",), ("close",)."""
    engine = None
    try:
        os.environ["TZ"] = "UTC"
        engine = ENGINES[name](folder, options)
        pipe.send(("ok", engine.version))
        while True:
            command, *arguments = pipe.recv()
            if command == "close":
                break
            start = time.perf_counter()
            try:
                answer = getattr(engine, command, lambda *_: None)(*arguments)
            except Exception as error:
                if command != "run":
                    raise
                pipe.send(("refused", f"{type(error).__name__}: {error}"))
                continue
            pipe.send(("ok", answer, time.perf_counter() - start))
    except EOFError:  # the parent is gone
        pass
    except Exception as error:  # told to the parent, which ends the run
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
    finally:
        if engine:
            engine.close()
