#!/usr/bin/env python3
"""Builds and runs the suites behind `make build`, `test`, `check`, `soak` and `nightly`.

Each step's output goes to build/logs/STEP.log; the terminal gets one line when a step begins, one
every quarter of a minute, and one with the result. Counts are read from the JUnit files that ctest,
pytest and GoogleTest write, and so are the figures that tests report. With CI=true a skipped test
counts as failed.
"""

import os
import pathlib
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"
JOBS = str(os.cpu_count() or 1)
CI = os.environ.get("CI") == "true"
REPORT_EVERY_SECONDS = 15
TAIL_LINES = 60
FUZZ_MINUTES = int(os.environ.get("FUZZ_MINUTES", "3"))
MESH_TURNS = 3
# Each file has a mesh of its own, and meshes do not meet: two files at once, mostly waiting anyway.
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile")
SEEDS = 1000
SANITIZERS = {
    "ASAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-19",
    "TSAN_OPTIONS": "external_symbolizer_path=/usr/bin/llvm-symbolizer-19",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
SEEDED = ("io_test", "rpc_test", "proxy_test")
THREADED = ("io_test", "rpc_test", "proxy_test", "control_test")


class Counts:
    """What one suite's runner reported."""

    def __init__(self, passed=0, failed=(), skipped=()):
        self.passed, self.failed, self.skipped = passed, list(failed), list(skipped)
        self.figures = []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.figures += other.figures

    def __str__(self):
        words = [f"{self.passed} passed", f"{len(self.failed)} failed"]
        if self.skipped:
            words.append(f"{len(self.skipped)} skipped")
        return ", ".join(words)


def read_junit(path):
    """Counts the test cases of a JUnit file; one that is missing or empty is a failure."""
    counts = Counts()
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as problem:
        return Counts(failed=[f"no report from the runner: {problem}"])
    for case in root.iter("testcase"):
        name = ".".join(dict.fromkeys(filter(None, (case.get("classname"), case.get("name")))))
        if case.find("failure") is not None or case.find("error") is not None:
            counts.failed.append(name)
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            counts.skipped.append(name)
        else:
            counts.passed += 1
        counts.figures += figures(case)
    if not (counts.passed or counts.failed or counts.skipped):
        counts.failed.append(f"{path.name}: the runner found no tests")
    return counts


def figures(case):
    """What it measured: properties, or lines of its output where the runner knows no properties."""
    named = [one.get("value") for one in case.iter("property") if one.get("name") == "figure"]
    lines = [line for out in case.iter("system-out") for line in (out.text or "").splitlines()]
    return named + [line.removeprefix("figure: ") for line in lines if line.startswith("figure: ")]


class Step:
    """One line of progress: a command, and perhaps a JUnit file that it writes."""

    def __init__(self, name, *command, junit=None, env=None, minutes=15):
        self.name, self.command, self.env, self.minutes = name, command, env or {}, minutes
        self.junit = junit
        self.log = LOGS / (name.replace(" ", "-") + ".log")

    def run(self):
        LOGS.mkdir(parents=True, exist_ok=True)
        if self.junit:
            self.junit.unlink(missing_ok=True)
        began = time.monotonic()
        with self.log.open("wb") as log, Ticker(self.log, began):
            status = self._execute(log)
        return status, time.monotonic() - began

    def _execute(self, log):
        try:
            return subprocess.run(
                self.command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                cwd=ROOT, env={**os.environ, **self.env}, timeout=self.minutes * 60, check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            log.write(f"\nstopped: not done after {self.minutes} minutes\n".encode())
            return 124
        except OSError as problem:
            log.write(f"{problem}\n".encode())
            return 127

    def counts(self, status):
        """The suite's counts. A command that failed without a failed test is one failure."""
        counts = read_junit(self.junit) if self.junit else Counts()
        counts.failed = [f"{self.name}: {name}" for name in counts.failed]
        counts.skipped = [f"{self.name}: {name}" for name in counts.skipped]
        if status != 0 and not counts.failed:
            counts.failed.append(f"{self.name}: exit status {status}")
        return counts


class Ticker:
    """Says every now and then that a long step is still going, with the log's last line."""

    def __init__(self, log, began):
        self.log, self.began = log, began
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _tick(self):
        while not self.over.wait(REPORT_EVERY_SECONDS):
            print(f"    {time.monotonic() - self.began:4.0f} s  {last_line(self.log)}", flush=True)


def last_line(path):
    lines = path.read_bytes()[-4000:].decode(errors="replace").split("\n")
    full = [line for line in lines if line.strip()]
    return full[-1][:100] if full else ""


def tail(path):
    return "\n".join(path.read_bytes().decode(errors="replace").split("\n")[-TAIL_LINES:])


def run_all(steps):
    """Runs the steps in order; a failed build ends only what depends on it, by failing too."""
    total, began = Counts(), time.monotonic()
    for number, step in enumerate(steps, 1):
        print(f"[{number}/{len(steps)}] {step.name}", flush=True)
        status, seconds = step.run()
        counts = step.counts(status)
        verdict = "failed" if counts.failed else "ok"
        shown = f", {counts}" if step.junit else ""
        print(f"    {seconds:4.0f} s  {verdict}{shown}", flush=True)
        if counts.failed:
            print(tail(step.log), f"(whole log: {step.log.relative_to(ROOT)})", sep="\n")
        total.add(counts)
    report(total, time.monotonic() - began)
    return total


def report(total, seconds):
    if total.figures:
        print("\nMeasured on the way (a gate is five times the goal):")
        print("".join(f"  {line}\n" for line in total.figures), end="")
    if total.skipped:
        print(f"\nSKIPPED, so nothing is known about these {len(total.skipped)}:")
        print("".join(f"  {name}\n" for name in total.skipped), end="")
    if CI and total.skipped:
        print("CI=true forbids skipping: they count as failed.")
        total.failed += total.skipped
        total.skipped = []
    if total.failed:
        print("\nFAILED:")
        print("".join(f"  {name}\n" for name in total.failed), end="")
    print(f"\n{seconds:.0f} s in all")


def configure(preset):
    return Step(f"configure {preset}", "cmake", "--preset", preset)


def compile_step(preset, *targets):
    return Step(f"build {' '.join(targets)} {preset}", "ninja", "-C", f"build/{preset}",
                "-j", JOBS, *targets, minutes=60)


def unit_tests(preset):
    junit = LOGS / f"unit-{preset}.xml"
    return Step(f"unit and simulation tests {preset}", "ctest", "--test-dir", f"build/{preset}",
                "-j", JOBS, "--output-on-failure", "--output-junit", str(junit), junit=junit,
                env=SANITIZERS)


def pytest(name, folder, *options, as_root=False, env=None, minutes=30):
    junit = LOGS / (name.replace(" ", "-") + ".xml")
    command = ["/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider", "-ra", "-v",
               f"--junitxml={junit}", "-o", "junit_family=xunit1", *options, folder]
    env = {"PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    if as_root and os.geteuid() != 0 and sudo_works():
        kept = {**env, "CI": os.environ.get("CI", "")}
        command = ["sudo", "-n", "env", *(f"{name}={value}" for name, value in kept.items()),
                   *command]
    return Step(f"{name} tests", *command, junit=junit, env=env, minutes=minutes)


def sudo_works():
    try:
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0


PROGRAMS = [configure("release"), compile_step("release", "programs")]
UNIT = [configure("dev"), compile_step("dev", "unit_tests"), unit_tests("dev")]


def sanitized(preset):
    return [configure(preset), compile_step(preset, "unit_tests"), unit_tests(preset)]


def gtest(preset, name, title, *options, env=None, minutes=15):
    """One GoogleTest binary in one process."""
    junit = LOGS / f"{title.replace(' ', '-')}.xml"
    return Step(title, f"build/{preset}/bin/{name}", f"--gtest_output=xml:{junit}", *options,
                junit=junit, minutes=minutes, env={**SANITIZERS, **(env or {})})


def races():
    """The suites that have threads, each in one process, which is how a race shows."""
    return [configure("tsan"), compile_step("tsan", *THREADED),
            *(gtest("tsan", name, f"{name} tsan") for name in THREADED)]


def many_seeds():
    """Other seeds every night; a failure prints the words that run its seed again."""
    first = int(time.time()) // 86400 * SEEDS
    chosen = os.environ.get("MORTISE_SIM_SEEDS", f"{first}-{first + SEEDS - 1}")
    return [configure("asan"), compile_step("asan", *SEEDED),
            *(gtest("asan", name, f"{name} seeds {chosen}", "--gtest_filter=*Seeds*",
                    env={"MORTISE_SIM_SEEDS": chosen}, minutes=30) for name in SEEDED)]


def fuzz(source):
    """One fuzzer for some minutes; what it finds is kept in build/fuzz/found."""
    parser = source.stem.removesuffix("_fuzz")
    found = ROOT / "build" / "fuzz" / "found" / parser
    found.mkdir(parents=True, exist_ok=True)
    return Step(f"fuzz {parser}", f"build/fuzz/bin/{source.stem}", "-print_final_stats=1",
                f"-max_total_time={FUZZ_MINUTES * 60}", f"-artifact_prefix={found}/crash-in-",
                str(found), f"tests/fuzz/corpus/{parser}", minutes=FUZZ_MINUTES + 5)


def nightly():
    fuzzers = sorted((ROOT / "tests" / "fuzz").glob("*_fuzz.cc"))
    return [configure("fuzz"), compile_step("fuzz", "fuzzers"), *map(fuzz, fuzzers),
            *races(), *many_seeds(), *PROGRAMS,
            *(pytest(f"mesh {turn} of {MESH_TURNS}", "tests/mesh", as_root=True)
              for turn in range(1, MESH_TURNS + 1))]


def soak():
    return [*PROGRAMS, pytest("soak", "tests/mesh", "-m", "soak", as_root=True,
                              env={"MORTISE_SOAK": "1"}, minutes=90)]


def plan(what):
    if what == "build":
        return PROGRAMS
    if what == "bench":  # what bench/run.py starts; it does the measuring itself
        return [configure("release"), compile_step("release", "programs", "bench_programs")]
    if what == "nightly":
        return nightly()
    if what == "soak":
        return soak()
    if what == "test":
        # Unit and simulation tests once, with sanitizers: they would find the rest as well.
        return [*PROGRAMS, pytest("tools", "tools/tests"), pytest("bench", "bench/tests"),
                *sanitized("asan"),
                pytest("mesh", "tests/mesh", *SIDE_BY_SIDE, as_root=True)]
    python = sys.executable
    return [Step("format", python, "tools/lint.py", "format"),
            Step("scripts", python, "tools/lint.py", "scripts"),
            Step("layers", python, "tools/check_layers.py"),
            Step("sizes and names", python, "tools/tidy.py"),
            pytest("tools", "tools/tests"), pytest("bench", "bench/tests"), *UNIT,
            Step("clang-tidy", python, "tools/lint.py", "tidy", minutes=30)]


COMMANDS = ("build", "bench", "test", "check", "soak", "nightly")


def main(arguments):
    usage = "usage: tools/verify.py " + " | ".join(COMMANDS)
    if arguments in (["--help"], ["-h"]):
        print(usage)
        return 0
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(usage, file=sys.stderr)
        return 64
    total = run_all(plan(arguments[0]))
    if arguments[0] == "build" and not total.failed:
        print("built: build/release/bin/mortise")
    if arguments[0] not in ("build", "bench"):
        counts = f"{total.passed} passed, {len(total.failed)} failed"
        (LOGS / "counts").write_text(counts + "\n")
        print(counts)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
