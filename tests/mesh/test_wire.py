"""The wire agrees with the table: packets between the workloads, looked at from outside."""

import uuid

import lab
import pytest
from capture import HANDSHAKE, Capture


def marked_call(mesh, source, target):
    """One call with a mark in its path and a header that nobody else has: (call, mark)."""
    mark = f"mark-{uuid.uuid4().hex}"
    url = f"http://httpbin.{target}:8000/headers?{mark}"
    return mesh.curl(source, url, "-H", f"Mark: {mark}"), mark


@pytest.mark.parametrize("phase,source,target", [
    ("permissive", "full", "full"),
    ("strict", "full", "full"),
])
def test_an_encrypted_cell_shows_no_readable_request(mesh, phase, source, target):
    lab.enter(mesh, phase)
    with Capture(mesh) as wire:
        call, mark = marked_call(mesh, source, target)
    assert lab.outcome(call) == "mtls"
    assert mark in call.body
    assert not wire.saw(mark)
    assert not wire.saw("HTTP/1.1")
    assert wire.tls_records(), "the call went over some other wire"


@pytest.mark.parametrize("phase,source,target", [
    ("permissive", "full", "legacy"),
    ("permissive", "legacy", "full"),
    ("permissive", "legacy", "legacy"),
    ("disabled", "full", "full"),
    ("disabled", "legacy", "full"),
])
def test_a_plain_cell_shows_a_readable_request_and_answer(mesh, phase, source, target):
    lab.enter(mesh, phase)
    with Capture(mesh) as wire:
        call, mark = marked_call(mesh, source, target)
    assert lab.outcome(call) == "plain"
    assert wire.saw(f"GET /headers?{mark}")
    assert wire.saw("200 OK")
    assert not wire.tls_records()


def test_a_service_with_one_sidecar_is_encrypted_to_that_endpoint_only(mesh):
    lab.enter(mesh, "permissive")
    with Capture(mesh) as wire:
        calls = [marked_call(mesh, "full", "partial") for _ in range(lab.CALLS)]
    assert {lab.outcome(call) for call, _ in calls} == {"mtls", "plain"}
    for call, mark in calls:
        assert wire.saw(mark) == (lab.outcome(call) == "plain"), call


def test_strict_resets_a_plain_caller_before_any_answer(mesh):
    lab.enter(mesh, "strict")
    with Capture(mesh) as wire:
        call, mark = marked_call(mesh, "legacy", "full")
    assert lab.outcome(call) == "reset"
    assert wire.saw(mark), "the caller sent its request in the clear, that is its own doing"
    assert not wire.saw("HTTP/1.1 ")


def test_a_client_told_to_encrypt_sends_nothing_in_the_clear(mesh):
    lab.enter(mesh, "disabled-istio-mutual")
    with Capture(mesh) as wire:
        call, mark = marked_call(mesh, "full", "full")
    assert lab.outcome(call) == "503"
    assert not wire.saw(mark)
    assert wire.tls_records(HANDSHAKE)
