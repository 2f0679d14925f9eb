"""The walk of the Backyards tutorial with its output tables, and what each step does to traffic.

In the outputs the seconds of INFO and the five characters of a generated name vary, nothing else.
"""

import json
import re

import manifests
import pytest

NAMESPACE = "backyards-demo"
BY_MESH = """\
Policy    Targets  MtlsMode
/default  []       PERMISSIVE
"""
BY_NAMESPACE = """\
Policy                  Targets  MtlsMode
backyards-demo/default  []       STRICT
"""
BY_SERVICE = """\
Policy                         Targets           MtlsMode
backyards-demo/bookings-xxxxx  [bookings(8080)]  PERMISSIVE
"""


def FILES(mesh):
    hello = ["/usr/bin/python3", mesh.copy_program("hello.py"), 8080]
    return manifests.write(
        mesh, manifests.namespace(NAMESPACE), manifests.namespace("outside", injected=False),
        manifests.workload(NAMESPACE, "bookings", hello, [{"name": "http", "port": 8080}]),
        manifests.sleeper("outside"))


@pytest.fixture(autouse=True)
def from_the_beginning(mesh):
    mesh.run("mtls", "unset", f"{NAMESPACE}/bookings:8080")
    mesh.run("mtls", "unset", NAMESPACE)
    mesh.do("mtls", "allow", "mesh")


def same(printed, expected):
    """Whether the text is as expected, to the letter but for generated names and outer blanks."""
    lines = [line.rstrip() for line in re.sub(r"bookings-[a-z0-9]{5}\b", "bookings-xxxxx",
                                              printed).strip("\n").split("\n")]
    assert lines == expected.strip("\n").split("\n")


def walk(mesh, verb, resource, said, rule, table):
    """One changing verb: its INFO line on stderr, the policy now in effect on stdout."""
    done = mesh.run("mtls", verb, resource)
    assert done.returncode == 0, done
    assert re.search(rf"^INFO\[\d{{4}}\] {re.escape(said)}$", done.stderr, re.MULTILINE), done
    same(done.stdout, f"mTLS rule for {rule}\n\n{table}")


def require_namespace(mesh):
    walk(mesh, "require", NAMESPACE, f"policy peers for {NAMESPACE}/ set successfully",
         f"{NAMESPACE}/", BY_NAMESPACE)


def allow_port(mesh):
    walk(mesh, "allow", f"{NAMESPACE}/bookings:8080",
         f"policy peers for {NAMESPACE}/bookings set successfully",
         f"{NAMESPACE}/bookings", BY_SERVICE)


def plain_call(mesh):
    return mesh.curl("outside", f"http://bookings.{NAMESPACE}:8080/")


def test_allow_mesh_and_get_mesh(mesh):
    done = mesh.run("mtls", "allow", "mesh")
    assert done.returncode == 0, done
    assert re.search(r"^INFO\[\d{4}\] switched global mTLS to PERMISSIVE successfully$",
                     done.stderr, re.MULTILINE), done
    same(mesh.do("mtls", "get", "mesh"), f"mTLS rule for /mesh\n\n{BY_MESH}")


def test_require_allow_unset_print_what_is_now_in_effect(mesh):
    require_namespace(mesh)
    allow_port(mesh)
    walk(mesh, "unset", f"{NAMESPACE}/bookings:8080",
         f"policy peers for {NAMESPACE}/bookings unset successfully",
         f"{NAMESPACE}/bookings", BY_NAMESPACE)
    walk(mesh, "unset", NAMESPACE, f"policy peers for {NAMESPACE}/ unset successfully",
         f"{NAMESPACE}/", BY_MESH)


def test_each_step_is_in_force_when_it_returns(mesh):
    assert plain_call(mesh).status == "200"
    require_namespace(mesh)
    assert plain_call(mesh).exit_status == 56
    allow_port(mesh)
    assert plain_call(mesh).status == "200"
    mesh.do("mtls", "unset", f"{NAMESPACE}/bookings:8080")
    assert plain_call(mesh).exit_status == 56
    mesh.do("mtls", "unset", NAMESPACE)
    assert plain_call(mesh).status == "200"


def test_get_as_json_has_the_same_rows(mesh):
    require_namespace(mesh)
    answer = json.loads(mesh.do("mtls", "get", f"{NAMESPACE}/bookings", "-o", "json"))
    row = (answer if isinstance(answer, list) else answer["rows"])[0]
    assert {key: row[key] for key in ("policy", "targets", "mtlsMode")} == {
        "policy": f"{NAMESPACE}/default", "targets": [], "mtlsMode": "STRICT"}


def test_a_verb_edits_the_policy_of_its_scope_and_makes_no_twin(mesh):
    allow_port(mesh)
    mesh.do("mtls", "require", f"{NAMESPACE}/bookings:8080")
    assert len(mesh.items("policies.authentication.istio.io", "-n", NAMESPACE)) == 1


def test_disable_means_plain_text_and_the_mesh_cannot_be_disabled(mesh):
    mesh.do("mtls", "disable", f"{NAMESPACE}/bookings")
    table = mesh.do("mtls", "get", f"{NAMESPACE}/bookings")
    mesh.do("mtls", "unset", f"{NAMESPACE}/bookings")
    assert "DISABLED" in table
    refused = mesh.run("mtls", "disable", "mesh")
    assert refused.returncode != 0 and refused.stderr.strip(), refused


def test_a_service_that_does_not_exist_is_named(mesh):
    refused = mesh.run("mtls", "require", f"{NAMESPACE}/nothing")
    assert refused.returncode == 1, refused
    assert "nothing" in refused.stderr and NAMESPACE in refused.stderr
