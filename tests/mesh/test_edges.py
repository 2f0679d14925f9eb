"""What the control plane says about who talked to whom is what happened, told by both ends."""

import json
import subprocess

import lab
import pytest
from mesh import eventually

CALLS = 3
SLEEP = "spiffe://cluster.local/ns/full/sa/sleep"
HTTPBIN = "spiffe://cluster.local/ns/full/sa/httpbin"
POLICY = "Policy/full/httpbin"
MESH_POLICY = "MeshPolicy//default"
MUTUAL = {"security": "mutual_tls", "tls": "TLSv1.3", "group": "x25519", "client_id": SLEEP,
          "server_id": HTTPBIN}
PLAIN = {"security": "plain", "tls": "", "cipher": "", "group": "", "client_id": ""}
SUMS = ("connections", "closed", "requests", "failed", "bytes_sent", "bytes_received")


def told(mesh):
    """The control plane's own answer."""
    done = subprocess.run(
        ["curl", "-sS", "--fail", "-m", "10", "--unix-socket", mesh.data_dir / "control.sock",
         "http://x/api/v1/edges"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def owner(pod):
    """full/sleep-tq6nqjxtfl-rwhqc belongs to full/sleep."""
    return pod.rsplit("-", 2)[0]


def sums(mesh):
    """{what an edge is, with the workloads' names: its sums}."""
    edges = {}
    for edge in told(mesh)["edges"]:
        edge["source"], edge["destination"] = owner(edge["source"]), owner(edge["destination"])
        key = frozenset((name, edge[name]) for name in edge if name not in SUMS)
        assert key not in edges, "two rows for one edge"
        edges[key] = {name: edge[name] for name in SUMS}
    return edges


class Watch:
    """What was counted since it was made, edge by edge."""

    def __init__(self, mesh):
        self.mesh, self.before = mesh, sums(mesh)

    def grown(self):
        """The edges with something new in them; their sums are what is new."""
        edges = []
        for key, now in sums(self.mesh).items():
            then = self.before.get(key, dict.fromkeys(SUMS, 0))
            new = {name: now[name] - then[name] for name in SUMS}
            if any(new[name] for name in SUMS if name != "closed"):
                edges.append({**dict(key), **new})
        return edges

    def reported_by(self, end, **expected):
        return [edge for edge in self.grown() if edge["reporter"] == end
                and all(edge[name] == value for name, value in expected.items())]

    def wait_for(self, end, sum_name, count, **expected):
        """The one edge like this, once it has counted that much."""
        eventually(lambda: sum(edge[sum_name] for edge in self.reported_by(end, **expected))
                   >= count)
        found = self.reported_by(end, **expected)
        assert len(found) == 1, self.grown()
        assert found[0][sum_name] == count, found
        return found[0]


def watched_calls(mesh, phase, source, target):
    lab.enter(mesh, phase)
    watch = Watch(mesh)
    lab.check_cell(mesh, phase, source, target, times=CALLS)
    return watch, {"source": f"{source}/sleep", "destination": f"{target}/httpbin", "port": 80}


@pytest.mark.parametrize("phase,mode,rule", [
    ("permissive", "PERMISSIVE", MESH_POLICY),
    ("strict", "STRICT", POLICY),
])
def test_encrypted_calls_are_counted_alike_by_both_ends(mesh, phase, mode, rule):
    watch, pair = watched_calls(mesh, phase, "full", "full")
    client = watch.wait_for("source", "requests", CALLS, **pair)
    server = watch.wait_for("destination", "requests", CALLS, **pair)
    for edge in (client, server):
        assert {name: edge[name] for name in MUTUAL} == MUTUAL
        assert edge["cipher"].startswith("TLS_")
        assert (edge["protocol"], edge["mode"], edge["rule"]) == ("http", mode, rule)
        assert edge["failed"] == 0
    for name in ("cipher", "connections", "requests", "bytes_sent"):
        assert client[name] == server[name], name
    assert (client["service"], client["why"]) == ("full/httpbin", "auto")


def test_plain_calls_under_disable_are_counted_alike_by_both_ends(mesh):
    watch, pair = watched_calls(mesh, "disabled", "full", "full")
    client = watch.wait_for("source", "requests", CALLS, **pair)
    server = watch.wait_for("destination", "requests", CALLS, **pair)
    for edge in (client, server):
        assert {name: edge[name] for name in PLAIN} == PLAIN
        assert (edge["mode"], edge["rule"], edge["why"]) == ("DISABLE", POLICY, "server-disabled")
    for name in ("connections", "requests", "bytes_sent"):
        assert client[name] == server[name], name


@pytest.mark.parametrize("phase,mode,rule,why", [
    ("permissive", "PERMISSIVE", MESH_POLICY, "no-client-sidecar"),
    ("disabled", "DISABLE", POLICY, "server-disabled"),
])
def test_a_plain_caller_without_sidecar_is_named_by_the_server(mesh, phase, mode, rule, why):
    watch, pair = watched_calls(mesh, phase, "legacy", "full")
    server = watch.wait_for("destination", "requests", CALLS, **pair)
    assert {name: server[name] for name in PLAIN} == PLAIN
    assert (server["mode"], server["rule"], server["why"]) == (mode, rule, why)
    assert server["connections"] == CALLS
    assert watch.reported_by("source") == []


def test_a_server_without_sidecar_is_named_by_the_client(mesh):
    watch, pair = watched_calls(mesh, "permissive", "full", "legacy")
    client = watch.wait_for("source", "requests", CALLS, **pair)
    assert {name: client[name] for name in PLAIN} == PLAIN
    assert (client["service"], client["why"]) == ("legacy/httpbin", "no-server-sidecar")
    assert watch.reported_by("destination") == []


def test_a_refused_caller_is_counted_as_refused_and_as_nothing_else(mesh):
    watch, pair = watched_calls(mesh, "strict", "legacy", "full")
    server = watch.wait_for("destination", "connections", CALLS, **pair)
    assert (server["security"], server["mode"], server["rule"]) == ("refused", "STRICT", POLICY)
    assert (server["why"], server["tls"], server["client_id"]) == ("plain-text", "", "")
    assert (server["requests"], server["bytes_sent"]) == (0, 0)
    assert len(watch.grown()) == 1


def test_calls_that_the_server_cannot_decrypt_are_refused_and_never_called_encrypted(mesh):
    watch, pair = watched_calls(mesh, "disabled-istio-mutual", "full", "full")
    rule = "DestinationRule/full/httpbin-full-mtls"
    watch.wait_for("source", "requests", CALLS, security="refused", rule=rule, **pair)
    seen = watch.grown()
    client = [edge for edge in seen if edge["reporter"] == "source"]
    assert [(edge["security"], edge["why"], edge["rule"], edge["tls"]) for edge in client] == [
        ("refused", "destination-rule", rule, "")]
    assert client[0]["requests"] == client[0]["failed"] == CALLS, client
    assert not [edge for edge in seen if edge["security"] == "mutual_tls"], seen


def test_every_sidecar_reports_and_no_report_is_missing(mesh):
    answer = told(mesh)
    pods = {f"{item['metadata']['namespace']}/{item['metadata']['name']}"
            for item in mesh.items("pods", "-A")
            if any(status["name"] == "istio-proxy"
                   for status in item["status"]["containerStatuses"])}
    assert set(answer["reports"]) == pods
    assert {report["missed"] for report in answer["reports"].values()} == {0}
    assert answer["dropped"] == 0
