"""Medians, intervals, pairs and their order."""

import pytest
from harness import statistics


def test_equal_pairs_give_a_ratio_of_one_without_width():
    assert statistics.interval(statistics.ratios([3.0, 5.0], [3.0, 5.0])) == (1.0, 1.0, 1.0)


def test_the_interval_holds_the_median_and_stays_inside_the_values():
    middle, low, high = statistics.interval([0.9, 1.1, 1.0, 1.3, 0.8, 1.05, 0.95, 1.2, 1.0, 1.0])
    assert middle == 1.0
    assert 0.8 <= low < middle < high <= 1.3


def test_one_wild_pair_moves_neither_median_nor_the_whole_interval():
    values = [1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0, 1.01, 0.99, 40.0]
    middle, _, high = statistics.interval(values)
    assert middle == 1.0
    assert high < 1.1


def test_the_same_values_give_the_same_interval():
    values = [0.7, 0.9, 0.8, 1.0]
    assert statistics.interval(values) == statistics.interval(values)


def test_a_wider_spread_gives_a_wider_interval():
    narrow = statistics.interval([0.99, 1.0, 1.01, 1.0, 0.99, 1.01])
    wide = statistics.interval([0.7, 1.0, 1.3, 1.0, 0.7, 1.3])
    assert wide[2] - wide[1] > narrow[2] - narrow[1]


def test_lists_of_unequal_length_are_no_pairs():
    with pytest.raises(ValueError, match="not pairs"):
        statistics.ratios([1.0, 2.0], [1.0])


def test_nothing_measured_is_an_error_and_not_a_figure():
    with pytest.raises(ValueError, match="nothing was measured"):
        statistics.interval([])


def test_every_second_round_runs_backwards():
    assert statistics.order("abc", 0) + statistics.order("abc", 1) == list("abccba")
