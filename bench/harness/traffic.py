"""What the rows with requests have in common: prove, warm up, find the ceiling, run the rounds."""

from statistics import median

from . import chart, load
from .mesh import BODY
from .pairs import Rounds
from .peers import OURS, PROXIES, start_all
from .programs import Failed
from .proof import prove

CEILING_SECONDS = 1.0
SHARE_OF_WEAKEST = 0.55
LIMITS = ("copy loop", "no proxy")


def start(session, shape, without=()):
    """(candidates that are proven to do the work, {name: why it is left out}, proofs)."""
    candidates, absent = start_all(session, shape,
                                   [kind for kind in PROXIES if kind.name not in without])
    proofs = {}
    for name in list(candidates):
        try:
            proofs[name] = prove(session, candidates[name])
        except Failed as problem:
            session.say(f"{name}: left out: {problem}")
            absent[name] = str(problem)
            candidates.pop(name).stop()
    return candidates, absent, proofs


def stop(candidates):
    for candidate in candidates.values():
        candidate.stop()


def ceilings(session, candidates, **options):
    """{name: requests per second that it did in a closed loop}; warms everybody up as well."""
    found = {}
    for name, candidate in candidates.items():
        figures = load.measure(session, candidate, 0, CEILING_SECONDS, **options)
        if problem := load.problem_of(figures):
            session.say(f"{name}: no ceiling: {problem}")
            continue
        found[name] = figures["requests_per_second"]
    session.say("  ceilings: " + ", ".join(f"{name} {rate:.0f}/s" for name, rate in found.items()))
    return found


def safe_rate(wanted, found):
    """The wanted rate, or 55 % of what the weakest proxy can do if that is less."""
    weakest = min((rate for name, rate in found.items() if name not in LIMITS), default=wanted)
    return int(min(wanted, SHARE_OF_WEAKEST * weakest))


def distinct(rates):
    """Without those that a slow machine has brought close to one another."""
    kept = []
    for rate in rates:
        if all(max(rate, other) > 1.25 * min(rate, other) for other in kept):
            kept.append(rate)
    return kept


def measure(session, shape, rates, without=(), **options):
    """The whole row: {"rates": {rate: {...}}, ...} as JSON takes it."""
    candidates, absent, proofs = start(session, shape, without)
    try:
        found = ceilings(session, candidates, **options)
        result = {"absent": absent, "proofs": proofs, "ceilings": found, "rates": {}, "void": [],
                  "labels": {name: one.label for name, one in candidates.items()},
                  "versions": {name: one.version for name, one in candidates.items()},
                  "shape": shape, "body": BODY, "seconds": session.seconds}
        for rate in distinct([safe_rate(wanted, found) for wanted in rates]):
            result["rates"][str(rate)] = _rounds(session, candidates, rate, result["void"],
                                                 options)
        return result
    finally:
        stop(candidates)


def _rounds(session, candidates, rate, void, options):
    session.say(f"  {rate} requests/s")
    rounds = Rounds(session, candidates).run(
        lambda candidate: load.measure(session, candidate, rate, session.seconds, **options))
    control = rounds.judge()
    void += [f"at {rate}/s: {reason}" for reason in rounds.void]
    return {"rate": rate, "control": control, "summary": rounds.summary(),
            "problems": rounds.problems, "repeated": rounds.repeated,
            "measurements": rounds.measurements}


# Rendering

def charts(name, result):
    """One picture for each rate: CPU of the proxies per request."""
    drawn = {}
    for rate, one in result["rates"].items():
        proxies = "both proxies" if result["shape"] == "pair" else "the proxy"
        entries = [(who, label, one["summary"][who]["cpu_us_per_request"])
                   for who, label in result["labels"].items()
                   if who in one["summary"] and who != "no proxy"]
        drawn[f"{name}-{rate}"] = chart.bars(f"CPU of {proxies} at {int(rate):,} requests/s",
                                             "µs per request; less is better", entries)
    return drawn


def with_interval(found, digits=2):
    if found is None:
        return "-"
    middle, low, high = (f"{value:.{digits}f}" for value in found)
    return f"{middle} [{low}, {high}]"


def render(result):
    """One table for each rate, and below them who was measured and how."""
    lines = []
    for one in result["rates"].values():
        lines += [*table(result, one), ""]
    lines += notes(result)
    return "\n".join(lines)


def table(result, one):
    proxies = "both proxies" if result["shape"] == "pair" else "the proxy"
    lines = [f"At {one['rate']:,} requests per second:", "",
             f"| | CPU of {proxies}, µs per request | ours / theirs | whole machine, µs per request"
             " | p50, µs | p99, µs | ceiling, requests/s |", "|---|---|---|---|---|---|---|"]
    for name, label in result["labels"].items():
        if name not in one["summary"]:
            reason = one["problems"].get(name, "not measured")
            lines.append(f"| {label} | no figure: {reason} | | | | | |")
            continue
        row = one["summary"][name]
        cpu = "-" if name == "no proxy" else with_interval(row["cpu_us_per_request"], 1)
        ratio = "-" if name == "no proxy" else with_interval(row["ratio"])
        ceiling = result["ceilings"].get(name)
        lines.append(
            f"| {label} | {cpu} | {ratio} | {row['busy_us_per_request']:.0f} |"
            f" {row['latency_us']['p50']:.0f} | {row['latency_us']['p99']:.0f} |"
            f" {f'{ceiling:,.0f}' if ceiling else '-'} |")
    for name, reason in result["absent"].items():
        lines.append(f"| {name} | absent: {reason} | | | | | |")
    return lines


def notes(result):
    """What a reader has to know to trust the table, or not to."""
    ours = [one["summary"][OURS]["others_us_per_request"] for one in result["rates"].values()
            if OURS in one["summary"]]
    lines = [f"- {versions(result)}."]
    if ours:
        lines.append(f"- Beside our sidecars, supervisor and control plane of the whole mesh took"
                     f" {median(ours):.1f} µs per request; they are not in the table's first"
                     " column, and the peers have no such thing.")
    if result["shape"] == "pair":
        resumed = {name: proof["resumed"] for name, proof in result["proofs"].items()
                   if "resumed" in proof}
        lines.append("- Seen on the wire for each pair: TLSv1.3, TLS_AES_128_GCM_SHA256, X25519,"
                     " nothing readable; a caller without certificate and one without TLS were"
                     " refused. Handshakes resumed while connections were opened: "
                     + ", ".join(f"{name} {count}" for name, count in resumed.items()) + ".")
    repeated = sum(len(one["repeated"]) for one in result["rates"].values())
    lines.append(f"- Each measurement lasted {result['seconds']:g} s; {repeated} of them were"
                 " repeated because the machine was disturbed. The ceiling is one closed-loop run"
                 " of a second, without interval: an orientation, not a result.")
    return lines


def versions(result):
    """What was measured: each program once, with its version."""
    return "Versions: " + ", ".join(dict.fromkeys(
        version for name, version in result["versions"].items() if version))
