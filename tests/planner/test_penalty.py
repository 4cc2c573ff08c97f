"""Penalties: utility is right answers less what wrong ones lose, and to abstain loses nothing."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.synthetic import simulate
from apportion.planner.build import plan
from apportion.planner.costs import Prices
from apportion.planner.ground import Ground
from apportion.planner.lay import laid
from apportion.planner.stages import staged

SAMPLE = Prices(sample=1.0)


@pytest.fixture(scope="module")
def base() -> Ground:
    log = count(simulate("mixed", problems=60, samples=16, verdicts=1, seed=10)[0])
    return laid([log], "given", parallel=1, seed=0, probing=False, most=8)


def judged(base: Ground, says: float) -> Counts:
    """The log with verdicts that are all the same."""
    (log,) = base.logs
    assert log.drawn is not None
    same = np.full((len(log.drawn.right), 1), says).astype(np.int8)
    return replace(log, drawn=replace(log.drawn, accepts=same, sums=None, score=None))


def test_utility_is_right_less_the_penalty_times_wrong(base: Ground) -> None:
    case = replace(staged(base.plain, base.logs, SAMPLE, base.worlds).case, penalty=1.5)
    wrong = case.table.wrong
    assert wrong is not None
    np.testing.assert_allclose(case.worth, case.table.value - 1.5 * wrong)
    assert (case.table.value + wrong <= 1 + 1e-9).all()


def test_utility_and_accuracy_are_both_told(base: Ground) -> None:
    made = plan(base, 6.0, "samples", penalty=1.0)
    told = made.json()
    assert told["penalty"] == 1.0
    assert made.utility is not None
    assert told["utility"] == made.utility.json()
    assert told["accuracy"] == made.accuracy.json()
    assert made.utility.estimate < made.accuracy.estimate
    shared = 0.0
    for level in made.levels:
        assert level.utility is not None
        shared += level.share * level.utility.estimate
    assert shared == pytest.approx(made.utility.estimate, abs=1e-9)
    assert "utility" not in plan(base, 6.0, "samples", penalty=0.0).json()


def test_nothing_is_answered_where_nothing_is_sure(base: Ground) -> None:
    """No problem below is always right by every sample, and verdicts say yes to everything."""
    (log,) = base.logs
    unsure = judged(base, 1).only(np.flatnonzero(log.c < 12))
    made = plan(unsure, 6.0, "samples", levels="none", penalty=1e4, most=8)
    assert {p.option.strategy for level in made.levels for p in level.split} == {"none"}
    assert made.accuracy.estimate == 0
    assert made.utility is not None
    assert made.utility.estimate == 0
    assert made.spent == 0


def test_a_penalty_makes_plans_more_careful(base: Ground) -> None:
    found = [plan(base, 6.0, "samples", penalty=c) for c in (0.0, 1.0, 4.0)]
    right = [made.accuracy.estimate for made in found]
    assert right[2] <= right[0] + 0.02
    useful = [made.utility for made in found[1:]]
    assert useful[0] is not None
    assert useful[1] is not None
    assert useful[1].estimate <= useful[0].estimate + 0.02


def test_to_abstain_after_every_rejection_loses_nothing(base: Ground) -> None:
    ground = laid([judged(base, 0)], "none", parallel=1, seed=0, probing=False, most=8)
    case = staged(ground.plain, ground.logs, SAMPLE, ground.worlds).case
    dear = replace(case, penalty=100.0)
    for o, option in enumerate(case.table.options):
        if option.strategy == "accept-first":
            np.testing.assert_allclose(dear.worth[:, o], 0, atol=1e-12)
