"""Simulation-based calibration of rankings from orders and from judges who share items."""

from collections.abc import Callable

import numpy as np
from apportion.analysis.curve import Floats
from apportion.data.judgments import MISSING, Grades, Ints, Orders
from apportion.fitting.ranking import plackett_luce as luce
from apportion.fitting.ranking.choices import choices
from apportion.fitting.ranking.dawid_skene import SPREAD, Model, concentration
from apportion.fitting.ranking.patterns import patterns
from apportion.fitting.ranking.standing import ranks
from apportion.fitting.ranking.strengths import draw
from apportion.fitting.whitened import walk
from scipy.special import softmax

from .sbc import DRAWS, ranked

CHAINS, WARM, KEPT = 50, 24, 16
"""Short walks of many chains; of fewer steps than these the R-hat is mostly noise."""

Rng = np.random.Generator


def names(size: int) -> tuple[str, ...]:
    """Names for candidates."""
    return tuple(f"c{i}" for i in range(size))


def chosen(theta: Floats, log_delta: Floats, rng: Rng) -> Ints:
    """Draws one list: a rank (C,) for each candidate, by weighing every subset that may tie."""
    size, rank, place = len(theta), np.zeros(len(theta), dtype=np.int64), 1
    subsets = (np.arange(1, 2**size)[:, None] >> np.arange(size)) & 1
    counts = subsets.sum(axis=1)
    subsets = subsets[counts <= len(log_delta) + 1]
    counts = subsets.sum(axis=1)
    weight = np.exp(np.r_[0.0, log_delta][counts - 1] + subsets @ theta / counts)
    while (rank == 0).any():
        open_ = np.where((subsets[:, rank > 0] == 0).all(axis=1), weight, 0.0)
        taken = subsets[rng.choice(len(open_), p=open_ / open_.sum())]
        rank, place = np.where(taken == 1, place, rank), place + 1
    return rank


def orders(
    theta: Floats, log_delta: Floats, lists: int, listed: int, rng: Rng, *, whole: bool = False
) -> Orders:
    """Draws lists of `listed` candidates each; where `whole`, the first so many of all of them."""
    rows = []
    for i in range(lists):
        who = np.arange(len(theta)) if whole else rng.choice(len(theta), listed, replace=False)
        rank = chosen(theta[who], log_delta, rng)
        kept = rank <= np.sort(rank)[listed - 1]
        rows += [(i, c, r) for c, r in zip(who[kept], rank[kept], strict=True)]
    each = np.array(rows).T
    return Orders(names(len(theta)), each[0], each[1], each[2], whole=whole)


def strengths(seed: int, *, whole: bool = False) -> dict[str, int]:
    """Ranks of one set of orders under Plackett-Luce with ties of two."""
    rng = np.random.default_rng([seed, 21, whole])
    theta = np.r_[draw(rng, 4), luce.TIE_SPREAD * rng.standard_normal(1)]
    found = choices(orders(theta[:4], theta[4:], 12, 3, rng, whole=whole), ties=2)
    model = luce.Model(found, found.tally())
    walked = walk(model.density, np.zeros(5), rng, chains=CHAINS, warm=WARM, kept=KEPT)
    each = np.vstack([theta, thinned(walked.theta)])
    centred = each[:, :4] - each[:, :4].mean(axis=1, keepdims=True)
    named = compared(centred, rng) | {"strength": centred[:, 0], "tie": each[:, 4]}
    return ranked(named | {"log likelihood": model.likelihood(each)[0]}, rng)


def thinned(theta: Floats) -> Floats:
    """DRAWS of a walk's draws, as far apart as can be."""
    return np.asarray(theta[np.linspace(0, len(theta) - 1, DRAWS).astype(int)])


def compared(values: Floats, rng: Rng) -> dict[str, Floats]:
    """What a ranking says of values (T, C): each (T,)."""
    place = ranks(np.vstack([values[:1], values]), rng)[1:]
    rest = values[:, 1:].max(axis=1)
    return {
        "difference": values[:, 0] - values[:, 1],
        "rank of the first": place[:, 0].astype(float),
        "lead of the first": values[:, 0] - rest,
        "the first is best": (values[:, 0] > rest).astype(float),
    }


def graded(
    levels: Floats, confusion: Floats, sigma: float, units: int, gold: float, rng: Rng
) -> Grades:
    """Draws `units` of each candidate, graded by all judges; a share `gold` has its truth known."""
    at, weight = np.polynomial.hermite_e.hermegauss(5)
    (k, m), j = levels.shape, len(confusion)
    candidate = np.repeat(np.arange(k), units)
    truth = np.array([rng.choice(m, p=levels[c]) for c in candidate])
    power = np.exp(sigma * rng.choice(at, len(truth), p=weight / weight.sum()))
    chance = softmax(power[:, None, None] * np.log(confusion[:, truth].transpose(1, 0, 2)), axis=2)
    level = (rng.random((len(truth), j, 1)) > chance.cumsum(axis=2)[:, :, :-1]).sum(axis=2)
    known = np.where(rng.random(len(truth)) < gold, truth, MISSING)
    item = np.tile(np.arange(units), k)
    return Grades(
        names(k),
        np.repeat(candidate, j),
        level.ravel(),
        tuple(np.linspace(0, 1, m)),
        np.repeat(item, j),
        np.tile(np.arange(j), len(truth)),
        np.repeat(known, j),
    )


def judges(seed: int, *, difficulty: bool = True) -> dict[str, int]:
    """Ranks of one set of grades under Dawid-Skene: three judges, two levels, some truths known."""
    rng = np.random.default_rng([seed, 22, difficulty])
    alpha = concentration(2)
    levels = rng.dirichlet(np.ones(2), 3)
    confusion = np.stack([[rng.dirichlet(row) for row in alpha] for _ in range(3)])
    sigma = SPREAD * abs(rng.standard_normal()) if difficulty else 0.0
    model = Model(patterns(graded(levels, confusion, sigma, 12, 0.2, rng)), alpha, difficulty)
    walked = walk(model.density, model.start, rng, chains=CHAINS, warm=WARM, kept=KEPT)
    drawn = model.parts(thinned(walked.theta))
    true = (np.log(levels), np.log(confusion), np.array(sigma))
    both = [np.concatenate([t[None], d]) for t, d in zip(true, drawn, strict=True)]
    named = compared(np.exp(both[0][:, :, 1]), rng)
    named |= {"value": both[0][:, 0, 1], "judge": both[1][:, 0, 0, 0], "spread": both[2]}
    return ranked(named | {"log likelihood": model.likelihood(*both)[0]}, rng)


QUANTITIES: dict[str, Callable[[int], dict[str, int]]] = {
    "Plackett-Luce": strengths,
    "Plackett-Luce, the unlisted behind": lambda seed: strengths(seed, whole=True),
    "Dawid-Skene": judges,
    "Dawid-Skene, units alike": lambda seed: judges(seed, difficulty=False),
}
"""The ranks of one simulated set of judgments, by what is calibrated and its seed."""
