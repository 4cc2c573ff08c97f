"""From a difference of strengths to the chances of left, tie and right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from ...analysis.curve import Floats

Tie = Literal["davidson", "rao-kupper", "none"]
Chances = Callable[[Floats, Floats], Floats]
"""(difference, tie parameter), of one shape -> log chances (3, ...) of left, tie, right."""
Slopes = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""The same -> slopes (2, 3, ...) of the log chances in difference and tie parameter, and their
curvatures (3, 3, ...): twice in the difference, mixed, twice in the tie parameter."""


@dataclass(frozen=True, slots=True)
class Link:
    """The log chances of the outcomes, and their derivatives."""

    chances: Chances
    slopes: Slopes


def davidson(gap: Floats, tie: Floats) -> Floats:
    """Ties in proportion to the geometric mean of both strengths (Davidson 1970).

    `tie` is the log of that proportion, nu.
    """
    raw = np.stack([gap / 2, tie, -gap / 2])
    top = raw.max(axis=0)
    return np.asarray(raw - top - np.log(np.exp(raw - top).sum(axis=0)))


def _davidson_slopes(gap: Floats, tie: Floats) -> tuple[Floats, Floats]:
    left, level, right = np.exp(davidson(gap, tie))
    lean = (left - right) / 2
    in_gap = np.stack([0.5 - lean, -lean, -0.5 - lean])
    in_tie = np.stack([-level, 1 - level, -level])
    bent = np.stack([lean**2 - (left + right) / 4, lean * level, -level * (1 - level)])
    return np.stack([in_gap, in_tie]), np.broadcast_to(bent[:, None], (3, 3, *gap.shape))


def rao_kupper(gap: Floats, tie: Floats) -> Floats:
    """A tie where the difference, with its noise, is within a threshold (Rao and Kupper 1967).

    `tie` is the log of the threshold, log kappa, so that kappa > 1.
    """
    width = np.exp(tie)
    level = -np.logaddexp(0, -gap - width) - np.logaddexp(0, gap - width)
    both = level + np.log(-np.expm1(-2 * width))
    return np.stack([-np.logaddexp(0, width - gap), both, -np.logaddexp(0, width + gap)])


def _rao_kupper_slopes(gap: Floats, tie: Floats) -> tuple[Floats, Floats]:
    width = np.exp(tie)
    up, down = expit(gap - width), expit(-gap - width)
    pull = -2 * np.exp(-2 * width) / np.expm1(-2 * width)  # of the log of 1 - exp(-2 width)
    in_gap = np.stack([1 - up, down - up, down - 1])
    in_width = np.stack([up - 1, up + down + pull, down - 1])
    bend_up, bend_down = -up * (1 - up), -down * (1 - down)
    twice = np.stack([bend_up, bend_up + bend_down, bend_down])
    mixed = np.stack([-bend_up, bend_down - bend_up, bend_down])
    in_both = np.stack([bend_up, bend_up + bend_down - pull * (2 + pull), bend_down])
    slopes = np.stack([in_gap, in_width * width])
    return slopes, np.stack([twice, mixed * width, in_both * width**2 + slopes[1]])


def untied(gap: Floats, tie: Floats) -> Floats:
    """No ties (Bradley and Terry 1952): `tie` is not used, the chance of one means nothing."""
    nothing = np.zeros(np.shape(gap + tie))
    return np.stack([-np.logaddexp(0, -gap), nothing, -np.logaddexp(0, gap)])


def _untied_slopes(gap: Floats, tie: Floats) -> tuple[Floats, Floats]:
    left, nothing = expit(gap), np.zeros(np.shape(gap + tie))
    in_gap = np.stack([1 - left, nothing, -left])
    twice = np.stack([-left * (1 - left), nothing, -left * (1 - left)])
    zero = np.zeros_like(twice)
    return np.stack([in_gap, zero]), np.stack([twice, zero, zero])


LINKS: Mapping[Tie, Link] = {
    "davidson": Link(davidson, _davidson_slopes),
    "rao-kupper": Link(rao_kupper, _rao_kupper_slopes),
    "none": Link(untied, _untied_slopes),
}
