"""What this machine is, and what else it did while something was measured."""

import os
import platform
import re
import subprocess


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def describe(session):
    """The facts a reader needs to judge a figure."""
    cpus = re.findall(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo"), re.MULTILINE)
    memory = int(re.search(r"MemTotal:\s*(\d+)", read("/proc/meminfo"))[1])
    return {
        "cpu": cpus[0] if cpus else platform.machine(), "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**20, 1), "kernel": platform.release(),
        "virtual": "hypervisor" in read("/proc/cpuinfo"),
        "system": re.search(r'PRETTY_NAME="(.*)"', read("/etc/os-release"))[1],
        "openssl": version("openssl", "version"),
        "mortise": revision(session),
    }


def revision(session):
    root = str(session.results.parent.parent)
    said = subprocess.run(["git", "-c", f"safe.directory={root}", "-C", root, "describe",
                           "--always", "--dirty"], capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


def version(*command):
    """The first line of what a program says about itself; None if it is not there."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    lines = (said.stdout or said.stderr).strip().splitlines()
    return lines[0] if lines else None


def sentence(facts):
    kind = "virtual " if facts["virtual"] else ""
    return (f"{facts['cores']} {kind}CPUs ({facts['cpu']}), {facts['memory_gib']} GiB, "
            f"{facts['system']}, Linux {facts['kernel']}, {facts['openssl']}, "
            f"Mortise {facts['mortise']}")
