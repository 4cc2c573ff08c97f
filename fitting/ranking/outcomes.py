"""Candidates that tried the same problems, ranked by coverage, votes or scores, in pairs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...analysis.counts import Counts, Ints
from ...analysis.coverage import coverage, credits
from ...analysis.curve import Curve, Floats, Population
from ...analysis.estimate import Credit
from ...analysis.verification import best_of, score_credit
from ...analysis.voting import majority, majority_credit
from ...analysis.worlds import WORLDS, problem_worlds
from ...data.errors import InputError, nearest
from .standing import Standing

METRICS: Mapping[str, tuple[Credit, Callable[..., Curve]]] = {
    "coverage": (credits, coverage),
    "majority": (majority_credit, majority),
    "best_of": (score_credit, best_of),
}
"""What each problem earns, and the curve with its worlds."""
FEW = 20
"""Problems below which a bootstrap over problems is rough."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """C candidates on the P problems that all of them tried, and what each earned there.

    `earned` (P, C) is the credit of the metric at each candidate's own k, (C,); `lost` counts
    problems that some candidate did not try, or tried fewer than k times.
    """

    candidates: tuple[str, ...]
    problems: tuple[str, ...]
    each: tuple[Counts, ...]
    earned: Floats
    metric: str
    k: tuple[int, ...]
    lost: int


def tried(
    each: Mapping[str, Counts], *, metric: str = "coverage", k: int | Sequence[int] = 1
) -> Tried:
    """Pairs the candidates' counts by the names of their problems.

    Args:
        each: counts by candidate.
        metric: `coverage`, `majority` or `best_of` (the best score of k).
        k: samples drawn, for all or for each candidate.

    Raises:
        InputError: fewer than 2 candidates, or fewer than 2 problems that all tried k times.
    """
    ks = asked(each, metric, k)
    counts = list(each.values())
    every = dict.fromkeys(p for c in counts for p in c.problems)
    long = [set(_long_enough(c, n)) for c, n in zip(counts, ks, strict=True)]
    shared = [p for p in every if all(p in names for names in long)]
    if len(shared) < 2:
        raise InputError(
            "candidates are compared on problems that all of them tried at least k times; got"
            f" {len(shared)} such of {len(every)} (k={', '.join(map(str, sorted(set(ks))))})"
        )
    alike = tuple(_only(c, shared) for c in counts)
    columns = [METRICS[metric][0](c, np.asarray([n]))[:, 0] for c, n in zip(alike, ks, strict=True)]
    return Tried(
        tuple(each), tuple(shared), alike, np.stack(columns, axis=1), metric, tuple(ks),
        len(every) - len(shared),
    )  # fmt: skip


def asked(each: Mapping[str, Counts], metric: str, k: int | Sequence[int]) -> list[int]:
    """Checks what is asked for, and returns the k of each candidate."""
    if len(each) < 2:
        raise InputError(f"ranking needs at least 2 candidates; got {len(each)}")
    if metric not in METRICS:
        known = list(METRICS)
        raise InputError(
            f"metric must be one of {', '.join(known)}; got {metric!r}{nearest(metric, known)}"
        )
    ks = [k] * len(each) if isinstance(k, int) else [int(x) for x in k]
    if len(ks) != len(each) or min(ks) < 1:
        raise InputError(f"k must be >= 1, one or one for each of {len(each)}; got {ks}")
    return ks


def share_problems(each: Mapping[str, Counts]) -> bool:
    """Returns whether at least two problems were tried by all candidates."""
    return len(set.intersection(*(set(counts.problems) for counts in each.values()))) > 1


def unpaired(
    each: Mapping[str, Counts],
    *,
    metric: str = "coverage",
    k: int | Sequence[int] = 1,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Standing:
    """Ranks candidates of which each tried problems of its own, drawn again on their own.

    Raises:
        InputError: a candidate tried fewer than 2 problems k times.
    """
    columns = []
    for i, (name, counts) in enumerate(each.items()):
        n = asked(each, metric, k)[i]
        long = _long_enough(counts, n)
        if len(long) < 2:
            raise InputError(
                f"a candidate needs at least 2 problems tried k times; {name!r} has {len(long)}"
                f" (k={n})"
            )
        earned = METRICS[metric][0](_only(counts, long), np.asarray([n]))[:, 0]
        columns.append(problem_worlds(long, seed + 7919 * (i + 1), worlds) @ earned)
    ks = sorted({*asked(each, metric, k)})
    return Standing(
        assumption=f"{metric}@{'..'.join(map(str, {ks[0]: 0, ks[-1]: 0}))}, unpaired",
        candidates=tuple(each),
        worlds=np.stack(columns, axis=1),
        doubts=(
            "fewer than 2 problems are shared by all: candidates are compared as if their problems"
            " were equally hard",
        ),
        bounds=(0.0, 1.0),
    )


def _long_enough(counts: Counts, k: int) -> list[str]:
    return [p for p, n in zip(counts.problems, counts.n, strict=True) if n >= k]


def _only(counts: Counts, problems: Sequence[str]) -> Counts:
    place = {name: i for i, name in enumerate(counts.problems)}
    return counts.only(np.asarray([place[name] for name in problems], dtype=np.int64))


def afforded(each: Mapping[str, Counts], budget: float) -> list[int]:
    """Returns how many samples of each candidate a budget in tokens a problem buys.

    Raises:
        InputError: a candidate has no token counts, or not one sample is within the budget.
    """
    bought = []
    for name, counts in each.items():
        tokens = float(np.mean(np.nan_to_num(counts.prompt_tokens) + counts.output_tokens))
        if not np.isfinite(tokens) or tokens <= 0:
            raise InputError(f"a budget in tokens needs output_tokens; {name!r} has none")
        if tokens > budget:
            raise InputError(
                f"a budget must buy one sample; {budget:g} tokens do not ({name!r} takes"
                f" {tokens:,.0f} a sample)"
            )
        bought.append(int(budget // tokens))
    return bought


def outcomes(
    data: Tried, *, population: Population = "new", worlds: int = WORLDS, seed: int = 0
) -> Standing:
    """Ranks candidates by their mean credit, for new problems or for these.

    New problems: the Bayesian bootstrap over problems, the same problems for all candidates, so
    what makes a problem hard for all cancels. These problems: each candidate's samples are drawn
    again on its own.
    """
    if population == "new":
        values = problem_worlds(data.problems, seed, worlds) @ data.earned
    else:
        curve, how = METRICS[data.metric][1], {"population": population, "worlds": worlds}
        columns = [
            curve(counts, k, seed=seed + 7919 * i, **how).worlds
            for i, (counts, k) in enumerate(zip(data.each, data.k, strict=True))
        ]
        values = np.hstack(columns)
    told = "problems drawn again, paired" if population == "new" else "these problems alone"
    return Standing(
        assumption=f"{named(data)}, {told}",
        candidates=data.candidates,
        worlds=values,
        population=population,
        doubts=tuple(_doubts(data)),
        bounds=(0.0, 1.0),
    )


def named(data: Tried) -> str:
    """Returns the metric with its k, as in coverage@8."""
    ks = sorted(set(data.k))
    return f"{data.metric}@{ks[0]}" if len(ks) == 1 else f"{data.metric}@{ks[0]}..{ks[-1]}"


def _doubts(data: Tried) -> list[str]:
    said = []
    if data.lost:
        said.append(
            f"{data.lost} problems were not tried k times by every candidate and are left out"
        )
    if len(data.problems) < FEW:
        said.append(f"only {len(data.problems)} problems are shared: their draws again say little")
    return said


def shares_of_variance(data: Tried) -> Floats:
    """Returns (C, C): the share of the variance of a difference that more samples could remove.

    The rest is between problems: more samples of the same ones leave it. From one log, the noise
    within problems is that of c successes in n, for coverage@1; NaN for other metrics.
    """
    size = len(data.candidates)
    if data.metric != "coverage" or set(data.k) != {1}:
        return np.full((size, size), np.nan)
    noise = []
    for counts in data.each:
        rate, n = counts.solve_rates, counts.n
        known = n > 1  # one try of a problem says nothing of its noise
        each = rate[known] * (1 - rate[known]) / (n[known] - 1)
        noise.append(each.mean() if known.any() else np.nan)
    within = np.add.outer(noise, noise)
    gaps = data.earned[:, :, None] - data.earned[:, None, :]
    total = gaps.var(axis=0, ddof=1)
    share = np.clip(within / np.where(total > 0, total, np.nan), 0.0, 1.0)
    np.fill_diagonal(share, np.nan)
    return np.asarray(share)


def counts_table(data: Tried) -> tuple[Ints, Ints]:
    """Returns n and c of every problem and candidate, (P, C) each."""
    return np.stack([c.n for c in data.each], axis=1), np.stack([c.c for c in data.each], axis=1)
