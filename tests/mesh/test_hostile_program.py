"""A hostile program in one workload: other identities, other programs and the host stay closed to
it (ARCHITECTURE.md sections 5 and 9). Each attack is carried out by a workload's own program, one
that runs as a uid of its own, one that asked for root, and one that shares its uid with another."""

import ctypes
import json
import os
import pathlib
import pty
import re
import shutil
import signal

import hostility
import pytest
from hostility import REFUSED, SHARED_UID
from mesh import BINARIES, eventually

CLOSED = REFUSED | {"ENOENT"}
KEY = "mortise-test-key"
ADD_KEY, KEYCTL, KEYCTL_JOIN_SESSION_KEYRING, KEY_SPEC_SESSION_KEYRING = 248, 250, 1, -3
ATTACKERS = ("hostile", "rooted", "sharing")


def FILES(mesh):
    # A mesh is started from sessions that hold keys: of file systems, of Kerberos.
    keep_a_key(KEY, "of the operator")
    return hostility.files(mesh)


def keep_a_key(name, secret):
    """In the session of this process, from which the mesh is started."""
    kernel = ctypes.CDLL(None)
    kernel.syscall(KEYCTL, KEYCTL_JOIN_SESSION_KEYRING, b"mortise-test")
    kernel.syscall(ADD_KEY, b"user", name.encode(), secret.encode(), len(secret),
                   KEY_SPEC_SESSION_KEYRING)


@pytest.fixture(scope="module")
def town(mesh):
    return hostility.Town(mesh)


@pytest.fixture(params=ATTACKERS)
def attacker(request, town):
    return town[request.param]


def check_closed(attempts):
    """Attempts {what: outcome}: all of them refused."""
    assert attempts
    assert {what: word for what, word in attempts.items() if word not in CLOSED} == {}


def test_no_identity_socket_can_be_reached(town, attacker):
    ways = {}
    for owner in (town["victim"], attacker):
        socket = owner.sidecar_folder / "control.sock"
        sidecar = owner.process("sidecar")
        for way in (socket, f"/proc/{sidecar}/root{socket}", f"/proc/{sidecar}/cwd/control.sock"):
            for how in ("connect_to", "through_symlink", "through_hard_link"):
                ways[how, way] = attacker.tries(how, way)
    check_closed(ways)


def test_no_other_socket_of_the_mesh_can_be_reached(mesh, attacker):
    sockets = [path for path in mesh.data_dir.rglob("*") if path.is_socket()]
    assert len(sockets) > 2 * len(hostility.INHABITANTS)
    check_closed({path: attacker.tries("connect_to", path) for path in sockets})


def test_no_file_of_the_mesh_can_be_read(mesh, town, attacker):
    files = ["store.db", "ca/root-key.pem", "runtime.json", "logs/control.log",
             f"logs/town/{town['victim'].pod}.log", f"logs/town/{attacker.pod}.proxy.log"]
    assert all((mesh.data_dir / file).exists() for file in files)
    check_closed({file: attacker.tries("read", mesh.data_dir / file) for file in files})


def test_the_data_directory_stays_hidden_from_root_of_an_own_namespace(mesh, attacker):
    hidden = attacker.tries("as_own_root", "unhide", mesh.data_dir)
    assert hidden in REFUSED | {"EINVAL"}  # EINVAL: such a mount cannot be taken away


def test_abstract_sockets_are_those_of_the_own_network(town, attacker):
    assert attacker.tries("connect_to", f"@{attacker.name}") == "done"
    assert attacker.tries("connect_to", "@victim") == "ECONNREFUSED"


@pytest.mark.parametrize("what", ["memory", "memory_by_call", "trace"])
def test_no_other_process_can_be_looked_into(town, attacker, what):
    check_closed({who: attacker.tries(what, pid)
                  for who, pid in town.others(attacker.name).items()})


def test_a_program_can_look_into_itself(attacker):
    """The control of the test above."""
    assert attacker.tries("memory", "self") == "done"


def test_no_descriptor_can_be_taken_from_another_process(town, attacker):
    check_closed({(who, number): attacker.tries("take_descriptor", pid, number)
                  for who, pid in town.others(attacker.name).items() for number in (1, 3)})


