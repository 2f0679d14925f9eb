"""B10: what a proxy costs before it does anything: memory, and time to its first request."""

from harness import accounting, chart, statistics
from harness.peers import CONTROL, OURS
from harness.starting import time_one
from harness.traffic import start, stop, versions, with_interval

TITLE = "B10: idle footprint and start"
MINUTES = 0.8


def measure(session):
    candidates, absent, _ = start(session, "pair", without=["no proxy"])
    result = {"absent": absent, "void": [], "repeated": [],
              "labels": {name: one.label for name, one in candidates.items()},
              "versions": {name: one.version for name, one in candidates.items()}}
    try:
        result["memory"] = {name: accounting.memory(one.server_proxies())
                            for name, one in candidates.items()}
        starters = {name: one.starter() for name, one in candidates.items()}
        try:
            times = rounds(session, candidates, starters, result)
        finally:
            for one in candidates.values():
                one.restore()
    finally:
        stop(candidates)
    judge(result, times)
    result["times"] = times
    return result


def rounds(session, candidates, starters, result):
    times = {name: [] for name in candidates}
    for name in candidates:  # once unmeasured: files into the page cache
        time_one(session, candidates[name], starters[name])
    for number in range(session.pairs):
        for name in statistics.order(candidates, number):
            for tried in range(session.patience + 1):
                figures = time_one(session, candidates[name], starters[name])
                reason = accounting.disturbance(figures["machine"])
                if reason is None:
                    break
                if tried < session.patience:
                    result["repeated"].append(f"round {number + 1}, {name}: {reason}")
            else:
                note = f"round {number + 1}, {name}: still disturbed: {reason}"
                result["void"] = result["void"] or [note]
            times[name].append(figures)
        session.say(f"  round {number + 1} of {session.pairs}: " + ", ".join(
            f"{name} {done[-1]['milliseconds']:.0f}" for name, done in times.items()) + " ms")
    return times


def judge(result, times):
    """Medians, ratios, and the A/A control, which is looser here: a start is milliseconds long."""
    values = {name: [one["milliseconds"] for one in done] for name, done in times.items()}
    result["start"] = {name: statistics.interval(done) for name, done in values.items()}
    result["start_cpu"] = {name: statistics.interval([one["cpu_milliseconds"] for one in done])
                           for name, done in times.items()}
    result["ratio"] = {name: statistics.interval(statistics.ratios(values[OURS], done))
                       for name, done in values.items() if OURS in values and name != OURS}
    control = result["ratio"].get(CONTROL)
    if control is None:
        result["void"].append("there is no A/A control")
    elif not control[1] <= 1 <= control[2] and abs(control[0] - 1) > 0.03:
        result["void"].append(f"A/A control: {with_interval(control)}, and 1 is outside")


def render(result):
    lines = ["The server's proxy of a pair, mutual TLS, certificates ready; memory after its first"
             " 150 requests, idle. Start: from before its exec to the first request of a caller"
             " with a client certificate that it answered, in milliseconds.", "",
             "| | PSS, MB | RSS, MB | start, ms | ours / theirs | CPU time of the start, ms |",
             "|---|---|---|---|---|---|"]
    for name, label in result["labels"].items():
        memory = result["memory"][name]
        lines.append(f"| {label} | {memory['pss'] / 1024:.1f} | {memory['rss'] / 1024:.1f} |"
                     f" {with_interval(result['start'][name], 1)} |"
                     f" {with_interval(result['ratio'].get(name))} |"
                     f" {with_interval(result['start_cpu'][name], 1)} |")
    for name, reason in result["absent"].items():
        lines.append(f"| {name} | absent: {reason} | | | | |")
    lines += ["", "- Peers read their certificate from a file. A sidecar of ours has none on disk:"
              " it makes a key, has it signed by the control plane and loads its configuration"
              " from there, and all of that is in its figure; what its supervisor does before the"
              " exec is not. Its listening socket exists before it; the peers' callers try again"
              " every 0.2 ms until theirs does.",
              "- PSS counts memory shared between processes by its share: two sidecars or two"
              " proxies of one kind run on this machine, and a second mesh of ours beside them.",
              f"- {len(result['repeated'])} starts were repeated because the machine was"
              " disturbed.",
              f"- {versions(result)}."]
    return "\n".join(lines)


def charts(result):
    entries = [(name, label, result["start"][name]) for name, label in result["labels"].items()]
    return {"b10": chart.bars("From exec to the first answered mutual TLS request",
                              "ms; less is better", entries)}
