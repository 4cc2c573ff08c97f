"""Best-of-Majority on a log: the paper's example, brute force, laws, and an honest threshold."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from apportion.analysis.best_of_majority import (
    Reward,
    best_of_majority,
    bom_credit,
    bom_sampled,
    choose_alpha,
    elected,
)
from apportion.analysis.counts import VOID, Counts, count
from apportion.analysis.coverage import credits as coverage_credits
from apportion.analysis.exact.best_of_majority import gate
from apportion.analysis.verification import score_credit, scores
from apportion.analysis.voting import majority_credit
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate

K = np.array([1, 2, 5, 12])


@pytest.fixture(scope="module")
def counts() -> Counts:
    return count(simulate("mixed", problems=60, samples=12, verdicts=3, seed=6)[0])


@pytest.fixture(scope="module")
def small() -> Counts:
    return count(simulate("mixed", problems=6, samples=6, verdicts=2, seed=9)[0])


def test_one_splendid_sample_does_not_beat_a_majority() -> None:
    answer, score = np.array([[0, 0, 0, 1]]), np.array([[0.5, 0.55, 0.6, 0.99]])
    right = np.array([1.0, 0.0])
    for reward in ("mean", "max"):
        assert elected(answer, score, right, gate(0.5, 4), reward)[0] == 1.0
        assert elected(answer, score, right, gate(0.0, 4), reward)[0] == 0.0


def test_the_mean_and_the_largest_score_can_disagree() -> None:
    answer, score = np.array([[0, 0, 1, 1]]), np.array([[0.9, 0.1, 0.6, 0.6]])
    right = np.array([1.0, 0.0])
    assert elected(answer, score, right, 2, "max")[0] == 1.0
    assert elected(answer, score, right, 2, "mean")[0] == 0.0


def test_where_none_passes_the_vote_or_the_reward_decides() -> None:
    answer, score = np.array([[0, 0, 1, 1, 2]]), np.array([[0.1, 0.1, 0.5, 0.5, 0.9]])
    right = np.array([1.0, 0.0, 0.0])
    assert elected(answer, score, right, 3, empty="plurality")[0] == 0.5
    assert elected(answer, score, right, 3, empty="relax")[0] == 0.0


def test_an_unscored_answer_is_worth_less_than_any_scored_one_and_void_never_wins() -> None:
    answer, score = np.array([[0, 0, 1, VOID]]), np.array([[np.nan, np.nan, -5.0, 9.0]])
    right = np.array([0.0, 1.0])
    for reward in ("mean", "max"):
        assert elected(answer, score, right, 1, reward)[0] == 1.0
    void = np.full((1, 3), VOID)
    assert elected(void, np.ones((1, 3)), np.zeros(0), 1)[0] == 0.0


@pytest.mark.parametrize("alpha", [0.0, 0.4, 0.7])
def test_with_few_samples_it_is_the_mean_over_all_subsets(small: Counts, alpha: float) -> None:
    assert small.drawn is not None
    assert small.drawn.answer is not None
    got = bom_credit(small, np.array([1, 3, 6]), alpha=alpha, draws=20)
    for i in range(len(small)):
        rows = small.rows(i)
        answer, right = small.drawn.answer[rows], small.drawn.right[rows]
        score = scores(small, "this")[small.rows(i)]
        for column, k in enumerate((1, 3, 6)):
            each = [
                _by_hand(answer[list(d)], score[list(d)], alpha * k, answer, right)
                for d in combinations(range(6), k)
            ]
            assert got[i, column] == pytest.approx(np.mean(each), abs=1e-12)


def _by_hand(
    answer: np.ndarray, score: np.ndarray, least: float, logged: np.ndarray, right: np.ndarray
) -> float:
    votes = {a: int((answer == a).sum()) for a in set(answer.tolist()) - {VOID}}
    if not votes:
        return 0.0
    worth = {a: float(score[answer == a].mean()) for a in votes}
    passing = [a for a in votes if votes[a] >= least]
    if not passing:
        won = [a for a in votes if votes[a] == max(votes.values())]
    else:
        best = max(worth[a] for a in passing)
        won = [a for a in passing if worth[a] == pytest.approx(best, abs=1e-9)]
    return float(np.mean([right[logged == a].mean() for a in won]))


def test_random_draws_agree_with_the_exact_mean(counts: Counts) -> None:
    for alpha in (0.0, 0.3):
        exact = bom_credit(counts, K, alpha=alpha, reward="max")
        rough = bom_sampled(counts, K, alpha, reward="max", draws=200, seed=3)
        np.testing.assert_allclose(rough.credit[:, [0, 1, 3]], exact[:, [0, 1, 3]], atol=1e-9)
        miss = abs(rough.credit.mean(axis=0) - exact.mean(axis=0))
        assert miss[2] < 4 * rough.mean_error[2]
        assert (rough.mean_error < 0.005).all()


@pytest.mark.parametrize("reward", ["mean", "max"])
def test_laws(counts: Counts, reward: Reward) -> None:
    most = coverage_credits(counts, K) + 1e-9
    for alpha in (0.0, 0.3, 1.0):
        credit = bom_credit(counts, K, alpha=alpha, reward=reward)
        np.testing.assert_allclose(credit[:, 0], counts.solve_rates, atol=1e-9)
        assert (credit[:, [0, 3]] <= most[:, [0, 3]]).all()
        assert (credit.mean(axis=0) <= most.mean(axis=0) + 0.01).all()
    assert np.isnan(bom_credit(counts, np.array([13]), alpha=0.3, reward=reward)).all()


def test_no_gate_and_the_best_score_is_best_of_and_a_whole_gate_is_voting() -> None:
    """With continuous scores and no void answer: ties are shared by answer here."""
    log = count(simulate("mixed", problems=40, samples=12, verdicts=1, seed=6)[0])
    assert log.drawn is not None
    assert log.drawn.answer is not None
    score = np.random.default_rng(0).random(len(log.drawn.right))
    answer = np.where(log.drawn.answer == VOID, 10_000, log.drawn.answer)
    log = replace(log, drawn=replace(log.drawn, score=score, answer=answer))
    best = bom_credit(log, K, alpha=0.0, reward="max")
    np.testing.assert_allclose(best, score_credit(log, K), atol=1e-9)
    whole = bom_credit(log, K, alpha=1.0, reward="max")
    np.testing.assert_allclose(whole, majority_credit(log, K), atol=1e-9)


def test_a_curve_is_its_credit_and_beyond_the_log_it_has_a_reason(small: Counts) -> None:
    curve = best_of_majority(small, [2, 7], 0.3, reward="max", worlds=20, population="new")
    assert curve.estimate[0] == bom_credit(small, np.array([2]), alpha=0.3, reward="max").mean()
    assert np.isnan(curve.worlds[:, 1]).all()
    assert curve.reason is not None
    assert "k=7 6 of 6" in curve.reason


def test_the_threshold_is_chosen_on_other_problems(counts: Counts) -> None:
    counts = counts.only(np.arange(24))
    k, alphas = np.array([6, 12]), (0.5, 0.0, 0.25, 0.9)
    chosen = choose_alpha(counts, k, alphas, reward="max", population="new", worlds=20)
    tried = {a: bom_credit(counts, k, alpha=a, reward="max").mean(axis=0) for a in alphas}
    best = np.max(list(tried.values()), axis=0)
    for column in range(2):
        assert tried[float(chosen.alpha[column])][column] == pytest.approx(best[column], abs=1e-9)
    assert (chosen.curve.estimate <= best + 1e-9).all()
    one = choose_alpha(counts, k, [0.25], reward="max", population="new", worlds=20)
    np.testing.assert_allclose(one.curve.estimate, tried[0.25], atol=1e-12)


def test_choosing_among_noise_is_not_rewarded() -> None:
    """Scores without news: the threshold that looks best does so by luck, and folds see that."""
    flattery, honesty = [], []
    for seed in range(12):
        log = count(simulate("mixed", problems=12, samples=6, verdicts=1, seed=seed)[0])
        assert log.drawn is not None
        score = np.random.default_rng(seed).random(len(log.drawn.right))
        log = replace(log, drawn=replace(log.drawn, score=score))
        alphas, k = (0.0, 0.2, 0.3), np.array([6])
        tried = [bom_credit(log, k, alpha=a, reward="max").mean() for a in alphas]
        chosen = choose_alpha(log, k, alphas, reward="max", population="new", worlds=2)
        flattery.append(max(tried) - np.mean(tried))
        honesty.append(chosen.curve.estimate[0] - max(tried))
    assert np.mean(flattery) > 0
    assert max(honesty) <= 1e-9
    assert np.mean(honesty) < 0


def test_bad_input_is_refused(counts: Counts) -> None:
    with pytest.raises(InputError, match=r"alpha must satisfy 0 <= alpha <= 1; got alpha=1\.5"):
        best_of_majority(counts, 3, 1.5)
    with pytest.raises(InputError, match="alphas must hold at least one"):
        choose_alpha(counts, 3, [])
    with pytest.raises(InputError, match=r"2 <= folds <= problems \(problems=60\); got folds=1"):
        choose_alpha(counts, 3, [0.1], folds=1)
    assert counts.drawn is not None
    unscored = replace(counts, drawn=replace(counts.drawn, accepts=None))
    with pytest.raises(InputError, match="Best-of-Majority needs a score"):
        best_of_majority(unscored, 3, 0.1)
    unsaid = replace(counts, drawn=replace(counts.drawn, answer=None))
    with pytest.raises(InputError, match="Best-of-Majority needs answers"):
        best_of_majority(unsaid, 3, 0.1)