def test_what_proc_tells_about_others_is_closed(town, attacker):
    found = {}
    for who, pid in town.others(attacker.name).items():
        for file in ("environ", "maps", "cmdline"):
            found[who, file] = attacker.tries("read", f"/proc/{pid}/{file}")
        for link in ("root", "cwd", "exe", "ns/net", "fd/3"):
            found[who, link] = attacker.tries("follow", f"/proc/{pid}/{link}")
    check_closed(found)


def test_a_program_sees_only_its_own_processes(mesh, town, attacker):
    lines = attacker.tries("run", "ps", "-eo", "args")["stdout"]
    assert f"hostile.py {attacker.name}" in lines
    assert "mortise" not in lines.replace(str(mesh.workdir), "")
    assert "hostile.py victim" not in lines


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGQUIT, signal.SIGKILL])
def test_no_other_process_can_be_signalled(town, attacker, number):
    for who, pid in town.others(attacker.name).items():
        shares_uid = attacker.name == "sharing" and who == "the program of shared"
        if shares_uid and hostility.landlock_version() < hostility.LANDLOCK_WITH_SIGNALS:
            continue  # docs/threat-model.md
        assert attacker.tries("send_signal", pid, int(number)) == "EPERM", who


def test_no_other_uid_can_be_had(town, attacker):
    victim = town["victim"].sidecar_folder.stat().st_uid
    own = attacker.sidecar_folder.stat().st_uid
    uids = {0, 1, 1337, own, victim, victim + 1}
    if attacker.name == "rooted":
        uids.remove(0)
    # EINVAL: no such user in the user namespace of who asked for root.
    assert {attacker.tries("become", uid) for uid in uids} <= {"EPERM", "EINVAL"}


def test_programs_with_the_setuid_bit_change_nobody(mesh, attacker):
    tool = mesh.workdir / "setuid-id"
    shutil.copyfile(shutil.which("id"), tool)
    tool.chmod(0o4755)
    # The control: on the host it works.
    host = hostility.on_the_host(mesh, 65534, "run", tool, "-u")["stdout"]
    assert host.strip() == "0", "the tests' directory is mounted nosuid"
    own = attacker.tries("run", shutil.which("id"), "-u")["stdout"]
    assert attacker.tries("run", tool, "-u")["stdout"] == own


def test_no_other_network_can_be_entered(town, attacker):
    ways = [town["victim"].netns, town["victim"].netns.parent / town.mesh.switch(),
            f"/proc/{town['victim'].process('program')}/ns/net",
            f"/proc/{town.supervisor}/ns/net", "/proc/1/ns/net"]
    found = {}
    for way in ways:
        found["as itself", way] = attacker.tries("enter_network", way)
        found["as own root", way] = attacker.tries("as_own_root", "enter_network", way)
    check_closed(found)


@pytest.mark.parametrize("as_root", [(), ("as_own_root",)])
def test_the_own_network_cannot_be_changed(attacker, as_root):
    answers = attacker.tries(*as_root, "change_addresses")
    if answers == "EPERM":
        return  # root inside may not make a user namespace
    assert len(answers) == 6
    assert all("not permitted" in answer for answer in answers), answers


def test_no_setting_of_the_kernel_can_be_written(attacker):
    settings = ["kernel/core_pattern", "net/ipv4/conf/eth0/route_localnet",
                "net/ipv6/conf/all/disable_ipv6", "net/ipv4/ip_forward"]
    check_closed({name: attacker.tries("append_to", f"/proc/sys/{name}") for name in settings})


def test_files_of_the_hosts_root_are_closed_to_root_inside(mesh, town):
    rooted = town["rooted"]
    assert rooted.tries("run", "id", "-u")["stdout"] == "0\n"
    files = ["/etc/hosts", "/etc/passwd", "/etc/shadow", "/etc/ld.so.conf"]
    check_closed({file: rooted.tries("append_to", file) for file in files}
                 | {"read": rooted.tries("read", "/etc/shadow"),
                    "create": rooted.tries("create", mesh.workdir / "by-root-inside")})


def test_root_inside_has_no_capability(town):
    status = town["rooted"].tries("read", "/proc/self/status")
    assert set(re.findall(r"^Cap(?!Amb)\w+:\t(\w+)$", status, re.M)) == {"0" * 16}
    assert town["rooted"].tries("read", "/proc/self/uid_map").split()[::2] == ["0", "1"]


