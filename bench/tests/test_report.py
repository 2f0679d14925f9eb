"""The document: a row's section is replaced whole, and nothing else is touched."""

import pytest
from harness import report

TEXT = f"""# Title

Written by a person.

<!-- bench:b1 begin -->
old
<!-- bench:b1 end -->

Between, by a person.

{report.TAIL}

The end, by a person.
"""


class FakeSession:
    def __init__(self, pairs, publish="valid"):
        self.pairs, self.publish = pairs, publish

    def is_full(self):
        return self.pairs >= report.FULL_PAIRS


def test_a_known_section_is_replaced_and_the_rest_stays():
    text = report.replaced(TEXT, "b1", "new")
    assert text == TEXT.replace("old", "new")


def test_a_new_section_comes_last_among_the_sections():
    text = report.replaced(TEXT, "b2", "second")
    begin = text.index("<!-- bench:b2 begin -->")
    assert text.index("Between, by a person.") < begin < text.index(report.TAIL)
    assert text.replace("<!-- bench:b2 begin -->\nsecond\n<!-- bench:b2 end -->\n\n", "") == TEXT


def test_a_row_whose_name_begins_like_another_has_its_own_section():
    text = report.replaced(report.replaced(TEXT, "b10", "tenth"), "b1", "first")
    assert "tenth" in text and "first" in text and "old" not in text


def test_a_section_without_its_end_is_refused():
    with pytest.raises(ValueError, match="b1"):
        report.replaced(TEXT.replace("<!-- bench:b1 end -->", ""), "b1", "new")


def test_a_void_run_is_not_published():
    assert report.standing_of({"void": ["A/A 1.20"]}, FakeSession(10)).startswith("VOID")


def test_a_trial_is_not_published():
    assert report.standing_of({}, FakeSession(2)).startswith("a trial")


def test_a_full_valid_run_is_published_unless_told_not_to():
    assert report.standing_of({}, FakeSession(10)) == "published"
    assert report.standing_of({}, FakeSession(10, "never")) == "valid, not published as asked"


MACHINE = {"cores": 2, "virtual": True, "cpu": "Some CPU", "memory_gib": 4, "system": "Debian",
           "kernel": "6.1", "openssl": "OpenSSL 3.0", "mortise": "abc"}


def kept(figure):
    return {"result": {"figure": figure}, "date": "2026-11-21", "seconds": 3.0, "pairs": 10,
            "command": "make bench b1", "machine": MACHINE, "steal": 0.001}


class FakeRow:
    TITLE = "B1: a row"

    @staticmethod
    def render(result):
        return f"figure {result['figure']}"

    @staticmethod
    def charts(result):
        return {f"b1-{result['figure']}": "<svg/>"}


def test_publishing_writes_section_and_chart_and_drops_the_old_chart(tmp_path):
    document, charts = tmp_path / "performance.md", tmp_path / "performance"
    document.write_text(TEXT)
    for figure in (7, 8):
        report.publish("b1", FakeRow, kept(figure), document, charts)
    text = document.read_text()
    assert "figure 8" in text and "figure 7" not in text and "old" not in text
    assert "![B1: a row](performance/b1-8.svg)" in text
    assert "by `make bench b1`, 10 pairs, on 2 virtual CPUs (Some CPU)" in text
    assert "stole 0.1% of the CPU time" in text
    assert [file.name for file in charts.iterdir()] == ["b1-8.svg"]


def test_a_row_without_rounds_names_no_pairs():
    class Alone(FakeRow):
        PAIRED = False

    assert "10 pairs" in report.section(FakeRow, kept(7), {})
    assert "pairs" not in report.section(Alone, kept(7), {})
