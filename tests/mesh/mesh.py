"""One mesh for a test module: starts it, types commands at it, and knows what belongs to it.

Everything goes through the command line (docs/spec/cli.md) and what the kernel shows, so that the
tests see what a user sees.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARIES = pathlib.Path(os.environ.get("MORTISE_BIN", ROOT / "build" / "release" / "bin"))
LAB = ROOT / "deploy" / "lab"
NETNS = pathlib.Path("/run/netns")
URI = re.compile(r"URI=(spiffe://[^;,\"\\\s]+)")


def eventually(condition, within=10.0, pause=0.05):
    """Asks until the answer is true; False when the time is up. The condition is the point."""
    deadline = time.monotonic() + within
    never = threading.Event()
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > deadline:
            return answer
        never.wait(pause)


class Failed(AssertionError):
    """A command that should have succeeded: what was typed and what it said."""

    def __init__(self, done):
        super().__init__(f"exit status {done.returncode}: {' '.join(map(str, done.args))}\n"
                         f"stdout: {done.stdout}\nstderr: {done.stderr}")


class Call:
    """One HTTP call as curl saw it."""

    def __init__(self, status, exit_status, body, message=""):
        self.status, self.exit_status, self.body, self.message = status, exit_status, body, message

    @property
    def uri(self):
        """The caller's identity as the application saw it; None for plain text."""
        found = URI.search(self.body)
        return found[1] if found else None

    def __repr__(self):
        return (f"Call(status={self.status}, exit_status={self.exit_status}, uri={self.uri}, "
                f"body={self.body[:200]!r})")


