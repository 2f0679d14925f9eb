"""The control plane is killed under load: traffic goes on, and it comes back as it was."""

import calls
import control_api
import pytest
from mesh import eventually

FILES = calls.files
KILLS = 5


def kill_control(mesh):
    """When it was killed, and when another one answered."""
    killed, _ = calls.kill_and_see_it_end(mesh.process("mortise", "control"))
    assert eventually(lambda: control_api.answers(mesh), within=20)
    return killed, calls.now()


@pytest.fixture(autouse=True)
def from_rest(mesh):
    mesh.do("mtls", "require", calls.SPACE)
    assert eventually(lambda: control_api.synced(mesh), within=20)


def test_traffic_goes_on_and_everything_is_as_before(mesh, figure):
    before = control_api.what_holds(mesh, calls.SPACE)
    revision = control_api.status(mesh)["revision"]
    with calls.Calls(mesh) as load:
        killed, back = kill_control(mesh)
        assert eventually(lambda: control_api.synced(mesh), within=20)
        synced = calls.now()
        load.go_on()
    assert load.troubles() == []
    assert control_api.what_holds(mesh, calls.SPACE) == before
    assert control_api.status(mesh)["revision"] >= revision
    figure("control plane back after it was killed", back - killed, 1)
    figure("all sidecars synced after the control plane was killed", synced - killed, 1)


def test_a_policy_change_is_in_force_again(mesh):
    kill_control(mesh)
    mesh.do("mtls", "disable", calls.SPACE)
    with calls.Calls(mesh) as load:
        pass
    assert {call.outcome for call in load.done()} == {"nobody"}
    mesh.do("mtls", "require", calls.SPACE)
    with calls.Calls(mesh) as load:
        pass
    assert load.troubles() == []


def test_one_that_is_killed_again_and_again_comes_back_as_quickly(mesh, figure):
    slowest = 0
    with calls.Calls(mesh) as load:
        for _ in range(KILLS):
            killed, back = kill_control(mesh)
            slowest = max(slowest, back - killed)
    assert load.troubles() == []
    figure(f"slowest return of a control plane killed {KILLS} times in a row", slowest, 1)
