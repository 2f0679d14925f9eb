"""How tools/verify.py counts what the runners report."""

import sys

import verify


def junit(tmp_path, body):
    path = tmp_path / "report.xml"
    path.write_text(body)
    return path


def test_every_case_is_counted_once(tmp_path):
    counts = verify.read_junit(junit(tmp_path, """<testsuites><testsuite>
        <testcase classname="A" name="passes"/>
        <testcase classname="A" name="fails"><failure message="x"/></testcase>
        <testcase classname="A" name="breaks"><error message="x"/></testcase>
        <testcase classname="A" name="waits"><skipped message="x"/></testcase>
        <testcase name="never" status="notrun"/></testsuite></testsuites>"""))
    assert counts.passed == 1
    assert counts.failed == ["A.fails", "A.breaks"]
    assert counts.skipped == ["A.waits", "never"]


def test_no_report_and_no_tests_are_failures(tmp_path):
    assert len(verify.read_junit(tmp_path / "missing.xml").failed) == 1
    assert len(verify.read_junit(junit(tmp_path, "<testsuite/>")).failed) == 1


def test_a_command_that_fails_without_a_failed_test_is_one_failure(tmp_path):
    report = junit(tmp_path, '<testsuite><testcase classname="A" name="passes"/></testsuite>')
    counts = verify.Step("suite", "false", junit=report).counts(2)
    assert (counts.passed, counts.failed) == (1, ["suite: exit status 2"])


def test_ci_turns_skips_into_failures(monkeypatch):
    monkeypatch.setattr(verify, "CI", True)
    total = verify.Counts(passed=1, skipped=["needs root"])
    verify.report(total, 0)
    assert (total.passed, total.failed) == (1, ["needs root"])


def test_the_last_line_is_the_sum(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(verify, "LOGS", tmp_path)
    monkeypatch.setattr(verify, "ROOT", tmp_path)
    monkeypatch.setattr(verify, "plan", lambda what: [
        verify.Step("one", sys.executable, "-c", "pass"),
        verify.Step("two", sys.executable, "-c", "import sys; sys.exit(3)")])
    assert verify.main(["test"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed"


def test_figures_that_tests_report_are_shown(tmp_path, capsys):
    counts = verify.read_junit(junit(tmp_path, """<testsuite>
        <testcase classname="A" name="passes"><properties>
        <property name="figure" value="back in service: 0.3 s (goal 1 s)"/>
        <property name="other" value="7"/></properties></testcase>
        <testcase name="B.passes"><system-out>[ RUN ] B.passes
figure: first byte: 2 ms (goal 1 ms)
[ OK ] B.passes</system-out></testcase></testsuite>"""))
    total = verify.Counts()
    total.add(counts)
    verify.report(total, 0)
    assert counts.figures == ["back in service: 0.3 s (goal 1 s)",
                              "first byte: 2 ms (goal 1 ms)"]
    assert "  back in service: 0.3 s (goal 1 s)\n" in capsys.readouterr().out


def test_help_is_no_mistake(capsys):
    assert verify.main(["--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: ")
    assert verify.main(["tset"]) == 64
    assert capsys.readouterr().err.startswith("usage: ")
