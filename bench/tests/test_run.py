"""The command line of the bench."""

import pytest
import run

ROWS = ["b1", "b2", "scale"]


def test_without_a_row_all_are_run():
    assert run.parse([], ROWS).rows == ROWS


def test_rows_and_pairs_are_chosen():
    chosen = run.parse(["b2", "b1", "--pairs", "2"], ROWS)
    assert (chosen.rows, chosen.pairs) == (["b2", "b1"], 2)


def test_a_result_names_the_command_that_gives_it_again():
    assert run.command_of([]) == "make bench"
    assert run.command_of(["b1", "b2"]) == "make bench b1 b2"
    assert run.command_of(["b1", "--pairs", "12"]) == 'make bench b1 OPTIONS="--pairs 12"'


@pytest.mark.parametrize("arguments", [["b3"], ["--pairs", "0"], ["--publish", "always"]])
def test_what_makes_no_sense_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as refused:
        run.parse(arguments, ROWS)
    assert refused.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_rows_are_found_by_their_files_in_a_fixed_order(tmp_path):
    for name in ("scale", "b10", "b2", "extra", "__init__"):
        (tmp_path / f"{name}.py").write_text("")
    assert run.known_rows(tmp_path) == ["b2", "b10", "scale", "extra"]


def test_every_row_says_what_it_is():
    for name in run.known_rows():
        row = run.load(name)
        assert row.TITLE and row.MINUTES > 0 and callable(row.measure) and callable(row.render)
