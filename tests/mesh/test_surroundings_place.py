"""The data directory's place: read-only, somebody else's, a file, too deep, full. Each is refused
with the reason and the way on, and `up` leaves nothing there."""

import os
import pathlib
import shutil
import subprocess
import time

import pytest
from lab import CALLER
from mesh import BINARIES, LAB, Mesh, all_processes, eventually, is_alive, kill

URL = "http://httpbin.full:8000/headers"


class Disk:
    """A small file system of its own, in memory."""

    def __init__(self, path, size):
        self.path = path
        path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "none", path],
                       check=True)

    def fill(self):
        with (self.path / "fill").open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"." * 4096)
            except OSError:
                pass
        assert os.statvfs(self.path).f_bavail == 0

    def free(self):
        (self.path / "fill").unlink()

    def freeze(self):
        """Nobody can write any more who has nothing open."""
        subprocess.run(["mount", "--bind", self.path, self.path], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", self.path], check=True)

    def thaw(self):
        subprocess.run(["umount", self.path], check=True)

    def remove(self):
        subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def disk(workdir):
    made = Disk(workdir / f"disk-{len(list(workdir.iterdir()))}", "6m")
    yield made
    made.remove()  # its folder stays, so that the next one has another path

def up(place, *more):
    return subprocess.run([BINARIES / "mortise", "up", "--data-dir", str(place), "--detach", *more],
                          capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)


def refused(done, place, *words):
    """One error line with these words and a remedy, and nothing runs."""
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == 1 and len(errors) == 1, done
    for word in (*words, "remedy: "):
        assert word in errors[0]
    assert not [line for _, _, line in all_processes() if str(place) in line]


def test_a_read_only_place_is_refused(disk):
    (disk.path / "there").mkdir()
    disk.freeze()
    for name in ("there", "new"):
        place = disk.path / name
        refused(up(place), place, "the data directory cannot be used", "Read-only file system",
                "--data-dir")
    disk.thaw()
    assert list(disk.path.iterdir()) == [disk.path / "there"]


def test_down_in_a_read_only_place_without_a_mesh_ends_at_once(disk, figure):
    for name in ("empty", "begun"):
        (disk.path / name).mkdir()
    (disk.path / "begun" / "logs").mkdir()
    disk.freeze()
    try:
        for name, *words in (("empty",), ("empty", "--purge"), ("begun",), ("begun", "--purge")):
            begin = time.monotonic()
            done = subprocess.run([BINARIES / "mortise", "down", "--data-dir", disk.path / name,
                                   *words], capture_output=True, text=True, timeout=60, check=False)
            figure("down in a read-only place", time.monotonic() - begin, 1)
            if (name, *words) == ("empty",):
                assert done.returncode == 0, done
            else:
                assert done.returncode == 1 and "Read-only file system" in done.stderr, done
    finally:
        disk.thaw()


def test_somebody_elses_folder_is_refused_and_stays_theirs(workdir):
    place = workdir / "theirs"
    place.mkdir()
    os.chown(place, 12345, 12345)
    refused(up(place), place, "belongs to uid 12345", "chown")
    assert place.stat().st_uid == 12345 and not list(place.iterdir())


def test_a_file_in_its_place_is_refused(workdir):
    file = workdir / "file"
    file.write_text("mine")
    for place in (file, file / "below"):
        refused(up(place), place, f"{file} is not a directory", "--data-dir")
    assert file.read_text() == "mine"


def test_a_path_too_long_for_unix_sockets_is_refused(workdir):
    place = workdir / ("deep-" * 20)
    refused(up(place), place, "unix sockets inside it allow at most", "--data-dir")
    assert not place.exists()


def test_a_full_disk_is_refused_before_anything_starts(disk):
    disk.fill()
    place = disk.path / "data"
    refused(up(place), place, "No space left on device", "free some space")
    assert not place.exists()
    disk.free()
    done = up(place)
    try:
        assert done.returncode == 0, done
    finally:
        disk.fill()
        down = subprocess.run([BINARIES / "mortise", "down", "--purge", "--data-dir", str(place)],
                              capture_output=True, text=True, timeout=60, check=False)
    assert down.returncode == 0, down
    assert not place.exists(), "down works on a full disk"


def test_down_ends_everything_on_a_disk_that_became_read_only(disk):
    place = disk.path / "data"
    assert up(place).returncode == 0
    disk.freeze()
    words = [BINARIES / "mortise", "down", "--data-dir", str(place)]
    try:
        down = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert down.returncode == 1 and "Read-only file system" in down.stderr, down
        assert not [line for _, _, line in all_processes() if str(place) in line]
    finally:
        disk.thaw()
        subprocess.run(words, check=True, capture_output=True)


@pytest.mark.parametrize("names", ["with its names", "without them"])
def test_down_finds_a_mesh_whose_folder_was_deleted(bare, names):
    """And even if the names of its network namespaces are gone: by what follows from the path."""
    bare.up(LAB)
    running = bare.processes()
    assert len(running) > 10
    shutil.rmtree(bare.data_dir, ignore_errors=True)
    if names == "without them":
        kill(bare.process("mortise", "supervise"))  # it would make them again
        for name in bare.namespaces():
            subprocess.run(["ip", "netns", "delete", name], check=True)
    bare.do("down")
    assert eventually(lambda: not [pid for pid in running if is_alive(pid)]), running
    assert not bare.namespaces() and not bare.data_dir.exists()


def pods(mesh):
    return {tuple(line.split()[:2]): line for line in
            mesh.do("get", "pods", "-A").splitlines()[1:]}


@pytest.fixture
def filled(disk):
    """A mesh with the lab in it, whose disk is full."""
    mesh = Mesh(disk.path)
    mesh.up(LAB)
    disk.fill()
    yield mesh, disk
    (disk.path / "fill").unlink(missing_ok=True)
    mesh.down()


def test_on_a_full_disk_a_change_is_refused_whole_and_everything_serves(filled):
    mesh, disk = filled
    before = mesh.do("mtls", "get", "full")
    revision = mesh.do("status").splitlines()[0]
    state = (mesh.data_dir / "runtime.json").read_bytes()

    for words in (["mtls", "require", "full"], ["create", "namespace", "another"]):
        done = mesh.run(*words)
        assert done.returncode == 1, done
        assert "nothing was changed" in done.stderr and "the disk is full" in done.stderr
        assert "free some space" in done.stderr

    assert mesh.curl("full", URL).uri == CALLER
    assert mesh.curl("legacy", URL).status == "200"
    assert mesh.do("mtls", "get", "full") == before
    assert mesh.do("status").splitlines()[0] == revision
    assert (mesh.data_dir / "runtime.json").read_bytes() == state

    disk.free()
    mesh.do("mtls", "require", "full")
    assert "STRICT" in mesh.do("mtls", "get", "full")
    assert mesh.curl("full", URL).uri == CALLER
    assert mesh.curl("legacy", URL).exit_status == 56


def test_on_a_full_disk_what_ends_is_started_again(filled):
    """The program, its sidecar and the supervisor: all without a byte of room."""
    mesh, disk = filled
    kill(mesh.process("mortise-demo", "httpbin"))
    for namespace in ("full", "partial", "legacy"):
        assert eventually(lambda space=namespace: mesh.curl(
            "legacy", f"http://httpbin.{space}:8000/status/200").status == "200", within=20)
    kill(mesh.process("mortise-proxy", "full/" + pod(mesh, "full", "httpbin")))
    assert eventually(lambda: mesh.curl("full", URL).uri == CALLER, within=20)

    kill(mesh.process("mortise", "supervise"))
    mesh.run("up", "--detach", "--timeout", "3s")

    log = (mesh.data_dir / "logs" / "supervisor.log").stat().st_size
    assert log < 64 * 1024, "a trouble that lasts is not logged over and over"
    disk.free()
    assert eventually(lambda: pid_in_state(mesh), within=10), "the state is written once it can be"
    mesh.do("up", "--detach")
    assert mesh.curl("full", URL).uri == CALLER


def pod(mesh, namespace, prefix):
    return next(name for space, name in pods(mesh) if space == namespace
                and name.startswith(prefix))


def pid_in_state(mesh):
    state = (mesh.data_dir / "runtime.json").read_text()
    return all(f'"pid": {pid},' in state for pid, line in mesh.processes().items()
               if line.startswith("mortise-proxy") or line.startswith("mortise-demo"))


def test_a_chatty_program_does_not_fill_the_disk(disk):
    mesh = Mesh(disk.path, {"MORTISE_LOG_BYTES": "50000"})
    script = "while :; do for i in $(seq 50); do echo chatter $i; done; sleep 0.01; done"
    try:
        mesh.up()
        mesh.do("run", "chatty", "--detach", "--", "sh", "-c", script)
        log = next(iter(mesh.data_dir.glob("logs/default/chatty*.log")))
        older = pathlib.Path(f"{log}.1")
        assert eventually(older.exists, within=30)
        first = older.read_bytes()
        assert eventually(lambda: older.read_bytes() != first, within=30), "and again"
        assert log.stat().st_size + older.stat().st_size < 3_000_000
        assert eventually(lambda: "chatter" in mesh.do("logs", "chatty"))
        assert b"\0" not in log.read_bytes(), "the program goes on at the cut file's beginning"
    finally:
        mesh.down()
