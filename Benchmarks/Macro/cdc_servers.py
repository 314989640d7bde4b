"""The servers of a measurement of change capture: a PostgreSQL that is followed, one that subscribes to it, and Almanac."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

import psycopg


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


class Postgres:
    """A PostgreSQL of our own."""

    def __init__(self, folder, name="postgres", settings=("fsync=off",)):
        self.folder = folder / name
        self.folder.mkdir()
        self.bin = pathlib.Path(subprocess.check_output(["pg_config", "--bindir"], text=True).strip())
        self.user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "postgres")
        self.port = free_port()
        self.run("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        settings = ["wal_level=logical", *settings, "max_wal_size=8GB", "shared_buffers=512MB", "listen_addresses=127.0.0.1",
                    f"unix_socket_directories={self.folder}", "autovacuum=off", "timezone=UTC"]
        options = " ".join(f"-c {setting}" for setting in settings) + f" -p {self.port}"
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o", options, "start")
        self.conninfo = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"

    def run(self, program, *words):
        subprocess.run([*self.user, str(self.bin / program), *map(str, words)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, cwd="/")

    def connect(self):
        return psycopg.connect(self.conninfo, autocommit=True)

    def stop(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")


class Subscriber(Postgres):
    """A PostgreSQL that subscribes to `deals` and `probe` of another one; its commits wait for the disk as its defaults say."""

    def __init__(self, folder, source, schema):
        super().__init__(folder, "subscriber", settings=())
        self.connection = self.connect()
        self.connection.execute(schema)
        self.connection.execute("CREATE TABLE probe (id integer PRIMARY KEY, n integer)")
        with source.connect() as publisher:
            publisher.execute("CREATE PUBLICATION peer FOR TABLE deals, probe")
            self.connection.execute(f"CREATE SUBSCRIPTION peer CONNECTION '{source.conninfo}' PUBLICATION peer")
            while self.connection.execute("SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'").fetchone()[0]:
                time.sleep(0.1)

    def pause(self):
        self.connection.execute("ALTER SUBSCRIPTION peer DISABLE")
        while self.connection.execute("SELECT count(*) FROM pg_stat_subscription WHERE pid IS NOT NULL").fetchone()[0]:
            time.sleep(0.01)

    def applied(self, n):
        """Seconds until the probe's value, which was changed last, is here."""
        start = time.monotonic()
        self.connection.execute("ALTER SUBSCRIPTION peer ENABLE")
        while self.connection.execute("SELECT n FROM probe").fetchone()[0] != n:
            time.sleep(0.005)
        return time.monotonic() - start


class Follower:
    def __init__(self, folder, program):
        self.port = free_port()
        self.process = subprocess.Popen([program, "serve", "--data", str(folder / "data"), "--listen", f"127.0.0.1:{self.port}"],
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def connect(self):
        return psycopg.connect(f"host=127.0.0.1 port={self.port} user=almanac dbname=almanac", autocommit=True)

    def stop(self):
        self.process.terminate()
        self.process.wait()
