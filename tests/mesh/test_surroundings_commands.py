"""Commands in bad surroundings: without nftables, two at once, without streams, home or room."""

import os
import pathlib
import subprocess
import sys
import threading

import pytest
from lab import CALLER
from mesh import BINARIES, LAB, Mesh, all_processes, eventually, kill

URL = "http://httpbin.full:8000/headers"
FILTER = pathlib.Path(__file__).parent / "programs" / "without_nftables.py"


def left_of(mesh):
    return [line for _, _, line in all_processes() if str(mesh.data_dir) in line]


def netns():
    folder = pathlib.Path("/run/netns")
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def without_nftables(mesh, *words):
    return subprocess.run([sys.executable, FILTER, BINARIES / "mortise", *words],
                          env=mesh.environment, capture_output=True, text=True, timeout=60,
                          check=False)


def test_up_without_nftables_is_refused_and_leaves_nothing(bare):
    done = without_nftables(bare, "up", "-f", LAB, "--detach")
    assert done.returncode == 1, done
    assert "nftables cannot be reached: Operation not permitted; remedy: load the kernel" \
        in done.stderr
    assert done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert not bare.data_dir.exists() and not left_of(bare)


@pytest.mark.parametrize("words, said", [
    (["setpriv", "--bounding-set", "-net_admin"],
     "create bridge: Operation not permitted; remedy: this process lacks the right CAP_NET_ADMIN"),
    (["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"],
     "a process may have 64 descriptors here, and 256 is the least; remedy: a higher ulimit -n"),
], ids=["rights", "descriptors"])
def test_up_that_lacks_something_names_it_and_leaves_nothing(bare, words, said):
    done = subprocess.run([*words, BINARIES / "mortise", "up", "-f", LAB, "--detach"],
                          env=bare.environment, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 1 and said in done.stderr, done
    assert done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert not bare.data_dir.exists() and not left_of(bare)


def test_nftables_that_fails_later_stops_no_traffic_and_is_named(bare):
    """A supervisor that is refused from now on: the rules in force stay, new workloads say why."""
    bare.up(LAB)
    kill(bare.process("mortise", "supervise"))
    taken = subprocess.Popen(
        [sys.executable, FILTER, BINARIES / "mortise", "supervise"], env=bare.environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = taken.communicate(timeout=30)[1]
    assert taken.returncode == 1, said
    assert "nftables cannot be reached: Operation not permitted; remedy:" in said
    assert bare.curl("full", URL).uri == CALLER
    bare.up()
    assert bare.curl("full", URL).uri == CALLER


def at_once(*calls):
    answers = [None] * len(calls)

    def run(number):
        answers[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.soak
def test_two_ups_at_once_both_end_well_with_one_mesh(bare, rounds):
    for _ in range(rounds(3, 30)):
        both = at_once(*[lambda: bare.run("up", "-f", str(LAB), "--detach")] * 2)
        assert [done.returncode for done in both] == [0, 0], both
        assert len([line for line in left_of(bare) if "supervise\0" in line]) == 1
        assert len([line for line in left_of(bare) if "control\0" in line]) == 1
        assert len(bare.items("pods", "-A")) == 6
        assert bare.curl("full", URL).uri == CALLER
        both = at_once(*[lambda: bare.run("down", "--purge")] * 2)
        assert [done.returncode for done in both] == [0, 0], both
        assert not left_of(bare) and not bare.data_dir.exists()


def test_two_meshes_that_start_at_once_do_not_meet(workdir):
    meshes = []
    for name in ("one", "another"):
        (workdir / name).mkdir()
        meshes.append(Mesh(workdir / name))
    try:
        both = at_once(*[lambda mesh=mesh: mesh.run("up", "-f", str(LAB), "--detach")
                         for mesh in meshes])
        assert [done.returncode for done in both] == [0, 0], both
        meshes[0].do("mtls", "require", "full")
        assert meshes[0].curl("legacy", URL).exit_status == 56
        assert meshes[1].curl("legacy", URL).status == "200"
    finally:
        at_once(*[lambda mesh=mesh: mesh.run("down", "--purge") for mesh in meshes])


@pytest.mark.soak
def test_up_during_down_ends_with_a_whole_mesh_or_none(bare, rounds):
    for _ in range(rounds(2, 20)):
        bare.up(LAB)
        down, up = at_once(lambda: bare.run("down"), lambda: bare.run("up", "--detach"))
        for done in (down, up):
            assert done.returncode == 0 or "error: " in done.stderr, done
            assert "Traceback" not in done.stderr and done.returncode in (0, 1), done
        # Whatever came last: the next one of each does what it says.
        bare.up(LAB)
        assert eventually(lambda: bare.curl("full", URL).uri == CALLER), (down, up)
        bare.down()
        assert not left_of(bare)


def test_apply_during_down_is_stored_or_says_that_nobody_answers(bare):
    bare.up(LAB)
    down, apply = at_once(lambda: bare.run("down"),
                          lambda: bare.run("create", "namespace", "late"))
    assert down.returncode == 0, down
    assert apply.returncode == 0 or "error: " in apply.stderr, apply
    bare.up()
    there = [item["metadata"]["name"] for item in bare.items("namespaces")]
    assert "late" in there or apply.returncode == 1, "what was acknowledged is there"


@pytest.fixture(scope="module")
def poor(workdir):
    """A mesh that was started with hardly anything: no streams, no home, umask 077, locale C."""
    (workdir / "poor").mkdir()
    mesh = Mesh(workdir / "poor")
    os.chmod(mesh.workdir, 0o755)
    script = 'umask 077; exec "$0" up -f "$1" --detach <&- >&- 2>&-'
    done = subprocess.run(["env", "-i", "PATH=/nowhere", "LC_ALL=C",
                           f"MORTISE_DATA_DIR={mesh.data_dir}", "/bin/sh", "-c", script,
                           BINARIES / "mortise", LAB], timeout=60, check=False)
    try:
        assert done.returncode == 0
        yield mesh
    finally:
        mesh.run("down", "--purge")


def test_a_mesh_needs_no_home_no_streams_and_no_umask(poor):
    assert poor.curl("full", URL).uri == CALLER
    assert poor.curl("legacy", URL).status == "200"
    assert (poor.data_dir / "ca" / "root-key.pem").stat().st_mode & 0o777 == 0o600
    assert poor.data_dir.stat().st_mode & 0o777 == 0o711


def shell(mesh, script):
    return subprocess.run(["bash", "-c", script, BINARIES / "mortise"], env=mesh.environment,
                          capture_output=True, text=True, timeout=60, check=False)


def test_a_reader_that_has_seen_enough_is_no_failure(poor):
    done = shell(poor, '"$0" get pods -A -o yaml | head -n 1; echo "${PIPESTATUS[0]}"')
    assert done.stdout.splitlines()[-1] in ("0", "141") and done.stderr == "", done


@pytest.mark.parametrize("how", [">&-", ">/dev/full"])
def test_output_that_cannot_be_written_is_a_failure(poor, how):
    done = shell(poor, f'"$0" get pods -A {how}')
    assert done.returncode == 1, done
    assert done.stderr.startswith("error: writing to standard output: "), done


def test_commands_without_streams_end_as_they_should(poor):
    assert shell(poor, '"$0" status <&- >/dev/null 2>&-').returncode == 0
    assert shell(poor, '"$0" get nonsense <&- 2>&-').returncode == 64
    done = shell(poor, '"$0" apply -f - <&-')
    assert done.returncode in (1, 65, 66) and "error: " in done.stderr, done
    done = shell(poor, '"$0" exec -n full sleep -- echo through <&-')
    assert done.returncode == 0 and done.stdout == "through\n", done


def test_a_machine_without_etc_hosts_is_refused_with_a_remedy(bare):
    """In a mount namespace of its own, where /etc is another folder."""
    script = 'mount -t tmpfs none /etc && exec "$0" up --detach'
    done = subprocess.run(["unshare", "--mount", "/bin/sh", "-c", script, BINARIES / "mortise"],
                          env=bare.environment, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 1, done
    assert "there is no /etc/hosts" in done.stderr and "remedy: touch /etc/hosts" in done.stderr


def test_a_missing_run_netns_is_made(bare):
    """In a mount namespace of its own, where /run is empty."""
    script = ('mount -t tmpfs none /run && "$0" up -f "$1" --detach && "$0" exec -n full sleep -- '
              'curl -s "$2" && "$0" down --purge && ls /run/netns')
    done = subprocess.run(["unshare", "--mount", "/bin/sh", "-c", script, BINARIES / "mortise",
                           LAB, URL], env=bare.environment, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0 and CALLER in done.stdout, done
    assert done.stdout.endswith("}\n") or done.stdout.rstrip().endswith("}"), done.stdout
