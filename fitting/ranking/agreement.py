"""Whether judges agree more than independent errors allow, pair by pair.

Judges of one family err on the same items. A model that takes their errors as independent then
counts one opinion several times, and is too sure of it (posterior predictive check; Gelman, Meng
and Stern 1996). Because the model was fitted to the same grades, the check errs towards silence.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import norm

from ...analysis.curve import Floats
from ...data.judgments import MISSING, Ints
from .patterns import Patterns

LEVEL = 0.01
"""The chance that any pair is named where errors are independent (Bonferroni)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two judges: the share of the `units` both graded on which they agree, and what is expected.

    `p` is the chance of agreeing as often or more where errors are independent.
    """

    first: str
    second: str
    units: int
    observed: float
    mean: float
    sd: float
    p: float


def agreement(found: Patterns, pi: Floats, confusion: Floats, shares: Floats) -> list[Pair]:
    """Compares each pair's agreement with that of new units of the same kinds.

    Where a judge graded a unit more than once, the share of its grades counts.

    Args:
        found: the units.
        pi: draws (T, K, M) of how often a candidate's true level is m.
        confusion: draws (T, Q, J, M, M) of how judges grade level m, at each of Q difficulties.
        shares: of units at each difficulty, (Q,).
    """
    first, second = np.array([*combinations(range(found.shape[1]), 2)], dtype=int).reshape(-1, 2).T
    drawn = np.moveaxis(confusion * np.sqrt(shares)[:, None, None, None], 1, 3)
    both = drawn.reshape(*drawn.shape[:3], -1)  # (T, J, M, Q M): products sum over Q and levels
    alike = (both[:, first] * both[:, second]).sum(axis=3)
    cells, met, agreed = _seen(found, first, second)
    units = met.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = met / units
        observed = agreed / units
        expected, noise = np.zeros((2, len(pi), len(first)))
        for (candidate, gold), row in zip(cells, weight, strict=True):
            level = pi[:, candidate] if gold == MISSING else np.eye(pi.shape[2])[[gold]]
            chance = (alike * level[:, None]).sum(axis=2)
            expected += row * chance
            noise += row / units * chance * (1 - chance)
        mean, sd = expected.mean(axis=0), np.sqrt(expected.var(axis=0) + noise.mean(axis=0))
        tail = norm.sf((observed - 0.5 / units - mean) / np.maximum(sd, 1e-12))
    rows = zip(first, second, units, observed, mean, sd, tail, strict=True)
    return [
        Pair(found.judges[i], found.judges[j], int(n), float(o), float(m), float(s), float(p))
        for i, j, n, o, m, s, p in rows
        if n > 0
    ]


def _seen(found: Patterns, first: Ints, second: Ints) -> tuple[Ints, Floats, Floats]:
    """Cells of candidate and gold (G, 2), units that both graded (G, P), agreements (P,)."""
    graded = found.levels.sum(axis=2)
    share = found.levels / np.maximum(graded, 1)[:, :, None]
    both = ((graded[:, first] > 0) & (graded[:, second] > 0)).astype(float)
    same = (share[:, first] * share[:, second]).sum(axis=2)
    cells, cell = np.unique(
        np.column_stack([found.candidate, found.gold]), axis=0, return_inverse=True
    )
    met = np.zeros((len(cells), len(first)))
    np.add.at(met, cell.ravel(), found.times[:, None] * both[found.pattern])
    return cells, met, np.asarray(found.times @ same[found.pattern])


def doubts(pairs: list[Pair], level: float = LEVEL) -> list[str]:
    """Returns a sentence on the pairs that agree more than the model allows, surest first."""
    named = sorted((x for x in pairs if x.p < level / len(pairs)), key=lambda x: x.p)
    if not named:
        return []
    told = [
        f"{x.first} and {x.second} (on {x.observed:.0%} of {x.units}, where"
        f" {x.mean:.0%} ± {x.sd:.0%} is expected)"
        for x in named[:3]
    ]
    more = f" and {len(named) - 3} pairs more" if len(named) > 3 else ""
    return [
        f"judges agree more than independent errors allow: {'; '.join(told)}{more}; taken as"
        " independent, they overstate what they know together"
    ]
