"""What an ordinary user of the host can do to a mesh, and what a sidecar can that was taken over
by an attacker: nothing, and as much as its own identity may (docs/threat-model.md)."""

import pathlib
import re
import socket
import subprocess

import hostility
import pytest
from mesh import eventually

NOBODY = 65534
SIGN = "/mortise.identity.v1.Identity/Sign"
REPORT = "/mortise.telemetry.v1.Telemetry/Report"
CLOSED = hostility.REFUSED | {"ENOENT"}


def FILES(mesh):
    mesh.copy_program("sidecar_call.py")
    return hostility.files(mesh)


@pytest.fixture(scope="module")
def town(mesh):
    hostility.require_mtls(mesh)
    return hostility.Town(mesh)


def check_closed(attempts):
    assert attempts
    assert {what: word for what, word in attempts.items() if word not in CLOSED} == {}


# An ordinary user of the host


def processes(town):
    found = {"the supervisor": town.supervisor, "the control plane": town.control}
    for of in ("program", "sidecar"):
        found[f"the {of} of victim"] = town["victim"].process(of)
    return found


def test_a_user_of_the_host_cannot_list_the_data_directory_or_read_its_secrets(mesh, town):
    files = ["", "store.db", "ca/root-key.pem", "runtime.json", "logs/control.log", "images.json"]
    orders = {file: ("read", mesh.data_dir / file) for file in files}
    orders["list"] = ("names_in", mesh.data_dir)
    check_closed(hostility.all_on_the_host(mesh, NOBODY, orders))


def test_a_user_of_the_host_cannot_reach_a_socket_of_the_mesh(mesh, town):
    folder = town["victim"].sidecar_folder
    sockets = [mesh.data_dir / "control.sock", folder / "control.sock", folder / "admin.sock"]
    assert all(path.is_socket() for path in sockets)
    check_closed({path: hostility.on_the_host(mesh, NOBODY, "connect_to", path)
                  for path in sockets})


def test_a_user_of_the_host_cannot_look_into_processes_of_the_mesh(mesh, town):
    orders = {}
    for who, pid in processes(town).items():
        for what in ("memory", "memory_by_call", "trace"):
            orders[who, what] = (what, pid)
        orders[who, "descriptor"] = ("take_descriptor", pid, 3)
        orders[who, "environ"] = ("read", f"/proc/{pid}/environ")
        for link in ("root", "cwd", "fd/3", "ns/net", "ns/mnt"):
            orders[who, link] = ("follow", f"/proc/{pid}/{link}")
    check_closed(hostility.all_on_the_host(mesh, NOBODY, orders))


def test_a_user_of_the_host_cannot_signal_processes_of_the_mesh(mesh, town):
    orders = {(who, number): ("send_signal", pid, number)
              for who, pid in processes(town).items() for number in (9, 19)}
    assert set(hostility.all_on_the_host(mesh, NOBODY, orders).values()) == {"EPERM"}


def test_a_user_of_the_host_cannot_enter_a_network_of_the_mesh(mesh, town):
    names = [town["victim"].netns, town["victim"].netns.parent / mesh.switch()]
    check_closed({(name, how): hostility.on_the_host(mesh, NOBODY, *how, "enter_network", name)
                  for name in names for how in ((), ("as_own_root",))})


def test_the_host_has_no_way_into_the_network_of_the_mesh(town):
    """So that neither its users nor its neighbours on a real network have one."""
    told = subprocess.run(["ip", "-o", "address"], capture_output=True, text=True, check=True)
    routes = subprocess.run(["ip", "-o", "route", "show", "table", "all"], capture_output=True,
                            text=True, check=True)
    for text in (told.stdout, routes.stdout):
        assert "198.18." not in text and "198.19." not in text and "mesh0" not in text


def test_a_user_of_the_host_that_workloads_share_can_end_their_programs(mesh, town):
    """The price of runAsUser: that user is the program's owner, and not its sidecar's."""
    shared = town["shared"]
    uid = hostility.SHARED_UID
    pid = shared.process("program")
    assert hostility.on_the_host(mesh, uid, "send_signal", pid, 0) == "done"
    assert hostility.on_the_host(mesh, uid, "trace", shared.process("sidecar")) == "EPERM"


# A sidecar that obeys an attacker


def as_sidecar(inhabitant, *words, message=b"", folder=None):
    """The call from inside the folder where sidecars live, by a process of that sidecar's uid."""
    uid = inhabitant.sidecar_folder.stat().st_uid
    command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", hostility.PYTHON,
               inhabitant.mesh.workdir / "sidecar_call.py", *words]
    return subprocess.run(command, input=message, cwd=folder or inhabitant.sidecar_folder,
                          capture_output=True, timeout=60, check=False)


