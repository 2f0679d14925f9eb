"""Scale of one host: how long many workloads take to start, what they cost, how fast a change is.

The figures come from the command line (`mortise up`, the receipt that `mortise mtls` prints) and
from /proc.
"""

import os
import statistics

from harness import whole_mesh

TITLE = "Scale of one host: start, memory and changes with 10, 50 and 200 workloads"
MINUTES = 4
PAIRED = False
SIZES = (10, 50, 200)
CHANGES = 30  # of each kind
SETTLE = 10  # seconds after the start, until certificates and first reports are done
IDLE = 20  # seconds of doing nothing
KINDS = ("supervisor", "control", "sidecar")
GOALS = {"start_50": 15.0, "sidecar_rss": 8.0, "sidecar_rss_must": 12.0, "receipt_ms": 100.0}


def measure(session):
    few = not session.is_full()
    sizes = SIZES[:2] if few else SIZES
    changes = 6 if few else CHANGES
    return {"sizes": [one_size(session, count, changes) for count in sizes], "goals": GOALS,
            "changes": changes}


def one_size(session, count, changes):
    mesh = whole_mesh.WholeMesh(session, f"scale-{count}")
    session.say(f"scale: starting {count} workloads")
    load = os.getloadavg()[0]
    started = mesh.up(count)
    pids = mesh.processes()
    if len(pids["sidecar"]) != count:
        raise RuntimeError(f"{len(pids['sidecar'])} sidecars of {count}")
    start_cpu = {kind: whole_mesh.cpu(pids[kind]) for kind in KINDS}
    session.say(f"scale: {count} workloads ready after {started:.1f} s")
    whole_mesh.pause(SETTLE)
    before = {kind: whole_mesh.cpu(pids[kind]) for kind in KINDS}
    whole_mesh.pause(IDLE)
    idle = {kind: (whole_mesh.cpu(pids[kind]) - before[kind]) / IDLE for kind in KINDS}
    taken = memory_of(pids)
    receipts = {"mesh": receipts_of(mesh, "mesh", changes, count),
                "service": receipts_of(mesh, f"{whole_mesh.namespace_of(0)}/web-000", changes,
                                       None)}
    after = memory_of(pids)
    stopped = mesh.down()
    session.say(f"scale: {count} workloads, down in {stopped:.1f} s")
    return {"workloads": count, "load": load, "start_s": started, "start_cpu_s": start_cpu,
            "idle_cpu": idle, "memory": taken, "memory_after_changes": after,
            "receipts_ms": receipts, "down_s": stopped}


def memory_of(pids):
    """{kind: {"rss", "rss_max", "pss", "private"}}; of sidecars the median and the largest."""
    result = {}
    for kind in KINDS:
        each = [whole_mesh.memory(pid) for pid in pids[kind]]
        result[kind] = {name: statistics.median(one[name] for one in each) for name in each[0]}
        result[kind]["rss_max"] = max(one["rss"] for one in each)
    return result


def receipts_of(mesh, resource, times, expected):
    """Milliseconds until each of these changes was in force in every sidecar that it concerned."""
    taken = []
    for number in range(times):
        concerned, milliseconds = mesh.change(
            "mtls", "require" if number % 2 == 0 else "allow", resource)
        if expected is not None and concerned != expected:
            raise RuntimeError(f"{resource}: {concerned} sidecars concerned, not {expected}")
        taken.append(milliseconds)
    return taken


def render(result):
    sizes = result["sizes"]
    lines = ["| | " + " | ".join(f"{size['workloads']} workloads" for size in sizes) + " | goal |",
             "|---|" + "---|" * (len(sizes) + 1)]

    def add(name, cell, goal=""):
        lines.append(f"| {name} | " + " | ".join(cell(size) for size in sizes) + f" | {goal} |")

    goals = result["goals"]
    add("`mortise up` until all are ready, s", lambda size: f"{size['start_s']:.1f}",
        f"50 in {goals['start_50']:.0f}")
    add("`mortise down --purge`, s", lambda size: f"{size['down_s']:.1f}")
    for kind in KINDS:
        who = "all sidecars" if kind == "sidecar" else kind
        add(f"CPU of the start, {who}, s", lambda size: f"{size['start_cpu_s'][kind]:.2f}")
    for kind in KINDS:
        who = "all sidecars" if kind == "sidecar" else kind
        add(f"idle CPU, {who}, % of one", lambda size: f"{100 * size['idle_cpu'][kind]:.2f}")

    def cell_of(kind):
        def cell(size):
            taken = size["memory"][kind]
            return f"{taken['rss']:.1f} / {taken['pss']:.1f} / {taken['private']:.1f}"
        return cell

    for kind in KINDS:
        add(f"memory of {'a' if kind == 'sidecar' else 'the'} {kind}: RSS / PSS / private, MB",
            cell_of(kind), f"RSS {goals['sidecar_rss']:.0f}, must {goals['sidecar_rss_must']:.0f}"
            if kind == "sidecar" else "")
    add("largest sidecar after the changes: RSS, MB",
        lambda size: f"{size['memory_after_changes']['sidecar']['rss_max']:.1f}")

    def receipts(kind):
        def cell(size):
            taken = size["receipts_ms"][kind]
            return f"{statistics.median(taken):.0f} / {max(taken):.0f}"
        return cell

    goal = f"{goals['receipt_ms']:.0f}"
    add("mesh-wide policy change in force everywhere: median / slowest, ms", receipts("mesh"), goal)
    add("change of one service: median / slowest, ms", receipts("service"), goal)
    return "\n".join(lines) + f"\n\n{notes(result)}\n"


def notes(result):
    loads = " / ".join(f"{size['load']:.1f}" for size in result["sizes"])
    return (
        "Each workload is an httpbin with a Service and a sidecar of its own. "
        f"{result['changes']} changes of each kind; their time is that of the receipt (`applied by "
        "N of N proxies in T ms`). Memory of a sidecar is the median, after the start and before "
        "any traffic: private pages are what one more sidecar costs, while RSS counts the pages "
        "that all of them share again in each. The load average before each start was "
        f"{loads}: what else the machine did makes the times longer, CPU a little, memory not.")
