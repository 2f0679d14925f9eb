"""B9: what an idle connection costs in memory, plain and with mutual TLS."""

import contextlib
import threading
from statistics import median

from harness import accounting, chart
from harness.load import Generator, tls_options
from harness.peers import CONTROL, OURS
from harness.programs import Failed, eventually
from harness.traffic import start, stop, versions

TITLE = "B9: memory for each idle connection"
MINUTES = 2.5
PAIRED = False
STEPS, STEP = 4, 2000
SETTLED_KB = 64
AFTER_SECONDS = 3
AA_TOLERANCE = 0.03


def measure(session):
    result = {"void": [], "connections": STEPS * STEP, "kinds": {}}
    for kind, shape in (("plain", "one"), ("mutual TLS", "pair")):
        candidates, absent, _ = start(session, shape, without=["no proxy"])
        result.setdefault("labels", {}).update({n: c.label for n, c in candidates.items()})
        result.setdefault("versions", {}).update({n: c.version for n, c in candidates.items()})
        figures, problems = {}, dict(absent)
        try:
            for name, candidate in candidates.items():
                try:
                    figures[name] = one(session, candidate, kind)
                except Failed as problem:
                    problems[name] = str(problem)
                    session.say(f"  {kind}, {name}: no figure: {problem}")
                    continue
                session.say(f"  {kind}, {name}: {median(figures[name]['steps']):.2f} kB")
        finally:
            stop(candidates)
        result["kinds"][kind] = {"figures": figures, "problems": problems}
        judge(result, kind, figures)
    return result


def one(session, candidate, kind):
    """Opens the connections in steps, each with one request answered, and looks after each."""
    direct = kind != "plain"
    pids = candidate.server_proxies() if direct else candidate.proxies()
    options = ["--connections", STEP, "--hold", *(tls_options(candidate) if direct else [])]
    where = {"direct": True, "uid": candidate.uncaptured_uid()} if direct else {}
    sizes, slabs = [settled(pids)], [accounting.kernel_memory()]
    with contextlib.ExitStack() as open_ones:
        held = []
        for _ in range(STEPS):
            generator = open_ones.enter_context(Generator(session, candidate, *options, **where))
            generator.wait_ready()
            held.append(generator)
            sizes.append(settled(pids))
            slabs.append(accounting.kernel_memory())
        for generator in held:
            generator.go()
            if closed := generator.result(20)["closed"]:
                raise Failed(f"{closed} of its idle connections were closed meanwhile")
    steps = [(after - before) / STEP for before, after in zip(sizes, sizes[1:])]
    return {"steps": steps, "before": sizes[0], "full": sizes[-1], "after": later(pids),
            "slab": (slabs[-1] - slabs[0]) / (STEP * STEPS)}


def settled(pids, within=1.0):
    """Their private memory in kB (PSS), once it stands still."""
    last = [accounting.memory(pids)["pss"]]

    def stands_still():
        now = accounting.memory(pids)["pss"]
        last.append(now)
        return len(last) > 4 and abs(last[-1] - last[-5]) <= SETTLED_KB

    with contextlib.suppress(Failed):
        eventually(stands_still, within, "memory stands still")
    return last[-1]


def later(pids):
    """Their memory a while after all connections closed: what is given back is given back."""
    threading.Event().wait(AFTER_SECONDS)
    return accounting.memory(pids)["pss"]


def judge(result, kind, figures):
    if OURS not in figures or CONTROL not in figures:
        result["void"].append(f"{kind}: ours or its A/A control has no figure")
        return
    ours, control = (figures[name]["full"] - figures[name]["before"] for name in (OURS, CONTROL))
    if abs(ours / max(1, control) - 1) > AA_TOLERANCE:
        result["void"].append(f"{kind}: A/A control: {ours} kB and {control} kB for the same work")


def render(result):
    lines = [f"{result['connections']:,} connections, opened in {STEPS} steps, each with one"
             " request answered and then idle. User space is PSS of the proxy, before and after"
             " each step: median of the steps [smallest, largest]. Plain: connections of clients"
             " to their own proxy. Mutual TLS: connections from the wire to the server's proxy.",
             ""]
    for kind, found in result["kinds"].items():
        lines += [f"**{kind}**", "",
                  "| | user space, kB per connection | ours / theirs | kernel slab of the machine,"
                  " kB per connection | kept 3 s after all closed, MB |", "|---|---|---|---|---|"]
        lines += [row(result, found, name) for name in result["labels"]]
        lines.append("")
    lines += ["- The slab is the whole machine's: the generator's end of the connection, its"
              " connection tracking and the backend's end, where a proxy opens one for each"
              " (the copy loop does), are in it.",
              f"- {versions(result)}."]
    return "\n".join(lines)


def row(result, found, name):
    label = result["labels"][name]
    if name not in found["figures"]:
        return f"| {label} | no figure: {found['problems'].get(name, 'not measured')} | | | |"
    figures = found["figures"][name]
    steps, ours = figures["steps"], found["figures"].get(OURS)
    ratio = "-"
    if ours and name != OURS and median(steps) > 0:
        ratio = f"{median(ours['steps']) / median(steps):.2f}"
    return (f"| {label} | {median(steps):.2f} [{min(steps):.2f}, {max(steps):.2f}] | {ratio} |"
            f" {figures['slab']:.1f} |"
            f" {max(0, figures['after'] - figures['before']) / 1024:.1f} |")


def charts(result):
    drawn = {}
    for kind, found in result["kinds"].items():
        entries = [(name, label, spread(found["figures"][name]["steps"]))
                   for name, label in result["labels"].items() if name in found["figures"]]
        drawn[f"b9-{kind.replace(' ', '-').lower()}"] = chart.bars(
            f"Memory for each idle connection, {kind}", "kB of user space; less is better", entries)
    return drawn


def spread(steps):
    return median(steps), min(steps), max(steps)
