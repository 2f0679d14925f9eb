#!/usr/bin/env python3
"""clang-format and clang-tidy over our own C++ sources, shellcheck over our scripts.

`format` reports what `make format` would change. `tidy` checks each source once for each state of
itself and of everything of ours it includes: a clean result is remembered in build/lint, so that
the next run looks only at what changed.
"""

import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / "build" / "lint"
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def sources(*patterns):
    """Tracked and new files alike, so that a check before `git add` means something."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z", *patterns],
        cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def check_format():
    files = sources("*.h", "*.cc")
    if not files:
        return 0
    status = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *files], cwd=ROOT,
                            check=False).returncode
    if status:
        print("run `make format`")
    return status


def check_scripts():
    return subprocess.run(["shellcheck", *sources("*.sh", ".ci/run")], cwd=ROOT,
                          check=False).returncode


def closure(name, known):
    """The file and everything of ours it includes, directly or not."""
    seen, todo = set(), [name]
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        if current not in known:
            named = INCLUDE.findall((ROOT / current).read_text())
            places = [place + path for path in named for place in ("src/", "")]
            known[current] = [place for place in places if (ROOT / place).is_file()]
        todo += known[current]
    return seen


def fingerprint(name, known):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for path in sorted(closure(name, known)):
        digest.update(path.encode() + (ROOT / path).read_bytes())
    return digest.hexdigest()


def tidy_one(name):
    done = subprocess.run(["clang-tidy-19", "-p", "build/dev", "--quiet", name], cwd=ROOT,
                          check=False, capture_output=True, text=True)
    return name, done.returncode, done.stdout


def tidy():
    """Tests are left out: gtest's macros are slow to analyse, and their claims are run anyway."""
    CACHE.mkdir(parents=True, exist_ok=True)
    known = {}
    files = [name for name in sources("src/*.cc", "bench/*.cc")
             if not name.endswith("_test.cc")]
    prints = {name: fingerprint(name, known) for name in files}
    todo = [name for name in files if not (CACHE / prints[name]).exists()]
    print(f"{len(files)} sources, {len(todo)} not yet checked as they are now", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for number, (name, status, output) in enumerate(pool.map(tidy_one, todo), 1):
            print(f"[{number}/{len(todo)}] {name}", flush=True)
            if status:
                failed += 1
                print(output)
            else:
                (CACHE / prints[name]).touch()
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["format"]:
        sys.exit(check_format())
    if sys.argv[1:] == ["tidy"]:
        sys.exit(tidy())
    if sys.argv[1:] == ["scripts"]:
        sys.exit(check_scripts())
    print("usage: tools/lint.py format | scripts | tidy", file=sys.stderr)
    sys.exit(64)
