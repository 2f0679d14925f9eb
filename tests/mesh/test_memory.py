"""What connections took is given back when they end, turn after turn."""

import contextlib
import os
import pathlib
import re
import subprocess

import manifests
import pytest
from mesh import BINARIES, eventually

TURNS, CONNECTIONS = 4, 300
KEPT_KB = 2048  # caches, and pages with something in them that stays
AT_REST = 40  # descriptors of a sidecar without traffic


def FILES(mesh):
    server = [BINARIES / "mortise-demo", "httpbin", "--port", 8000]
    return manifests.write(
        mesh, manifests.namespace("turns"), manifests.namespace("outside", injected=False),
        manifests.workload("turns", "web", server, [{"name": "http", "port": 8000}]),
        manifests.workload("turns", "raw", server, [{"name": "tcp", "port": 8000}]),
        manifests.sleeper("turns"), manifests.sleeper("outside"))


def private_kb(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(size) for size in re.findall(r"^Private_\w+:\s+(\d+)", text, re.MULTILINE))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def sidecars(mesh):
    names = [item["metadata"]["name"] for item in mesh.items("pods", "-n", "turns")]
    return [mesh.process("mortise-proxy", f"turns/{name}") for name in names]


@contextlib.contextmanager
def turns(mesh, source, service, connections):
    """A function that takes one turn."""
    program = mesh.copy_program("turns.py")
    with subprocess.Popen(
            [BINARIES / "mortise", "exec", "-n", source, "sleep", "-i", "--", "python3", program,
             f"{service}.turns", "8000", str(connections)], env=mesh.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:

        def turn():
            program.stdin.write("again\n")
            program.stdin.flush()
            assert program.stdout.readline() == f"{connections}\n"

        yield turn
        program.stdin.close()


@pytest.mark.soak
@pytest.mark.parametrize("source, service", [
    ("turns", "web"), ("turns", "raw"), ("outside", "web"), ("outside", "raw")])
def test_memory_does_not_grow_with_turns_of_connections(mesh, source, service, rounds):
    """HTTP and raw TCP, under mutual TLS and plain."""
    pids = sidecars(mesh)
    before = list(map(private_kb, pids))
    seen = []
    with turns(mesh, source, service, rounds(CONNECTIONS, 900)) as turn:
        for _ in range(rounds(TURNS, 30)):
            turn()
            assert eventually(lambda: all(descriptors(pid) < AT_REST for pid in pids))
            eventually(lambda: all(private_kb(pid) <= first + KEPT_KB
                                   for pid, first in zip(pids, before)), within=4)
            seen.append(list(map(private_kb, pids)))
            print(seen[-1])
    for first, last in zip(before, seen[-1]):
        assert last <= first + KEPT_KB, (before, seen)
