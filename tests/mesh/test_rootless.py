"""The mesh of an ordinary user: everything of it in a user namespace, nothing of it needs root.

The user exists for these tests only: /etc/passwd, /etc/subuid and their like are covered by files
of ours in a mount namespace of each command, so that the machine keeps its users.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from mesh import BINARIES, LAB, Mesh, eventually, kill

NUMBER = os.getpid() % 2000  # another run at the same time has another user
UID = 47_000 + NUMBER
NAME = f"mortise-dev-{NUMBER}"
FIRST_ID = 2_000_000_000 + NUMBER * 65_536
SUBIDS = f"{NAME}:{FIRST_ID}:65536\n"
CALLER = "spiffe://cluster.local/ns/full/sa/sleep"
NOT_SEPARATED = "identities are not separated from the user who runs the mesh"

# Covers files of /etc, then becomes the user.
LOGIN = r"""etc=$1; uid=$2; shift 2
for file in passwd group subuid subgid; do
  mount --bind "$etc/$file" "/etc/$file" || exit 99
done
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
"""
# The same where no user namespace can be made: the switch is one of the surrounding user namespace.
CLOSED = r"""echo ready; read go; exec sh -c '
echo 0 > /proc/sys/user/max_user_namespaces || exit 98
exec sh -c "$0" login "$@"' "$0" "$@"
"""


class UsersMesh(Mesh):
    """A mesh at which an ordinary user types."""

    def __init__(self, workdir, subids=SUBIDS):
        super().__init__(workdir)
        home = self.workdir / "home"
        home.mkdir(mode=0o700)
        os.chown(home, UID, UID)
        self.data_dir = home / ".local" / "state" / "mortise"
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "NO_COLOR": "1"}
        self.etc = self.workdir / "etc"
        self.etc.mkdir()
        for file, more in (("passwd", f"{NAME}:x:{UID}:{UID}::{home}:/bin/sh\n"),
                           ("group", f"{NAME}:x:{UID}:\n")):
            (self.etc / file).write_text(pathlib.Path("/etc", file).read_text() + more)
        for file in ("subuid", "subgid"):
            (self.etc / file).write_text(subids)
            if not pathlib.Path("/etc", file).exists():
                pathlib.Path("/etc", file).touch()  # there has to be something to cover
        # Where the user can read them, wherever they were built.
        self.lab = shutil.copytree(LAB, self.workdir / "lab")
        for name in ("mortise", "mortise-proxy", "mortise-demo"):
            shutil.copy(BINARIES / name, self.workdir / name)

    def words(self, *arguments):
        return [self.etc, str(UID), self.workdir / "mortise", *arguments]

    def run(self, *arguments, stdin=None, timeout=60):
        login = ["unshare", "-m", "sh", "-c", LOGIN, "login"]
        return subprocess.run([*login, *self.words(*arguments)],
                              input=stdin, env=self.environment, capture_output=True, text=True,
                              timeout=timeout, check=False, errors="replace")

    def processes(self):
        """Everything of the user and of the user's ids."""
        found = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                uid = uid_of(entry.name)
                line = (entry / "cmdline").read_text()
            except OSError:
                continue  # ended meanwhile
            if line and (uid == UID or FIRST_ID <= uid < FIRST_ID + 65_536):
                found[int(entry.name)] = line
        return found


def uid_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/status").read_text().split("\nUid:\t")[1].split()[0])


@pytest.fixture(scope="module")
def mesh(workdir):
    running = UsersMesh(workdir)
    try:
        done = running.run("up", "-f", running.lab, "--detach", timeout=120)
        assert done.returncode == 0, done
        assert NOT_SEPARATED in done.stderr
        yield running
    finally:
        print(running.logs())
        running.run("down", "--purge")


