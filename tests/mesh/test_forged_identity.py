"""A forged X-Forwarded-Client-Cert never reaches an application that has a sidecar (X-5, K-24)."""

import lab
import pytest
from forgery import ELEMENT, SPELLINGS


@pytest.fixture(scope="module", params=lab.PHASES)
def phase(request, mesh):
    lab.enter(mesh, request.param)
    return request.param


def options(spelling):
    return [word for field in SPELLINGS[spelling] for word in ("-H", field)]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("source", ["full", "legacy"])
def test_the_application_never_sees_it(mesh, phase, source, spelling):
    call = mesh.curl(source, "http://httpbin.full:8000/headers", *options(spelling))
    assert "forged" not in call.body
    assert lab.outcome(call) == lab.expected(phase, source, "full")


@pytest.mark.parametrize("source", ["full", "legacy"])
def test_not_on_the_second_request_of_a_connection_either(mesh, phase, source):
    url = "http://httpbin.full:8000/headers"
    done = mesh.exec(source, "sleep", "curl", "-sv", "-H", f"X-Forwarded-Client-Cert: {ELEMENT}",
                     url, url)
    assert "forged" not in done.stdout
    if lab.expected(phase, source, "full") != "reset":
        assert "Re-using existing connection" in done.stderr, done


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_it_never_leaves_a_workload_with_a_sidecar(mesh, phase, spelling):
    call = mesh.curl("full", "http://httpbin.legacy:8000/headers", *options(spelling))
    assert call.status == "200"
    assert "forged" not in call.body


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_between_two_workloads_without_sidecars_nobody_removes_it(mesh, spelling):
    """The control of the tests above: this httpbin does show what it receives."""
    call = mesh.curl("legacy", "http://httpbin.legacy:8000/headers", *options(spelling))
    assert "forged" in call.body
