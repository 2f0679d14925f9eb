"""A process that has used up its descriptors refuses the newest work, and nothing else suffers."""

import os
import subprocess
import time

import manifests
import pytest
from lab import CALLER
from mesh import BINARIES, LAB, Mesh, cpu_seconds, eventually

URL = "http://httpbin.full:8000/headers"


class Limited:
    """A process that may have few more descriptors than it has."""

    def __init__(self, pid, more):
        self.pid, self.more = pid, more

    def __enter__(self):
        self.before = subprocess.run(
            ["prlimit", "-p", str(self.pid), "--nofile", "-o", "SOFT,HARD", "--noheadings"],
            capture_output=True, text=True, check=True).stdout.split()
        self.tighten()
        return self

    def tighten(self):
        """So many more than it has now: what was open a moment ago may be closed since."""
        used = set(map(int, os.listdir(f"/proc/{self.pid}/fd")))
        lowest_free = next(number for number in range(len(used) + 1) if number not in used)
        self.set(lowest_free + self.more, self.before[1])

    def __exit__(self, *_):
        self.set(*self.before)

    def set(self, soft, hard):
        subprocess.run(["prlimit", "-p", str(self.pid), f"--nofile={soft}:{hard}"], check=True)


def names(mesh):
    return [item["metadata"]["name"] for item in mesh.items("pods", "-A")]


def sidecar(mesh, prefix):
    pod = next(item["metadata"]["name"] for item in mesh.items("pods", "-n", "full")
               if item["metadata"]["name"].startswith(prefix))
    return mesh.process("mortise-proxy", f"full/{pod}"), \
        mesh.data_dir / "logs" / "full" / f"{pod}.proxy.log"


@pytest.fixture(scope="module")
def narrow(workdir):
    """A mesh whose processes may have 300 descriptors each."""
    (workdir / "narrow").mkdir()
    made = Mesh(workdir / "narrow")
    try:
        subprocess.run(["sh", "-c", 'ulimit -n 300; exec "$0" up -f "$1" --detach',
                        BINARIES / "mortise", LAB], env=made.environment, check=True,
                       capture_output=True, timeout=60)
        yield made
    finally:
        made.run("down", "--purge")


