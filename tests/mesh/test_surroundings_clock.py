"""Clocks that are wrong: of a sidecar, of the control plane. Never plain text, never a storm, a
reason in the log and in `status`, and all is well once the clock is right. The clocks are false for
one process each (libfaketime); the machine's own is never touched."""

import pathlib
import shutil
import subprocess
import time

import pytest
from lab import CALLER
from mesh import BINARIES, LAB, Mesh, cpu_seconds, eventually, is_alive, kill

URL = "http://httpbin.full:8000/headers"
LIBRARY = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
# A sidecar's clock is in a file: "-1d", "+365d". Monotonic time, on which timers run, stays true.
WRAPPER = """#!/bin/sh
case "$2" in full/httpbin*) clock={folder}/httpbin ;; *) clock={folder}/others ;; esac
export LD_PRELOAD={library} FAKETIME_TIMESTAMP_FILE=$clock FAKETIME_NO_CACHE=1
export DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DISABLE_SHM=1
exec {program} "$@"
"""


class Clocked(Mesh):
    """A mesh whose sidecars look at the clocks that the test gives them."""

    def __init__(self, workdir):
        super().__init__(workdir)
        self.binaries = self.workdir / "bin"
        self.binaries.mkdir()
        for name in ("mortise", "mortise-demo"):
            shutil.copy(BINARIES / name, self.binaries / name)
        shutil.copy(BINARIES / "mortise-proxy", self.binaries / "the-proxy")
        wrapper = self.binaries / "mortise-proxy"
        wrapper.write_text(WRAPPER.format(folder=self.workdir, library=LIBRARY,
                                          program=self.binaries / "the-proxy"))
        wrapper.chmod(0o755)
        for whose in ("httpbin", "others"):
            self.set_clock(whose, "+0")

    def set_clock(self, whose, offset):
        beside = self.workdir / f"{whose}.next"
        beside.write_text(offset + "\n")
        beside.chmod(0o644)
        beside.rename(self.workdir / whose)

    def sidecar_log(self, prefix):
        return next(self.data_dir.glob(f"logs/full/{prefix}-*.proxy.log")).read_text()

    def certified(self):
        return (self.data_dir / "logs" / "control.log").read_text().count(" certified ")


@pytest.fixture(scope="module")
def clocked(workdir):
    assert LIBRARY, "libfaketime is missing: run `make install`"
    (workdir / "clocked").mkdir()
    running = Clocked(workdir / "clocked")
    running.workdir.chmod(0o755)
    try:
        running.up(LAB)
        running.do("mtls", "require", "full")
        yield running
    finally:
        running.do("down", "--purge")


def sidecar_pid(mesh):
    return next(pid for pid, line in mesh.processes().items()
                if "the-proxy" in line and "full/httpbin" in line)


def restart_sidecar(mesh):
    pid = sidecar_pid(mesh)
    kill(pid)
    assert eventually(lambda: any("the-proxy" in line and "full/httpbin" in line and other != pid
                                  for other, line in mesh.processes().items()), within=20)


@pytest.mark.parametrize("offset, words", [("-1d", "not valid yet by its clock"),
                                           ("+365d", "expired by its clock")])
def test_a_sidecar_that_starts_with_a_wrong_clock_waits_for_the_right_one(
        clocked, figure, offset, words):
    clocked.set_clock("httpbin", offset)
    certified = clocked.certified()
    restart_sidecar(clocked)
    said = f"certificate: {words} (now "
    assert eventually(lambda: said in clocked.sidecar_log("httpbin"), within=20), clocked.logs()
    assert "set the clock" in clocked.sidecar_log("httpbin")
    assert eventually(lambda: words in clocked.do("status"), within=20), clocked.do("status")

    pid, begin = sidecar_pid(clocked), time.monotonic()
    before = cpu_seconds(pid)
    for _ in range(3):
        call = clocked.curl("full", URL)
        assert call.status == "503" and call.uri is None, call
        assert clocked.curl("legacy", URL).exit_status == 56, "STRICT stays STRICT"
    # No storm: one certificate at its start, and one each half minute.
    assert clocked.certified() - certified <= 3, clocked.logs()
    figure("CPU of a sidecar with a wrong clock",
           (cpu_seconds(pid) - before) / (time.monotonic() - begin), 0.1, "cores")

    clocked.set_clock("httpbin", "+0")
    begin = time.monotonic()
    assert eventually(lambda: clocked.curl("full", URL).uri == CALLER, within=20), clocked.logs()
    figure("recovery from a wrong clock", time.monotonic() - begin, 3)
    assert eventually(lambda: words not in clocked.do("status"), within=20), clocked.do("status")


def test_a_control_plane_outside_its_authoritys_years_signs_nothing(clocked):
    """Certificates that nobody could verify are not given; what is in force stays."""
    words = "the clock of the control plane's machine is outside the years"
    before = clocked.sidecar_log("httpbin").count(words)
    for command in ("supervise", "control"):
        pid = clocked.process("mortise", command)
        kill(pid)
        assert eventually(lambda gone=pid: not is_alive(gone))  # it holds the store until then
    environment = {**clocked.environment, "LD_PRELOAD": str(LIBRARY), "FAKETIME": "-30d",
                   "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                   "FAKETIME_DISABLE_SHM": "1"}
    with subprocess.Popen([clocked.binaries / "mortise", "control", "--data-dir",
                           str(clocked.data_dir)], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as control:
        try:
            assert eventually(lambda: clocked.run("status").returncode == 0, within=15)
            assert clocked.curl("full", URL).uri == CALLER, "what is in force stays"
            clocked.set_clock("httpbin", "+23h")  # time for a new certificate
            assert eventually(
                lambda: clocked.sidecar_log("httpbin").count(words) > before, within=60)
            clocked.set_clock("httpbin", "+0")
            assert clocked.curl("full", URL).uri == CALLER
            assert clocked.curl("legacy", URL).exit_status == 56
        finally:
            control.kill()
    clocked.do("up", "--detach")
    assert eventually(lambda: clocked.curl("full", URL).uri == CALLER, within=30)
    clocked.do("mtls", "require", "full")


def test_a_sidecars_clock_that_jumps_while_it_runs_stalls_nothing(clocked):
    """The certificate is renewed for the clock it has, and renewed again when that comes back."""
    pid = sidecar_pid(clocked)
    certified = clocked.certified()
    clocked.set_clock("httpbin", "+23h")
    assert eventually(lambda: clocked.certified() > certified, within=60), "it is time to renew"
    # The new one is old by this clock, too: no reason to ask again and again.
    assert not eventually(lambda: clocked.certified() > certified + 3, within=2), "a storm"
    for offset in ("+23h", "-2d", "+400d", "-400d", "+0"):
        clocked.set_clock("httpbin", offset)
        call = clocked.curl("full", URL)
        assert call.uri == CALLER or call.status == "503", (offset, call)
        assert clocked.curl("legacy", URL).exit_status == 56
    assert eventually(lambda: clocked.curl("full", URL).uri == CALLER, within=20), clocked.logs()
    assert sidecar_pid(clocked) == pid
    assert clocked.certified() - certified <= 6, "no storm of renewals"
