"""The control plane dies: traffic goes on, new connections included, and it comes back."""

import lab
import pytest
from mesh import eventually, go_on, kill, stop


@pytest.fixture
def without_control(mesh):
    """Killed, and the supervisor held back so that it stays away for the time of the test."""
    supervisor = mesh.process("mortise", "supervise")
    stop(supervisor)
    kill(mesh.process("mortise", "control"))
    yield
    go_on(supervisor)
    assert eventually(lambda: mesh.run("status").returncode == 0, within=20)


def test_traffic_goes_on_with_the_last_policy_in_force(mesh, without_control):
    for source, target in lab.CELLS:
        lab.check_cell(mesh, "permissive", source, target)


def test_strict_stays_strict(mesh):
    lab.enter(mesh, "strict")
    supervisor = mesh.process("mortise", "supervise")
    stop(supervisor)
    try:
        kill(mesh.process("mortise", "control"))
        lab.check_cell(mesh, "strict", "full", "full")
        lab.check_cell(mesh, "strict", "legacy", "full")
    finally:
        go_on(supervisor)
    assert eventually(lambda: mesh.run("status").returncode == 0, within=20)
    lab.enter(mesh, "permissive")


def test_after_its_return_changes_are_in_force_everywhere(mesh):
    kill(mesh.process("mortise", "control"))
    assert eventually(lambda: mesh.run("status").returncode == 0, within=20)
    lab.enter(mesh, "disabled")
    lab.check_cell(mesh, "disabled", "full", "full")
    lab.enter(mesh, "permissive")
    lab.check_cell(mesh, "permissive", "full", "full")


def test_a_sidecar_that_dies_is_replaced_and_its_workload_is_served_again(mesh):
    kill(mesh.process("mortise-proxy", "full/" + httpbin(mesh)))
    assert eventually(lambda: lab.outcome(
        mesh.curl("full", "http://httpbin.full:8000/headers")) == "mtls", within=20)


def httpbin(mesh):
    names = [item["metadata"]["name"] for item in mesh.items("pods", "-n", "full")]
    return next(name for name in names if name.startswith("httpbin"))
