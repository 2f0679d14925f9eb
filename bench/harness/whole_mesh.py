"""A mesh of many workloads, each with a Service and a sidecar, and what its processes cost."""

import json
import os
import pathlib
import re
import subprocess
import threading
import time

from . import accounting, machine

PER_NAMESPACE = 10
RECEIPT = re.compile(r"by (\d+) of (\d+) prox(?:y|ies) in ([\d.]+) (ms|s)\b")


def namespace_of(number):
    return f"team-{number // PER_NAMESPACE:02}"


def manifest(count):
    """So many httpbins, ten to a namespace, as one file."""
    documents = [{"apiVersion": "v1", "kind": "Namespace",
                  "metadata": {"name": name, "labels": {"istio-injection": "enabled"}}}
                 for name in sorted({namespace_of(number) for number in range(count)})]
    for number in range(count):
        meta = {"name": f"web-{number:03}", "namespace": namespace_of(number)}
        labels = {"app": meta["name"]}
        container = {"name": "web", "image": "kennethreitz/httpbin",
                     "ports": [{"containerPort": 8000}]}
        documents += [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
            {"apiVersion": "v1", "kind": "Service", "metadata": meta,
             "spec": {"selector": labels, "ports": [{"name": "http", "port": 8000}]}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
             "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                      "template": {"metadata": {"labels": labels},
                                   "spec": {"serviceAccountName": meta["name"],
                                            "containers": [container]}}}},
        ]
    return "".join("---\n" + json.dumps(document) + "\n" for document in documents)


class WholeMesh:
    """A mesh in a directory of its own, driven by the command line as a user drives it."""

    def __init__(self, session, name):
        self.mortise = session.binaries / "mortise"
        self.workdir = session.workdir / name
        self.workdir.mkdir()
        self.workdir.chmod(0o755)
        self.data_dir = self.workdir / "data"
        self.environment = {**os.environ, "MORTISE_DATA_DIR": str(self.data_dir), "NO_COLOR": "1"}
        session.at_end(lambda: self.run("down", "--purge", check=False))

    def run(self, *words, check=True):
        """(what was said, seconds)"""
        began = time.monotonic()
        done = subprocess.run([self.mortise, *words], env=self.environment, capture_output=True,
                              text=True, timeout=600, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"mortise {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr, time.monotonic() - began

    def up(self, count):
        """Seconds until all are ready."""
        file = self.workdir / "objects.yaml"
        file.write_text(manifest(count))
        return self.run("up", "-f", str(file), "--detach", "--timeout", "10m")[1]

    def down(self):
        return self.run("down", "--purge")[1]

    def change(self, *words):
        """(sidecars it concerned, milliseconds of its receipt); all must have applied it."""
        said, _ = self.run(*words)
        found = RECEIPT.search(said)
        if not found or found[1] != found[2]:
            raise RuntimeError(f"mortise {' '.join(words)}: no whole receipt in {said!r}")
        return int(found[2]), float(found[3]) * (1000 if found[4] == "s" else 1)

    def processes(self):
        """{"supervisor", "control", "sidecar": pids}: the supervisor and what it started."""
        supervisor = int((self.data_dir / "supervisor.lock").read_text())
        children = machine.read(f"/proc/{supervisor}/task/{supervisor}/children").split()
        names = [(pathlib.Path(machine.read(f"/proc/{pid}/cmdline").split("\0")[0]).name, int(pid))
                 for pid in children]
        return {"supervisor": [supervisor],
                "control": [pid for name, pid in names if name == "mortise"],
                "sidecar": [pid for name, pid in names if name == "mortise-proxy"]}


def memory(pid):
    """{"rss", "pss", "private"} in MB."""
    kib = accounting.parse_rollup(machine.read(f"/proc/{pid}/smaps_rollup"))
    return {"rss": kib["Rss"] / 1024, "pss": kib["Pss"] / 1024,
            "private": (kib["Private_Clean"] + kib["Private_Dirty"]) / 1024}


def cpu(pids):
    """Seconds of user and system time so far, all together."""
    return sum(accounting.run_time(pid) for pid in pids) / 1e9


def pause(seconds):
    """Lets time pass where the passing of time is what is measured."""
    threading.Event().wait(seconds)
