"""Raw TCP through both sidecars: Redis and an echo, encrypted on the wire, half-close kept."""

import json
import uuid

import manifests
import pytest
from capture import HANDSHAKE, Capture

PYTHON = "/usr/bin/python3"


def FILES(mesh):
    redis = ["redis-server", "--port", "6379", "--bind", "0.0.0.0", "--protected-mode", "no",
             "--save", "", "--appendonly", "no"]
    echo = [PYTHON, mesh.copy_program("tcp_echo.py"), 9000]
    mesh.copy_program("tcp_client.py")
    return manifests.write(
        mesh, manifests.namespace("tcp"), manifests.namespace("outside", injected=False),
        manifests.workload("tcp", "redis", redis, [{"name": "redis", "port": 6379}]),
        manifests.workload("tcp", "echo", echo, [{"name": "tcp-echo", "port": 9000}]),
        manifests.sleeper("tcp"), manifests.sleeper("outside"))


def redis(mesh, source, *words):
    done = mesh.exec(source, "sleep", "redis-cli", "-h", "redis.tcp", *words)
    assert done.returncode == 0, done
    return done.stdout.strip()


def echo(mesh, source, text, times=1):
    done = mesh.exec(source, "sleep", PYTHON, str(mesh.workdir / "tcp_client.py"), "echo.tcp",
                     "9000", text, str(times))
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def strict(mesh, yes):
    mesh.do("mtls", "require" if yes else "allow", "tcp")


def test_redis_works_and_its_commands_are_not_on_the_wire(mesh):
    mark = uuid.uuid4().hex
    with Capture(mesh) as wire:
        assert redis(mesh, "tcp", "SET", "key", mark) == "OK"
        assert redis(mesh, "tcp", "GET", "key") == mark
    assert not wire.saw(mark)
    assert wire.tls_records()


def test_redis_is_plain_for_a_caller_without_sidecar(mesh):
    strict(mesh, False)
    mark = uuid.uuid4().hex
    with Capture(mesh) as wire:
        assert redis(mesh, "outside", "SET", "plain", mark) == "OK"
    assert wire.saw(mark)


def test_strict_redis_refuses_a_caller_without_sidecar(mesh):
    strict(mesh, True)
    done = mesh.exec("outside", "sleep", "redis-cli", "-h", "redis.tcp", "PING")
    strict(mesh, False)
    assert "PONG" not in done.stdout
    assert "reset by peer" in done.stdout + done.stderr


@pytest.mark.parametrize("source", ["tcp", "outside"])
@pytest.mark.parametrize("size", [1, 1000, 4 << 20])
def test_an_echo_after_half_close_is_complete(mesh, source, size):
    text = "0123456789abcdef"[:min(size, 16)]
    answer = echo(mesh, source, text, max(1, size // 16))
    assert answer["intact"] and answer["greeting"] == "hello\n", answer


def test_the_echo_is_encrypted_between_sidecars(mesh):
    mark = uuid.uuid4().hex
    with Capture(mesh) as wire:
        assert echo(mesh, "tcp", mark)["intact"]
    assert not wire.saw(mark)
    assert not wire.saw("hello\n")
    assert wire.tls_records(HANDSHAKE) or wire.tls_records()


@pytest.mark.parametrize("source", ["tcp", "outside"])
def test_a_server_that_speaks_first_is_heard_without_a_stall(mesh, source, figure):
    """K-26. The tutorials' meshes stall here for a second or for ever."""
    figure(f"a greeting heard by {source}", echo(mesh, source, "x")["greeted_ms"], 150, "ms")


def test_many_connections_at_once_keep_their_bytes_apart(mesh):
    script = "for i in $(seq 20); do \"$0\" \"$1\" echo.tcp 9000 text-$i 5000 & done; wait"
    done = mesh.exec("tcp", "sleep", "sh", "-c", script, PYTHON,
                     str(mesh.workdir / "tcp_client.py"))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 20 and all(answer["intact"] for answer in answers), done
