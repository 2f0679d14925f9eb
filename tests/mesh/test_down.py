"""`mortise down` leaves nothing: the host before and after is the same host."""

import os
import subprocess

import pytest
from host import host, no_process_is_left, of_this_mesh, turned
from mesh import BINARIES, LAB, NETNS, Mesh, eventually


@pytest.fixture
def up_and_down(bare):
    """The host before, a mesh that was up with traffic in it, and what belonged to it."""
    before = host()
    bare.up(LAB)
    assert bare.curl("full", "http://httpbin.full:8000/headers").status == "200"
    return before, set(bare.namespaces().values()), bare.network_id()


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
