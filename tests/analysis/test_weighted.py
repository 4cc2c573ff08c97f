"""Weighted voting on a log: exact on lattices, unbiased with an honest error elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.coverage import credits as coverage_credits
from apportion.analysis.exact.orders import lattice, sampled_majority
from apportion.analysis.exact.weighted import weighted_majority, weighted_verdicts
from apportion.analysis.verification import scores
from apportion.analysis.weighted import (
    weighable,
    weighted,
    weighted_credit,
    weighted_grid,
)
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate


@pytest.fixture(scope="module")
def small() -> Counts:
    return count(simulate("mixed", problems=8, samples=12, verdicts=4, seed=9)[0])


def scored(counts: Counts, score: np.ndarray) -> Counts:
    assert counts.drawn is not None
    return replace(counts, drawn=replace(counts.drawn, score=score, accepts=None))


def made(n: int, answers: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of 16 steps, answers with the right one 0, some of them void."""
    rng = np.random.default_rng(seed)
    answer = np.minimum(rng.geometric(0.3, n) - 1, answers - 1)
    weight = np.rint(16 * np.clip(rng.normal(0.4 + 0.2 * (answer == 0), 0.25, n), 0, 1))
    answer[rng.random(n) < 0.1] = -1
    return weight.astype(np.int64), answer, (answer == 0).astype(np.float64)


def test_shares_of_verdicts_are_valued_exactly(small: Counts) -> None:
    k = np.array([1, 3, 12, 13])
    got = weighted_credit(small, k)
    assert small.drawn is not None
    assert small.drawn.answer is not None
    for i in range(len(small)):
        rows = small.rows(i)
        accepts = np.rint(4 * scores(small, "this")[small.rows(i)]).astype(np.int64)
        exact = weighted_majority(accepts, small.drawn.answer[rows], small.drawn.right[rows], k)
        np.testing.assert_allclose(got[i], exact, rtol=0, atol=1e-12)


def test_random_orders_are_unbiased_and_know_their_error() -> None:
    """The same log by orders (its unit irrational) and exactly: 40 seeds, chi-square of z."""
    k = np.array([2, 5, 12, 30])
    scores = []
    for seed in range(40):
        weight, answer, right = made(40, 6, seed % 4)
        exact = weighted_majority(weight, answer, right, k)
        rng = np.random.default_rng([7, seed])
        got = sampled_majority(weight * np.pi, answer, right, k, permutations=200, rng=rng)
        scores.append((got.mean - exact) / got.error)
    z = np.array(scores)
    assert (abs(z.mean(axis=0)) < 4 / np.sqrt(len(z))).all()
    assert (abs((z**2).mean(axis=0) - 1) < 4 * np.sqrt(2 / len(z))).all()


def test_exact_controls_and_both_ends_take_out_most_of_the_variance() -> None:
    """Against one subset for each k, on scores without a lattice: at least four times less."""
    k = np.array([2, 4, 8, 16, 32])
    gains = []
    for seed in range(6):
        weight, answer, right = made(64, 12, seed)
        got = sampled_majority(
            weight + np.sin(np.arange(64)) ** 2, answer, right, k,
            permutations=2000, rng=np.random.default_rng(seed),
        )  # fmt: skip
        gains.append([(got.mean * (1 - got.mean)).sum(), (2000 * got.error**2).sum()])
    one, ours = np.sum(gains, axis=0)
    assert one / ours > 4


def test_where_the_controls_know_everything_there_is_no_error() -> None:
    weight, answer, right = made(20, 4, 1)
    rng = np.random.default_rng(0)
    k = np.array([20, 1, 21, 1])
    got = sampled_majority(weight * np.pi, answer, right, k, permutations=64, rng=rng)
    exact = weighted_majority(weight, answer, right, k)
    np.testing.assert_allclose(got.mean, exact, rtol=0, atol=1e-9)
    np.testing.assert_allclose(got.error[[0, 1, 3]], 0, atol=1e-9)
    assert np.isnan(got.error[2])


def test_a_seed_gives_the_same_orders(small: Counts) -> None:
    rough = scored(small, np.random.default_rng(0).random(8 * 12))
    k = np.array([3])
    np.testing.assert_array_equal(weighted_credit(rough, k), weighted_credit(rough, k))
    assert (weighted_credit(rough, k) != weighted_credit(rough, k, seed=1)).any()


