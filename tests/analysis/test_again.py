"""A log of the same problems errs as its intervals say, also where its samples agree."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis import again
from apportion.analysis.counts import VOID, Counts, count
from apportion.analysis.curve import Floats
from apportion.analysis.exact.voting import majority_beyond
from apportion.analysis.verification import best_of, score_credit
from apportion.analysis.voting import majority, majority_credit
from apportion.data.synthetic import simulate
from apportion.data.truth import Truth

LOGS, PROBLEMS, SAMPLES = 30, 30, 8
K = np.array([1, 2, 4, 8])


def voted(truth: Truth) -> Floats:
    right = np.eye(truth.classes.shape[1])[0]
    each = [majority_beyond(row[None], right, K)[0] for row in truth.classes]
    return np.asarray(np.mean(each, axis=0))


def chosen(truth: Truth) -> Floats:
    """Best-of by one verdict: with j of k accepted, one of those, or of all where j is 0."""
    some = 1 - (1 - truth.accepted[:, None]) ** K
    refused = truth.p * (1 - truth.tpr) / (1 - truth.accepted)
    right = some * truth.precision[:, None] + (1 - some) * refused[:, None]
    return np.asarray(right.mean(axis=0))


def test_intervals_of_these_problems_hold_their_truth() -> None:
    hits = []
    for seed in range(LOGS):
        log, truth = simulate("mixed", problems=PROBLEMS, samples=SAMPLES, verdicts=1, seed=seed)
        counts = count(log)
        for curve, true in (
            (majority(counts, K, seed=seed), voted(truth)),
            (best_of(counts, K, seed=seed), chosen(truth)),
        ):
            low, high = curve.band
            points = (curve.low <= true) & (true <= curve.high)
            hits.append(np.append(points, ((low <= true) & (true <= high)).all()))
    shares = np.reshape(hits, (LOGS, 2, 5)).mean(axis=0)
    assert (shares > 0.9 - 4 * np.sqrt(0.9 * 0.1 / LOGS)).all(), shares


def made(n: int, c: list[int]) -> Counts:
    """Problems with n samples, c of them right; wrong ones all answer alike."""
    log = count(simulate("mixed", problems=len(c), samples=n, verdicts=1, seed=1)[0])
    right = np.concatenate([np.arange(n) < k for k in c]).astype(np.float64)
    drawn = replace(log.drawn, right=right, answer=right.astype(np.int64))  # type: ignore[type-var]
    return replace(log, c=np.array(c), drawn=drawn)


def test_one_sample_a_problem_gives_all_the_noise_that_samples_can_have() -> None:
    counts = made(1, [1] * 20 + [0] * 20)
    for curve in (majority(counts, 1), best_of(counts, 1)):
        assert curve.high[0] - curve.low[0] > 0.85 * 2 * 1.645 * np.sqrt(0.25 / 40)


@pytest.mark.parametrize("c", [0, 5])
def test_samples_that_all_agree_leave_room_for_doubt(c: int) -> None:
    for curve in (majority(made(5, [c] * 40), [1, 3]), best_of(made(5, [c] * 40), [1, 3])):
        width = curve.high - curve.low
        assert (width[:1] > 0).all()
        assert (width < 0.1).all()


def test_errors_are_centred_and_their_spread_at_one_draw_is_the_binomial() -> None:
    counts = made(8, [2, 4, 6] * 20)
    errors = again.samples_again(counts, K, majority_credit, 8000, 0)
    assert (np.abs(errors.mean(axis=0)) < 1e-2 * errors.std(axis=0) + 4e-3).all()
    rate = np.array([2, 4, 6]) / 8
    binomial = (rate * (1 - rate) * 8 / 7).mean() / 8 / 60
    assert errors[:, 0].var() == pytest.approx(binomial, rel=0.25)


def test_a_law_gives_right_samples_the_rate_and_every_problem_a_whole() -> None:
    counts = made(4, [0, 1, 4, 2])
    rng = np.random.default_rng(0)
    rate = np.array([0.1, 0.3, 0.9, 0.5])
    law = again._law(counts, rate, 2.0, rng)
    chance = np.diff(law.up_to, prepend=0.0)
    problem = np.ceil(law.up_to - 1e-12).astype(int) - 1
    np.testing.assert_allclose(np.bincount(problem, weights=chance), 1, rtol=1e-9)
    np.testing.assert_allclose(np.bincount(problem, weights=chance * law.right), rate, rtol=1e-9)


def test_lent_samples_answer_as_the_problems_own_do() -> None:
    counts = made(4, [0, 1, 4, 2])
    law = again._law(counts, np.full(4, 0.5), 2.0, np.random.default_rng(0))
    many = counts.only(np.tile(np.arange(4), 50))
    log = law.log(many, np.random.default_rng(1))
    assert log.drawn is not None
    answer = log.drawn.answer.reshape(50, 4, 4)  # type: ignore[union-attr]
    right = log.drawn.right.reshape(50, 4, 4)
    assert (log.c.reshape(50, 4) == right.sum(axis=2)).all()
    assert set(answer[:, 1:][(right[:, 1:] == 1)]) <= {1, VOID}
    # Two of the four wrong answers of problem 3 agree; a new one comes with chance 1/3.
    wrong = answer[:, 3][right[:, 3] == 0]
    assert (wrong == 0).mean() > 0.5


def test_scores_alike_within_problems_are_borrowed_less() -> None:
    counts = count(simulate("mixed", problems=60, samples=8, seed=0)[0])
    rng = np.random.default_rng(0)
    own = rng.normal(size=60).repeat(8)
    strengths = [
        again._likeness(replace(counts, drawn=replace(counts.drawn, score=score)))  # type: ignore[type-var]
        for score in (own, own + rng.normal(size=480), rng.normal(size=480))
    ]
    assert strengths[1] == pytest.approx(1.0, rel=0.5)
    assert strengths[2] > 10


def test_weights_and_scores_work_at_any_n() -> None:
    log = count(simulate("mixed", problems=6, samples=9, verdicts=2, seed=4)[0])
    sizes = np.array([1, 2, 9, 4, 1, 3])
    rows = np.concatenate([np.arange(9 * i, 9 * i + size) for i, size in enumerate(sizes)])
    ragged = log.pick(rows, sizes)
    for credit in (majority_credit, score_credit):
        errors = again.samples_again(ragged, np.array([1]), credit, 50, 0)
        assert errors.shape == (50, 1)
        assert 0 < errors.std() < 0.5
