"""Simulated tournaments: do rank sets hold the true rank, and does P(above) mean what it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Floats
from apportion.data.door import admit
from apportion.data.judgments import Pairs
from apportion.data.traces import FIXED, Header, assemble
from apportion.fitting.ranking.bradley_terry import bradley_terry
from apportion.fitting.ranking.hierarchical import averaged
from apportion.fitting.ranking.judged import judged
from apportion.fitting.ranking.outcomes import outcomes, tried, unpaired
from apportion.fitting.ranking.pooled import pool
from apportion.fitting.ranking.simplex import drawn, relatives
from apportion.fitting.ranking.standing import joint_order, p_above, rank_sets, ranks, summary
from apportion.fitting.ranking.strengths import draw

from . import sbc_simplex

MASS = 0.95
CANDIDATES = 8
BINS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
PROBLEMS, SAMPLES = 80, 4
ITEMS, JUDGES = 60, 4

Played = tuple[Floats, Floats]
"""Worlds (1 + W, C) of a fit, and the true values (C,)."""


def tally(solved: Floats, n: int, names: list[str]) -> Counts:
    """Returns counts of problems solved so often."""
    import polars as pl

    rows = pl.DataFrame({"problem": names, "n": n, "c": solved})
    table = admit(rows, "tallies", "tournament")
    return count(assemble(Header(stop_rule=FIXED), tallies=table))


def tries(rng: np.random.Generator, *, paired: bool) -> Played:
    """Candidates of near skill whose logits differ by problem, alone and together."""
    skill = 0.3 * rng.standard_normal(CANDIDATES)
    truth = averaged(skill[None], np.full((1, CANDIDATES), 1.8), np.ones(CANDIDATES))[0]
    each = {}
    shared = np.sqrt(0.75) * 1.8 * rng.standard_normal(PROBLEMS)
    for i, s in enumerate(skill):
        common = shared if paired else np.sqrt(0.75) * 1.8 * rng.standard_normal(PROBLEMS)
        logit = s + common + np.sqrt(0.25) * 1.8 * rng.standard_normal(PROBLEMS)
        names = [f"p{j}" if paired else f"p{i}-{j}" for j in range(PROBLEMS)]
        solved = rng.binomial(SAMPLES, 1 / (1 + np.exp(-logit)))
        each[f"c{i}"] = tally(solved, SAMPLES, names)
    made = outcomes(tried(each)) if paired else unpaired(each)
    return pool(made, rng).worlds, truth


def fights(
    rng: np.random.Generator, *, order: float = 0.0, items: bool = False, sharp: float = 0.0
) -> Played:
    """Battles with ties: with an order effect, of items whose luck is shared, of unlike judges."""
    strengths = 0.5 * draw(rng, CANDIDATES)
    many = ITEMS * 10
    item = np.arange(many) // 10 if items else np.arange(many)
    left = rng.integers(0, CANDIDATES, many)
    right = (left + rng.integers(1, CANDIDATES, many)) % CANDIDATES
    judge = rng.integers(0, JUDGES, many)
    own = np.exp(sharp * rng.standard_normal(JUDGES))[judge]
    luck = 0.6 * items * rng.standard_normal((ITEMS if items else 1, CANDIDATES))
    place = item if items else np.zeros(many, dtype=int)
    gap = own * (strengths[left] + luck[place, left] - strengths[right] - luck[place, right])
    chance = np.exp(np.stack([(gap + order) / 2, np.full(many, -0.7), -(gap + order) / 2]))
    share = np.cumsum(chance / chance.sum(axis=0), axis=0)
    winner = 1 - (rng.random(many) > share).sum(axis=0)
    names = tuple(f"c{i}" for i in range(CANDIDATES))
    pairs = Pairs(names, left, right, np.maximum(winner, -1), item=item, judge=judge)
    if sharp:
        made = judged(pairs, rng)
    else:
        made = bradley_terry(pairs, rng, order=True, seed=int(rng.integers(2**31)))
    return made.worlds, strengths


def graded(rng: np.random.Generator, *, gold: int) -> Played:
    """Four candidates and three judges of three levels whose maps differ by candidate, kappa 30.

    The maps are drawn as they are, not from the collapse that the model takes for them.
    """
    world = sbc_simplex.World((3, 4, 3), 200, gold=gold, kappa=30.0)
    truth, seen = sbc_simplex.simulate(world, rng, exact=True)
    found = drawn(seen, world.judging, relatives(seen, {}), rng)
    values = np.asarray(seen.values)
    return summary(found.pi @ values), (truth.pi @ values)[0]


KINDS: Mapping[str, Callable[[np.random.Generator], Played]] = {
    "outcomes, paired": lambda rng: tries(rng, paired=True),
    "outcomes, unpaired": lambda rng: tries(rng, paired=False),
    "pairs": lambda rng: fights(rng),
    "pairs, judges who favour the left": lambda rng: fights(rng, order=0.6),
    "pairs, ten battles an item": lambda rng: fights(rng, items=True),
    "pairs, judges of unlike sharpness": lambda rng: fights(rng, sharp=0.5),
    "levels, no gold, judges constant to kappa 30": lambda rng: graded(rng, gold=0),
    "levels, 40 gold each, judges constant to kappa 30": lambda rng: graded(rng, gold=40),
}
"""What is played; each draws a tournament and fits it."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What many tournaments of one kind showed.

    `held` is the share of candidates whose 95% rank set holds the true rank, with its standard
    error over tournaments; `size` the mean size of the set; `joint` the share of tournaments in
    which every pair of the joint order is true. `bins` lists P(above) from, to, pairs, its mean and
    the share that was true.
    """

    kind: str
    tournaments: int
    held: float
    error: float
    size: float
    joint: float
    bins: tuple[tuple[float, float, int, float, float], ...]


def scored(kind: str, tournaments: int, seed: int = 0) -> Scored:
    """Plays tournaments of a kind, and returns what they showed."""
    held, sizes, joint, said, true = [], [], [], [], []
    for number in range(tournaments):
        worlds, truth = KINDS[kind](np.random.default_rng([seed, number, 17]))
        place = ranks(truth[None])[0]
        low, high = rank_sets(ranks(worlds), MASS)
        held.append(((low <= place) & (place <= high)).mean())
        sizes.append((high - low + 1).mean())
        beats = truth[:, None] > truth
        joint.append(bool(beats[joint_order(worlds, MASS)].all()))
        chance = p_above(worlds)
        upper = np.triu_indices(len(truth), 1)
        sure = np.maximum(chance, chance.T)[upper]
        said.append(sure)
        true.append(np.where(chance >= 0.5, beats, beats.T)[upper])
    p, right = np.concatenate(said), np.concatenate(true)
    cut = np.clip(np.digitize(p, BINS) - 1, 0, len(BINS) - 2)
    bins = tuple(
        (low, high, int((cut == b).sum()), float(p[cut == b].mean()), float(right[cut == b].mean()))
        for b, (low, high) in enumerate(pairwise(BINS))
        if (cut == b).any()
    )
    error = float(np.std(held) / np.sqrt(tournaments))
    return Scored(
        kind, tournaments, float(np.mean(held)), error, float(np.mean(sizes)),
        float(np.mean(joint)), bins,
    )  # fmt: skip
