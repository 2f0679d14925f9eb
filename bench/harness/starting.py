"""Starting one proxy again and again: from before exec to the first request that it answered."""

import ctypes
import os
import pathlib
import signal
import subprocess
import time

from .accounting import Reading, between, children, run_time
from .load import Generator, tls_options
from .programs import PROXY_CPU, Failed, eventually, words

SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438


def take_descriptor(pid, number):
    """Our own copy of another process's descriptor."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.syscall(SYS_PIDFD_OPEN, pid, 0)
    if handle < 0:
        raise OSError(ctypes.get_errno(), f"pidfd_open {pid}")
    taken = libc.syscall(SYS_PIDFD_GETFD, handle, number, 0)
    os.close(handle)
    if taken < 0:
        raise OSError(ctypes.get_errno(), f"pidfd_getfd {pid} {number}")
    return taken


def unannounced(arguments):
    """Without the descriptor on which a successor tells its supervisor that it serves."""
    if "--announce-fd" not in arguments:
        return arguments
    place = arguments.index("--announce-fd")
    return arguments[:place] + arguments[place + 2:]


class Sidecar:
    """Our sidecar, started by hand exactly as its supervisor did, who is stopped meanwhile: only
    so is the moment of its exec known. begin() and end() as the peers have them."""

    def __init__(self, mesh, role):
        pid = mesh.proxies(role)[0]
        proc = pathlib.Path(f"/proc/{pid}")
        self._arguments = unannounced(
            proc.joinpath("cmdline").read_text().rstrip("\0").split("\0"))
        self._arguments[0] = os.readlink(proc / "exe")
        self._folder = os.readlink(proc / "cwd")
        self._uid = proc.stat().st_uid
        self._netns = mesh.netns(role)
        self._supervisor = mesh.supervisor()
        self._sockets = [take_descriptor(pid, number) for number in (3, 4)]
        self._process = None
        os.kill(self._supervisor, signal.SIGSTOP)
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not run_time(pid) or "Z" in _state(pid), 5, "the old sidecar is gone")

    def begin(self):
        line = ["sh", "-c", 'exec 3<&"$1" 4<&"$2"; shift 2; exec "$@"', "sh",
                *map(str, self._sockets), *words(self._arguments, self._netns, self._uid,
                                                 PROXY_CPU)]
        self._process = subprocess.Popen(line, pass_fds=self._sockets, cwd=self._folder,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        return self._process.pid

    def end(self):
        self._process.kill()
        self._process.wait()

    def close(self):
        """Back into the supervisor's hands."""
        for descriptor in self._sockets:
            os.close(descriptor)
        os.kill(self._supervisor, signal.SIGCONT)


def _state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def time_one(session, candidate, starter):
    """{"milliseconds", "machine"} of one start; the proxy is ended again."""
    options = [*tls_options(candidate), "--until-accepted"]
    with Generator(session, candidate, *options, direct=True,
                   uid=candidate.uncaptured_uid()) as generator:
        groups = {"harness": [os.getpid()], "others": candidate.others()}
        before = Reading(groups)
        began = time.monotonic_ns()
        pid = starter.begin()
        try:
            seen = generator.result(40)
            used = sum(map(run_time, children(pid))) / 1e9  # nginx is two processes
            after = Reading(groups)
        finally:
            starter.end()
    if seen["errors"]:
        raise Failed(f"{candidate.name}: {seen['errors']}")
    return {"milliseconds": (seen["accepted_at_ns"] - began) / 1e6, "cpu_milliseconds": used * 1e3,
            "machine": between(before, after, used + seen["cpu_seconds"])}
