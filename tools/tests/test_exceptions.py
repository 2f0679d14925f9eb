"""How exceptions excuse findings, and how they are kept few."""

import exceptions


def load(tmp_path, text, rules=exceptions.RULES):
    path = tmp_path / "exceptions.txt"
    path.write_text(text)
    return exceptions.load(path, rules)


def test_an_exception_excuses_one_name_or_a_whole_file(tmp_path):
    allowed = load(tmp_path, "function src/a.cc:f a table\nline src/b.cc  generated\n")
    found = [("function", "src/a.cc", 1, "long", "f"), ("function", "src/a.cc", 9, "long", "g"),
             ("line", "src/b.cc", 3, "long")]
    assert exceptions.apply(found, allowed) == ["src/a.cc:9: long [function]"]


def test_an_exception_without_a_finding_has_to_go(tmp_path):
    allowed = load(tmp_path, "# comment\n\nline src/b.cc  generated\n")
    assert exceptions.apply([], allowed) == [
        "tools/exceptions.txt:3: line src/b.cc excuses nothing: remove it"]


def test_an_exception_of_another_check_is_left_to_it(tmp_path):
    allowed = load(tmp_path, "layer src/b.cc  reason\n", ("line",))
    assert exceptions.apply([], allowed) == []


def test_a_reason_and_a_known_rule_are_demanded(tmp_path):
    assert len(load(tmp_path, "line src/b.cc\nlin src/b.cc reason\n").leftovers()) == 2
