"""Bad input: an error that names cause and remedy, the right exit code, nothing half-applied."""

import os
import shutil
import subprocess

import manifests
import pytest
from mesh import BINARIES

FAILED, WRONG_USAGE, BAD_INPUT = 1, 64, 65
GOOD = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: innocent, namespace: here}
---
"""


def FILES(mesh):
    return manifests.write(mesh, manifests.namespace("here"), manifests.sleeper("here"))


def refused(mesh, text, *names):
    """Refused with exit code 65; the message has all the names; the good object is not there."""
    file = mesh.workdir / "bad.yaml"
    file.write_text(GOOD + text)
    done = mesh.run("apply", "-f", str(file))
    assert done.returncode == BAD_INPUT, done
    for name in names:
        assert name in done.stderr, done.stderr
    assert mesh.run("get", "serviceaccount", "innocent", "-n", "here").returncode != 0
    return done.stderr


def test_an_unknown_field_is_named_with_its_line_and_the_nearest_known_one(mesh):
    refused(mesh, """apiVersion: v1
kind: Service
metadata: {name: web, namespace: here}
spec:
  selecter: {app: web}
  ports: [{port: 80}]
""", "bad.yaml:10", "selecter", "selector")


def test_an_unknown_kind_is_named_with_the_nearest_known_one(mesh):
    refused(mesh, "apiVersion: v1\nkind: Sevice\nmetadata: {name: web, namespace: here}\n",
            "bad.yaml", "Sevice", "Service")


def test_a_wrong_type_is_named_with_its_field(mesh):
    refused(mesh, """apiVersion: v1
kind: Service
metadata: {name: web, namespace: here}
spec:
  ports: [{port: eighty}]
""", "bad.yaml:10", "spec.ports[0].port", "number")


def test_an_unknown_mode_lists_the_known_ones(mesh):
    refused(mesh, """apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata: {name: default, namespace: here}
spec: {mtls: {mode: STRIKT}}
""", "STRIKT", "STRICT")


def test_a_legacy_policy_with_a_wrong_name_is_refused(mesh):
    """P-23: the policy of a whole namespace is called default."""
    refused(mesh, """apiVersion: authentication.istio.io/v1alpha1
kind: Policy
metadata: {name: mine, namespace: here}
spec: {peers: [{mtls: {}}]}
""", "bad.yaml:8", "metadata.name", "default")


def test_an_object_in_a_namespace_that_does_not_exist_is_refused(mesh):
    refused(mesh, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: gone}\n",
            "gone")


def test_what_is_not_yaml_at_all_is_bad_input(mesh):
    refused(mesh, "kind: [unclosed\n", "bad.yaml")


def test_a_missing_file_is_named(mesh):
    done = mesh.run("apply", "-f", str(mesh.workdir / "nothing.yaml"))
    assert done.returncode in (FAILED, BAD_INPUT), done
    assert "nothing.yaml" in done.stderr


def test_a_missing_program_is_named_and_nothing_is_applied(mesh):
    text = manifests.workload("here", "broken", ["/no/such/program", "--flag"])
    done = mesh.run("apply", "-f", "-", stdin=GOOD + text)
    assert done.returncode in (FAILED, BAD_INPUT), done
    assert "/no/such/program" in done.stderr
    assert mesh.run("get", "deployment", "broken", "-n", "here").returncode != 0
    assert mesh.run("get", "serviceaccount", "innocent", "-n", "here").returncode != 0


def test_an_unknown_image_says_how_to_add_it(mesh):
    done = mesh.run("apply", "-f", "-", stdin="""apiVersion: v1
kind: Pod
metadata: {name: pod, namespace: here}
spec: {containers: [{name: main, image: example.com/unheard/of:1}]}
""")
    assert done.returncode in (FAILED, BAD_INPUT), done
    assert "unheard/of" in done.stderr and "--image" in done.stderr


LONELY = """apiVersion: v1
kind: Service
metadata: {name: lonely, namespace: here}
spec:
  selector: {app: nobody}
  ports: [{name: http, port: 80}]
"""


def test_a_service_without_matching_workload_is_refused(mesh):
    refused(mesh, LONELY, "bad.yaml:10", "spec.selector", "no workload", "--force")
    assert mesh.run("get", "service", "lonely", "-n", "here").returncode != 0


def test_a_service_without_matching_workload_can_be_forced(mesh):
    done = mesh.run("apply", "--force", "-f", "-", stdin=LONELY)
    assert done.returncode == 0, done
    assert "no workload" in (done.stdout + done.stderr).lower(), done
    call = mesh.curl("here", "http://lonely/")
    assert call.status in ("503", "000"), call
    assert mesh.run("delete", "service", "lonely", "-n", "here").returncode == 0


@pytest.mark.parametrize("words", [["frobnicate"], ["up", "--no-such-flag"], ["mtls"],
                                   ["mtls", "require"]])
def test_wrong_usage_is_64(mesh, words):
    done = mesh.run(*words)
    assert done.returncode == WRONG_USAGE, done
    assert "mortise" in done.stderr and "help" in done.stderr


def test_without_root_up_says_what_is_missing_and_what_to_type(workdir):
    program = shutil.copy(BINARIES / "mortise", workdir / "mortise")
    os.chmod(program, 0o755)
    done = subprocess.run(
        ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, "up",
         "--detach"], env={"PATH": os.environ["PATH"], "MORTISE_DATA_DIR": f"{workdir}/rootless"},
        capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == FAILED, done
    assert "root" in done.stderr and "sudo" in done.stderr
    assert not (workdir / "rootless").exists()


def test_a_mesh_that_is_not_running_is_an_answer_with_a_remedy(bare):
    for words in (["status"], ["get", "pods"], ["mtls", "get", "mesh"]):
        done = subprocess.run(
            [BINARIES / "mortise", *words], capture_output=True, text=True, check=False,
            env={**bare.environment, "MORTISE_DATA_DIR": str(bare.workdir / "nowhere")})
        assert done.returncode == FAILED, done
        assert "mortise up" in done.stderr
