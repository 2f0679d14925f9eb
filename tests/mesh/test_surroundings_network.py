"""Somebody removes parts of a running mesh behind its back: namespaces, links, rules, folders,
sockets. It notices within a few seconds, builds them again, and nothing goes in plain text."""

import os
import shutil
import subprocess
import time

import pytest
from lab import CALLER
from mesh import LAB, Mesh, all_processes, eventually, kill

URL = "http://httpbin.full:8000/headers"
NOTICED = 3  # seconds: the longest pause between two looks, and a second for the work


@pytest.fixture(scope="module", autouse=True)
def strict(mesh):
    """A call that went around a sidecar would be refused, or arrive without an identity."""
    mesh.apply("""{"apiVersion": "security.istio.io/v1beta1", "kind": "PeerAuthentication",
        "metadata": {"name": "default"}, "spec": {"mtls": {"mode": "STRICT"}}}""", "full")


def run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def netns_of(mesh, namespace, prefix):
    return next(name for name in mesh.namespaces() if f"-{namespace}-{prefix}-" in name)


def answer_to_outsider(mesh):
    """Of a call without sidecar; its own rules may lack the endpoint a moment longer."""
    call = mesh.curl("legacy", URL)
    return None if call.exit_status == 7 else call


def heals(mesh, figure, what, is_whole):
    """From now until it is as it was and calls come through, never in plain text."""
    begin = time.monotonic()
    assert eventually(is_whole, within=5 * NOTICED), f"{what}: not repaired"
    assert eventually(lambda: mesh.curl("full", URL).uri == CALLER, within=15), mesh.do(
        "get", "pods", "-A")
    figure(f"repaired after {what}", time.monotonic() - begin, NOTICED)
    outsider = eventually(lambda: answer_to_outsider(mesh))
    assert outsider and outsider.exit_status == 56, f"STRICT is STRICT again: {outsider}"


def said(mesh, words):
    return words in (mesh.data_dir / "logs" / "supervisor.log").read_text()


@pytest.mark.parametrize("workload", ["sleep", "httpbin"])
def test_a_workloads_namespace_that_lost_its_name_gets_it_back(mesh, figure, workload):
    name = netns_of(mesh, "full", workload)
    before = mesh.namespaces()[name]
    processes = mesh.processes()
    run("ip", "netns", "delete", name)
    heals(mesh, figure, "ip netns delete", lambda: mesh.namespaces().get(name) == before)
    assert mesh.processes() == processes
    assert said(mesh, "its network was removed or changed: it is made again")


def test_the_switch_gets_its_name_back(mesh, figure):
    before = mesh.namespaces()[mesh.switch()]
    run("ip", "netns", "delete", mesh.switch())
    assert mesh.curl("full", URL).uri == CALLER
    heals(mesh, figure, "ip netns delete of the switch",
          lambda: mesh.namespaces().get(mesh.switch()) == before)


def test_the_switch_is_built_anew_if_nobody_was_there_to_keep_it(mesh, figure):
    kill(mesh.process("mortise", "supervise"))
    run("ip", "netns", "delete", mesh.switch())
    mesh.do("up", "--detach")
    heals(mesh, figure, "the switch was lost with the supervisor",
          lambda: mesh.switch() in mesh.namespaces())


def test_a_lost_bridge_is_built_again(mesh, figure):
    run("ip", "-n", mesh.switch(), "link", "delete", "mesh0")
    heals(mesh, figure, "ip link delete mesh0", lambda: subprocess.run(
        ["ip", "-n", mesh.switch(), "link", "show", "mesh0"], capture_output=True,
        check=False).returncode == 0)


def test_a_lost_cable_is_plugged_in_again(mesh, figure):
    name = netns_of(mesh, "full", "httpbin")
    run("ip", "-n", name, "link", "delete", "eth0")
    heals(mesh, figure, "ip link delete eth0", lambda: subprocess.run(
        ["ip", "-n", name, "address", "show", "eth0", "up"], capture_output=True,
        check=False).stdout)


@pytest.mark.parametrize("workload", ["sleep", "httpbin"])
def test_flushed_rules_are_restored(mesh, figure, workload):
    name = netns_of(mesh, "full", workload)

    def rules():
        return subprocess.run(["ip", "netns", "exec", name, "nft", "list", "ruleset"],
                              capture_output=True, text=True, check=True).stdout

    before = rules()
    run("ip", "netns", "exec", name, "nft", "flush", "ruleset")
    heals(mesh, figure, "nft flush ruleset", lambda: rules() == before)
    assert said(mesh, "its rules were changed by somebody else: they are restored")


def sidecar_dir(mesh, prefix):
    return next((mesh.data_dir / "sidecars").glob(f"full.{prefix}*"))


def cwd_of(pid):
    try:
        return os.stat(f"/proc/{pid}/cwd").st_ino
    except FileNotFoundError:
        return None


def test_a_removed_folder_of_a_sidecar_comes_back(mesh, figure):
    folder = sidecar_dir(mesh, "httpbin")
    owner = folder.stat().st_uid
    shutil.rmtree(folder)
    heals(mesh, figure, "rm -r of a sidecar's folder",
          lambda: (folder / "control.sock").exists() and folder.stat().st_uid == owner)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_removed_folder_is_noticed_when_the_switch_is_lost_with_it(mesh, figure):
    """By the time somebody looks, there may be another folder of that name."""
    folder = sidecar_dir(mesh, "httpbin")
    name = netns_of(mesh, "full", "httpbin")

    def sidecar_is_at_home():
        homes = [cwd_of(pid) for pid, inode, line in all_processes()
                 if "mortise-proxy" in line and inode == mesh.namespaces()[name]]
        return homes == [folder.stat().st_ino] if folder.exists() else False

    assert sidecar_is_at_home()
    shutil.rmtree(folder)
    run("ip", "netns", "delete", mesh.switch())
    heals(mesh, figure, "rm -r of a folder and ip netns delete of the switch", sidecar_is_at_home)
    assert eventually(lambda: "not connected" not in mesh.do("status"))


def test_a_removed_socket_of_a_sidecar_comes_back(mesh, figure):
    socket = sidecar_dir(mesh, "httpbin") / "control.sock"
    owner = socket.stat().st_uid
    socket.unlink()
    heals(mesh, figure, "rm of a sidecar's control.sock", socket.exists)
    assert socket.stat().st_uid == owner and socket.stat().st_mode & 0o777 == 0o600
    assert eventually(lambda: "in sync" in mesh.do("status"))


def test_the_control_planes_removed_socket_comes_back(mesh, figure):
    socket = mesh.data_dir / "control.sock"
    socket.unlink()
    done = mesh.run("get", "pods")
    assert done.returncode == 1 and "error: " in done.stderr, done
    heals(mesh, figure, "rm of control.sock", socket.exists)
    assert mesh.run("status").returncode == 0


@pytest.fixture
def other(workdir):
    place = workdir / "other"
    place.mkdir()
    idle = Mesh(place)
    yield idle
    idle.run("down", "--purge")


def test_down_finds_what_lost_its_name(other):
    other.up(LAB)
    inodes = set(other.namespaces().values())
    names = list(other.namespaces())
    kill(other.process("mortise", "supervise"))
    for name in names:
        run("ip", "netns", "delete", name)
    other.down()
    left = [line for _, inode, line in all_processes()
            if inode in inodes or str(other.data_dir) in line]
    assert left == []
    assert not [name for name in os.listdir("/run/netns") if name in names]
