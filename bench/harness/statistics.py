"""Medians of per-pair ratios, and how far they can be trusted. Pure: numbers in, numbers out."""

import random
from statistics import median

RESAMPLES = 4000
SEED = 20261121  # fixed, so that the same measurements always give the same interval


def quantile(ordered, share):
    """Linear between the neighbours of a sorted list."""
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def interval(values, confidence=0.95):
    """Median of the values with its bootstrap interval: (median, low, high)."""
    values = list(values)
    if not values:
        raise ValueError("no values: nothing was measured")
    draw = random.Random(SEED)
    medians = sorted(median(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    outside = (1 - confidence) / 2
    return median(values), quantile(medians, outside), quantile(medians, 1 - outside)


def ratios(ours, theirs):
    """Pair by pair; the two lists come from the same rounds in the same order."""
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} and {len(theirs)} measurements are not pairs")
    return [one / other for one, other in zip(ours, theirs)]


def order(names, number):
    """The order of round `number`: forwards, then backwards (A B C, C B A), so that a machine that
    gets slower or faster treats all alike."""
    return list(names) if number % 2 == 0 else list(reversed(names))
