"""Simulation-based calibration of the ranking posteriors: ranks of true values among draws."""

from collections.abc import Callable, Mapping

import numpy as np
from apportion.analysis.curve import Floats
from apportion.data.judgments import Pairs
from apportion.fitting.ranking import bradley_terry as bt
from apportion.fitting.ranking import hierarchical as hier
from apportion.fitting.ranking import judged as jd
from apportion.fitting.ranking.battles import battles
from apportion.fitting.ranking.links import LINKS, Tie
from apportion.fitting.ranking.standing import ranks
from apportion.fitting.ranking.strengths import draw
from apportion.fitting.whitened import walk

from .sbc import ranked

DRAWS = 99
CANDIDATES, BATTLES = 4, 40
PROBLEMS, SAMPLES = 12, 5


def tournament(
    theta: Floats, rng: np.random.Generator, tie: Tie, judge: tuple[Floats, int] | None = None
) -> Pairs:
    """Draws battles from strengths, tie parameter and order effect, and judges' own (3, J)."""
    left = rng.integers(0, CANDIDATES, BATTLES)
    right = (left + rng.integers(1, CANDIDATES, BATTLES)) % CANDIDATES
    gap, level = theta[left] - theta[right], np.full(BATTLES, theta[CANDIDATES])
    order, who = theta[CANDIDATES + 1], None
    if judge is not None:
        own, judges = jd.centred(judge[0]), judge[1]
        who = rng.integers(0, judges, BATTLES)
        gap, level = gap * np.exp(own[0, who]), level + own[2, who]
        order = order + own[1, who]
    chance = [LINKS[tie].slopes(np.eye(3)[[i]], (gap + order)[None], level[None]) for i in range(3)]
    share = np.exp([each[0][0] for each in chance])
    if tie == "none":
        share[1] = 0.0
    winner = 1 - (rng.random(BATTLES) > np.cumsum(share, axis=0)).sum(axis=0)
    names = tuple(f"c{i}" for i in range(CANDIDATES))
    return Pairs(names, left, right, np.maximum(winner, -1), judge=who)


def of_strengths(theta: Floats, height: Floats) -> dict[str, Floats]:
    """What is ranked, each (T,): differences, a rank, the best candidate's lead, the posterior."""
    strengths = theta[:, :CANDIDATES]
    ordered = np.sort(strengths, axis=1)
    return {
        "difference of two": strengths[:, 0] - strengths[:, 1],
        "above the mean": strengths[:, 2] - strengths.mean(axis=1),
        "rank of the first": ranks(strengths)[:, 0].astype(float),
        "lead of the best": ordered[:, -1] - ordered[:, -2],
        "tie": theta[:, CANDIDATES],
        "order effect": theta[:, CANDIDATES + 1],
        "log posterior": height,
    }


def pairs(tie: Tie) -> Callable[[int], dict[str, int]]:
    """Returns what ranks one tournament under one link."""

    def of(seed: int) -> dict[str, int]:
        rng = np.random.default_rng([seed, 11])
        others = np.array([bt.TIE_CENTRE, 0.0]) + bt.SPREAD * rng.standard_normal(2)
        truth = np.r_[draw(rng, CANDIDATES), others]
        found = battles(tournament(truth, rng, tie), order=True, ties=tie != "none")
        model = bt.Model(found, tie, True)
        drawn = walk(model.density, np.r_[np.zeros(CANDIDATES), bt.TIE_CENTRE, 0.0], rng).theta
        every = np.vstack([truth, rng.permutation(drawn)[:DRAWS]])
        return ranked(of_strengths(every, model.density(every)[0]), rng)

    return of


def judges(seed: int) -> dict[str, int]:
    """Ranks one tournament whose three judges differ."""
    rng, many = np.random.default_rng([seed, 12]), 3
    others = np.array([bt.TIE_CENTRE, 0.0]) + bt.SPREAD * rng.standard_normal(2)
    own = jd.OWN * rng.standard_normal((3, many))
    truth = np.r_[draw(rng, CANDIDATES), others, own.ravel()]
    found = battles(tournament(truth, rng, "davidson", (own, many)), order=True, judged=True)
    if found.judges < many:  # the last judge said nothing
        return judges(seed + 10**6)
    model = jd.Model(found, "davidson")
    start = np.zeros(model.size)
    drawn = walk(model.density, start, rng).theta
    every = np.vstack([truth, rng.permutation(drawn)[:DRAWS]])
    sharp = every[:, CANDIDATES + 2 : CANDIDATES + 2 + many]
    more = {"sharper of two": sharp[:, 0] - sharp[:, 1]}
    return ranked(of_strengths(every, model.density(every)[0]) | more, rng)


def rates(seed: int) -> dict[str, int]:
    """Ranks one log of three candidates under correlated logits."""
    rng, many = np.random.default_rng([seed, 13]), 3
    centre = hier.CENTRE_SD * rng.standard_normal(many)
    degrees = many + hier.FREE
    scatter = rng.standard_normal((degrees, many)) / np.sqrt(hier.SCALE * (hier.FREE - 1))
    covariance = np.linalg.inv(scatter.T @ scatter)
    logit = rng.multivariate_normal(centre, covariance, PROBLEMS)
    n = np.full(logit.shape, SAMPLES)
    c = rng.binomial(n, 1 / (1 + np.exp(-logit)))
    k = np.ones(many)
    means, spreads, these, _ = hier.gibbs(n, c, rng, k)
    kept = rng.permutation(len(means))[:DRAWS]
    mean = np.vstack([centre, means[kept]])
    spread = np.vstack([np.sqrt(np.diag(covariance)), spreads[kept]])
    value = hier.averaged(mean, spread, k)
    here = np.vstack([(1 / (1 + np.exp(-logit))).mean(axis=0), these[kept]])
    told = {
        "mean logit": mean[:, 0],
        "spread": spread[:, 1],
        "difference, new problems": value[:, 0] - value[:, 1],
        "difference, these problems": here[:, 0] - here[:, 1],
        "rank of the first": ranks(value)[:, 0].astype(float),
    }
    return ranked(told, rng)


QUANTITIES: Mapping[str, Callable[[int], dict[str, int]]] = {
    "Bradley-Terry, Davidson": pairs("davidson"),
    "Bradley-Terry, Rao-Kupper": pairs("rao-kupper"),
    "Bradley-Terry, no ties": pairs("none"),
    "Bradley-Terry, judges": judges,
    "rates, logits normal": rates,
}
"""For each model what ranks one simulated data set of a seed."""
