"""CPU time and memory of processes, and what the whole machine did meanwhile.

Run time is the kernel's own count in nanoseconds (/proc/PID/task/*/schedstat: what utime and stime
of the process add up to, without their rounding to ticks). Network work of a packet is charged to
whoever sends it, on veth as on loopback: that is why the whole machine is read as well.
"""

import os
import pathlib
import re
import time

MAX_STEAL = 0.02  # of the machine's CPU time
MAX_FOREIGN = 0.05  # of one CPU
MAX_LOAD = 0.80  # of the CPU that generator and backend share
USAGE = (("/sys/fs/cgroup/cpuacct/cpuacct.usage", 1), ("/sys/fs/cgroup/cpu.stat", 1000))
TICK = 1e9 / os.sysconf("SC_CLK_TCK")


def run_time(pid):
    """Nanoseconds that all its threads ran; 0 when it is gone."""
    total = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
    except (OSError, IndexError):
        pass
    return total


def children(pid):
    """It and everything below it."""
    found = [pid]
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                for child in file.read().split():
                    found += children(int(child))
    except OSError:
        pass
    return found


def parse_rollup(text):
    """Kilobytes by name, from smaps_rollup."""
    return {name: int(number)
            for name, number in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}


def memory(pids):
    """{"pss", "rss", "anonymous"} in kB, of all these processes together."""
    sums = {"pss": 0, "rss": 0, "anonymous": 0}
    for pid in pids:
        sizes = parse_rollup(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text())
        for name, field in (("pss", "Pss"), ("rss", "Rss"), ("anonymous", "Anonymous")):
            sums[name] += sizes[field]
    return sums


def kernel_memory():
    """kB of kernel slabs, the whole machine's."""
    text = pathlib.Path("/proc/meminfo").read_text()
    return int(re.search(r"^Slab:\s+(\d+)", text, re.MULTILINE)[1])


def kernel_threads():
    """Everything below kthreadd (2) has no memory of its own."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                if file.read().rpartition(")")[2].split()[1] in ("0", "2") and entry != "1":
                    found.append(int(entry))
        except OSError:
            pass
    return found


def parse_stat(text):
    """Ticks of the whole machine from /proc/stat: (busy, steal, all)."""
    numbers = [int(number) for number in text.split("\n", 1)[0].split()[1:]]
    user, nice, system, idle, waiting, irq, softirq, steal = numbers[:8]
    busy = user + nice + system + irq + softirq
    return busy, steal, busy + steal + idle + waiting


def usage_of_all():
    """Nanoseconds that tasks ran, all of them since boot; None if no cgroup tells."""
    for path, factor in USAGE:
        try:
            number = re.search(r"(?:^|usage_usec )(\d+)", pathlib.Path(path).read_text())
        except OSError:
            continue
        if number:
            return int(number[1]) * factor
    return None


class Reading:
    """One look at the clocks. `groups` is {name: pids}."""

    def __init__(self, groups):
        self.when = time.monotonic_ns()
        self.groups = {name: sum(map(run_time, pids)) for name, pids in groups.items()}
        self.kernel = sum(map(run_time, kernel_threads()))
        self.usage = usage_of_all()
        self.busy, self.steal, self.ticks = parse_stat(pathlib.Path("/proc/stat").read_text())


def between(before, after, also_known=0.0):
    """What happened between two readings, in seconds and shares. `also_known` are CPU seconds of
    ours that no group has, such as a generator that has ended."""
    wall = (after.when - before.when) / 1e9
    cpu = {name: (after.groups[name] - before.groups[name]) / 1e9 for name in after.groups}
    kernel = (after.kernel - before.kernel) / 1e9
    if after.usage is None:
        everything = (after.busy - before.busy) * TICK / 1e9
    else:
        everything = (after.usage - before.usage) / 1e9
    foreign = max(0.0, everything - sum(cpu.values()) - kernel - also_known)
    ticks = max(1, after.ticks - before.ticks)
    return {"wall": wall, "cpu": cpu, "kernel_threads": kernel, "foreign": foreign / wall,
            "steal": (after.steal - before.steal) / ticks,
            "busy": (after.busy - before.busy) * TICK / 1e9 / wall}


def disturbance(machine):
    """Why what was measured meanwhile must be measured again; None if it need not."""
    if machine["steal"] > MAX_STEAL:
        return f"{machine['steal']:.1%} of the CPU time was stolen by the host"
    if machine["foreign"] > MAX_FOREIGN:
        return f"other processes took {machine['foreign']:.0%} of a CPU"
    return None
