"""Calls that go on while something is killed, and what each of them came to."""

import contextlib
import subprocess
import tempfile
import time
import uuid

import manifests
from mesh import BINARIES, URI, eventually, is_alive, kill

PYTHON = "/usr/bin/python3"
SPACE, SERVER, PORT = "shop", "witness", 8000
CALLER = f"spiffe://cluster.local/ns/{SPACE}/sa/sleep"


def files(mesh):
    """A namespace with a server that writes down its callers, and a caller; both with sidecars."""
    mesh.copy_program("caller.py")
    witness = [PYTHON, mesh.copy_program("witness.py"), PORT]
    return manifests.write(mesh, manifests.namespace(SPACE),
                           manifests.workload(SPACE, SERVER, witness,
                                              [{"name": "http", "port": PORT}]),
                           manifests.sleeper(SPACE))


def pod(mesh, owner):
    """The full name of the workload's only instance."""
    return next(item["metadata"]["name"] for item in mesh.items("pods", "-n", SPACE)
                if item["metadata"]["name"].startswith(owner + "-"))


def sidecar(mesh, owner):
    """The pid of its sidecar, if it runs."""
    return mesh.process("mortise-proxy", f"{SPACE}/{pod(mesh, owner)}")


def now():
    """On the clock of the calls."""
    return time.monotonic()


def kill_and_see_it_end(*pids):
    """When the first one was killed, and when the last one was really gone."""
    begin = now()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            kill(pid)
    assert eventually(lambda: not any(map(is_alive, pids)))
    return begin, now()


class Done:
    """One call: when it began and ended, and its outcome: a caller's identity or a trouble."""

    def __init__(self, line):
        begin, end, self.path, status, *rest = line.split(" ", 4)
        self.begin, self.end = float(begin), float(end)
        body = " ".join(rest)
        found = URI.search(body)
        self.outcome = (found[1] if found else "nobody") if status == "200" else f"{status} {body}"

    def __repr__(self):
        return f"{self.path} {self.begin:.3f}..{self.end:.3f}: {self.outcome}"


class Calls:
    """with Calls(mesh) as calls: ...; every call over a connection of its own, without a pause."""

    def __init__(self, mesh, threads=4):
        self.mesh, self.threads = mesh, threads
        self.mark = f"mark-{uuid.uuid4().hex}"

    def __enter__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="mortise-test-calls-")
        self.process = subprocess.Popen(
            [BINARIES / "mortise", "exec", "-n", SPACE, "sleep", "--", PYTHON,
             self.mesh.workdir / "caller.py", f"{SERVER}.{SPACE}", str(PORT), self.mark,
             str(self.threads)],
            env=self.mesh.environment, stdin=subprocess.PIPE, stdout=self.file)
        try:
            self.go_on()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        return False

    def done(self):
        """What has ended by now."""
        with open(self.file.name, encoding="utf-8") as file:
            return [Done(line.rstrip("\n")) for line in file if line.endswith("\n")]

    def answered_since(self, moment):
        """The calls that began after this moment and reached the server, the first answer first."""
        return sorted((call for call in self.done()
                       if call.begin > moment and call.outcome in (CALLER, "nobody")),
                      key=lambda call: call.end)

    def go_on(self, times=20, within=30):
        """Waits until so many calls that begin from now on were answered."""
        begin = now()
        assert eventually(lambda: len(self.answered_since(begin)) >= times, within=within), \
            self.done()[-20:]

    def troubles(self, in_flight=()):
        """What did not come to an answer with the caller's identity.

        `in_flight`: (from, until) of kills; a call that such a moment cut off may fail.
        """
        return [call for call in self.done() if call.outcome != CALLER
                and not any(call.begin <= until and call.end >= begin and call.outcome != "nobody"
                            for begin, until in in_flight)]


def seen_without_identity(mesh):
    """What the server wrote down about callers that it does not know."""
    log = mesh.do("logs", "-n", SPACE, SERVER)
    return [line for line in log.splitlines() if line.startswith("/") and CALLER not in line]
