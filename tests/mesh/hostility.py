"""A town with one hostile inhabitant of every kind, and the means to give it orders.

`town` is injected and its TCP is STRICT; each of its programs is tests/mesh/programs/hostile.py.
"""

import ctypes
import functools
import json
import socket
import subprocess
import threading

import manifests
from mesh import NETNS, all_processes

PYTHON = "/usr/bin/python3"
SHARED_UID = 64123  # two inhabitants ask for it
# Name: runAsUser. Their Service has the ports of the echo.
INHABITANTS = {"victim": None, "hostile": None, "rooted": 0,
               "shared": SHARED_UID, "sharing": SHARED_UID}
PORTS = [{"name": "tcp-echo", "port": 9000}]
CLONE_NEWNET = 0x40000000
LANDLOCK_CREATE_RULESET = 444
LANDLOCK, LANDLOCK_WITH_SIGNALS = 2, 6  # Linux 5.19 and 6.12
REFUSED = {"EACCES", "EPERM"}
def files(mesh):
    """FILES of a module."""
    program = mesh.copy_program("hostile.py")
    texts = [manifests.namespace("town"), manifests.namespace("outside", injected=False)]
    texts += [manifests.workload("town", name, [PYTHON, program, name], PORTS, uid)
              for name, uid in INHABITANTS.items()]
    texts.append(manifests.workload("outside", "stranger", [PYTHON, program, "stranger"], PORTS))
    return manifests.write(mesh, *texts)


class Town:
    """Everybody by name: town["hostile"]; all of them have an identity."""

    def __init__(self, mesh):
        self.mesh = mesh
        self.who = {name: Inhabitant(mesh, name) for name in INHABITANTS}
        self.who["stranger"] = Inhabitant(mesh, "stranger", "outside")
        self.supervisor = mesh.process("mortise", "supervise")
        self.control = mesh.process("mortise", "control")

    def __getitem__(self, name):
        return self.who[name]

    def others(self, attacker):
        """The processes that are none of an attacker's business: {what it is: pid}."""
        found = {"the supervisor": self.supervisor, "the control plane": self.control,
                 "the own sidecar": self[attacker].process("sidecar")}
        for name in ("victim", "shared"):
            found[f"the sidecar of {name}"] = self[name].process("sidecar")
            if (attacker, name) == ("sharing", "shared") and landlock_version() < LANDLOCK:
                continue  # docs/threat-model.md
            found[f"the program of {name}"] = self[name].process("program")
        return found


class Inhabitant:
    """One workload, as its program and as the host see it."""

    def __init__(self, mesh, name, namespace="town"):
        self.mesh, self.name, self.namespace = mesh, name, namespace
        pod = next(item for item in mesh.items("pods", "-n", namespace)
                   if item["metadata"]["name"].startswith(name + "-"))
        self.pod, self.address = pod["metadata"]["name"], pod["status"]["podIP"]
        self.netns = NETNS / f"mortise-{mesh.network_id()}-{namespace}-{self.pod}"
        self.sidecar_folder = mesh.data_dir / "sidecars" / f"{namespace}.{self.pod}"

    def tries(self, what, *words):
        """What comes of the order, which the workload's own program carries out."""
        self.orders.write(order(what, words))
        self.orders.flush()
        return json.loads(self.orders.readline())["outcome"]

    @functools.cached_property
    def orders(self):
        """A connection to its program, from inside its network."""
        made = []

        def connect():  # a thread of its own is all that moves into the namespace
            with open(self.netns, "rb") as file:
                assert ctypes.CDLL(None).setns(file.fileno(), CLONE_NEWNET) == 0
            made.append(socket.create_connection(("127.0.0.1", 7000), 60))

        visit = threading.Thread(target=connect)
        visit.start()
        visit.join()
        return made[0].makefile("rw")

    def process(self, of):
        """The pid of its `program` or of its `sidecar`."""
        inode = self.netns.stat().st_ino
        wanted = "mortise-proxy" if of == "sidecar" else "hostile.py"
        # The first is the one that the supervisor started.
        return min(pid for pid, its_inode, line in all_processes()
                   if its_inode == inode and wanted in line)


def order(what, words):
    return json.dumps({"do": what, "with": list(map(str, words))}) + "\n"


def on_the_host(mesh, uid, what, *words, folder="/"):
    """What comes of the order when a user of the host carries it out, without any workload."""
    return all_on_the_host(mesh, uid, {None: (what, *words)}, folder)[None]


def all_on_the_host(mesh, uid, orders, folder="/"):
    """The same for {name: (what, words...)}, with the outcomes under the same names."""
    command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", PYTHON,
               mesh.workdir / "hostile.py", "once"]
    text = "".join(order(what, words) for what, *words in orders.values())
    done = subprocess.run(command, input=text, cwd=folder, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done
    outcomes = [json.loads(line)["outcome"] for line in done.stdout.splitlines()]
    return dict(zip(orders, outcomes, strict=True))


def landlock_version():
    """Of the kernel's Landlock; -1 without one."""
    return ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)


def require_mtls(mesh):
    mesh.do("mtls", "require", "town")