@pytest.fixture
def idle():
    """A mesh that has not been started, and will not be."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mortise-test-"))
    folder.chmod(0o755)
    mesh = UsersMesh(folder)
    yield mesh
    assert mesh.processes() == {}
    assert not mesh.data_dir.exists()
    shutil.rmtree(folder)


def code(mesh, source, target):
    return mesh.curl(source, f"http://httpbin.{target}:8000/headers").status


def test_calls_are_mutual_tls_where_both_ends_have_a_sidecar(mesh):
    assert mesh.curl("full", "http://httpbin.full:8000/headers").uri == CALLER
    assert mesh.curl("full", "http://httpbin:8000/headers").uri == CALLER
    plain = mesh.curl("legacy", "http://httpbin.full:8000/headers")
    assert (plain.status, plain.uri) == ("200", None)


def test_a_policy_change_is_in_force_at_once(mesh):
    mesh.do("mtls", "require", "full")
    reset = mesh.curl("legacy", "http://httpbin.full:8000/headers")
    assert (reset.status, reset.exit_status) == ("000", 56)
    assert mesh.curl("full", "http://httpbin.full:8000/headers").uri == CALLER
    mesh.do("mtls", "unset", "full")
    assert code(mesh, "legacy", "full") == "200"


def test_status_says_that_identities_are_not_separated(mesh):
    assert NOT_SEPARATED in mesh.do("status")
    assert "not running" not in mesh.do("status")


def test_sidecars_and_programs_have_ids_of_their_own(mesh):
    ids = [uid_of(pid) for pid, line in mesh.processes().items()
           if line.startswith(("mortise-proxy", "mortise-demo"))]
    assert len(ids) == len(set(ids)) == 7, ids
    assert UID not in ids


def test_no_other_user_can_hold_up_its_commands(mesh):
    """Who can open the file can lock it, and `up` and `down` wait for that lock."""
    assert (mesh.data_dir / "rootless").stat().st_mode & 0o777 == 0o600


def test_exec_and_run_enter_the_mesh(mesh):
    assert mesh.exec("full", "sleep", "sh", "-c", "exit 7").returncode == 7
    run = ("run", "probe", "-n", "full", "--")
    assert "ns/full/sa/default" in mesh.do(*run, "curl", "-s", "http://httpbin:8000/headers")
    assert mesh.run(*run, "sh", "-c", "exit 9").returncode == 9


def test_logs_are_the_users_to_read(mesh):
    assert "httpbin listens" in mesh.do("logs", "-n", "full", "httpbin")
    assert "is in force" in mesh.do("logs", "-n", "full", "httpbin", "--proxy")


SLEEP = "command: [sleep, infinity], "


def pod(name, container):
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: legacy}}
spec:
  containers:
  - {{name: main, image: none, {container}}}
"""


def test_a_program_reaches_a_private_home_through_its_working_directory(mesh):
    home = mesh.data_dir.parents[2]
    app = home / "app"
    app.mkdir(mode=0o755)
    (app / "page").write_text("served\n")
    assert home.stat().st_mode & 0o777 == 0o700
    mesh.apply(pod("page", f"command: [cat, page], workingDir: {app}"))
    assert eventually(lambda: "served" in mesh.run("logs", "-n", "legacy", "page").stdout)
    mesh.do("delete", "pod", "page", "-n", "legacy")


def test_a_program_that_asks_for_root_is_neither_root_nor_the_user(mesh):
    secret = mesh.data_dir.parents[2] / "secret"
    secret.write_text("mine\n")
    secret.chmod(0o600)
    os.chown(secret, UID, UID)
    mesh.apply(pod("root", SLEEP + "securityContext: {runAsUser: 0}"))
    assert eventually(lambda: mesh.exec("legacy", "root", "id", "-u").stdout == "0\n")
    assert mesh.exec("legacy", "root", "cat", secret).returncode == 1
    mesh.do("delete", "pod", "root", "-n", "legacy")


def test_a_uid_outside_the_map_is_refused(mesh):
    text = pod("far", SLEEP + "securityContext: {runAsUser: 70000}")
    refused = mesh.run("apply", "-f", "-", stdin=text)
    assert refused.returncode == 65
    assert "uid 70000 does not exist in this user namespace" in refused.stderr


def test_the_next_up_takes_over_after_a_kill_of_the_supervisor(mesh):
    def running():
        return {pid for pid, line in mesh.processes().items() if line.startswith("mortise-proxy")}

    assert eventually(lambda: len(running()) == 3), "those of earlier tests have ended"
    sidecars = running()
    kill(mesh.process("mortise", "supervise"))
    assert code(mesh, "full", "full") == "200"
    mesh.do("up", "--detach")
    assert mesh.process("mortise", "supervise")
    assert sidecars <= set(mesh.processes())
    assert code(mesh, "legacy", "full") == "200"


