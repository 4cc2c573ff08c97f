"""Rivals: what a plan is set beside, from one size for all to levels that nobody can know."""

from collections.abc import Sequence
from dataclasses import replace

from .baselines import Against, baseline, baselines
from .plan import Baseline
from .stages import Stage, best, others

ORACLE = "levels by solve rate (needs gold answers)"


def rivals(
    plain: Stage,
    stages: Sequence[Stage],
    place: int,
    gold: Stage | None,
    plan: Against,
    how: tuple[float, int, float],
) -> tuple[Baseline, ...]:
    """Simpler ways to spend, other ways to know levels, and what levels from the truth would give.

    The last is a bound: no policy can do that on a new problem.
    """
    amount, seed, mass = how
    found = [*baselines(plain.case, amount, plan, seed, mass)]
    for name, ways in others(stages, place):
        if _affords(ways, amount):
            rival = ways[best(ways, amount)[0]].case
            found.append(baseline(name, rival, amount, plan, seed, mass))
    if gold is not None:
        ideal = baseline(ORACLE, gold.case, amount, plan, seed, mass)
        found.append(replace(ideal, bound=True))
    return tuple(found)


def _affords(ways: Sequence[Stage], amount: float) -> bool:
    return any(way.case.steps().budgets[0] <= amount for way in ways)
