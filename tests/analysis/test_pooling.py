"""Votes over groups match answers by number, match problems by name, and say what they cost."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import VOID, Counts, Drawn, Ints, count, count_together
from apportion.analysis.curve import Floats
from apportion.analysis.exact.pooling import Stages
from apportion.analysis.pooling import pooled_majority, two_stage_majority
from apportion.analysis.voting import majority
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate

PROBLEMS, SAMPLES = 12, 10


def rng() -> np.random.Generator:
    return np.random.default_rng(21)


def group(share: Floats, seed: int) -> Counts:
    """Answers 0 (right), 1, 2 or VOID drawn with the chances (P, 4), numbered alike everywhere."""
    draw = np.random.default_rng(seed)
    answer = np.concatenate([draw.choice([0, 1, 2, VOID], SAMPLES, p=row) for row in share])
    n = np.full(len(share), SAMPLES)
    start = np.arange(len(share) + 1) * SAMPLES
    right = (answer == 0).astype(np.float64)
    base = count(simulate("mixed", problems=len(share), samples=2, seed=0)[0])
    c: Ints = np.add.reduceat(right, start[:-1]).astype(np.int64)
    return replace(base, n=n, c=c, drawn=Drawn(start=start, right=right, answer=answer))


@pytest.fixture(scope="module")
def two() -> list[Counts]:
    share = np.random.default_rng(3).dirichlet([1.5, 1, 1, 0.5], size=(2, PROBLEMS))
    return [group(share[0], 1), group(share[1], 2)]


def test_one_setting_alone_is_the_majority_of_its_samples(two: list[Counts]) -> None:
    ks = np.array([1, 3, 10])
    splits = np.column_stack([ks, np.zeros_like(ks)])
    voted = pooled_majority(two, splits, rng=rng(), worlds=50)
    gap = abs(voted.curve.estimate - majority(two[0], ks).estimate)
    assert (gap <= 4 * voted.error + 1e-9).all()
    assert voted.error[0] > 0
    assert voted.error[2] == 0
    assert voted.curve.k.tolist() == [1, 3, 10]


def test_problems_and_worlds_follow_the_names(two: list[Counts]) -> None:
    turned = two[1].only(np.arange(PROBLEMS)[::-1])
    one, other = (
        pooled_majority([two[0], second], np.array([[10, 10]]), rng=rng(), worlds=20).curve
        for second in (two[1], turned)
    )
    np.testing.assert_allclose(one.worlds, other.worlds, atol=1e-12)
    part = pooled_majority([two[0], turned.only(np.arange(4))], np.array([[11, 0]]), rng=rng())
    assert np.isnan(part.curve.worlds).all()
    assert "8 of 12 problems are not in every group" in str(part.curve.reason)
    assert "asked for more samples" in str(part.curve.reason)


def test_stopping_early_saves_samples_and_void_samples_never_agree(
    two: list[Counts],
) -> None:
    easy = two_stage_majority(two, Stages(4, 6, 0.75, 0.5), rng=rng(), worlds=30)
    strict = two_stage_majority(two, Stages(4, 6, 1.0, 1.0), rng=rng(), worlds=30)
    assert easy.early.estimate > strict.early.estimate > 0
    assert 8 < easy.samples.estimate < strict.samples.estimate < 20
    for found in (easy, strict):
        assert found.samples.estimate == pytest.approx(20 - 12 * found.early.estimate)
    assert easy.error > 0
    void = [replace(g, drawn=replace(g.drawn, answer=np.full(120, VOID))) for g in two]  # type: ignore[type-var]
    none = two_stage_majority(void, Stages(4, 6, 0.5, 0.5), rng=rng(), worlds=5)
    assert (none.early.estimate, none.accuracy.estimate, none.samples.estimate) == (0, 0, 20)


def test_stages_longer_than_the_log_have_a_reason_and_no_number(two: list[Counts]) -> None:
    long = two_stage_majority(two, Stages(4, 7, 0.5, 0.5), rng=rng(), worlds=5)
    assert np.isnan(long.accuracy.estimate)
    assert "got 11, the smallest n is 10" in str(long.reason)


def test_answers_numbered_apart_are_refused(two: list[Counts]) -> None:
    assert two[1].drawn is not None
    assert two[1].drawn.answer is not None
    answer = two[1].drawn.answer
    swapped = np.where(answer == 0, 1, np.where(answer == 1, 0, answer))
    apart = replace(two[1], drawn=replace(two[1].drawn, answer=swapped))
    with pytest.raises(InputError, match="number the groups' answers together"):
        pooled_majority([two[0], apart], np.array([[1, 1]]), rng=rng())
    silent = replace(two[1], drawn=replace(two[1].drawn, answer=None))
    with pytest.raises(InputError, match="voting needs answers"):
        pooled_majority([two[0], silent], np.array([[1, 1]]), rng=rng())


@pytest.mark.parametrize(
    "stages",
    [Stages(0, 1, 0.5, 0.5), Stages(1, -1, 0.5, 0.5), Stages(1, 1, 0, 1), Stages(1, 1, 1, 1.5)],
)
def test_stages_out_of_bounds_are_refused(two: list[Counts], stages: Stages) -> None:
    with pytest.raises(InputError, match="stages need"):
        two_stage_majority(two, stages, rng=rng())


def test_groups_counted_together_number_their_answers_alike() -> None:
    """The second group lacks some answers, so that counting it alone numbers the others anew."""
    trace, _ = simulate("mixed", problems=20, samples=6, seed=1)
    cold = trace.samples.with_columns(temperature=pl.lit(0.2))
    hot = trace.samples.with_columns(temperature=pl.lit(1.0)).filter(pl.col("sample") > 2)
    both = replace(trace, samples=pl.concat([cold, hot]))
    first, second = count_together(both)
    alone = count(both.where(temperature=1.0))
    assert first.drawn is not None
    assert second.drawn is not None
    assert alone.drawn is not None
    late = np.concatenate([first.drawn.answer[first.rows(i)][3:] for i in range(20)])  # type: ignore[index]
    np.testing.assert_array_equal(second.drawn.answer, late)
    assert not np.array_equal(second.drawn.answer, alone.drawn.answer)  # type: ignore[arg-type]
