"""Starting programs in a network namespace, under a uid and on one CPU; stopping our own only."""

import os
import pathlib
import resource
import shutil
import subprocess
import threading
import time

PROXY_CPU, LOAD_CPU = 0, 1
DESCRIPTORS = 20000  # for everybody alike, as far as the machine allows
# Of nobody: far from the ids that Mortise gives and that Debian has.
PROXY_UID, BACKEND_UID, LOAD_UID = 2000000001, 2000000002, 2000000003


class Failed(Exception):
    """A program did not do what the bench needs: what it said."""


def words(command, netns=None, uid=None, cpu=None):
    """The command line; each wrapper replaces itself, so the pid is the program's."""
    line = []
    if netns:
        line += ["nsenter", f"--net=/run/netns/{netns}"]
    if uid is not None:
        line += ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
    if cpu is not None:
        line += ["taskset", "--cpu-list", str(cpu)]
    return line + [str(word) for word in command]


def check(*command, netns=None, stdin=None):
    """Runs it; what it printed. Raises Failed."""
    done = subprocess.run(words(command, netns), input=stdin, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def start(command, folder, name, netns=None, uid=None, cpu=None):
    """A program that stays; its output goes to folder/name.log."""
    log = pathlib.Path(folder) / f"{name}.log"
    limit = min(DESCRIPTORS, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    line = ["prlimit", f"--nofile={limit}:{limit}", *words(command, netns, uid, cpu)]
    with log.open("ab") as output:
        return subprocess.Popen(line, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                cwd=folder, start_new_session=True)


def stop(process, within=5.0):
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def eventually(condition, within, what):
    """Asks until the answer is true, and gives it; Failed when the time is up."""
    deadline, pause = time.monotonic() + within, threading.Event()
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"not within {within:g} s: {what}")
        pause.wait(0.02)


def pin(pid, cpu):
    """Every thread that it has now; later ones inherit."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {cpu})


def find(name):
    """The program's path, or None."""
    return shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")


def listens(netns, port):
    """Whether something listens there; by reading a table, since a probe would be a connection."""
    table = check("cat", "/proc/net/tcp", netns=netns)
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
               for line in table.splitlines()[1:])
