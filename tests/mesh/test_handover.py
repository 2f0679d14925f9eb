"""One process of a sidecar hands its sockets over to the next: no call is lost, none is refused."""

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time

import manifests
import pytest
from mesh import BINARIES, Mesh, all_processes, eventually, kill

PYTHON = "/usr/bin/python3"
CALLER = "spiffe://cluster.local/ns/mesh/sa/sleep"
URL = "http://httpbin.mesh:8000"
PROGRAMS = ("mortise", "mortise-proxy", "mortise-demo")


@pytest.fixture(scope="module")
def mesh(workdir):
    """One whose programs can be replaced."""
    running = Mesh(workdir)
    running.binaries = workdir / "bin"
    running.binaries.mkdir()
    for name in PROGRAMS:
        install(running, name)
    for name in ("call_on.py", "talk_on.py", "line_echo.py"):
        running.copy_program(name)
    httpbin = ["mortise-demo", "httpbin", "--port", 8000]
    echo = [PYTHON, workdir / "line_echo.py", 9000]
    try:
        running.up(*manifests.write(
            running, manifests.namespace("mesh"), manifests.namespace("outside", injected=False),
            manifests.workload("mesh", "httpbin", httpbin, [{"name": "http", "port": 8000}]),
            manifests.workload("mesh", "echo", echo, [{"name": "tcp-echo", "port": 9000}]),
            manifests.sleeper("mesh"), manifests.sleeper("outside")))
        yield running
    except AssertionError:
        print(running.logs())
        raise
    finally:
        running.down()


def install(mesh, name, text=None):
    """As a package manager does: another file takes the name."""
    fresh = mesh.binaries / f".{name}"
    if text is None:
        shutil.copyfile(BINARIES / name, fresh)
    else:
        fresh.write_text(text)
    fresh.chmod(0o755)
    fresh.rename(mesh.binaries / name)


def sidecars(mesh, workload):
    """Processes that serve, or finish for, a workload of this name."""
    return {pid for pid, line in mesh.processes().items()
            if f"\0--workload\0mesh/{workload}-" in line}


