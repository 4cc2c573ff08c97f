"""What each family of budget curves weighs: by its forecasts of larger budgets, and its misfit."""

from collections.abc import Sequence

import numpy as np

from ...analysis.curve import Floats
from ..averaging import FLOOR, FREE, misfit
from .budget_families import FAMILIES, Family

TRAINED = 3
"""A family is first fitted to so many of the smallest budgets."""
EVEN = 0.1
"""Weight that the families share alike, whatever the log says: none of them may be true."""


def ahead(x: Floats, accuracy: Floats, tried: Floats) -> Floats:
    """Returns (F, H) the log score of each family at each budget held out; H is 0 with too few.

    Fitted to the budgets below it, a family forecasts the next; the score is that of a normal
    around the forecast, as wide as their difference spreads over worlds, (W, B), with FLOOR.
    """
    spots = range(TRAINED, len(x))
    scores = [[_score(family, x, accuracy, tried, m) for m in spots] for family in FAMILIES]
    return np.array(scores).reshape(len(FAMILIES), len(spots))


def _score(family: Family, x: Floats, accuracy: Floats, tried: Floats, known: int) -> float:
    theta = family.fit(x[:known], accuracy[:, :known], tried[:, :known])
    missed = family.value(theta, x[known : known + 1])[:, 0] - accuracy[:, known]
    variance = float(missed[1:].var(ddof=1)) + FLOOR**2
    return float(-0.5 * (missed[0] ** 2 / variance + np.log(2 * np.pi * variance)))


def weights(x: Floats, accuracy: Floats, thetas: Sequence[Floats], scores: Floats) -> Floats:
    """Returns (F,) what each family weighs, adding up to 1.

    By exp of its summed log score ahead, so a family speaks as it would have forecast, cut by
    exp(-(misfit - FREE) / 2) where the whole log is missed by more than chance, as a law of
    coverage is; EVEN of it is shared alike.
    """
    pairs = zip(FAMILIES, thetas, strict=True)
    missed = np.array([misfit(accuracy, f.value(theta, x)) for f, theta in pairs])
    log = scores.sum(axis=1) - 0.5 * np.maximum(missed - FREE, 0.0)
    raw = np.exp(log - log.max())
    return np.asarray((1 - EVEN) * raw / raw.sum() + EVEN / len(raw))
