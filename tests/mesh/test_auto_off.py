"""Auto mTLS off: plain text everywhere under PERMISSIVE, refusals under STRICT (M-1, X-21)."""

import lab
import pytest

SETTINGS = {"global.mtls.auto": "false"}


@pytest.mark.parametrize("source,target", lab.CELLS)
def test_everything_is_plain_under_permissive(mesh, source, target):
    lab.enter(mesh, "permissive")
    calls = mesh.curls(source, f"http://httpbin.{target}:8000/headers", lab.CALLS)
    assert {lab.outcome(call) for call in calls} == {"plain"}, calls


def test_strict_refuses_callers_in_the_mesh_with_503(mesh):
    lab.enter(mesh, "strict")
    calls = mesh.curls("full", "http://httpbin.full:8000/headers", lab.CALLS)
    assert {lab.outcome(call) for call in calls} == {"503"}, calls


def test_strict_resets_callers_outside_the_mesh(mesh):
    lab.enter(mesh, "strict")
    lab.check_cell(mesh, "strict", "legacy", "full")


def test_a_destination_rule_brings_mutual_tls_back(mesh):
    lab.enter(mesh, "strict")
    mesh.apply(lab.phase_text("disabled-istio-mutual"), "full")
    calls = mesh.curls("full", "http://httpbin.full:8000/headers", lab.CALLS)
    assert {lab.outcome(call) for call in calls} == {"mtls"}, calls
