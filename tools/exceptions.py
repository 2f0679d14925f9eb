"""tools/exceptions.txt: what the checks let pass, each line with its reason.

    RULE  PATH[:NAME]  reason

NAME is what the rule found (a function's or a banned name); without it the whole file is meant. A
line that excuses nothing is itself a finding, so that the list stays short.
"""

RULES = ("layer", "line", "function", "file", "opening", "banned", "dead")


class Exceptions:
    """The lines for some rules, and which of them were of use."""

    def __init__(self):
        self.lines = {}
        self.problems = []
        self.used = set()

    def excuses(self, rule, path, name=""):
        for key in ((rule, path), (rule, f"{path}:{name}")):
            if key in self.lines:
                self.used.add(key)
                return True
        return False

    def leftovers(self):
        idle = sorted(set(self.lines) - self.used)
        return self.problems + [
            f"tools/exceptions.txt:{self.lines[key]}: {key[0]} {key[1]} excuses nothing: remove it"
            for key in idle]


def load(path, rules):
    """The exceptions to these rules; other checks read the lines of theirs."""
    loaded = Exceptions()
    if not path.exists():
        return loaded
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(None, 2)
        if len(words) < 3:
            loaded.problems.append(f"tools/exceptions.txt:{number}: RULE PATH[:NAME] reason")
        elif words[0] not in RULES:
            loaded.problems.append(f"tools/exceptions.txt:{number}: no rule is called {words[0]}")
        elif words[0] in rules:
            loaded.lines[(words[0], words[1])] = number
    return loaded


def apply(found, allowed):
    """Findings (rule, path, line, message[, name]) as printable lines, without the excused ones."""
    kept = []
    for rule, path, number, message, *name in found:
        if not allowed.excuses(rule, path, *name):
            kept.append(f"{path}:{number}: {message} [{rule}]")
    return kept + allowed.leftovers()
