"""What a mesh could leave behind on the host, and what of that is new."""

import os
import pathlib
import re
import subprocess

from mesh import all_processes, eventually

FIRST_MESH_UID, UIDS_PER_MESH = 100_000_000, 4096
MEASUREMENTS = {"/proc/sys/kernel/ns_last_pid", "/proc/sys/kernel/pty/nr",
                "/proc/sys/net/netfilter/nf_conntrack_count"}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def mounts():
    """The mount points of this mount namespace."""
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return {line.split()[4] for line in lines}


def files(*roots):
    found = set()
    for root in roots:
        for folder, _, names in os.walk(root):
            found.add(folder)
            found.update(os.path.join(folder, name) for name in names)
    return found


def sysctls():
    """The kernel's settings, without those entries that are measurements."""
    found = {}
    for path in files("/proc/sys/net", "/proc/sys/kernel", "/proc/sys/user", "/proc/sys/vm"):
        if path in MEASUREMENTS or path.startswith("/proc/sys/kernel/random/"):
            continue
        try:
            found[path] = pathlib.Path(path).read_bytes()
        except OSError:
            continue  # a folder, write-only, or of a link that is gone
    return found


def scratch():
    """{path: owner} of what lies in the directories where everybody may write."""
    found = {}
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        for entry in os.scandir(folder):
            try:
                found[entry.path] = entry.stat(follow_symlinks=False).st_uid
            except OSError:
                continue  # gone meanwhile
    return found


def host():
    """What a mesh could leave behind on the host itself."""
    return {
        "links": {line.split(":")[1].strip() for line in output("ip", "-o", "link").splitlines()},
        "addresses": output("ip", "-o", "-4", "addr"),
        "routes": output("ip", "route", "show", "table", "all"),
        "rules": output("ip", "rule"),
        "nftables": output("nft", "list", "ruleset"),
        "resolver": pathlib.Path("/etc/resolv.conf").read_text(),
        "hosts": pathlib.Path("/etc/hosts").read_text(),
        "files": files("/etc", "/var/lib/mortise", "/run/netns", "/run/mortise"),
        "scratch": scratch(),
        "sysctls": sysctls(),
        "mounts": mounts(),
    }


def of_this_mesh(after, before, network_id):
    """What is new, but for what other meshes on this machine did meanwhile."""
    def new(key):
        return {entry for entry in after[key] - before[key] if network_id in entry
                or not any(sign in entry for sign in ("mortise-", "/run/netns/"))}

    def is_ours(path, owner):
        name = pathlib.Path(path).name
        return not re.match("mortise-(test-|bench-|[A-Za-z0-9]{6}$)", name) and (
            owner >= FIRST_MESH_UID or "mortise" in name or network_id in name)

    litter = {path for path, owner in after["scratch"].items()
              if path not in before["scratch"] and is_ours(path, owner)}
    return {"files": new("files"), "mounts": new("mounts"), "links": new("links"),
            "scratch": litter}


def turned(before, after):
    """The sysctls with another value; new ones are those of a kernel module that was loaded."""
    return {path: (value, after["sysctls"].get(path)) for path, value in before["sysctls"].items()
            if after["sysctls"].get(path) != value}


def no_process_is_left(mesh, inodes):
    def left():
        return [line for pid, inode, line in all_processes()
                if inode in inodes or str(mesh.data_dir) in line]
    eventually(lambda: not left())
    assert left() == []


class Footprint:
    """What a mesh would leave behind: from the host before it, and from its names while it runs."""

    def __init__(self, mesh):
        self.mesh, self.before = mesh, host()

    def learn(self):
        """While the mesh is up; the names stay those of its data directory."""
        self.network_id = self.mesh.network_id()
        self.number, = {mesh_number(uid(pid)) for pid in self.mesh.processes()} - {None}
        return self

    def processes(self):
        """By user, by command line or by the folder of its programs, wherever they are."""
        words = (str(self.mesh.data_dir), str(self.mesh.workdir))
        return [line for pid, _, line in all_processes()
                if mesh_number(uid(pid)) == self.number
                or any(word in line for word in words)]

    def litter(self, after):
        """In the folders for everybody, by name or by owner."""
        return {path for path, owner in after["scratch"].items()
                if path not in self.before["scratch"]
                and (self.network_id in path or mesh_number(owner) == self.number)}

    def left(self):
        """{what: which} of everything that is still there."""
        after = host()
        found = {"processes": self.processes(), "sysctls": turned(self.before, after),
                 "data": [str(self.mesh.data_dir)] if self.mesh.data_dir.exists() else [],
                 **of_this_mesh(after, self.before, self.network_id),
                 "scratch": self.litter(after)}
        for key in ("addresses", "routes", "rules", "nftables", "resolver", "hosts"):
            if after[key] != self.before[key]:
                found[key] = after[key]
        return {key: value for key, value in found.items() if value}

    def assert_nothing_is_left(self):
        eventually(lambda: not self.left())  # the kernel takes a moment to end a namespace
        assert self.left() == {}, self.left()


def mesh_number(user):
    """Which mesh's range this uid is in; None for those of the host."""
    return None if (user or 0) < FIRST_MESH_UID else (user - FIRST_MESH_UID) // UIDS_PER_MESH


def uid(pid):
    """Of a process; None if it is gone."""
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None