class Mesh:
    """A mesh with a data directory of its own, below a directory that every uid may enter."""

    def __init__(self, workdir, environment=None):
        self.workdir = pathlib.Path(workdir)
        self.data_dir = self.workdir / "data"
        self._network_id = None
        self.binaries = BINARIES
        self.environment = {**os.environ, "MORTISE_DATA_DIR": str(self.data_dir),
                            "NO_COLOR": "1", **(environment or {})}

    # Commands

    def run(self, *arguments, stdin=None, timeout=60):
        """`mortise ARGUMENTS`, whatever comes of it."""
        return subprocess.run([self.binaries / "mortise", *arguments], input=stdin,
                              env=self.environment, capture_output=True, text=True, timeout=timeout,
                              check=False, errors="replace")

    def do(self, *arguments, stdin=None, timeout=60):
        """`mortise ARGUMENTS`, which has to succeed; its standard output."""
        done = self.run(*arguments, stdin=stdin, timeout=timeout)
        if done.returncode != 0:
            raise Failed(done)
        return done.stdout

    def up(self, *files, settings=None, timeout=120):
        words = [word for file in files for word in ("-f", str(file))]
        for key, value in (settings or {}).items():
            words += ["--set", f"{key}={value}"]
        return self.do("up", *words, "--detach", timeout=timeout)

    def down(self):
        return self.do("down", "--purge")

    def apply(self, text, namespace=None):
        words = ["-n", namespace] if namespace else []
        return self.do("apply", *words, "-f", "-", stdin=text)

    def delete(self, kind, name, namespace=None):
        """Whether it was there."""
        words = ["-n", namespace] if namespace else []
        return self.run("delete", *words, kind, name).returncode == 0

    def items(self, *words):
        """`mortise get WORDS` as objects."""
        answer = json.loads(self.do("get", *words, "-o", "json"))
        return answer["items"] if isinstance(answer, dict) else answer

    def exec(self, namespace, workload, *command, container=None, stdin=None, timeout=60):
        words = ["-c", container] if container else []
        return self.run("exec", "-n", namespace, workload, *words, "--", *command, stdin=stdin,
                        timeout=timeout)

    # Traffic

    def curl(self, namespace, url, *options, workload="sleep", container=None):
        """One call, by a curl that runs inside the workload."""
        done = self.exec(namespace, workload, "curl", "-sS", "-m", "20", *options,
                         "-w", "\n%{http_code}", url, container=container)
        body, _, status = done.stdout.rpartition("\n")
        return Call(status, done.returncode, body, done.stderr)

    def curls(self, namespace, url, times, *options, workload="sleep"):
        """So many calls, each by a curl and so over a connection of its own."""
        script = r"""times=$1; shift
                     for i in $(seq "$times"); do
                       curl -s -m 20 -w '\n%{http_code}' "$@"; printf ' %s\036' $?
                     done"""
        done = self.exec(namespace, workload, "sh", "-c", script, "sh", str(times), *options, url,
                         timeout=25 * times)
        calls = []
        for text in done.stdout.split("\x1e")[:-1]:
            body, _, status = text.rpartition("\n")
            code, _, exit_status = status.partition(" ")
            calls.append(Call(code, int(exit_status), body))
        assert len(calls) == times, done
        return calls

    # What belongs to it

    def network_id(self):
        """The six characters in the names of its network namespaces, by way of a workload's."""
        if self._network_id is None:
            meta = self.items("pods", "-A")[0]["metadata"]
            inode = self.exec(meta["namespace"], meta["name"], "stat", "-L", "-c", "%i",
                              "/proc/self/ns/net").stdout.strip()
            names = [file.name for file in NETNS.iterdir() if str(file.stat().st_ino) == inode]
            assert names, f"no file in {NETNS} is the network namespace {inode}"
            self._network_id = re.fullmatch(r"mortise-([0-9a-f]{6})-.*", names[0])[1]
        return self._network_id

    def namespaces(self):
        """{name: inode} of its network namespaces."""
        prefix = f"mortise-{self.network_id()}-"
        return {file.name: file.stat().st_ino for file in NETNS.iterdir()
                if file.name.startswith(prefix)}

    def switch(self):
        """The network namespace where every packet between workloads passes by."""
        return f"mortise-{self.network_id()}-switch"

    def processes(self):
        """{pid: command line} of what runs in its namespaces or for its data directory."""
        inodes = set(self.namespaces().values())
        return {pid: line for pid, inode, line in all_processes()
                if inode in inodes or str(self.data_dir) in line}

    def process(self, program, *words):
        """The pid of its process `program` that has these words in its command line."""
        for pid, line in self.processes().items():
            parts = line.split("\0")
            if pathlib.Path(parts[0]).name == program and all(word in parts for word in words):
                return pid
        raise AssertionError(f"no {program} {words} among {self.processes()}")

    def logs(self):
        """The ends of its log files, for a test that failed."""
        ends = []
        for file in sorted(self.data_dir.glob("logs/**/*.log")):
            lines = file.read_bytes()[-6000:].decode(errors="replace").split("\n")
            ends.append(f"--- {file.relative_to(self.data_dir)}\n" + "\n".join(lines[-25:]))
        return "\n".join(ends)

    def copy_program(self, name):
        """A program of tests/mesh/programs where every uid can read it."""
        target = self.workdir / name
        shutil.copyfile(pathlib.Path(__file__).parent / "programs" / name, target)
        target.chmod(0o755)
        return target


def all_processes():
    """(pid, inode of its network namespace, command line with NULs) of everything but zombies."""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
            inode = (entry / "ns" / "net").stat().st_ino
        except OSError:
            continue  # ended meanwhile, or a zombie: those have no namespaces
        yield int(entry.name), inode, line


def is_alive(pid):
    """Whether any thread of it runs: what has ended and waits to be collected does not."""
    def state(task):
        try:
            stat = (task / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return "X"
        return stat.rpartition(") ")[2][0]

    try:
        return any(state(task) not in "ZX" for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return False


def cpu_seconds(*pids):
    """Of user and system time so far, all together."""
    fields = [pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
              for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def stop(pid):
    os.kill(pid, signal.SIGSTOP)


def go_on(pid):
    os.kill(pid, signal.SIGCONT)


def kill(pid):
    os.kill(pid, signal.SIGKILL)
