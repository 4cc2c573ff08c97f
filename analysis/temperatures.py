"""Sampling at several settings: what their union solves, and how to split a budget over them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np

from ..data.errors import InputError
from .again import counts_again, moment_prior
from .counts import Counts, Ints
from .coverage import credits
from .curve import MASS, Curve, Floats, Population
from .draws import reach
from .estimate import How
from .exact import temperatures as exact
from .worlds import WORLDS, problem_worlds

FOLDS = 5
"""Parts of the problems; each is valued by what the others chose."""


def shared(groups: Sequence[Counts]) -> tuple[Counts, ...]:
    """Returns the groups' counts of the problems that all of them have, in the first one's order.

    Problems are matched by name; the others drop out.

    Raises:
        InputError: no group, or no problem that all have.
    """
    if not groups:
        raise InputError("several groups are needed; got none")
    common = set(groups[0].problems).intersection(*(g.problems for g in groups))
    if not common:
        names = ", ".join(repr(g.group.name) for g in groups)
        raise InputError(f"groups are matched by problem; {names} share none")
    order = [name for name in groups[0].problems if name in common]
    places = [{name: i for i, name in enumerate(g.problems)} for g in groups]
    return tuple(
        g.only(np.asarray([place[name] for name in order], dtype=np.int64))
        for g, place in zip(groups, places, strict=True)
    )


def lost(groups: Sequence[Counts], kept: int) -> str | None:
    """Returns how many problems drop out because some group lacks them."""
    known = len(set().union(*(g.problems for g in groups)))
    return None if known == kept else f"{known - kept} of {known} problems are not in every group"


def union_coverage(groups: Sequence[Counts], splits: Ints, **how: Unpack[How]) -> Curve:
    """Returns the share of problems solved by at least one of k_t samples at every setting t.

    mean_i [1 - prod_t C(n_it - c_it, k_t) / C(n_it, k_t)], unbiased, for each split, at `k` the
    totals (B,) in the order given. Only problems that every group has count; the reason says how
    many do not. NaN where a k_t is beyond some n_it.

    Args:
        groups: T counts, one a setting.
        splits: k_t >= 0, (B, T), none all zero.
        how: as in `estimate`.

    Raises:
        InputError: groups that share no problem, or splits of another shape or sign.
    """
    splits = np.atleast_2d(np.asarray(splits, dtype=np.int64))
    if splits.shape[-1] != len(groups) or splits.min() < 0 or splits.sum(axis=-1).min() < 1:
        raise InputError(
            "a split must give each group a number >= 0, not all of them 0"
            f" ({len(groups)} groups); got shape {splits.shape}, smallest {splits.min()}"
        )
    same = shared(groups)
    return _curve(same, splits, lost(groups, len(same[0])), **how)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """How to split every total budget (B,) over T settings, and what that gains.

    `split` (B, T) and `best` (B,), the best single setting, are chosen on all problems. The curves
    are cross-fitted: `together` values each part of the problems by a split, `alone` by a single
    setting, that the other parts chose; `gain` is their difference, world by world. `at_most` (B,)
    bounds what any split would cover in this log; NaN where unknown.
    """

    names: tuple[str, ...]
    budget: Ints
    split: Ints
    best: Ints
    at_most: Floats
    together: Curve
    alone: Curve
    gain: Curve


def split_budget(
    groups: Sequence[Counts], budget: int, *, folds: int = FOLDS, **how: Unpack[How]
) -> Split:
    """Returns the greedy split of the totals 1..budget, against the best single setting.

    Both are chosen on the same problems and valued on others, for what was chosen on a problem
    flatters itself there. `alone` chooses among the settings with enough samples, and is NaN where
    none has. The worlds hold the choices fixed.

    Raises:
        InputError: fewer than two shared problems, or groups that share none.
    """
    same = shared(groups)
    size = len(same[0])
    if size < 2 or folds < 2 or budget < 1:
        raise InputError(
            "cross-fitting needs problems >= 2, folds >= 2 and budget >= 1;"
            f" got {size}, {folds} and {budget}"
        )
    misses = [_table(g, min(reach(g), budget)) for g in same]
    chosen = exact.greedy(misses, budget)
    totals = np.arange(1, len(chosen.split) + 1)
    part = np.random.default_rng([how.get("seed", 0), 3]).permutation(size) % folds
    together = np.empty((size, *chosen.split.shape), dtype=np.int64)
    alone = np.empty_like(together)
    for fold in np.unique(part):
        others = [table[part != fold] for table in misses]
        together[part == fold] = exact.greedy(others, budget).split
        alone[part == fold] = _single(others, totals)
    why = lost(groups, size)
    both = _curve(same, together, why, **how)
    one = _curve(same, alone, why, **how)
    return Split(
        names=tuple(g.group.name for g in groups),
        budget=totals,
        split=chosen.split,
        best=_single(misses, totals).argmax(axis=1),
        at_most=chosen.at_most,
        together=both,
        alone=one,
        gain=replace(one, worlds=both.worlds - one.worlds),
    )


def _single(misses: Sequence[Floats], totals: Ints) -> Ints:
    """(B, T) all of each total at the setting that covers most among those with enough samples."""
    size = len(misses)
    every = totals[:, None, None] * np.eye(size, dtype=np.int64)
    covered = exact.union(misses, every.reshape(-1, size)).mean(axis=0).reshape(-1, size)
    best = np.where(np.isnan(covered), -1.0, covered).argmax(axis=1)
    return np.asarray(every[np.arange(len(totals)), best])


def _table(counts: Counts, last: int) -> Floats:
    """(P, last + 1) the chance that 0, 1, .. last samples all miss."""
    return _misses(counts, np.arange(last + 1))


def _misses(counts: Counts, ks: Ints) -> Floats:
    """(P, K) the chance that k samples all miss, for increasing k of which the first is 0."""
    return np.column_stack([np.ones(len(counts)), 1.0 - credits(counts, ks[1:])])


def _curve(
    groups: Sequence[Counts],
    splits: Ints,
    why: str | None,
    *,
    population: Population = "these",
    mass: float = MASS,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Curve:
    """The union's mean coverage under splits (B, T), or (P, B, T) for a split of each problem."""
    asked = [np.union1d([0], splits[..., t]) for t in range(len(groups))]
    places = np.stack([np.searchsorted(k, splits[..., t]) for t, k in enumerate(asked)], axis=-1)
    each = exact.union([_misses(g, k) for g, k in zip(groups, asked, strict=True)], places)
    mean = each.mean(axis=0)
    if population == "these":
        values = np.clip(mean - _errors(groups, asked, places, worlds, seed), 0.0, 1.0)
    else:
        weights = problem_worlds(groups[0].problems, seed, worlds)[1:]
        values = np.minimum(weights @ np.nan_to_num(each), 1.0)
    values[:, np.isnan(mean)] = np.nan
    total = splits.reshape(-1, *splits.shape[-2:])[0].sum(axis=-1)
    reasons = [r for r in (why, beyond(groups, total, mean)) if r]
    return Curve(total, np.vstack([mean, values]), population, mass, "; ".join(reasons) or None)


