"""The control plane dies: traffic goes on, new connections included, and it comes back."""

import contextlib

import lab
import pytest
from mesh import eventually, go_on, kill, stop


def answers(mesh):
    """Whether the control plane answers, which it may do only after a restart."""
    return eventually(lambda: mesh.run("status").returncode == 0, within=20)


@pytest.fixture(autouse=True)
def from_permissive(mesh):
    assert answers(mesh)
    lab.enter(mesh, "permissive")


@contextlib.contextmanager
def control_away(mesh):
    """Killed, and the supervisor held back, so that it stays away for as long as a test wants."""
    supervisor = mesh.process("mortise", "supervise")
    stop(supervisor)
    try:
        kill(mesh.process("mortise", "control"))
        yield
    finally:
        go_on(supervisor)


def test_traffic_goes_on_with_the_last_policy_in_force(mesh):
    with control_away(mesh):
        for source, target in lab.CELLS:
            lab.check_cell(mesh, "permissive", source, target)


def test_strict_stays_strict(mesh):
    lab.enter(mesh, "strict")
    with control_away(mesh):
        lab.check_cell(mesh, "strict", "full", "full")
        lab.check_cell(mesh, "strict", "legacy", "full")


def test_after_its_return_a_change_is_in_force_when_its_command_returns(mesh):
    with control_away(mesh):
        pass
    assert answers(mesh)
    lab.enter(mesh, "disabled")
    lab.check_cell(mesh, "disabled", "full", "full")
    lab.enter(mesh, "strict")
    lab.check_cell(mesh, "strict", "legacy", "full")


def test_a_sidecar_that_dies_is_replaced_and_its_workload_is_served_again(mesh):
    pod = next(item["metadata"]["name"] for item in mesh.items("pods", "-n", "full")
               if item["metadata"]["name"].startswith("httpbin"))
    kill(mesh.process("mortise-proxy", f"full/{pod}"))
    assert eventually(lambda: lab.outcome(
        mesh.curl("full", "http://httpbin.full:8000/headers")) == "mtls", within=20)
