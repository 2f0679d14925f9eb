"""The PeerAuthentication tutorial: encrypted by default, open to plain callers until STRICT."""

import manifests
import pytest
from capture import Capture

STRICT = """
apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata:
  name: default
  namespace: istio-system
spec:
  mtls:
    mode: STRICT
"""
URL = "http://server:80"
CLIENT = "spiffe://cluster.local/ns/pair/sa/client"


def FILES(mesh):
    return manifests.write(
        mesh, manifests.namespace("pair"),
        manifests.workload("pair", "server", ["/usr/bin/python3",
                                              mesh.copy_program("hello.py"), 80],
                           [{"name": "http", "port": 80}]),
        manifests.workload("pair", "client", ["sleep", "infinity"]))


@pytest.fixture
def strict(mesh):
    mesh.apply(STRICT)
    yield
    mesh.delete("peerauthentication", "default", "istio-system")


def from_application(mesh):
    return mesh.curl("pair", URL, workload="client")


def from_sidecar(mesh):
    return mesh.curl("pair", URL, workload="client", container="istio-proxy")


def test_two_workloads_are_encrypted_without_any_policy(mesh):
    mesh.delete("meshpolicy", "default")  # not even the one that an installer writes
    with Capture(mesh) as wire:
        call = from_application(mesh)
    assert (call.status, call.uri) == ("200", CLIENT)
    assert not wire.saw("Hello World!")
    assert wire.tls_records()


def test_plain_curl_from_the_sidecars_own_context_works(mesh):
    with Capture(mesh) as wire:
        call = from_sidecar(mesh)
    assert (call.status, call.uri, call.exit_status) == ("200", None, 0)
    assert wire.saw("Hello World!")


def test_strict_resets_plain_curl_and_says_so_in_curls_words(mesh, strict):
    call = from_sidecar(mesh)
    assert (call.status, call.exit_status) == ("000", 56)
    assert "Recv failure: Connection reset by peer" in call.message


def test_strict_leaves_the_encrypted_pair_alone(mesh, strict):
    call = from_application(mesh)
    assert (call.status, call.uri) == ("200", CLIENT)


def test_deleting_the_policy_lets_plain_callers_in_again(mesh):
    mesh.apply(STRICT)
    mesh.do("delete", "-n", "istio-system", "peerauthentication", "default")
    assert from_sidecar(mesh).status == "200"