def field(number, value):
    """Field `number` of a protobuf message, of length-delimited type."""
    size, prefix = len(value), b""
    while size > 0x7f:
        prefix += bytes([size & 0x7f | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + prefix + bytes([size]) + value


def csr_for(identity):
    done = subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", "/dev/null", "-subj", "/", "-outform", "DER",
         "-addext", f"subjectAltName=URI:{identity}"], capture_output=True, check=True)
    return field(1, done.stdout)


def test_a_sidecar_gets_no_identity_but_its_own(town):
    """I-22: whatever the request asks for."""
    asked = csr_for("spiffe://cluster.local/ns/town/sa/victim")
    done = as_sidecar(town["hostile"], "control.sock", SIGN, message=asked)
    assert done.returncode == 0, done
    assert b"spiffe://cluster.local/ns/town/sa/hostile" in done.stdout
    assert b"sa/victim" not in done.stdout


@pytest.mark.parametrize("name", ["control.sock", "admin.sock"])
def test_a_sidecar_cannot_reach_anothers_socket(town, name):
    other = town["victim"].sidecar_folder
    for path in (f"../{other.name}/{name}", other / name):
        done = as_sidecar(town["hostile"], path, SIGN, message=b"")
        assert b"Permission denied" in done.stderr, done


@pytest.mark.parametrize("file", ["store.db", "ca/root-key.pem", "runtime.json", "control.sock",
                                  "logs/control.log"])
def test_a_sidecar_cannot_read_what_the_mesh_keeps(mesh, town, file):
    uid = town["hostile"].sidecar_folder.stat().st_uid
    folder = town["hostile"].sidecar_folder
    assert {hostility.on_the_host(mesh, uid, "read", path, folder=folder)
            for path in (f"../../{file}", mesh.data_dir / file)} == {"EACCES"}


def test_the_socket_answers_nobody_but_its_sidecar(town):
    """Not even root: what is heard there would be taken for the sidecar's word."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(town["hostile"].sidecar_folder / "control.sock"))
        assert connection.recv(1) == b""


def test_a_sidecar_cannot_touch_its_program_nor_others(mesh, town):
    uid = town["hostile"].sidecar_folder.stat().st_uid
    pids = [town["hostile"].process("program"), town["victim"].process("sidecar")]
    assert {hostility.on_the_host(mesh, uid, what, pid, *more) for pid in pids
            for what, more in (("trace", ()), ("send_signal", (9,)))} == {"EPERM"}


def in_step(mesh):
    """A change is in force everywhere: the control plane and every sidecar are well."""
    done = mesh.run("mtls", "require", "town", timeout=30)
    return done.returncode == 0


def resident_mebibytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def test_garbage_from_a_sidecar_disturbs_nobody(mesh, town):
    pid = town.control
    before = resident_mebibytes(pid)
    done = as_sidecar(town["hostile"], "control.sock", "garbage")
    assert done.returncode == 0, done
    refused = as_sidecar(town["hostile"], "control.sock", SIGN, message=b"\xff" * 1000)
    assert refused.returncode == 1
    refused = as_sidecar(town["hostile"], "control.sock", REPORT, message=b"\xff" * 1000)
    assert refused.returncode == 1
    assert in_step(mesh) and mesh.process("mortise", "control") == pid
    assert resident_mebibytes(pid) - before < 16


def test_a_sidecar_that_opens_connections_without_end_gets_few(mesh, town):
    uid = town["hostile"].sidecar_folder.stat().st_uid
    command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", hostility.PYTHON,
               mesh.workdir / "sidecar_call.py", "control.sock", "flood", "60"]
    with subprocess.Popen(command, cwd=town["hostile"].sidecar_folder, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as flood:
        assert int(flood.stdout.readline()) <= 24
        assert in_step(mesh)
        flood.stdin.close()
    assert flood.returncode == 0


def test_what_a_sidecar_puts_in_its_folder_is_not_followed(mesh, town):
    """The control plane renews the socket, and `down` removes the folder, with root's rights."""
    folder = town["hostile"].sidecar_folder
    uid = folder.stat().st_uid
    precious = mesh.workdir / "precious"
    precious.write_text("kept")
    for name in ("control.sock", "link"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(precious)
    subprocess.run(["kill", "-KILL", str(town.control)], check=True)
    assert eventually(lambda: (folder / "control.sock").is_socket(), within=20)
    assert (folder / "control.sock").stat().st_uid == uid
    assert mesh.delete("deployment", "hostile", "town")
    assert eventually(lambda: not folder.exists(), within=20)
    assert precious.read_text() == "kept" and precious.stat().st_uid == 0
