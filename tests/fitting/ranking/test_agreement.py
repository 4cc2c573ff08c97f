"""Agreement: judges that copy are named, and judges that err on their own are not."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.benchmarks import sbc_orders
from apportion.data.judgments import MISSING, Grades
from apportion.fitting.ranking.agreement import Pair, agreement, doubts
from apportion.fitting.ranking.dawid_skene import dawid_skene
from apportion.fitting.ranking.patterns import patterns

LEVELS = np.array([[0.7, 0.3], [0.4, 0.6]])
CONFUSION = np.array([[[r, 1 - r], [1 - r, r]] for r in (0.85, 0.7, 0.7, 0.8)])


def drawn(seed: int, copied: float = 0.0, gold: float = 0.5) -> Grades:
    """Four judges on 200 items; the third repeats what the second said on a share of them."""
    rng = np.random.default_rng(seed)
    grades = sbc_orders.graded(LEVELS, CONFUSION, 0.0, 200, gold, rng)
    level = grades.level.reshape(-1, 4).copy()
    level[:, 2] = np.where(rng.random(len(level)) < copied, level[:, 1], level[:, 2])
    return replace(grades, level=level.ravel())


def checked(grades: Grades) -> list[Pair]:
    """The check against the truth that the grades were drawn from."""
    return agreement(patterns(grades), LEVELS[None], CONFUSION[None, None], np.ones(1))


def test_what_is_observed_and_expected_is_what_counting_says() -> None:
    grades = drawn(1)
    level = grades.level.reshape(-1, 4)
    assert grades.gold is not None
    gold = grades.gold.reshape(-1, 4)[:, 0]
    for pair, (i, j) in zip(
        checked(grades), [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)], strict=True
    ):
        alike = (CONFUSION[i] * CONFUSION[j]).sum(axis=1)
        candidate = np.repeat([0, 1], 200)
        chance = np.where(gold == MISSING, LEVELS[candidate] @ alike, alike[np.maximum(gold, 0)])
        assert pair.units == 400
        assert pair.observed == pytest.approx((level[:, i] == level[:, j]).mean())
        assert pair.mean == pytest.approx(chance.mean())
        assert pair.sd == pytest.approx(np.sqrt((chance * (1 - chance)).sum()) / 400)


def test_under_the_model_no_more_pairs_are_named_than_the_level_allows() -> None:
    p = np.array([[x.p for x in checked(drawn(seed))] for seed in range(100)])
    assert (p < 0.05).mean() < 0.08
    assert sum(bool(doubts(checked(drawn(seed)), 0.05)) for seed in range(40)) <= 7


def test_judges_that_copy_are_named_with_what_it_means() -> None:
    (said,) = dawid_skene(
        drawn(2, 0.8), np.random.default_rng(0), difficulty=False, draws=256
    ).doubts
    assert said.startswith(
        "judges agree more than independent errors allow: judge 2 and judge 3 (on "
    )
    assert said.endswith("taken as independent, they overstate what they know together")


def test_pairs_beyond_three_are_counted_and_pairs_that_never_met_left_out() -> None:
    pairs = [Pair("a", str(i), 100, 0.9, 0.5, 0.05, 1e-9 * (i + 1)) for i in range(5)]
    (said,) = doubts(pairs)
    assert "a and 0 (on 90% of 100, where 50% ± 5% is expected); a and 1" in said
    assert "and 2 pairs more" in said
    apart = Grades(
        ("a",), np.zeros(4, int), np.array([0, 1, 1, 0]), (0.0, 1.0), np.arange(4), np.arange(4) % 2
    )
    assert agreement(patterns(apart), LEVELS[None, :1], CONFUSION[None, None, :2], np.ones(1)) == []
