"""A sidecar is killed under load: callers wait, nothing goes out in the clear or around it."""

import calls
import pytest
from capture import Capture
from mesh import eventually

FILES = calls.files
KILLS = 8


def require_identity(mesh, strict):
    mesh.do("mtls", "require" if strict else "allow", calls.SPACE)


def wait_for_service(load, since):
    """The first answer to a call that began after this moment."""
    assert eventually(lambda: load.answered_since(since), within=30), load.done()[-20:]
    return load.answered_since(since)[0].end


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "permissive"])
@pytest.mark.parametrize("whose", [calls.SERVER, "sleep"], ids=["server", "client"])
def test_callers_wait_for_a_killed_sidecar_and_nothing_goes_around_it(mesh, figure, whose, strict):
    require_identity(mesh, strict)
    with Capture(mesh) as wire, calls.Calls(mesh) as load:
        killed, gone = calls.kill_and_see_it_end(calls.sidecar(mesh, whose))
        back = wait_for_service(load, gone)
        load.go_on()
    assert load.troubles(in_flight=[(killed, gone)]) == []
    assert calls.seen_without_identity(mesh) == []
    assert not wire.saw(load.mark)
    assert not wire.saw("HTTP/1.1")
    assert wire.tls_records(), "the calls went over some other wire"
    figure(f"service back after the {'server' if whose == calls.SERVER else 'client'}'s sidecar "
           "was killed", back - killed, 1)


def test_both_sidecars_may_die_at_once(mesh, figure):
    require_identity(mesh, True)
    with calls.Calls(mesh) as load:
        killed, gone = calls.kill_and_see_it_end(calls.sidecar(mesh, "sleep"),
                                                 calls.sidecar(mesh, calls.SERVER))
        back = wait_for_service(load, gone)
        load.go_on()
    assert load.troubles(in_flight=[(killed, gone)]) == []
    figure("service back after both sidecars were killed", back - killed, 1)


def test_a_sidecar_and_the_control_plane_may_die_at_once(mesh, figure):
    """Keys are on no disk: the new sidecar waits for the new control plane, and callers for it."""
    require_identity(mesh, True)
    with calls.Calls(mesh) as load:
        killed, gone = calls.kill_and_see_it_end(mesh.process("mortise", "control"),
                                                 calls.sidecar(mesh, calls.SERVER))
        back = wait_for_service(load, gone)
        load.go_on()
    assert load.troubles(in_flight=[(killed, gone)]) == []
    figure("service back after a sidecar and the control plane were killed", back - killed, 1)


def test_a_sidecar_that_is_killed_again_and_again_comes_back_as_quickly(mesh, figure):
    """Whoever served was no failure to start, so the pauses before the next one do not grow."""
    kills, slowest = [], 0
    with calls.Calls(mesh) as load:
        for _ in range(KILLS):
            killed, gone = calls.kill_and_see_it_end(calls.sidecar(mesh, calls.SERVER))
            kills.append((killed, gone))
            slowest = max(slowest, wait_for_service(load, gone) - killed)
    assert load.troubles(in_flight=kills) == []
    figure(f"slowest return of a sidecar killed {KILLS} times in a row", slowest, 1)
