"""Repeated runs: the best, the worst and the average of k, their gaps, and how tokens vary."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np

from ..data.errors import InputError
from .counts import Counts, Ints
from .coverage import coverage, credits
from .curve import MASS, Curve, Floats, Population
from .draws import draws, fixed
from .estimate import Credit, How, estimate
from .exact.hypergeometric import miss_probability
from .levels import Levels
from .temperatures import lost, shared
from .voting import majority_credit
from .worlds import WORLDS, problem_worlds

REPLICAS = 64
"""How often each problem's tokens are drawn again; worlds mix the replicas of the problems."""


def average_credit(counts: Counts, k: Ints) -> Floats:
    """Returns (P, K) the average of k runs: the solve rate, for every k <= n."""
    fixed(counts, "averaging runs")
    return np.where(counts.n[:, None] < k, np.nan, counts.solve_rates[:, None])


def worst_credit(counts: Counts, k: Ints) -> Floats:
    """Returns (P, K) the chance that all of k runs are right, C(c, k) / C(n, k)."""
    fixed(counts, "the worst of k runs")
    return miss_probability(counts.n, counts.n - counts.c, k)


def best_gap_credit(counts: Counts, k: Ints) -> Floats:
    """Returns (P, K) the best of k runs less their average."""
    return credits(counts, k) - average_credit(counts, k)


def worst_gap_credit(counts: Counts, k: Ints) -> Floats:
    """Returns (P, K) the average of k runs less the worst."""
    return average_credit(counts, k) - worst_credit(counts, k)


def aggregates(
    counts: Counts, k: Sequence[int] | Ints | int = 5, **how: Unpack[How]
) -> dict[str, Curve]:
    """Returns the best, the average, the worst and the majority of k runs, by name.

    Balachandran et al. 2025 take the five runs they have; these are means over all choices of k
    among the runs logged. Without answers the majority is NaN, with its reason.

    Raises:
        InputError: a log that stopped at its first success, or one of counts only, whose runs
            cannot be drawn again for `these` problems.
    """
    out = {
        "best": coverage(counts, k, **how),
        "average": _estimate(counts, k, average_credit, **how),
        "worst": _estimate(counts, k, worst_credit, **how),
    }
    if counts.drawn is not None and counts.drawn.answer is not None:
        return {**out, "majority": _estimate(counts, k, majority_credit, **how)}
    none = np.full_like(out["worst"].worlds, np.nan)
    why = "a majority needs answers; this log has none (column 'answer')"
    return {**out, "majority": replace(out["worst"], worlds=none, reason=why)}


def best_gap(counts: Counts, k: Sequence[int] | Ints | int = 5, **how: Unpack[How]) -> Curve:
    """Returns what a perfect choice among k runs would add to their average; see `estimate`."""
    return _estimate(counts, k, best_gap_credit, **how)


def worst_gap(counts: Counts, k: Sequence[int] | Ints | int = 5, **how: Unpack[How]) -> Curve:
    """Returns what the worst of k runs loses against their average; see `estimate`."""
    return _estimate(counts, k, worst_gap_credit, **how)


def _estimate(
    counts: Counts, k: Sequence[int] | Ints | int, credit: Credit, **how: Unpack[How]
) -> Curve:
    if how.get("population", "these") == "these" and counts.drawn is None:
        raise InputError(
            "for these problems the runs are drawn again, but this log kept only counts (n, c);"
            " ask for population='new'"
        )
    return estimate(counts, k, credit, **how)


