#!/usr/bin/env python3
"""Checks what style documents only ask for: sizes, opening comments, banned names, dead files.

line <= 100, function <= 70, file <= 600. An exception is a line in tools/exceptions.txt.
"""

import ast
import pathlib
import re
import subprocess
import sys

import cxx
import exceptions

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_LINE, MAX_FUNCTION, MAX_FILE = 100, 70, 600
CHECKED = (".h", ".cc", ".py", ".proto", ".sh")
RULES = ("line", "function", "file", "opening", "banned", "dead")

# (pattern, reason, where it applies). Patterns see C++ without comments and literals.
BANNED = [
    (r"\bshared_ptr<(?!\s*(const\b|T\b))", "every object has one owner; only immutable snapshots"
     " are shared: shared_ptr<const T>", "src/"),
    (r"\benable_shared_from_this\b", "children do not own themselves", "src/"),
    (r"\bdelete\s+this\b", "the owner deletes", "src/"),
    (r"\bthrow\b(?!\s*\()", "errors are values: Result", "src/"),
    (r"\.detach\(\)", "whoever starts a thread joins it", ""),
    (r"\busing\s+namespace\b(?!\s+std::(\w+::)?(\w+_)?literals\b)",
     "names say where they come from", "src/"),
    (r"\bstd::(cout|cerr|endl)\b", "print with fmt", "src/"),
    (r"\bstd::regex\b", "its stack and time grow with the input", "src/"),
    (r"\bstd::async\b|\bstd::function<[^;]*\bco_", "work has an owner: Scope or a member", "src/"),
    (r"\b(std::)?(rand|srand|random_device|mt19937)\b", "randomness arrives by constructor:"
     " base/random.h", "src/"),
    (r"\b(sprintf|strcpy|strcat|gets|strtok|gmtime|localtime|atoi)\s*\(", "unsafe: use fmt,"
     " std::from_chars or the _r form", "src/"),
    (r"\b(std::)?system\s*\(|\bpopen\s*\(", "no shell between us and a program", "src/"),
    (r"\bthis_thread::sleep\w*|\b(usleep|nanosleep)\s*\(|(?<![\w.>:])sleep\s*\(|\btime\.sleep\b",
     "wait for a condition, with a deadline", ""),
    (r"\b(class|struct)\s+\w*(Manager|Helper|Helpers|Util|Utils|Misc)\b", "a name that says"
     " nothing", "src/"),
    (r"\b(steady_clock|system_clock)\s*::\s*now\b|\b(gettimeofday|clock_gettime)\s*\(",
     "time arrives as a Clock: base/clock.h", "src/"),
]
# Where the interfaces to time and randomness are implemented.
CLOCKS = ("src/base/clock.", "src/io/")
RANDOM = ("src/base/random.",)
BANNED_FILES = re.compile(r"(^|/)(common|utils?|misc|helpers?|core|manager)(\.\w+)?(/|$)")
# In comments too: work that is promised belongs in an issue.
PROMISES = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def check_lines(path, text):
    lines = text.splitlines()
    found = [("line", path, number, f"{len(line)} characters, at most {MAX_LINE}")
             for number, line in enumerate(lines, 1) if len(line) > MAX_LINE]
    if len(lines) > MAX_FILE:
        found.append(("file", path, 1, f"{len(lines)} lines, at most {MAX_FILE}: split it"))
    return found


def python_functions(text):
    return [(node.name, node.lineno, node.end_lineno - node.lineno + 1)
            for node in ast.walk(ast.parse(text))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def check_functions(path, text):
    if path.endswith(".py"):
        found = python_functions(text)
    elif path.endswith((".h", ".cc")):
        found = cxx.functions(text)
    else:
        found = []
    return [("function", path, line, f"{name} has {size} lines, at most {MAX_FUNCTION}", name)
            for name, line, size in found if size > MAX_FUNCTION]


def check_opening(path, text):
    """A header says in its first line which file it is and what for."""
    if not path.endswith(".h"):
        return []
    name = path.removeprefix("src/")
    first = text.split("\n", 1)[0]
    if re.match(rf"// {re.escape(name)} — \S.{{9,}}", first):
        return []
    return [("opening", path, 1, f"begin with: // {name} — what this is for")]


def check_banned(path, text):
    found = []
    if BANNED_FILES.search(path):
        found.append(("banned", path, 1, "a name that says nothing", "file"))
    code = cxx.code_only(text) if path.endswith((".h", ".cc")) else text
    for pattern, reason, where in BANNED:
        if not path.startswith(where) or path.startswith("tools/"):
            continue
        if "clock_gettime" in pattern and path.startswith(CLOCKS):
            continue
        if "srand" in pattern and path.startswith(RANDOM):
            continue
        for match in re.finditer(pattern, code):
            number = code.count("\n", 0, match.start()) + 1
            word = re.search(r"\w+", match[0])
            found.append(("banned", path, number, f"{match[0].strip()}: {reason}",
                          word[0] if word else ""))
    for match in PROMISES.finditer(text) if not path.startswith("tools/") else ():
        number = text.count("\n", 0, match.start()) + 1
        found.append(("banned", path, number, f"{match[0]}: do it, or write an issue", match[0]))
    return found


def check_dead(texts):
    """Headers that nobody but their own source and test includes."""
    included_by = {}
    for path, text in texts.items():
        for header in INCLUDE.findall(text):
            for target in (f"src/{header}", header, str(pathlib.PurePath(path).parent / header)):
                included_by.setdefault(target, set()).add(path)
    found = []
    for path in texts:
        if path.endswith(".h"):
            stem = path.removesuffix(".h")
            own = {stem + ".cc", stem + "_test.cc", path}
            if not included_by.get(path, set()) - own:
                found.append(("dead", path, 1, "nobody includes it"))
    return found


def listed(root):
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root,
                           check=True, capture_output=True).stdout.decode().split("\0")
    return sorted(n for n in names if n.endswith(CHECKED) and (root / n).is_file())


def check_texts(texts):
    found = []
    for path, text in texts.items():
        for check in (check_lines, check_functions, check_opening, check_banned):
            found += check(path, text)
    return found + check_dead(texts)


def main():
    texts = {path: (ROOT / path).read_text() for path in listed(ROOT)}
    allowed = exceptions.load(ROOT / "tools/exceptions.txt", RULES)
    problems = exceptions.apply(check_texts(texts), allowed)
    for problem in problems:
        print(problem)
    print(f"{len(texts)} files, {len(problems)} findings")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
