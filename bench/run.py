#!/usr/bin/python3
"""Measures Mortise, beside its peers where a row has them, and writes what was measured.

bench/run.py [ROW...] [--pairs N]: without a row, all of bench/rows. Results go to
build/bench/ROW.json. docs/performance.md and its charts are rewritten, for these rows only, by a
run that deserves it: valid, and with at least 10 pairs. Needs root (network namespaces).
"""

import argparse
import importlib
import os
import pathlib
import signal
import sys
import time
import traceback

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))
sys.dont_write_bytecode = True

from harness import accounting, report  # noqa: E402  (the path above comes first)
from harness.session import FULL_PAIRS, Absent, Session  # noqa: E402

# In this order where all are run; what is not named here follows by name.
ORDER = ("b1", "b2", "connections", "b9", "b10", "scale")


def known_rows(folder=BENCH / "rows"):
    names = [file.stem for file in folder.glob("*.py") if not file.stem.startswith("_")]
    return sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER),
                                           name))


def parse(arguments, rows):
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.split("\n")[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(rows))
    parser.add_argument("--pairs", type=int, default=FULL_PAIRS,
                        help=f"rounds of each row; fewer than {FULL_PAIRS} are not published")
    parser.add_argument("--seconds", type=float, default=1.7, help="length of one measurement")
    parser.add_argument("--publish", choices=("valid", "never"), default="valid",
                        help="whether docs/performance.md is rewritten by a valid run")
    parser.add_argument("--patience", type=int, default=3,
                        help="how often a disturbed measurement is repeated")
    parser.add_argument("--list", action="store_true", help="the rows, and how long each takes")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.rows if name not in rows]
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(rows)}")
    if chosen.pairs < 1:
        parser.error("--pairs takes a number from 1 up")
    chosen.rows = chosen.rows or rows
    return chosen


def command_of(arguments):
    """What to type to get the same again."""
    parts = ["make bench"]
    options = []
    for word in arguments:
        (options if options or word.startswith("-") else parts).append(word)
    return " ".join(parts) + (f' OPTIONS="{" ".join(options)}"' if options else "")


def load(name):
    return importlib.import_module(f"rows.{name}")


def list_rows(rows):
    total = 0
    for name in rows:
        row = load(name)
        total += row.MINUTES
        print(f"  {name:12} {row.MINUTES:4.1f} min  {row.TITLE}")
    print(f"  in all {total:9.1f} min with {FULL_PAIRS} pairs")


def measure(name, session):
    """One row from start to published; whether it gave valid figures."""
    row = load(name)
    session.say(f"{name}: {row.TITLE} (about {row.MINUTES * session.share():.1f} min)")
    began, before = time.monotonic(), accounting.Reading({})
    try:
        result = row.measure(session)
    except Absent as missing:
        session.say(f"{name}: not measured: {missing}")
        return False
    except Exception:  # one row's failure must not take the others' results with it
        traceback.print_exc()
        session.say(f"{name}: FAILED, no figures")
        return False
    meanwhile = accounting.between(before, accounting.Reading({}))
    kept = report.keep(name, row, result, session, time.monotonic() - began, meanwhile["steal"])
    session.say(f"{name}: done in {kept['seconds']:.0f} s; {kept['standing']}")
    print(row.render(result), flush=True)
    return not result.get("void")


def main(arguments):
    rows = known_rows()
    chosen = parse(arguments, rows)
    if chosen.list:
        list_rows(chosen.rows)
        return 0
    if os.geteuid() != 0:
        print("needs root: network namespaces, and CPU times of processes", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is undone
    with Session(chosen.pairs, chosen.seconds, chosen.publish,
                 command_of(arguments), chosen.patience) as session:
        good = [measure(name, session) for name in chosen.rows]
    session.say(f"{sum(good)} of {len(good)} rows have valid figures")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
