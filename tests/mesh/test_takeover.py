"""The supervisor dies and another one takes over: no caller notices, in the mesh or outside it."""

import subprocess

import pytest
from mesh import BINARIES, eventually, kill

ROUNDS = 5
# Calls one after the other, each over a connection of its own, until a file appears; one line per
# call that failed, and how many there were.
LOOP = r"""n=0
while [ ! -e "$1" ]; do
  n=$((n + 1))
  said=$(curl -s -o /dev/null -m 10 -w '%{http_code}' "$2"); status=$?
  [ "$status $said" = "0 200" ] || echo "call $n: curl $status, HTTP $said"
done
echo "calls $n"
"""


@pytest.mark.parametrize("source", ["legacy", "full"])
def test_a_takeover_costs_no_call(mesh, source):
    for number in range(ROUNDS):
        finish = mesh.workdir / f"finish-{source}-{number}"
        with subprocess.Popen(
                [BINARIES / "mortise", "exec", "-n", source, "sleep", "--", "sh", "-c", LOOP, "sh",
                 finish, "http://httpbin.full:8000/status/200"],
                env=mesh.environment, stdout=subprocess.PIPE, text=True) as caller:
            try:
                kill(mesh.process("mortise", "supervise"))
                mesh.do("up", "--detach")
                # The new one has looked at everything when it gave its word on every pod.
                assert eventually(lambda: mesh.run("status").returncode == 0)
                mesh.curls(source, "http://httpbin.full:8000/status/200", 20)
            finally:
                finish.touch()
            *failed, count = caller.communicate(timeout=60)[0].splitlines()
        assert failed == []
        assert int(count.split()[1]) > 5


def test_what_ended_meanwhile_is_noticed(mesh):
    """Kept endpoints are no blind trust: a program that died unwatched is started again."""
    kill(mesh.process("mortise", "supervise"))
    kill(mesh.process("mortise-demo", "httpbin"))
    mesh.do("up", "--detach")
    for namespace in ("full", "partial", "legacy"):
        assert eventually(lambda space=namespace: mesh.curl(
            "legacy", f"http://httpbin.{space}:8000/status/200").status == "200", within=20)
