"""From a difference of strengths to the chances of left, tie and right, and what battles say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from ...analysis.curve import Floats

Tie = Literal["davidson", "rao-kupper", "none"]
Slopes = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Link:
    """What outcomes `times` (..., E, 3), left, tie and right, say of gap and tie (T, E).

    `slopes` returns the log likelihood (T, E) and its slopes (T, E) in the gap and in the tie
    parameter; `bends` its curvatures (T, E): twice in the gap, mixed, and twice in the tie.
    """

    slopes: Callable[[Floats, Floats, Floats], Slopes]
    bends: Callable[[Floats, Floats, Floats], Slopes]


def davidson(times: Floats, gap: Floats, tie: Floats) -> Slopes:
    """Ties in proportion to the geometric mean of both strengths (Davidson 1970).

    `tie` is the log of that proportion, nu.
    """
    won, level, lost = _outcomes(times)
    every, ahead = won + level + lost, (won - lost) / 2
    up, even, down, log_sum = _davidson_chances(gap, tie)
    said = ahead * gap + level * tie - every * log_sum
    return said, ahead - every * (up - down) / 2, level - every * even


def _davidson_chances(gap: Floats, tie: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    half = gap / 2
    top = np.maximum(np.abs(half), tie)
    up, even, down = np.exp(half - top), np.exp(tie - top), np.exp(-half - top)
    total = up + even + down
    return up / total, even / total, down / total, top + np.log(total)


def _davidson_bends(times: Floats, gap: Floats, tie: Floats) -> Slopes:
    every = times.sum(axis=-1)
    up, even, down, _ = _davidson_chances(gap, tie)
    lean = (up - down) / 2
    return every * (lean**2 - (up + down) / 4), every * lean * even, -every * even * (1 - even)


def rao_kupper(times: Floats, gap: Floats, tie: Floats) -> Slopes:
    """A tie where the difference, with its noise, is within a threshold (Rao and Kupper 1967).

    `tie` is the log of the threshold, log kappa, so that kappa > 1.
    """
    won, level, lost = _outcomes(times)
    width = np.exp(tie)
    up, down, pull = expit(gap - width), expit(-gap - width), _pull(width)
    # log P(tie) = log P(not up) + log P(not down) + log(1 - exp(-2 width)).
    said = -won * np.logaddexp(0, width - gap) - lost * np.logaddexp(0, width + gap)
    said = said - level * (np.logaddexp(0, gap - width) + np.logaddexp(0, -gap - width))
    said = said + level * np.log(-np.expm1(-2 * width))
    in_gap = won * (1 - up) + level * (down - up) + lost * (down - 1)
    in_width = won * (up - 1) + level * (up + down + pull) + lost * (down - 1)
    return said, in_gap, in_width * width


def _pull(width: Floats) -> Floats:
    """The slope in the width of log(1 - exp(-2 width))."""
    return np.asarray(-2 * np.exp(-2 * width) / np.expm1(-2 * width))


def _rao_kupper_bends(times: Floats, gap: Floats, tie: Floats) -> Slopes:
    won, level, lost = _outcomes(times)
    width = np.exp(tie)
    up, down, pull = expit(gap - width), expit(-gap - width), _pull(width)
    bend_up, bend_down = -up * (1 - up), -down * (1 - down)
    above, below = (won + level) * bend_up, (lost + level) * bend_down
    twice, mixed = above + below, below - above
    in_width = rao_kupper(times, gap, tie)[2]
    return twice, mixed * width, (twice - level * pull * (2 + pull)) * width**2 + in_width


def untied(times: Floats, gap: Floats, tie: Floats) -> Slopes:
    """No ties (Bradley and Terry 1952): neither ties nor `tie` are looked at."""
    won, _, lost = _outcomes(times)
    said = -won * np.logaddexp(0, -gap) - lost * np.logaddexp(0, gap)
    return said, won - (won + lost) * expit(gap), np.zeros(np.shape(gap + tie))


def _untied_bends(times: Floats, gap: Floats, tie: Floats) -> Slopes:
    won, _, lost = _outcomes(times)
    left, nothing = expit(gap), np.zeros(np.shape(gap + tie))
    return -(won + lost) * left * (1 - left), nothing, nothing


def _outcomes(times: Floats) -> tuple[Floats, Floats, Floats]:
    return times[..., 0], times[..., 1], times[..., 2]


LINKS: Mapping[Tie, Link] = {
    "davidson": Link(davidson, _davidson_bends),
    "rao-kupper": Link(rao_kupper, _rao_kupper_bends),
    "none": Link(untied, _untied_bends),
}
