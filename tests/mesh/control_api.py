"""The control plane's API (docs/spec/cli.md) without a program between: for many small changes."""

import http.client
import json
import socket


class _Connection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("mesh", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Unanswered(Exception):
    """Nobody answered, or not to the end: whether the change was made is not known."""


class Refused(AssertionError):
    """An answer, but not the one that was wanted."""


def ask(mesh, method, target, body=None, timeout=20):
    """One request over a connection of its own; the answer's JSON."""
    connection = _Connection(mesh.data_dir / "control.sock", timeout)
    try:
        connection.request(method, "/api/v1/" + target, json.dumps(body) if body else None)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as problem:
        raise Unanswered(repr(problem)) from problem
    finally:
        connection.close()
    if answer.status != 200:
        raise Refused(f"{method} {target}: {answer.status} {text[:500]!r}")
    return json.loads(text)


def answers(mesh):
    """Whether a control plane is there."""
    try:
        ask(mesh, "GET", "status", timeout=2)
    except Unanswered:
        return False
    return True


def status(mesh):
    return ask(mesh, "GET", "status")


def objects(mesh):
    """Everything that was declared, as {kind/namespace/name: object}."""
    return {"/".join((item["kind"], item["metadata"].get("namespace", ""),
                      item["metadata"]["name"])): item
            for item in ask(mesh, "GET", "objects")["items"]}


def workloads(mesh):
    return ask(mesh, "GET", "workloads")["items"]


def synced(mesh):
    """Whether every workload is ready and every sidecar has what is in force."""
    proxies = status(mesh)["proxies"]
    return proxies["total"] == proxies["synced"] and all(item["ready"] for item in workloads(mesh))


def what_holds(mesh, namespace):
    """What was declared and given, and how this namespace is protected."""
    return {"objects": objects(mesh), "settings": status(mesh)["settings"],
            "workloads": [(item["namespace"], item["name"], item["address"], item["ready"])
                          for item in workloads(mesh)],
            "root": (mesh.data_dir / "ca" / "root-cert.pem").read_bytes(),
            "mtls": ask(mesh, "GET", f"mtls?resource={namespace}")}