def test_the_keeper_alone_holds_the_mesh(mesh):
    sidecars = {pid for pid, line in mesh.processes().items() if line.startswith("mortise-proxy")}
    for word in ("supervise", "control"):
        kill(mesh.process("mortise", word))
    assert code(mesh, "full", "full") == "200"
    mesh.do("up", "--detach")
    assert sidecars <= set(mesh.processes())
    assert code(mesh, "full", "full") == "200"


def test_what_nobody_can_take_over_is_replaced(mesh):
    before = mesh.processes()
    supervising = [mesh.process("mortise", word) for word in ("supervise", "control", "keep")]
    for pid in supervising:
        kill(pid)
    assert "mortise up starts one" in mesh.exec("full", "sleep", "true").stderr
    mesh.do("up", "--detach")
    assert not set(before) & set(mesh.processes())
    assert mesh.curl("full", "http://httpbin.full:8000/headers").uri == CALLER


def test_the_lab_runs(mesh):
    done = mesh.run("demo", "lab", "--calls", "2", timeout=120)
    assert done.returncode == 0 and "all 24 cells are as they must be" in done.stderr, done


def test_root_is_told_whose_it_is(mesh):
    done = Mesh.run(mesh, "--data-dir", mesh.data_dir, "down")
    assert done.returncode == 1
    assert f"belongs to uid {UID}: run this as that user" in done.stderr
    assert code(mesh, "full", "full") == "200"


def test_down_leaves_nothing(mesh):
    stray = "unshare -Urn sleep 1000 & exec sleep infinity"
    mesh.apply(pod("stray", f"command: [sh, -c, '{stray}']"))
    assert eventually(lambda: "sleep\0001000\0" in mesh.processes().values())
    mesh.do("down", "--purge")
    assert mesh.processes() == {}
    assert not mesh.data_dir.exists()
    mesh.do("down", "--purge")


def test_without_newuidmap_it_says_what_to_install(idle):
    tools = idle.workdir / "tools"
    tools.mkdir()
    for name in ("sh", "mount", "setpriv", "unshare"):
        (tools / name).symlink_to(shutil.which(name))
    idle.environment["PATH"] = str(tools)
    done = idle.run("up", "--detach")
    assert done.returncode == 1
    assert "\"newuidmap\" not found" in done.stderr and "apt-get install uidmap" in done.stderr


def test_without_subordinate_ids_it_says_how_to_get_some(idle):
    for file in ("subuid", "subgid"):
        (idle.etc / file).write_text("somebody:100000:65536\n")
    done = idle.run("demo", "lab")
    assert done.returncode == 1
    assert f"usermod --add-subuids 165536-231071 --add-subgids 165536-231071 {NAME}" in done.stderr


def test_where_user_namespaces_are_off_it_names_the_switch(idle):
    with subprocess.Popen(["unshare", "-U", "-m", "sh", "-c", CLOSED, LOGIN,
                           *idle.words("up", "--detach")], env=idle.environment, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as closed:
        assert closed.stdout.readline() == "ready\n"
        for file in ("uid_map", "gid_map"):
            pathlib.Path(f"/proc/{closed.pid}/{file}").write_text("0 0 4294967295\n")
        _, said = closed.communicate("go\n", timeout=30)
    assert closed.returncode == 1, said
    assert "user.max_user_namespaces is 0" in said and "sysctl -w user.max_user_namespaces" in said
    assert int(pathlib.Path("/proc/sys/user/max_user_namespaces").read_text()) > 0


def test_one_id_cannot_tell_a_sidecar_from_its_program(idle):
    mortise = idle.words()[-1]
    idle.words = lambda *arguments: [idle.etc, str(UID), "unshare", "-Ur", mortise, *arguments]
    done = idle.run("--data-dir", idle.data_dir, "up", "--detach")
    assert done.returncode == 1
    assert "this user namespace maps 1 of the 2001 user ids" in done.stderr