def beyond(groups: Sequence[Counts], total: Ints, mean: Floats) -> str | None:
    """Returns why the mean (B,) is NaN at some totals (B,): a setting has too few samples."""
    if not np.isnan(mean).any():
        return None
    sizes = ", ".join(f"{g.group.name}: {reach(g)}" for g in groups)
    first = int(total[np.isnan(mean)][0])
    return f"at k={first} a setting is asked for more samples than every problem has ({sizes})"


def _errors(
    groups: Sequence[Counts], asked: list[Ints], places: Ints, worlds: int, seed: int
) -> Floats:
    """(W, B) errors of the union's coverage of these problems, as `rates_again` makes them.

    Given its problems a setting's samples are independent of the others', so each draws its own
    solve rates and its own log again.
    """
    weights = problem_worlds(groups[0].problems, seed, worlds)[1:]
    streams = []
    for t, (counts, ks) in enumerate(zip(groups, asked, strict=True)):
        rng = np.random.default_rng([seed, 1, t])
        a, b = moment_prior(counts, credits, weights)
        rate = rng.beta(a[:, None] + counts.c, b[:, None] + counts.n - counts.c)
        streams.append((ks, rate, counts_again(counts, ks[1:], rate, rng)))
    first = np.ones((len(groups[0]), 1))
    out = np.empty((worlds, places.shape[-2]))
    for w in range(worlds):
        again = [np.column_stack([first, 1.0 - next(logged)]) for _, _, logged in streams]
        truth = [(1 - rate[w][:, None]) ** ks for ks, rate, _ in streams]
        out[w] = (exact.union(again, places) - exact.union(truth, places)).mean(axis=0)
    return out
