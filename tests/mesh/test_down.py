"""`mortise down` leaves nothing: the host before and after is the same host."""

import os
import pathlib
import subprocess

import pytest
from mesh import BINARIES, LAB, NETNS, Mesh, all_processes, eventually


FIRST_MESH_UID = 100_000_000
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
        return {entry for entry in after[key] - before[key]
                if "mortise-" not in entry or network_id in entry}

    def is_ours(path, owner):
        name = pathlib.Path(path).name
        return not name.startswith("mortise-test-") and (
            owner >= FIRST_MESH_UID or "mortise" in name or network_id in name)

    litter = {path for path, owner in after["scratch"].items()
              if path not in before["scratch"] and is_ours(path, owner)}
    return {"files": new("files"), "mounts": new("mounts"), "links": new("links"),
            "scratch": litter}


def turned(before, after):
    """The sysctls with another value; new ones are those of a kernel module that was loaded."""
    return {path: (value, after["sysctls"].get(path)) for path, value in before["sysctls"].items()
            if after["sysctls"].get(path) != value}


@pytest.fixture
def up_and_down(bare):
    """The host before, a mesh that was up with traffic in it, and what belonged to it."""
    before = host()
    bare.up(LAB)
    assert bare.curl("full", "http://httpbin.full:8000/headers").status == "200"
    return before, set(bare.namespaces().values()), bare.network_id()


def no_process_is_left(mesh, inodes):
    def left():
        return [line for pid, inode, line in all_processes()
                if inode in inodes or str(mesh.data_dir) in line]
    eventually(lambda: not left())
    assert left() == []


def test_down_leaves_the_host_as_it_was(bare, up_and_down):
    before, inodes, network_id = up_and_down
    bare.down()
    no_process_is_left(bare, inodes)
    eventually(lambda: not any(of_this_mesh(host(), before, network_id).values()))
    after = host()
    assert of_this_mesh(after, before, network_id) == {
        "files": set(), "mounts": set(), "links": set(), "scratch": set()}
    assert turned(before, after) == {}
    for key in ("addresses", "routes", "rules", "nftables", "resolver", "hosts"):
        assert after[key] == before[key], key
    assert not bare.data_dir.exists()


def test_while_up_the_host_itself_is_untouched_too(bare, up_and_down):
    before, _, _ = up_and_down
    now = host()
    for key in ("addresses", "routes", "rules", "nftables", "resolver", "hosts"):
        assert now[key] == before[key], key
    assert turned(before, now) == {}


def test_down_without_purge_keeps_what_was_declared(bare, up_and_down):
    _, inodes, _ = up_and_down
    bare.do("mtls", "require", "full")
    bare.do("down")
    no_process_is_left(bare, inodes)
    assert bare.data_dir.exists()
    bare.up()
    assert bare.curl("full", "http://httpbin.full:8000/headers").uri
    assert bare.curl("legacy", "http://httpbin.full:8000/headers").exit_status == 56


def test_down_cleans_up_after_a_supervisor_that_was_killed(bare, up_and_down):
    _, inodes, network_id = up_and_down
    os.kill(bare.process("mortise", "supervise"), 9)
    bare.down()
    no_process_is_left(bare, inodes)
    assert not [name for name in os.listdir(NETNS) if network_id in name]


def test_down_twice_and_down_without_up_are_fine(bare):
    assert bare.run("down", "--purge").returncode == 0
    assert bare.run("down", "--purge").returncode == 0


def test_two_meshes_run_side_by_side(bare, workdir):
    other_dir = workdir / "other"
    other_dir.mkdir()
    other = Mesh(other_dir)
    try:
        bare.up(LAB)
        other.up(LAB)
        assert bare.network_id() != other.network_id()
        other.do("mtls", "require", "full")
        assert bare.curl("legacy", "http://httpbin.full:8000/headers").status == "200"
        assert other.curl("legacy", "http://httpbin.full:8000/headers").exit_status == 56
    finally:
        other.run("down", "--purge")
    assert bare.curl("full", "http://httpbin.full:8000/headers").uri


def test_up_again_changes_nothing(bare):
    bare.up(LAB)
    before = bare.processes()
    bare.up(LAB)
    assert bare.processes() == before


def test_the_data_directory_can_be_named_on_the_command_line(bare):
    environment = {**os.environ}
    environment.pop("MORTISE_DATA_DIR", None)
    done = subprocess.run([BINARIES / "mortise", "status", "--data-dir", str(bare.data_dir)],
                          env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    assert "mortise up" in done.stderr
