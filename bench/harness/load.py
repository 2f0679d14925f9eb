"""Running the generator against a candidate, with the clocks read around it."""

import json
import os
import select
import subprocess

from .accounting import MAX_LOAD, Reading, between
from .mesh import BODY
from .programs import LOAD_CPU, LOAD_UID, PROXY_CPU, Failed, words

READY_SECONDS = 90


class Generator:
    """mortise-load in the candidate's client namespace. `direct`: past the client's proxy, with
    mutual TLS if the candidate is a pair."""

    def __init__(self, session, candidate, *options, direct=False, uid=LOAD_UID):
        target = candidate.server_address() if direct else candidate.target()
        program = session.for_everyone(session.binaries / "mortise-load")
        command = [program, "--to", target, "--host", "server", "--expect-bytes", BODY,
                   *options]
        self.command = words(command, candidate.client_netns(), uid, LOAD_CPU)
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def line(self, seconds):
        """The next line that it prints."""
        readable, _, _ = select.select([self.process.stdout], [], [], seconds)
        text = self.process.stdout.readline() if readable else ""
        if not text:
            said = "" if readable else f"nothing within {seconds:g} s"
            if self.process.poll() is not None:
                said = self.process.stderr.read().strip()
            raise Failed(f"mortise-load: {said or 'ended without a result'}")
        return text.strip()

    def wait_ready(self):
        text = self.line(READY_SECONDS)
        if text != "ready":
            errors = json.loads(text)["errors"]
            raise Failed("could not open its connections: "
                         + ", ".join(f"{count} times {kind}" for kind, count in errors.items()))

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def result(self, seconds):
        return json.loads(self.line(seconds))


def tls_options(candidate, with_certificate=True):
    certificate, key, root = candidate.identity()
    options = ["--tls", "--ca", root, "--alpn", "istio-http/1.1,istio,http/1.1"]
    return options + (["--cert", certificate, "--key", key] if with_certificate else [])


def groups_of(candidate):
    return {"proxies": candidate.proxies(), "others": candidate.others(),
            "backend": [candidate.backend()], "harness": [os.getpid()]}


def check_pinned(candidate):
    for pid in candidate.proxies():
        if os.sched_getaffinity(pid) != {PROXY_CPU}:
            raise Failed(f"{candidate.name}: process {pid} is not on CPU {PROXY_CPU}")


def measure(session, candidate, rate, seconds, connections=16, per_request=False):
    """One measurement: what the generator saw, CPU time of everybody, the machine meanwhile."""
    options = ["--rate", rate, "--seconds", seconds, "--connections", connections]
    if per_request:
        options.append("--per-request")
    with Generator(session, candidate, *options) as generator:
        generator.wait_ready()
        groups = groups_of(candidate)
        check_pinned(candidate)
        before = Reading(groups)
        generator.go()
        seen = generator.result(seconds + 40)
        after = Reading(groups)
    return summed(seen, between(before, after, seen["cpu_seconds"]))


def summed(seen, machine):
    """The figures of one measurement, all of them, good or bad."""
    completed = max(1, seen["completed"])
    load = (seen["cpu_seconds"] + machine["cpu"]["backend"]) / machine["wall"]
    return {
        "cpu_us_per_request": machine["cpu"]["proxies"] / completed * 1e6,
        "others_us_per_request": machine["cpu"]["others"] / completed * 1e6,
        "backend_us_per_request": machine["cpu"]["backend"] / completed * 1e6,
        "busy_us_per_request": machine["busy"] * machine["wall"] / completed * 1e6,
        "requests_per_second": seen["completed"] / seen["seconds"],
        "latency_us": seen["latency_us"], "lag_us": seen["lag_us"], "errors": seen["errors"],
        "completed": seen["completed"], "intended": seen["intended"],
        "body_bytes": seen["body_bytes"],
        "load_share": load, "machine": machine,
    }


def problem_of(figures):
    """Why this measurement has no figure, or None: errors, wrong bytes, a generator at its end."""
    if figures["errors"]:
        return "errors: " + ", ".join(f"{n} {kind}" for kind, n in figures["errors"].items())
    if figures["completed"] != figures["intended"]:
        return f"{figures['completed']} of {figures['intended']} requests answered"
    if figures["body_bytes"] != figures["completed"] * BODY:
        return f"{figures['body_bytes']} body bytes in {figures['completed']} answers"
    return None


def is_saturated(figures):
    """Whether generator and backend were so busy that they measured themselves."""
    return figures["load_share"] > MAX_LOAD