@pytest.mark.parametrize("source, whose", [("full", "sleep"), ("legacy", "httpbin")])
def test_a_full_sidecar_refuses_the_newest_and_keeps_the_rest(narrow, source, whose, figure):
    """Its own program's calls out of it, and a stranger's calls into it."""
    mesh = narrow
    pid, log = sidecar(mesh, whose)
    program = mesh.copy_program("many_connections.py")
    lines = log.read_text().count("\n")
    with subprocess.Popen(
            [BINARIES / "mortise", "exec", "-n", source, "sleep", "-i", "--", "python3",
             program, "httpbin.full", "8000", "600"], env=mesh.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as caller:
        kept, refused, dead = map(int, caller.stdout.readline().split())
        assert 20 < kept + refused and (refused > 0 or dead == 8), (kept, refused, dead)

        before, begin = cpu_seconds(pid), time.monotonic()
        for _ in range(5):
            caller.stdin.write("once more\n")
            caller.stdin.flush()
            assert caller.stdout.readline() == "works\n", "what was there goes on"
        # Its control connections have descriptors left: policy gets through, and in time.
        mesh.do("mtls", "require", "full")
        assert "STRICT" in mesh.do("mtls", "get", "full")
        mesh.do("mtls", "allow", "full")
        call = mesh.curl(source, URL, "-m", "5")
        assert call.status in ("000", "503"), call
        spent = (cpu_seconds(pid) - before) / (time.monotonic() - begin)
        figure("CPU of a sidecar without descriptors", spent, 0.2, "cores")
        caller.stdin.close()
    text = log.read_text()
    assert "the process has as many descriptors as it may have: refused" in text
    assert text.count("\n") - lines < 20, text
    assert eventually(lambda: mesh.curl(source, URL).status == "200"), mesh.curl(source, URL)


@pytest.fixture
def crowded(workdir, rounds):
    """A mesh whose processes may have so many descriptors each; 20,000 is the usual limit."""
    most = rounds(1000, 20_000)
    (workdir / "crowded").mkdir()
    made = Mesh(workdir / "crowded")
    server = ["python3", made.copy_program("holds_all.py"), 8000]
    file, = manifests.write(
        made, manifests.namespace("full"), manifests.namespace("outside", injected=False),
        manifests.workload("full", "server", server, [{"name": "tcp", "port": 8000}]),
        manifests.sleeper("outside"), manifests.workload("outside", "other", ["sleep", "infinity"]))
    try:
        subprocess.run(["sh", "-c", f'ulimit -n {most}; exec "$0" up -f "$1" --detach',
                        BINARIES / "mortise", file], env=made.environment, check=True,
                       capture_output=True, timeout=60)
        yield made, most
    finally:
        made.run("down", "--purge")


def crowd(mesh, workload, count):
    """A process in that workload which opens so many connections and keeps them."""
    return subprocess.Popen(
        [BINARIES / "mortise", "exec", "-n", "outside", workload, "-i", "--", "python3",
         mesh.copy_program("many_connections.py"), "server.full", "8000", str(count)],
        env=mesh.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.mark.soak
def test_all_descriptors_of_a_servers_sidecar_are_used_up(crowded):
    """By two workloads, neither of which could do it alone: each connection costs it two."""
    mesh, most = crowded
    pid, log = sidecar(mesh, "server")
    with crowd(mesh, "sleep", most * 3 // 10) as first, crowd(mesh, "other", 0) as second:
        kept, refused, dead = map(int, first.stdout.readline().split())
        assert (kept, refused, dead) == (most * 3 // 10, 0, 0), "there was room"
        second.stdout.readline()
        with crowd(mesh, "other", most * 3 // 10) as newest:
            kept, refused, dead = map(int, newest.stdout.readline().split())
            assert refused > 0 or dead == 8, (kept, refused, dead)
            used = len(os.listdir(f"/proc/{pid}/fd"))
            assert most * 0.9 < used <= most, used
            for caller in (first, second, newest):
                caller.stdin.write("once more\n")
                caller.stdin.flush()
                assert caller.stdout.readline() == "works\n", "what was there goes on"
            mesh.do("mtls", "require", "mesh")  # policy gets through
            mesh.do("mtls", "allow", "mesh")
            newest.stdin.close()

        def has_room():
            with crowd(mesh, "other", 8) as again:
                counts = again.stdout.readline()
                again.stdin.close()
            return counts == "8 0 0\n"

        assert eventually(has_room, within=20)
        for caller in (first, second):
            caller.stdin.write("once more\n")
            caller.stdin.flush()
            assert caller.stdout.readline() == "works\n"
            caller.stdin.close()
    assert "the process has as many descriptors as it may have: refused" in log.read_text()


def test_a_supervisor_without_descriptors_takes_nothing_down(mesh):
    pid = mesh.process("mortise", "supervise")
    log = mesh.data_dir / "logs" / "supervisor.log"
    before = names(mesh)
    size = log.stat().st_size
    with Limited(pid, 0):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:  # two of its looks at everything
            assert mesh.curl("full", URL).uri == CALLER
        pods = mesh.do("get", "pods", "-A")
        assert pods.count("Running") == 6, pods
    assert log.stat().st_size - size < 4000, log.read_text()
    assert names(mesh) == before
    mesh.do("create", "namespace", "afterwards")


def test_a_control_plane_without_descriptors_says_so_and_comes_back(mesh):
    pid = mesh.process("mortise", "control")
    log = mesh.data_dir / "logs" / "control.log"
    size = log.stat().st_size
    with Limited(pid, 0) as limited:

        def refused():
            limited.tighten()
            done = mesh.run("get", "pods", timeout=60)
            return done if done.returncode != 0 else None

        done = eventually(refused)
        assert done and done.returncode == 1 and done.stderr.startswith("error: "), done
        assert mesh.curl("full", URL).uri == CALLER
    assert log.stat().st_size - size < 4000, log.read_text()
    assert eventually(lambda: mesh.run("status").returncode == 0, within=15)
    assert mesh.curl("full", URL).uri == CALLER
