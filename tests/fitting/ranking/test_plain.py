"""Levels at their word: means, clusters by item, and where the variance comes from."""

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.data.judgments import MISSING, Grades
from apportion.fitting.ranking.plain import plain, shares

VALUES = (1.0, 2.0, 3.0)


def graded(
    rng: np.random.Generator,
    *,
    items: int = 60,
    judges: int = 4,
    luck: float = 0.0,
    bias: float = 0.0,
) -> Grades:
    """Two candidates; what an item's luck or a judge's bias adds is each candidate's own."""
    item, judge, candidate = (x.ravel() for x in np.indices((items, judges, 2)))
    worth = 2 + 0.3 * candidate + 0.3 * rng.standard_normal(len(item))
    worth += luck * rng.standard_normal((items, 2))[item, candidate]
    worth += bias * rng.standard_normal((judges, 2))[judge, candidate]
    level = np.clip(np.round(worth), 1, 3).astype(int) - 1
    return Grades(("a", "b"), candidate, level, VALUES, item, judge)


def test_the_estimate_is_the_mean_of_item_means() -> None:
    item, candidate = np.array([0, 0, 1, 0, 1]), np.array([0, 0, 0, 1, 1])
    level = np.array([0, 2, 2, 1, MISSING])
    few = plain(Grades(("a", "b"), candidate, level, VALUES, item))
    assert few.worlds[0] == pytest.approx([(1 + 3 + 3) / 3, 2.0])
    assert any("only 2 items" in doubt for doubt in few.doubts)
    items = np.concatenate([item + 2 * i for i in range(6)])
    made = plain(Grades(("a", "b"), np.tile(candidate, 6), np.tile(level, 6), VALUES, items))
    assert made.worlds[0] == pytest.approx([(2 + 3) / 2, 2.0])
    assert made.doubts == ()


def test_ten_judges_of_one_item_are_not_ten_items() -> None:
    rng = np.random.default_rng(0)
    many = graded(rng, judges=10, luck=0.8)
    few = graded(rng, judges=1, luck=0.8)
    spread = [plain(g).worlds[1:].std(axis=0).mean() for g in (many, few)]
    assert spread[0] > 0.7 * spread[1]


def test_the_variance_is_laid_to_its_source() -> None:
    rng = np.random.default_rng(1)
    by_item = shares(graded(rng, luck=0.8))
    by_judge = shares(graded(rng, bias=0.6))
    assert by_item is not None
    assert by_judge is not None
    assert by_item["items"].min() > 0.7
    assert by_judge["judges"].min() > 0.7
    assert np.allclose(by_judge["items"] + by_judge["judges"], 1)
    assert shares(graded(rng, judges=2)) is None


def test_gold_can_stand_in_and_a_candidate_without_levels_cannot() -> None:
    candidate, level = np.array([0, 1]), np.array([0, MISSING])
    gold = np.array([2, 1])
    made = plain(Grades(("a", "b"), candidate, level, VALUES, gold=gold), gold=True)
    assert made.worlds[0] == pytest.approx([3.0, 2.0])
    with pytest.raises(InputError, match="'b' has none"):
        plain(Grades(("a", "b"), candidate, level, VALUES))
    with pytest.raises(InputError, match="no true levels"):
        plain(Grades(("a", "b"), candidate, gold - 1, VALUES), gold=True)
