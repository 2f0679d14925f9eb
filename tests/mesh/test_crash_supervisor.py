"""The supervisor is killed: the mesh goes on without it, the next one takes over at once."""

import subprocess
import time

import calls
import control_api
import pytest
from mesh import BINARIES, eventually, kill

FILES = calls.files


def beginnings(mesh):
    """How many supervisors have begun, by their log."""
    log = mesh.data_dir / "logs" / "supervisor.log"
    return log.read_text(encoding="utf-8").count("supervises")


@pytest.fixture
def supervised(mesh):
    """Each test begins, and ends, with a supervisor."""
    mesh.do("up", "--detach")
    mesh.do("mtls", "require", calls.SPACE)
    yield mesh
    mesh.do("up", "--detach")


def test_without_it_traffic_and_policy_changes_go_on(supervised):
    """While a change is made, its two ends hear of it one after the other; not looked at here."""
    mesh, spans = supervised, []
    with calls.Calls(mesh) as load:
        kill(mesh.process("mortise", "supervise"))
        for verb, outcome in (("require", calls.CALLER), ("disable", "nobody"),
                              ("require", calls.CALLER)):
            mesh.do("mtls", verb, calls.SPACE)
            begin = calls.now()
            load.go_on()
            spans.append((begin, calls.now(), outcome))
    for begin, end, outcome in spans:
        seen = {call.outcome for call in load.done() if call.begin > begin and call.end < end}
        assert seen == {outcome}


def test_its_absence_is_said_at_once(supervised, figure):
    mesh = supervised
    assert "Supervisor " not in mesh.do("status")
    kill(mesh.process("mortise", "supervise"))
    assert "Supervisor     not running" in mesh.do("status")
    begin = time.monotonic()
    done = mesh.run("proxy", "restart", "--all")
    figure("proxy restart without a supervisor", time.monotonic() - begin, 0.5)
    assert done.returncode == 1 and done.stderr.count("mortise up") == 1, done


def test_up_right_after_the_kill_takes_over(supervised, rounds):
    mesh = supervised
    with calls.Calls(mesh) as load:
        for _ in range(rounds(5, 30)):
            before = beginnings(mesh)
            kill(mesh.process("mortise", "supervise"))
            mesh.do("up", "--detach")
            assert beginnings(mesh) == before + 1
    assert load.troubles() == []


@pytest.mark.soak
def test_a_sidecar_killed_during_the_takeover_costs_no_more_than_at_other_times(supervised, rounds):
    """The new supervisor has the sockets before it does anything else."""
    mesh, kills = supervised, []
    with calls.Calls(mesh) as load:
        for number in range(rounds(4, 40)):
            victim = calls.sidecar(mesh, (calls.SERVER, "sleep")[number % 2])
            before = beginnings(mesh)
            kill(mesh.process("mortise", "supervise"))
            with subprocess.Popen([BINARIES / "mortise", "up", "--detach"], env=mesh.environment,
                                  stdout=subprocess.DEVNULL) as up:
                assert eventually(lambda known=before: beginnings(mesh) > known, pause=0.001)
                kills.append(calls.kill_and_see_it_end(victim))
                load.go_on()
                assert up.wait(timeout=60) == 0
    assert load.troubles(in_flight=kills) == [], kills


def test_a_new_one_sees_what_was_changed_without_one(supervised):
    mesh = supervised
    kill(mesh.process("mortise", "supervise"))
    mesh.do("delete", "-n", calls.SPACE, "deployment", calls.SERVER)
    mesh.do("up", "--detach")
    assert eventually(lambda: len(control_api.workloads(mesh)) == 1, within=20)
    assert eventually(lambda: not [line for line in mesh.processes().values()
                                   if "witness.py" in line], within=20)
    mesh.up(*calls.files(mesh))
    with calls.Calls(mesh) as load:
        pass
    assert load.troubles() == []