def test_a_lattice_is_found_where_there_is_one() -> None:
    thirds = lattice(np.array([0.0, 1 / 3, 2 / 3, 1.0]))
    np.testing.assert_array_equal(thirds, [0, 1, 2, 3])
    np.testing.assert_array_equal(lattice(np.array([10.0, 20.0, 30.0])), [1, 2, 3])
    np.testing.assert_array_equal(lattice(np.zeros(2)), [0, 0])
    assert lattice(np.random.default_rng(0).random(20)) is None
    assert lattice(np.array([1.0, 1e6])) is None


def test_no_weighted_vote_beats_coverage(small: Counts) -> None:
    k = np.arange(1, 13)
    assert (weighted_credit(small, k) <= coverage_credits(small, k) + 1e-9).all()
    assert (
        weighted_grid(small, k, np.array([1, 4])) <= coverage_credits(small, k)[..., None] + 1e-9
    ).all()


def test_the_grid_with_all_verdicts_is_the_weighted_vote(small: Counts) -> None:
    k = np.array([1, 4, 12])
    both = weighted_grid(small, k, np.array([2, 4]))
    np.testing.assert_allclose(both[:, :, 1], weighted_credit(small, k), rtol=0, atol=1e-11)
    drawn = small.drawn
    assert drawn is not None
    assert drawn.answer is not None
    assert drawn.accepts is not None
    rows = small.rows(3)
    accepts = (drawn.accepts[rows] == 1).sum(axis=1)
    alone = weighted_verdicts(
        accepts, 4, drawn.answer[rows], drawn.right[rows], solutions=k, votes=np.array([2])
    )
    np.testing.assert_array_equal(both[3, :, :1], alone)


def test_a_missing_score_adds_nothing(small: Counts) -> None:
    score = np.tile([0.5, np.nan, 1.0], 32)
    k = np.array([1, 5])
    np.testing.assert_array_equal(
        weighted_credit(scored(small, score), k),
        weighted_credit(scored(small, np.nan_to_num(score)), k),
    )


@pytest.mark.parametrize("lattice_or_not", [1.0, 1.1111111])
def test_a_curve_holds_its_estimate_and_stops_at_the_log(
    small: Counts, lattice_or_not: float
) -> None:
    score = np.random.default_rng(1).integers(0, 5, 8 * 12) / 4
    log = scored(small, score**lattice_or_not)
    curve = weighted(log, [2, 6, 13], seed=3, worlds=100)
    assert (curve.low <= curve.estimate)[:2].all()
    assert (curve.estimate <= curve.high)[:2].all()
    assert (curve.high - curve.low)[:2].min() > 0.01
    assert np.isnan(curve.estimate[2])
    assert curve.reason is not None
    assert "k must satisfy k <= n" in curve.reason
    new = weighted(log, [2, 6], population="new", worlds=50)
    np.testing.assert_allclose(new.estimate, curve.estimate[:2], atol=0.02)


def test_scores_that_cannot_be_added_up_are_refused(small: Counts) -> None:
    for bad in (-0.5, np.inf):
        score = np.full(8 * 12, 0.5)
        score[17] = bad
        assert not weighable(scored(small, score))
        with pytest.raises(InputError, match=f"0 <= score < inf; got score={bad:g}"):
            weighted(scored(small, score), 1)


def test_what_was_not_logged_is_asked_for(small: Counts) -> None:
    assert small.drawn is not None
    mute = replace(small, drawn=replace(small.drawn, answer=None))
    with pytest.raises(InputError, match="weighted voting needs answers"):
        weighted(mute, 1)
    unjudged = replace(small, drawn=replace(small.drawn, accepts=None, score=None))
    with pytest.raises(InputError, match="weighted voting needs a score"):
        weighted(unjudged, 1)
    assert weighable(small)
    for log in (mute, unjudged):
        assert not weighable(log)
        with pytest.raises(InputError, match="needs answers, and the verdicts"):
            weighted_grid(log, np.array([1]), np.array([1]))


def test_a_log_that_stopped_at_success_has_no_subsets_to_vote_with() -> None:
    trace, _ = simulate("mixed", problems=20, samples=9, verdicts=1, seed=1, stop="until-success")
    counts = count(trace)
    with pytest.raises(InputError, match="stop rule ignores the outcomes"):
        weighted(counts, 1)
    with pytest.raises(InputError, match="stop rule ignores the outcomes"):
        weighted_grid(counts, np.array([1]), np.array([1]))