def run_in(mesh, namespace, program, *words):
    return subprocess.Popen(
        [mesh.binaries / "mortise", "exec", "-n", namespace, "sleep", "--", PYTHON,
         mesh.workdir / program, *map(str, words)],
        env=mesh.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@contextlib.contextmanager
def load(mesh):
    """Callers in the mesh and outside of it, all the time; none of their calls may fail."""
    finish = mesh.workdir / f"finish-{time.monotonic_ns()}"
    callers = [run_in(mesh, namespace, "call_on.py", finish, "httpbin.mesh", 8000)
               for namespace in ("mesh", "outside")]
    try:
        yield
        # What the last change began is over when each kind of call was made again.
        mesh.curls("outside", f"{URL}/delay/1", 1)
    finally:
        finish.touch()
        heard = [caller.communicate(timeout=60)[0] for caller in callers]
    for said in map(json.loads, heard):
        assert said["failed"] == []
        assert said["counts"]["new"] > 20 and said["counts"]["kept"] > 20
        assert said["counts"]["slow"] > 1


class Talk:
    """One kept connection from a namespace's `sleep`."""

    def __init__(self, mesh, namespace, host, port):
        self.process = run_in(mesh, namespace, "talk_on.py", host, port)
        assert self.process.stdout.readline() == "connected\n"

    def __call__(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=20)


def restart(mesh, *words):
    """Seconds until the command says that it is done."""
    begin = time.monotonic()
    mesh.do("proxy", "restart", *words)
    return time.monotonic() - begin


@pytest.mark.soak
@pytest.mark.parametrize("which", [("-n", "mesh", "httpbin"), ("-n", "mesh", "sleep"), ("--all",)],
                         ids=["server", "client", "all"])
def test_restart_loses_no_call(mesh, which, rounds, figure):
    # An earlier test's have up to their grace.
    assert eventually(lambda: len(sidecars(mesh, "httpbin") | sidecars(mesh, "sleep")) == 2, 40)
    before = sidecars(mesh, "httpbin") | sidecars(mesh, "sleep")
    times = []
    with load(mesh):
        for _ in range(rounds(2, 40)):
            times.append(restart(mesh, *which) / (3 if which == ("--all",) else 1))
            assert {call.uri for call in mesh.curls("mesh", f"{URL}/headers", 3)} == {CALLER}
            few = 4  # at once; each finishes for as long as somebody keeps a connection to it
            assert eventually(lambda: len(sidecars(mesh, "httpbin")) < few, 40)
    figure("until another sidecar is in force", max(times), 0.5)
    after = sidecars(mesh, "httpbin") | sidecars(mesh, "sleep")
    assert after != before
    statuses = json.loads(mesh.do("status", "-o", "json"))["workloads"]
    assert all(one["restarts"] == 0 for one in statuses), statuses
    assert all(one["sidecar"]["connected"] for one in statuses if one["sidecar"]), statuses


def test_a_stream_goes_on_until_it_ends(mesh):
    with Talk(mesh, "mesh", "echo.mesh", 9000) as stream:
        assert stream("say before") == "before"
        old = sidecars(mesh, "echo")
        restart(mesh, "-n", "mesh", "echo")
        restart(mesh, "-n", "mesh", "sleep")
        assert stream("say after") == "after"
        assert old < sidecars(mesh, "echo")
    # Nothing else is going on there, so nobody waits for the grace.
    assert eventually(lambda: not old & sidecars(mesh, "echo"), 5)


def test_a_stream_ends_with_the_grace(mesh):
    with Talk(mesh, "outside", "echo.mesh", 9000) as stream:
        old = sidecars(mesh, "echo")
        restart(mesh, "-n", "mesh", "echo", "--grace", "1s")
        assert stream("say still") == "still"
        assert eventually(lambda: not old & sidecars(mesh, "echo"), 15)
        assert stream("say more") in ("end", "ConnectionResetError")


@pytest.mark.parametrize("grace", [0, 1])
def test_what_is_open_when_the_grace_is_over_is_closed_at_once(mesh, grace, figure):
    fetch = ("import http.client; c = http.client.HTTPConnection('httpbin.mesh', 8000); "
             "c.request('GET', '/delay/9'); print('asked', flush=True); "
             "print(c.getresponse().status)")
    with subprocess.Popen(
            [mesh.binaries / "mortise", "exec", "-n", "mesh", "sleep", "--", PYTHON, "-c", fetch],
            env=mesh.environment, stdout=subprocess.PIPE, text=True) as call:
        assert call.stdout.readline() == "asked\n"
        restart(mesh, "-n", "mesh", "httpbin", "--grace", f"{grace}s")
        begin = time.monotonic()
        assert call.stdout.readline() == "503\n"
        took = time.monotonic() - begin
    assert took < grace + 2, took  # it took three seconds more
    figure(f"open after a grace of {grace} s", took - grace, 0.3)


def test_a_new_policy_reaches_what_finishes(mesh):
    with Talk(mesh, "outside", "httpbin.mesh", 8000) as kept:
        old = sidecars(mesh, "httpbin")
        restart(mesh, "-n", "mesh", "httpbin")
        mesh.do("mtls", "require", "mesh/httpbin")
        try:
            assert old & sidecars(mesh, "httpbin")
            assert kept("get /status/200") in ("ConnectionResetError", "RemoteDisconnected")
        finally:
            mesh.do("mtls", "unset", "mesh/httpbin")


def proxy_script(mesh, text):
    install(mesh, "mortise-proxy", f"#!/bin/sh\n{text}\n")


@pytest.mark.parametrize("text, reason", [
    ("echo cannot find a library >&2; exit 3", "ended with status 3 (\"cannot find a library\")"),
    ("exec sleep 60", "not in force within 1000 ms"),
], ids=["dies", "hangs"])
def test_a_broken_program_changes_nothing(mesh, text, reason):
    old = sidecars(mesh, "httpbin")
    proxy_script(mesh, text)
    try:
        done = mesh.run("proxy", "restart", "-n", "mesh", "httpbin", "--timeout", "1s")
    finally:
        install(mesh, "mortise-proxy")
    assert done.returncode == 1
    assert reason in done.stderr and "serves on" in done.stderr
    assert old == sidecars(mesh, "httpbin")
    assert mesh.curl("mesh", f"{URL}/headers").uri == CALLER


@contextlib.contextmanager
def slow_handover(mesh):
    """A restart whose new process takes seconds to begin; and what the command said."""
    proxy_script(mesh, f'sleep 3; exec {mesh.binaries}/real "$@"')
    (mesh.binaries / "real").unlink(missing_ok=True)  # an earlier one may run still
    shutil.copy(BINARIES / "mortise-proxy", mesh.binaries / "real")
    said = []
    typing = threading.Thread(target=lambda: said.append(
        mesh.run("proxy", "restart", "-n", "mesh", "httpbin")))
    before = sidecars(mesh, "httpbin")
    typing.start()
    try:
        assert eventually(lambda: sidecars(mesh, "httpbin") - before)
        yield said
    finally:
        typing.join()
        install(mesh, "mortise-proxy")


def test_a_supervisor_that_dies_in_the_middle_is_succeeded(mesh):
    old = sidecars(mesh, "httpbin")
    with load(mesh), slow_handover(mesh) as said:
        kill(mesh.process("mortise", "supervise"))
        mesh.do("up", "--detach")
    assert said[0].returncode == 0, said
    assert mesh.curl("mesh", f"{URL}/headers").uri == CALLER
    assert eventually(lambda: len(sidecars(mesh, "httpbin")) == 1, 40)
    assert not old & sidecars(mesh, "httpbin")


def files_run(mesh):
    """{program: inodes of the files that its processes run}."""
    found = {}
    for pid, line in mesh.processes().items():
        name = os.path.basename(line.split("\0")[0])
        if name in ("mortise", "mortise-proxy") and "exec" not in line.split("\0"):
            found.setdefault(name, set()).add(os.stat(f"/proc/{pid}/exe").st_ino)
    return found


def test_an_upgrade_replaces_every_process(mesh, figure):
    with load(mesh):
        for name in PROGRAMS:
            install(mesh, name)
        begin = time.monotonic()
        said = mesh.run("up", "--detach")
        figure("upgrade of a mesh of three sidecars", time.monotonic() - begin, 3)
    assert said.returncode == 0, said
    assert "replaced the supervisor and the control plane" in said.stderr
    assert said.stderr.count("restarted the sidecar of mesh/") == 3, said.stderr
    installed = {name: {(mesh.binaries / name).stat().st_ino}
                 for name in ("mortise", "mortise-proxy")}
    assert eventually(lambda: files_run(mesh) == installed, 40), files_run(mesh)
    assert "restarted" not in mesh.run("up", "--detach").stderr
    assert mesh.curl("mesh", f"{URL}/headers").uri == CALLER


def test_down_ends_a_handover(mesh):
    with slow_handover(mesh) as said:
        mesh.do("down")
    assert said[0].returncode == 1
    assert not [line for _, _, line in all_processes() if str(mesh.data_dir) in line]
    mesh.up()
