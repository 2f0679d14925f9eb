"""Private keys stay where they are made (security invariant 2), and every socket is for its owner
alone (invariant 8)."""

import http.client
import pathlib
import socket
import stat

import pytest
from mesh import eventually

KEY = b"PRIVATE KEY"
QUESTIONS = ("status", "objects", "workloads", "edges", "mtls?resource=mesh", "revision?after=0")


def ask(path, target):
    """The whole answer to one GET on a unix socket."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(20)
    connection.sock.connect(str(path))
    connection.request("GET", target)
    answer = connection.getresponse()
    assert answer.status == 200, (target, answer.status)
    head = "".join(f"{name}: {value}\n" for name, value in answer.getheaders())
    return head.encode() + answer.read()


def sidecars(mesh):
    """The directories of the sidecars that hold a certificate."""
    folders = sorted((mesh.data_dir / "sidecars").iterdir())
    assert folders
    for folder in folders:
        assert eventually(lambda admin=folder / "admin.sock":
                          b"spiffe://" in ask(admin, "/config")), folder
    return folders


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_only_private_key_on_disk_is_the_roots(mesh):
    sidecars(mesh)
    files = [file for file in mesh.data_dir.rglob("*") if file.is_file()]
    with_key = [file for file in files if KEY in file.read_bytes()]
    assert with_key == [mesh.data_dir / "ca" / "root-key.pem"]
    assert mode(with_key[0]) == 0o600 and with_key[0].stat().st_uid == 0
    assert mode(with_key[0].parent) & 0o077 == 0


def test_every_socket_is_for_its_owner_alone(mesh):
    for folder in sidecars(mesh):
        assert mode(folder) == 0o700
        for name in ("control.sock", "admin.sock"):
            assert mode(folder / name) == 0o600, folder / name
            assert (folder / name).stat().st_uid == folder.stat().st_uid != 0
    api = mesh.data_dir / "control.sock"
    assert mode(api) == 0o600 and api.stat().st_uid == 0


def test_no_interface_ever_returns_a_key(mesh):
    folders = sidecars(mesh)
    answers = [ask(mesh.data_dir / "control.sock", f"/api/v1/{question}") for question in QUESTIONS]
    answers += [ask(folder / "admin.sock", path) for folder in folders
                for path in ("/config", "/stats")]
    secret = (mesh.data_dir / "ca" / "root-key.pem").read_text().splitlines()[1].encode()
    for answer in answers:
        assert KEY not in answer and secret not in answer


@pytest.mark.parametrize("program,words", [("mortise-proxy", ()), ("mortise", ("control",))])
def test_who_holds_keys_leaves_no_core_file(mesh, program, words):
    process = pathlib.Path("/proc") / str(mesh.process(program, *words))
    limits = (process / "limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
    # What is not dumpable belongs to root, so that its own user cannot read its memory either.
    assert (process / "mem").stat().st_uid == 0
