"""As much C++ as the checks need: text without comments and literals, and where functions are."""

import re

# In this order: what begins first wins, so a quote inside a comment is no string and vice versa.
NOISE = re.compile(
    r"""//[^\n]*"""
    r"""|/\*.*?\*/"""
    r"""|R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)\""""
    r"""|"(?:\\.|[^"\\\n])*\""""
    r"""|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])*'""",
    re.DOTALL)
CONTROL = re.compile(r"^(if|else|for|while|switch|do|try|catch|return|co_return|co_await|case)\b")
NAME = re.compile(r"([~\w:]+|operator\s*\S+)\s*(?:<[^<>]*>)?\s*\(")


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text, keep_strings=False):
    """The text with comments and literals blanked, so that line numbers stay what they were."""
    def replace(match):
        found = match[0]
        if found.startswith("/") or not keep_strings:
            return _blank(found)
        return found
    return NOISE.sub(replace, text)


def _without_preprocessor(code):
    lines, continued = [], False
    for line in code.split("\n"):
        directive = continued or line.lstrip().startswith("#")
        lines.append("" if directive else line)
        continued = directive and line.rstrip().endswith("\\")
    return "\n".join(lines)


def _is_function(head):
    """Whether the text before an opening brace is a function's signature."""
    head = " ".join(head.split())
    if not head or CONTROL.match(head) or "(" not in head:
        return False
    if head.endswith(("=", ",", "(", "return")):
        return False
    return not re.match(r"^(?:(?:export|inline)\s+)?(?:namespace|extern|enum)\b", head)


def functions(text):
    """(name, first line, number of lines) of each function; a lambda belongs to its function."""
    code = _without_preprocessor(code_only(text))
    found, line, head, head_line = [], 1, "", 1
    stack = []  # per open brace: (name, first line) of a function, or None
    inside = 0  # how many of them are functions
    parens = 0
    for char in code:
        if char == "\n":
            line += 1
        if char == "{" and parens == 0:
            is_function = not inside and _is_function(head)
            match = NAME.search(head) if is_function else None
            stack.append((match[1] if match else "?", head_line) if is_function else None)
            inside += is_function
            head = ""
        elif char == "}" and parens == 0 and stack:
            opened = stack.pop()
            if opened:
                inside -= 1
                found.append((opened[0], opened[1], line - opened[1] + 1))
            head = ""
        elif char == ";" and parens == 0:
            head = ""
        else:
            # Braces inside parentheses are arguments: f({1, 2}), TEST bodies of lambdas included.
            parens = max(0, parens + (char == "(") - (char == ")"))
            if not head.strip() and not char.isspace():
                head_line = line
            head += char
    return found
