#!/usr/bin/env python3
"""Compares every #include in src/ and every LINK line in CMake with tools/layers.txt.

Beyond the table: only pki and io/tls* meet OpenSSL; wire, model and policy know no sockets, clocks
or threads; io/sim is for tests only. An exception is a line in tools/exceptions.txt.
"""

import pathlib
import re
import sys

import exceptions

ROOT = pathlib.Path(__file__).resolve().parent.parent

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)[">]')
LIBRARY = re.compile(r"mortise_library\(\s*(\w+)([^)]*)\)")
PURE = ("wire", "model", "policy")
IMPURE_HEADERS = {
    "sockets": ("sys/socket.h", "netinet/", "arpa/", "sys/un.h", "unistd.h", "poll.h",
                "sys/epoll.h", "netdb.h", "fcntl.h"),
    "clocks": ("time.h", "ctime", "sys/time.h"),
    "threads": ("thread", "mutex", "shared_mutex", "condition_variable", "atomic", "future",
                "stop_token", "pthread.h", "semaphore"),
}
# The types of base/clock.h are values and welcome; a clock to ask is not.
CLOCK = re.compile(r"\b(steady|system|high_resolution)_clock\s*::\s*now\b|\b(System)?Clock\b")
OPENSSL_TARGETS = ("pki", "io")


def read_table(text):
    """{folder: set of folders, or {"*"}} from the text of layers.txt."""
    table = {}
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if line:
            folder, _, allowed = line.partition(":")
            table[folder.strip()] = set(allowed.split())
    return table


def check_table(table):
    """The table itself: no unknown folder, no cycle, and proxy and control apart."""
    problems = []
    for folder, allowed in table.items():
        for name in sorted(allowed - set(table) - {"*"}):
            problems.append(f"tools/layers.txt: {folder} names {name}, which has no line")
        for name in sorted(allowed):
            if folder in table.get(name, ()):
                problems.append(f"tools/layers.txt: {folder} and {name} include each other")
    for one, other in (("proxy", "control"), ("control", "proxy")):
        if other in table.get(one, ()):
            problems.append(f"tools/layers.txt: {one} may never include {other}")
    return problems


def is_test(path):
    return path.endswith("_test.cc") or "/testing/" in path or path.startswith("src/io/sim/")


def check_include(path, folder, bracket, header, table):
    """The reason why this file may not include this header, or None."""
    if header.startswith("openssl/") and not (
            folder == "pki" or re.match(r"src/io/(\w+/)?tls\w*\.", path)):
        return "only pki and io/tls* include OpenSSL"
    if folder in PURE:
        for what, headers in IMPURE_HEADERS.items():
            if header in headers or any(h.endswith("/") and header.startswith(h) for h in headers):
                return f"{folder} knows no {what}"
    if bracket == "<" or "/" not in header:
        return None
    target = header.split("/")[0]
    if target not in table:
        return f"{target} has no line in tools/layers.txt"
    if header.startswith("io/sim/") and not is_test(path):
        return "io/sim is for tests only"
    allowed = table[folder]
    if target != folder and target not in allowed and "*" not in allowed:
        return f"{folder} may include {', '.join(sorted(allowed)) or 'nothing'}, not {target}"
    return None


def check_source(path, text, table):
    """Findings (rule, path, line, message) of one file, its path relative to the repository."""
    folder = path.split("/")[1]
    if folder not in table:
        return [("layer", path, 1, f"src/{folder} has no line in tools/layers.txt")]
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            reason = check_include(path, folder, match[1], match[2], table)
            if reason:
                found.append(("layer", path, number, f"includes {match[2]}: {reason}"))
        elif folder in PURE and CLOCK.search(line.partition("//")[0]):
            found.append(("layer", path, number, f"uses a clock: {folder} knows none"))
    return found


def check_cmake(path, text, table):
    """The same comparison for what a library is linked with."""
    found = []
    for match in LIBRARY.finditer(text):
        folder, words = match[1], match[2].split()
        allowed = table.get(folder, set())
        number = text.count("\n", 0, match.start()) + 1
        linked = words[:words.index("TEST_LINK")] if "TEST_LINK" in words else words
        for word in linked:
            target = word.removeprefix("mortise_")
            if word != target and target not in allowed and "*" not in allowed:
                found.append(("layer", path, number, f"{folder} is linked with {target}"))
            if word.startswith("OpenSSL::") and folder not in OPENSSL_TARGETS:
                found.append(("layer", path, number, f"{folder} is linked with OpenSSL"))
    return found


def check_tree(root):
    table = read_table((root / "tools/layers.txt").read_text())
    problems = check_table(table)
    found = []
    for file in sorted((root / "src").rglob("*")):
        path = str(file.relative_to(root))
        if file.suffix in (".h", ".cc"):
            found += check_source(path, file.read_text(), table)
        elif file.name == "CMakeLists.txt":
            found += check_cmake(path, file.read_text(), table)
    allowed = exceptions.load(root / "tools/exceptions.txt", ("layer",))
    return problems + exceptions.apply(found, allowed)


def main():
    problems = check_tree(ROOT)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
