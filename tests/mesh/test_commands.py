"""The everyday commands against a running lab: get, exec, logs, status, run, create namespace."""

import re

import pytest
from mesh import eventually


def rows(text):
    return [re.split(r"\s{2,}", line.strip()) for line in text.strip().splitlines()]


@pytest.mark.parametrize("namespace,ready", [
    ("full", {"2/2": 2}), ("partial", {"2/2": 1, "1/1": 1}), ("legacy", {"1/1": 2})])
def test_get_pods_shows_who_has_a_sidecar(mesh, namespace, ready):
    table = rows(mesh.do("get", "pods", "-n", namespace))
    assert table[0] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    seen = [row[1] for row in table[1:]]
    assert {word: seen.count(word) for word in set(seen)} == ready
    assert {row[2] for row in table[1:]} == {"Running"}


def test_exec_gives_back_the_commands_status_and_output(mesh):
    done = mesh.exec("full", "sleep", "sh", "-c", "cat; echo err >&2; exit 7", stdin="in")
    assert (done.returncode, done.stdout) == (7, "in")
    assert done.stderr == "err\ncommand terminated with exit code 7\n"


def test_exec_in_an_unknown_workload_names_it(mesh):
    done = mesh.exec("full", "nobody", "true")
    assert done.returncode != 0 and "nobody" in done.stderr


def test_names_resolve_as_in_a_cluster(mesh):
    for name in ("httpbin", "httpbin.full", "httpbin.full.svc",
                 "httpbin.full.svc.cluster.local"):
        assert mesh.curl("full", f"http://{name}:8000/headers").status == "200", name


def test_every_workload_has_its_own_network_and_uid(mesh):
    seen = {(mesh.exec(namespace, "sleep", "sh", "-c", "id -u; cat /proc/self/status |"
                       " grep -E 'CapEff|NoNewPrivs'; ip -o -4 addr show eth0").stdout)
            for namespace in ("full", "legacy")}
    assert len(seen) == 2
    for text in seen:
        assert not text.startswith("0\n")
        assert re.search(r"CapEff:\s0000000000000000", text)
        assert re.search(r"NoNewPrivs:\s1", text)
        assert re.search(r"inet 198\.18\.", text)


def test_a_workload_cannot_reach_outside_or_see_the_data_directory(mesh):
    done = mesh.exec("full", "sleep", "sh", "-c",
                     f"ls {mesh.data_dir}/ca {mesh.data_dir}/control.sock; ip route get 192.0.2.1")
    assert "key" not in done.stdout and "control.sock" not in done.stdout, done


def test_status_names_every_sidecar_and_that_it_is_up_to_date(mesh):
    text = mesh.do("status")
    assert "3" in text and "cluster.local" in text


def test_logs_show_what_a_program_printed(mesh):
    mesh.do("run", "talker", "-n", "legacy", "--detach", "--",
            "sh", "-c", "echo said-it; exec sleep infinity")
    assert eventually(lambda: "said-it" in mesh.do("logs", "-n", "legacy", "talker"))
    mesh.do("delete", "-n", "legacy", "pod", "talker")


def test_run_in_a_new_namespace_with_injection_is_in_the_mesh(mesh):
    mesh.do("create", "namespace", "fresh", "--inject")
    body = mesh.do("run", "caller", "-n", "fresh", "--", "curl", "-sS",
                   "http://httpbin.full:8000/headers")
    assert "URI=spiffe://cluster.local/ns/fresh/sa/default" in body


def test_run_gives_back_the_programs_status_and_leaves_nothing(mesh):
    done = mesh.run("run", "once", "-n", "legacy", "--", "sh", "-c", "exit 5")
    assert done.returncode == 5, done
    assert eventually(lambda: not any("once" in name for name in mesh.namespaces()))
    assert not any(item["metadata"]["name"].startswith("once")
                   for item in mesh.items("pods", "-n", "legacy"))


def test_a_declared_delete_ends_the_workload_and_its_network(mesh):
    mesh.do("run", "gone", "-n", "legacy", "--detach", "--", "sleep", "infinity")
    assert any("gone" in name for name in mesh.namespaces())
    mesh.do("delete", "-n", "legacy", "pod", "gone")
    assert eventually(lambda: not any("gone" in name for name in mesh.namespaces()))


def test_help_of_every_command_has_an_example(mesh):
    for words in (["up"], ["down"], ["apply"], ["get"], ["exec"], ["mtls", "require"], ["logs"]):
        text = mesh.do(*words, "--help")
        assert f"mortise {' '.join(words)}" in text, words