def reasoning_gap(
    conventional: Sequence[Counts],
    reasoning: Sequence[Counts],
    k: Sequence[int] | Ints | int = 5,
    *,
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Curve:
    """Returns the best average among some models less the lowest best-of-k among others.

    The conventional-to-reasoning gap of Balachandran et al. 2025, in every world with its own best
    and lowest model, over the problems that all have, for new problems. A best of several noisy
    averages is too high in expectation and a lowest too low, so the gap is too wide: read it with
    its interval.

    Raises:
        InputError: no model on a side, or models that share no problem.
    """
    if not conventional or not reasoning:
        raise InputError(
            f"the gap needs a model on each side; got {len(conventional)} and {len(reasoning)}"
        )
    ks, every = draws(k), [*conventional, *reasoning]
    same = shared(every)
    weights = problem_worlds(same[0].problems, seed, worlds)
    usual, best = same[: len(conventional)], same[len(conventional) :]
    first = np.max([weights @ average_credit(c, ks) for c in usual], axis=0)
    rows = first - np.min([weights @ credits(c, ks) for c in best], axis=0)
    smallest = min(int(c.n.min()) for c in same)
    short = f"k must satisfy k <= n; the smallest n is {smallest}" if ks[-1] > smallest else None
    reasons = [r for r in (lost(every, len(same[0])), short) if r]
    return Curve(ks, rows, "new", mass, "; ".join(reasons) or None)


def token_spread(counts: Counts, **how: Unpack[How]) -> Curve:
    """Returns the mean over problems of the standard deviation of a sample's output tokens.

    Cost nondeterminism (Balachandran et al. 2025), at k = 1. The variance is the unbiased one,
    with n - 1; its root is still a little low, by 6 % for five runs of normal length. NaN where
    some problem has fewer than two samples with tokens.
    """
    return _tokens(counts, _token_sd, "two samples with tokens", **how)


def token_mean(counts: Counts, **how: Unpack[How]) -> Curve:
    """Returns the mean over problems of a sample's mean output tokens, at k = 1.

    NaN where some problem has no sample with tokens.
    """
    return _tokens(counts, _token_mean, "a sample with tokens", **how)


def by_level(counts: Counts, levels: Levels, **how: Unpack[How]) -> dict[str, tuple[Curve, Curve]]:
    """Returns the accuracy and the tokens of one sample at each level, by its name.

    Levels without problems are left out. With a single problem a level of `new` problems shows no
    spread, for it has none to show.
    """
    places = {name: levels.members(i) for i, name in enumerate(levels.names)}
    parts = {name: counts.only(of) for name, of in places.items() if len(of)}
    return {name: (coverage(c, 1, **how), token_mean(c, **how)) for name, c in parts.items()}


def _tokens(
    counts: Counts,
    credit: Credit,
    needed: str,
    *,
    population: Population = "these",
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Curve:
    """The mean over problems of a (P, 1) measure of tokens, which unlike a credit may exceed 1."""
    once = np.array([1])
    if counts.drawn is None or counts.drawn.tokens is None:
        none = np.full((1 + worlds, 1), np.nan)
        why = "this log has no output tokens of single samples (column 'output_tokens')"
        return Curve(once, none, population, mass, why)
    each = credit(counts, once)
    mean = each.mean(axis=0)
    if population == "these":
        values = np.maximum(mean - _errors(counts, credit, worlds, seed), 0.0)
    else:
        values = problem_worlds(counts.problems, seed, worlds)[1:] @ np.nan_to_num(each)
    values[:, np.isnan(mean)] = np.nan
    few = int(np.isnan(each).sum())
    reason = f"{few} of {len(counts)} problems do not have {needed}" if few else None
    return Curve(once, np.vstack([mean, values]), population, mass, reason)


def _errors(counts: Counts, credit: Credit, worlds: int, seed: int) -> Floats:
    """(W, 1) errors of a mean measure (P, 1): each problem's samples drawn from its own.

    Tokens differ too much between problems for one to lend its samples to another, as the redrawn
    logs of a credit do; and almost no problem's tokens are all alike.
    """
    rng, once = np.random.default_rng([seed, 5]), np.array([1])
    own, size = np.repeat(counts.drawn.start[:-1], counts.n), np.repeat(counts.n, counts.n)  # type: ignore[union-attr]
    again = [
        credit(counts.pick(own + (rng.random(len(own)) * size).astype(np.int64), counts.n), once)
        for _ in range(REPLICAS)
    ]
    errors = np.nan_to_num(np.stack(again)[..., 0] - np.mean(again, axis=0)[:, 0])
    # The mean of the replicas is their own; a bootstrap of n has n - 1 free.
    free = REPLICAS / (REPLICAS - 1) * counts.n / np.maximum(counts.n - 1, 1)
    picked = rng.integers(REPLICAS, size=(worlds, len(counts)))
    mixed = (errors * np.sqrt(free))[picked, np.arange(len(counts))]
    return np.asarray(mixed.mean(axis=1, keepdims=True))


def _token_mean(counts: Counts, _: Ints) -> Floats:
    return _token_moments(counts)[0][:, None]


def _token_sd(counts: Counts, _: Ints) -> Floats:
    return _token_moments(counts)[1][:, None]


def _token_moments(counts: Counts) -> tuple[Floats, Floats]:
    """(P,) the mean and the sd of a problem's output tokens; NaN where too few are logged."""
    start = counts.drawn.start[:-1]  # type: ignore[union-attr]
    tokens: Floats = counts.drawn.tokens  # type: ignore[union-attr,assignment]
    told = np.isfinite(tokens)
    known = np.add.reduceat(told.astype(np.float64), start)
    total = np.add.reduceat(np.where(told, tokens, 0.0), start)
    mean = np.divide(total, known, out=np.full_like(known, np.nan), where=known > 0)
    off = np.where(told, tokens - np.repeat(mean, counts.n), 0.0)
    square = np.add.reduceat(off**2, start)
    variance = np.divide(square, known - 1, out=np.full_like(known, np.nan), where=known > 1)
    return mean, np.sqrt(variance)
