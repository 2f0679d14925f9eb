"""Anything is killed at any moment: `up` restores the mesh, and `down` alone leaves nothing."""

import subprocess
import threading
import time

import calls
import control_api
import pytest
from host import Footprint
from mesh import BINARIES, eventually, kill

LONGEST_UP, LONGEST_DOWN = 1.2, 0.3  # seconds; kills come within


@pytest.fixture
def footprint(bare):
    """What the mesh would leave behind; it has been up once, so that its names are known."""
    found = Footprint(bare)
    bare.up(*calls.files(bare))
    return found.learn()


def kill_everything(mesh):
    while victims := mesh.processes():  # some were only just being started
        calls.kill_and_see_it_end(*victims)


def works(mesh):
    """Whether calls are served, under mutual TLS only."""
    with calls.Calls(mesh) as load:
        pass
    assert load.troubles() == []
    return True


def killed_midway(mesh, moment, *words):
    """`mortise WORDS`, killed after so many seconds unless it has ended."""
    with subprocess.Popen([BINARIES / "mortise", *map(str, words)], env=mesh.environment,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as command:
        threading.Event().wait(moment)
        command.kill()


def test_down_alone_cleans_up_after_a_kill_of_everything(bare, footprint):
    kill_everything(bare)
    bare.down()
    footprint.assert_nothing_is_left()


def test_down_alone_cleans_up_after_a_killed_supervisor(bare, footprint):
    """Under load, so with a command in a workload going on."""
    with calls.Calls(bare) as load:
        kill(bare.process("mortise", "supervise"))
        load.go_on()
        bare.down()
    footprint.assert_nothing_is_left()


def test_up_after_a_kill_of_everything_is_as_quick_as_the_first(bare, footprint, figure):
    """Its workloads are young and start again, but that is no loop of failures."""
    bare.down()
    bare.up(*calls.files(bare))
    calls.kill_and_see_it_end(bare.process("mortise", "supervise"))  # it would see the others end
    kill_everything(bare)
    began = time.monotonic()
    bare.up()
    figure("up after a kill of everything", time.monotonic() - began, 1)
    assert works(bare)
    bare.down()
    footprint.assert_nothing_is_left()


@pytest.mark.soak
def test_up_restores_what_was_killed(bare, footprint, chance, rounds):
    """Everything first, then whatever chance chooses."""
    bare.do("mtls", "require", calls.SPACE)
    before = control_api.what_holds(bare, calls.SPACE)
    victims = sorted(bare.processes())
    for _ in range(rounds(3, 60)):
        print("kills", [line.replace("\0", " ") for pid, line in bare.processes().items()
                        if pid in victims])
        calls.kill_and_see_it_end(*victims)
        bare.up()
        assert works(bare)
        assert eventually(lambda: control_api.synced(bare))
        assert control_api.what_holds(bare, calls.SPACE) == before
        alive = sorted(bare.processes())
        victims = chance.sample(alive, chance.randint(1, len(alive)))
    bare.do("mtls", "allow", calls.SPACE)
    assert works(bare)
    bare.down()
    footprint.assert_nothing_is_left()


@pytest.mark.soak
def test_an_up_that_was_killed_leaves_no_trouble(bare, footprint, chance, rounds):
    bare.down()
    files = calls.files(bare)
    for _ in range(rounds(4, 150)):
        moment = chance.uniform(0, LONGEST_UP)
        kills, again = chance.random() < 0.5, chance.random() < 0.5
        print(f"kills `up` after {moment:.6f} s{', everything' * kills}{', then up' * again}")
        killed_midway(bare, moment, "up", "-f", *files, "--detach")
        if kills:
            kill_everything(bare)
        if again:
            bare.up(*files)
            assert works(bare)
        bare.down()
        footprint.assert_nothing_is_left()


@pytest.mark.soak
def test_a_down_that_was_killed_leaves_no_trouble(bare, footprint, chance, rounds):
    for _ in range(rounds(5, 120)):
        bare.up(*calls.files(bare))
        moment, then = chance.uniform(0, LONGEST_DOWN), chance.choice(("down", "up"))
        print(f"kills `down` after {moment:.6f} s, then {then}")
        killed_midway(bare, moment, "down", *chance.sample(["--purge"], chance.randint(0, 1)))
        if then == "up":
            bare.up(*calls.files(bare))
            assert works(bare)
        bare.down()
        footprint.assert_nothing_is_left()


FRESH_HOST = r"""
mount -t tmpfs new-host /run
mortise=$1; data=$2; shift 2
"$mortise" up "$@" --detach & up=$!
until [ -e /run/netns/mortise-*-switch ]; do
  kill -0 $up || exit 1
done
kill -9 $up
for pid in $(pgrep -f -- "--data-dir $data"); do kill -9 "$pid"; done
"$mortise" down --purge
! grep "/run/netns .*new-host" /proc/self/mountinfo
"""


def test_down_undoes_the_mount_of_an_up_that_was_killed_at_once(bare):
    """In a mount namespace that looks like a host without network namespaces."""
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", FRESH_HOST, "sh",
         BINARIES / "mortise", bare.data_dir, "-f", *calls.files(bare)],
        env=bare.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done