def test_who_asks_for_a_user_of_the_host_gets_it(town):
    assert town["sharing"].tries("run", "id", "-u")["stdout"] == f"{SHARED_UID}\n"


def test_only_the_standard_streams_are_inherited(attacker):
    pid = attacker.process("program")
    # Sockets are its own; everything else came from the supervisor.
    links = {file.name: file.readlink() for file in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    assert {name for name, link in links.items()
            if not str(link).startswith(("socket:", "anon_inode:"))} == {"0", "1", "2"}


def test_system_v_memory_is_the_workloads_own(town, attacker):
    key = 7100 + ATTACKERS.index(attacker.name)
    assert isinstance(attacker.tries("share_memory", key), int)
    assert town["victim"].tries("find_memory", key) == "ENOENT"


def test_shared_memory_is_the_workloads_own(town, attacker):
    name = f"/dev/shm/{attacker.name}"
    assert attacker.tries("create", name) == "done"
    assert attacker.tries("read", name) == "x"
    assert town["victim"].tries("read", name) == "ENOENT"


def test_keys_of_who_started_the_mesh_are_not_inherited(mesh, attacker):
    # The control: an ordinary child inherits them, whoever it becomes. Some containers have none.
    inherited = hostility.on_the_host(mesh, 65534, "key", KEY)
    assert isinstance(inherited, int) or inherited in {"ENOSYS", "EPERM"}
    assert attacker.tries("key", KEY) == ("ENOKEY" if isinstance(inherited, int) else inherited)


def test_a_program_run_by_hand_is_confined_as_well(mesh, town):
    """`mortise run` and `mortise exec` give commands the program's place, and nothing more."""
    program = [hostility.PYTHON, str(mesh.workdir / "hostile.py"), "once"]
    sidecar = town["victim"].process("sidecar")
    socket = town["victim"].sidecar_folder / "control.sock"
    orders = [("connect_to", socket), ("trace", sidecar), ("send_signal", sidecar, 9),
              ("append_to", "/etc/passwd"), ("key", KEY), ("visible", sidecar)]
    for verb in (["run", "probe", "-n", "town"], ["exec", "-n", "town", town["rooted"].pod]):
        done = mesh.run(*verb, "--", *program,
                        stdin="".join(hostility.order(what, words) for what, *words in orders))
        assert done.returncode == 0, done
        outcomes = [json.loads(line)["outcome"] for line in done.stdout.splitlines()
                    if line.startswith("{")]
        assert len(outcomes) == len(orders)
        assert outcomes[-2] in {"ENOKEY", "ENOSYS", "EPERM"} and outcomes[-1] is False
        check_closed({what: word for (what, *_), word in zip(orders[:-2], outcomes)})


@pytest.mark.parametrize("request_name", ["TIOCSTI", "TIOCLINUX"])
def test_a_command_cannot_type_into_the_terminal_of_who_runs_it(mesh, town, request_name):
    """What it typed there, root's shell would run when `mortise exec` ends."""
    script = ("import fcntl, sys, termios\n"
              "sys.stdin.isatty() or sys.exit('no terminal')\n"
              f"fcntl.ioctl(0, termios.{request_name}, b'x')")
    said = b""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(BINARIES / "mortise", ["mortise", "exec", "-n", "town", town["victim"].pod, "--",
                                         hostility.PYTHON, "-c", script], mesh.environment)
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # everybody there is gone
            break
        if not part:
            break
        said += part
    os.waitpid(pid, 0)
    os.close(terminal)
    assert b"PermissionError" in said, said


def test_a_program_that_leaves_its_network_ends_with_its_workload(mesh, town):
    """Else it would meet the next workload that gets its uid."""
    note = f"/dev/shm/left-{town['hostile'].pod}"
    assert town["hostile"].tries("stay_behind", note) == "done"
    pid = eventually(lambda: int(found) if (found := town["hostile"].tries("read", note)).isdigit()
                     else None)
    process = pathlib.Path(f"/proc/{pid}")
    assert process.exists()
    assert (process / "ns/net").stat().st_ino != town["hostile"].netns.stat().st_ino
    assert mesh.delete("deployment", "hostile", "town")
    assert eventually(lambda: not process.exists(), within=20), "it outlived its workload"
