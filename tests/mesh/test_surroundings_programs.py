"""Programs that end at once, hide, take a port that is not theirs, or do not want to end."""

import json
import subprocess
import time

import pytest
from manifests import namespace, workload
from mesh import BINARIES, all_processes, eventually, kill

BUSY = ["python3", "-m", "http.server"]
NEVER_READY = {
    "exits": ["sh", "-c", "echo no config found; exit 7"],
    "signalled": ["python3", "-c", "import os; os.kill(os.getpid(), 11)"],
    "notexecutable": ["/etc/hostname"],
    "daemon": ["sh", "-c", "setsid sleep 4711 & exit 0"],
}
STUBBORN = ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"]
SAID = {
    "exits": 'Restarting: exits ended with status 7 ("no config found")',
    "signalled": "Restarting: signalled was killed by signal 11",
    "notexecutable": "/etc/hostname: execute: Exec format error",
    "daemon": "Restarting: daemon ended with status 0, but must stay in the foreground",
    "meshport": "port 15006 is the sidecar's: give the program another containerPort",
    "outport": "port 15001 is the sidecar's: give the program another containerPort",
}


def two_on_one_port():
    container = {"image": "none", "command": [*BUSY, "8080"], "ports": [{"containerPort": 8080}]}
    meta = {"name": "two", "namespace": "full"}
    template = {"metadata": {"labels": {"app": "two"}}, "spec": {"containers": [
        {**container, "name": "one"}, {**container, "name": "other"}]}}
    return "---\n" + json.dumps({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "two"}},
                 "template": template}})


def yaml():
    text = namespace("full") + workload("full", "healthy", ["sleep", "infinity"])
    for name, command in NEVER_READY.items():
        text += workload("full", name, command)
    text += workload("full", "meshport", [*BUSY, "15006"], [{"name": "http", "port": 15006}])
    text += workload("full", "outport", [*BUSY, "15001"], [{"name": "http", "port": 15001}])
    return text + two_on_one_port()


def states(mesh):
    """{name without its random part: (state, restarts)}"""
    found = {}
    for line in mesh.do("get", "pods", "-n", "full").splitlines()[1:]:
        name, _, rest = line.partition(" ")
        words = rest.split()
        found[name.rsplit("-", 2)[0]] = (" ".join(words[1:-2]), int(words[-2]))
    return found


def test_up_names_each_program_that_ends_and_why(bare):
    bare.up()
    bare.apply(yaml())
    done = bare.run("up", "--detach", "--timeout", "4s")
    assert done.returncode == 1, done
    for name, words in SAID.items():
        assert f"full/{name}-" in done.stderr, done.stderr
        assert eventually(lambda name=name, words=words: words in states(bare)[name][0]), (
            name, states(bare))
    for name in ("exits", "notexecutable", "meshport"):
        assert SAID[name] in done.stderr
    assert "full/two-" in done.stderr
    # Between two tries it counts as running, so that `up` may have looked at such a moment.
    assert eventually(lambda: "Address already in use" in states(bare)["two"][0]), states(bare)
    assert "not ready within 4.0 s: " in done.stderr and "hint: mortise logs" in done.stderr
    told = states(bare)
    assert told["healthy"] == ("Running", 0)
    # With a growing pause in between: 0, 0.1, 0.3, 0.7, 1.5, 3.1 s and so on.
    assert 2 <= told["exits"][1] <= 8, told

    # A daemon's child does not pile up: the next start ends what the last one left.
    sleepers = [line for _, inode, line in all_processes()
                if inode in bare.namespaces().values() and "4711" in line]
    assert len(sleepers) <= 2, sleepers
    inodes = set(bare.namespaces().values())
    bare.down()
    assert not [line for _, inode, line in all_processes() if inode in inodes]


def test_a_missing_program_is_refused_before_anything_is_applied(bare):
    bare.up()
    done = bare.run("apply", "-f", "-", stdin=namespace("full") +
                    workload("full", "missing", ["/no/such/program"]))
    assert done.returncode == 65, done
    assert 'program "/no/such/program" not found; install it or change' in done.stderr
    assert bare.items("pods", "-A") == []


def test_a_program_that_goes_missing_is_named_and_found_again(bare):
    program = bare.workdir / "program"
    program.write_text("#!/bin/sh\nexec sleep infinity\n")
    program.chmod(0o755)
    bare.up()
    bare.apply(namespace("full") + workload("full", "script", [program]))
    bare.do("up", "--detach")
    moved = program.rename(bare.workdir / "moved")
    kill(bare.process("sleep", "infinity"))
    assert eventually(lambda: "not found" in states(bare)["script"][0]), states(bare)
    moved.rename(program)
    assert eventually(lambda: states(bare)["script"][0] == "Running", within=20), states(bare)


@pytest.mark.parametrize("how", ["delete", "down"])
def test_a_program_that_ignores_sigterm_is_killed_after_the_grace(bare, figure, how):
    bare.up()
    bare.apply(namespace("full") + workload("full", "deaf", STUBBORN))
    bare.do("up", "--detach")
    assert eventually(lambda: "deaf" in bare.do("logs", "-n", "full", "deaf"))
    inodes = {inode for name, inode in bare.namespaces().items() if "-deaf-" in name}

    def left():
        return [line for _, inode, line in all_processes() if inode in inodes]

    assert left()
    begin = time.monotonic()
    if how == "delete":
        assert bare.delete("deployment", "deaf", "full")
        assert eventually(lambda: not left(), within=20), left()
        assert eventually(lambda: "deaf" not in states(bare))
    else:
        bare.down()
        assert not left()
    figure(f"{how} of a program that ignores SIGTERM", time.monotonic() - begin, 5.5)


def test_a_program_that_has_the_sidecars_port_is_named_and_makes_way(bare):
    """It can take it only while there is no sidecar and nobody holds its sockets."""
    bare.up()
    bare.apply(namespace("full") + workload("full", "greedy", ["sleep", "infinity"]))
    bare.do("up", "--detach")
    kill(bare.process("mortise", "supervise"))
    kill(bare.process("mortise-proxy"))
    thief = ("import select, socket; s = socket.create_server(('0.0.0.0', 15006)); "
             "select.select([], [], [], 5)")
    with subprocess.Popen([BINARIES / "mortise", "exec", "-n", "full", "greedy", "--", "python3",
                           "-c", thief], env=bare.environment) as holder:
        inode = next(i for name, i in bare.namespaces().items() if "-greedy-" in name)
        assert eventually(lambda: any("create_server" in line for _, found, line
                                      in all_processes() if found == inode))
        done = bare.run("up", "--detach", "--timeout", "2s")
        assert done.returncode == 1, done
        assert "listen on port 15006: Address already in use: a program of this workload has it" \
            in done.stderr
        assert "give the program another port" in done.stderr
        holder.wait(timeout=30)
    assert eventually(lambda: states(bare)["greedy"][0] == "Running", within=20), states(bare)
