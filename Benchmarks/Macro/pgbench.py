"""pgbench as the client: runs scripts, reads its log, and draws what its scripts draw.

A script is SQL with `\\set name random(low, high)` lines above; a bound may be an earlier name.
"""

import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile

SET = re.compile(r"\\set (\w+) random\(([^,]+), ([^)]+)\)")
NAME = re.compile(r":([a-z_]+)")


def program():
    found = shutil.which("pgbench") or "/usr/lib/postgresql/15/bin/pgbench"
    if not os.path.exists(found):
        raise SystemExit("bench: pgbench is missing; tools/setup installs it with postgresql-15")
    return found


class Script:
    def __init__(self, path):
        self.path = path
        self.name = path.stem.replace("_", " ").replace("report ", "report: ").replace("tile ", "tile: ")
        self.lines = path.read_text().splitlines()

    def draw(self, generator):
        """Values as pgbench would draw them, and the statement with them."""
        values = {}
        for line in self.lines:
            found = SET.fullmatch(line)
            if found:
                low, high = (int(NAME.sub(lambda name: str(values[name[1]]), bound)) for bound in found.groups()[1:])
                values[found[1]] = generator.randint(low, high)
        body = "\n".join(line for line in self.lines if not line.startswith(("\\", "--")))
        return values, NAME.sub(lambda name: str(values[name[1]]), body).rstrip(";\n")


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


class Client:
    def __init__(self, port):
        self.base = [program(), "-h", "127.0.0.1", "-p", str(port), "-U", "almanac", "-n"]

    def _run(self, scripts, options):
        folder = tempfile.mkdtemp(prefix="almanac-pgbench-")
        command = [*self.base, *options, "-l", f"--log-prefix={folder}/log"]
        for script in scripts:
            command += ["-f", str(script.path)]
        return folder, subprocess.Popen([*command, "almanac"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    @staticmethod
    def _log(folder):
        """Of each transaction, in order: the milliseconds it took, and the second at which it ended."""
        entries = []
        for path in sorted(pathlib.Path(folder).iterdir()):
            for line in path.read_text().splitlines():
                fields = line.split()
                if len(fields) >= 6:  # the last line may be cut off
                    entries.append((int(fields[2]) / 1000, int(fields[4]) + int(fields[5]) / 1e6))
        shutil.rmtree(folder)
        return entries

    def ask(self, script, count, warm, seed):
        """Milliseconds of `count` questions over one connection, behind `warm` that are not counted."""
        folder, process = self._run([script], ["-c", "1", "-t", str(count + warm), f"--random-seed={seed}"])
        output, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"bench: pgbench {script.path.name}: {output}")
        return [milliseconds for milliseconds, _ in self._log(folder)][warm:]

    def rate(self, scripts, connections, seconds, seed):
        """Statements a second over several connections."""
        folder, process = self._run(scripts, ["-c", str(connections), "-j", "2", "-T", str(round(seconds)), f"--random-seed={seed}"])
        output, _ = process.communicate()
        shutil.rmtree(folder)
        found = re.search(r"tps = ([0-9.]+)", output)
        if process.returncode or not found:
            raise SystemExit(f"bench: pgbench: {output}")
        return float(found[1])

    def background(self, script, rate, names):
        """Transactions at a rate until they are stopped."""
        options = ["-c", "2", "-T", "100000", "-R", str(rate)]
        for name, value in names.items():
            options += ["-D", f"{name}={value}"]
        return Background(self, script, options)


class Background:
    def __init__(self, client, script, options):
        self.folder, self.process = client._run([script], options)

    def stop(self):
        """Transactions a second that there were."""
        if self.process.poll() is not None:
            raise SystemExit(f"bench: pgbench ended: {self.process.stdout.read()}")
        self.process.terminate()
        self.process.communicate()
        ends = [second for _, second in Client._log(self.folder)]
        return (len(ends) - 1) / (max(ends) - min(ends))


def generator(*seeds):
    return random.Random(" ".join(map(str, seeds)))
