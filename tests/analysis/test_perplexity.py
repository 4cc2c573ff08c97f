"""RPC on a log: brute force, laws, a real log, and how far its confidence can be trusted."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from apportion.analysis.counts import VOID, Counts, count
from apportion.analysis.exact.perplexity import surviving
from apportion.analysis.perplexity import (
    Prune,
    brier_score,
    calibration_error,
    confidence,
    log_loss,
    rpc,
    rpc_credit,
    rpc_sampled,
    rpc_scores,
    vote_scores,
    winner,
)
from apportion.analysis.voting import majority_credit
from apportion.data.errors import InputError
from apportion.data.readers import read
from apportion.data.synthetic import simulate

EXAMPLE = Path(__file__).parents[2] / "data" / "examples" / "smollm2"
PRUNES: list[Prune] = ["draw", "log", "never"]


def with_logprobs(problems: int, samples: int, seed: int = 1, texts: int = 10**9) -> Counts:
    """A simulated log with a log-probability and a completion for every sample, likelier if right.

    Equal completions have equal log-probabilities.
    """
    counts = count(simulate("mixed", problems=problems, samples=samples, verdicts=1, seed=seed)[0])
    drawn = counts.drawn
    assert drawn is not None
    assert drawn.answer is not None
    rng = np.random.default_rng(seed)
    size = len(drawn.right)
    text = rng.integers(0, texts, size) * 1000 + drawn.answer
    _, place = np.unique(text, return_inverse=True)
    logs = (
        -rng.gamma(2.0, 0.2, size)[place]
        - 0.2 * (1 - drawn.right[np.unique(place, True)[1]])[place]
    )
    return replace(counts, drawn=replace(drawn, mean_logprob=logs, text=text))


def by_hand(counts: Counts, problem: int, draw: tuple[int, ...], prune: bool) -> float:
    drawn, rows = counts.drawn, counts.rows(problem)
    assert drawn is not None
    assert drawn.answer is not None
    assert drawn.mean_logprob is not None
    assert drawn.text is not None
    logs, answer, text = drawn.mean_logprob[rows], drawn.answer[rows], drawn.text[rows]
    keep = surviving(logs[None, list(draw)])[0] if prune else np.ones(len(draw), dtype=bool)
    score: dict[int, dict[int, float]] = {}
    for i, stays in zip(draw, keep, strict=True):
        if stays and answer[i] != VOID:
            score.setdefault(int(answer[i]), {})[int(text[i])] = float(np.exp(logs[i]))
    total = {a: sum(p.values()) for a, p in score.items()}
    won = [a for a, t in total.items() if t == pytest.approx(max(total.values()), rel=1e-9)]
    return float(np.mean([drawn.right[rows][answer == a].mean() for a in won])) if won else 0.0


@pytest.mark.parametrize("prune", ["draw", "never"])
def test_with_few_samples_it_is_the_mean_over_all_subsets(prune: Prune) -> None:
    counts, k = with_logprobs(6, 7, texts=2), (1, 3, 5, 6, 7)
    got = rpc_sampled(counts, np.array(k), prune=prune, draws=35)
    for i in range(6):
        for column, size in enumerate(k):
            each = [by_hand(counts, i, d, prune == "draw") for d in combinations(range(7), size)]
            assert got.credit[i, column] == pytest.approx(np.mean(each), abs=1e-12)
    np.testing.assert_array_equal(got.error, 0.0)


@pytest.mark.parametrize("prune", PRUNES)
def test_laws(prune: Prune) -> None:
    counts, k = with_logprobs(25, 12), np.array([1, 6, 12, 13])
    got = rpc_sampled(counts, k, prune=prune, draws=24)
    np.testing.assert_allclose(got.credit[:, 0], counts.solve_rates, atol=1e-9)
    assert (got.credit[counts.c == 0, :3] == 0).all()
    assert (got.credit[:, 2] <= 1).all()
    assert np.isnan(got.credit[:, 3]).all()


@pytest.mark.parametrize("prune", PRUNES)
def test_the_names_of_answers_and_texts_change_nothing(prune: Prune) -> None:
    counts, k = with_logprobs(10, 9, texts=3), np.array([1, 5, 9])
    drawn = counts.drawn
    assert drawn is not None
    assert drawn.answer is not None
    assert drawn.text is not None
    renamed = np.where(drawn.answer == VOID, VOID, 90 - drawn.answer)
    other = replace(counts, drawn=replace(drawn, answer=renamed, text=-drawn.text))
    plain, moved = (rpc_credit(c, k, prune=prune, draws=10) for c in (counts, other))
    np.testing.assert_allclose(moved, plain, atol=1e-9)


@pytest.mark.parametrize("prune", PRUNES)
def test_the_order_of_the_samples_changes_nothing(prune: Prune) -> None:
    counts, k = with_logprobs(10, 9, texts=3), np.array([1, 8, 9])
    drawn = counts.drawn
    assert drawn is not None
    rng = np.random.default_rng(2)
    rows = np.concatenate([rng.permutation(np.arange(*drawn.start[i : i + 2])) for i in range(10)])
    plain, moved = (rpc_credit(c, k, prune=prune) for c in (counts, counts.pick(rows, counts.n)))
    np.testing.assert_allclose(moved, plain, atol=1e-9)


def test_equal_likelihoods_and_distinct_texts_make_it_plain_voting() -> None:
    counts, k = with_logprobs(20, 10), np.array([1, 9, 10])
    assert counts.drawn is not None
    flat = np.full(len(counts.drawn.right), -0.5)
    even = replace(counts, drawn=replace(counts.drawn, mean_logprob=flat, text=None))
    plain = majority_credit(even, k)
    for prune in PRUNES:
        np.testing.assert_allclose(rpc_credit(even, k, prune=prune), plain, atol=1e-9)


def test_fitting_once_a_problem_stays_near_the_published_definition() -> None:
    """On the bundled log, a tenth of its problems; the draws are the same, so the noise is less."""
    counts = count(read(EXAMPLE)).only(np.arange(0, 93, 9))
    k = np.array([1, 16])
    each, once = (rpc_sampled(counts, k, prune=p, draws=48) for p in ("draw", "log"))
    gap = abs(each.credit.mean(axis=0) - once.credit.mean(axis=0))
    assert gap[0] < 1e-9
    assert gap[1] < 4 * each.mean_error[1]


def test_a_path_without_a_likelihood_adds_nothing() -> None:
    counts = with_logprobs(8, 6)
    drawn = counts.drawn
    assert drawn is not None
    assert drawn.mean_logprob is not None
    logs = drawn.mean_logprob.copy()
    logs[drawn.right == 1] = np.nan
    unheard = replace(counts, drawn=replace(drawn, mean_logprob=logs))
    for prune in PRUNES:
        whole = rpc_credit(unheard, np.array([6]), prune=prune)
        assert (whole == 0).all()


def test_a_curve_has_an_interval_and_a_log_without_likelihoods_is_refused() -> None:
    counts = with_logprobs(12, 6)
    curve = rpc(counts, [1, 3], prune="never", draws=8, worlds=20)
    assert ((curve.low <= curve.estimate) & (curve.estimate <= curve.high)).all()
    assert (curve.high > curve.low).all()
    assert counts.drawn is not None
    bare = replace(counts, drawn=replace(counts.drawn, mean_logprob=None))
    with pytest.raises(InputError, match=r"RPC needs log-prob.* \(column 'mean_logprob'\)"):
        rpc(bare, 3)


def test_a_vote_is_as_sure_as_its_share_and_is_what_majority_says() -> None:
    counts = with_logprobs(30, 12)
    sure = confidence(counts, 12, vote_scores(counts), draws=3)
    whole = majority_credit(counts, np.array([12]))
    np.testing.assert_allclose(sure.right, np.repeat(whole, 3, axis=1), atol=1e-9)
    drawn = counts.drawn
    assert drawn is not None
    assert drawn.answer is not None
    for i in range(30):
        answer = drawn.answer[counts.rows(i)]
        votes = np.bincount(answer[answer != VOID], minlength=1)
        np.testing.assert_allclose(sure.share[i], votes.max() / 12)
    likely = confidence(counts, 6, rpc_scores(counts))
    assert ((likely.share >= 0) & (likely.share <= 1)).all()
    with pytest.raises(InputError, match=r"1 <= k <= n \(smallest n=12\); got k=13"):
        confidence(counts, 13, vote_scores(counts))


def test_void_has_its_share_but_never_wins() -> None:
    share, right = winner(np.array([[1.0, 3.0], [0.0, 2.0]]), np.array([1.0]))
    np.testing.assert_array_equal(share, [0.25, 0.0])
    np.testing.assert_array_equal(right, [1.0, 0.0])


def test_a_calibrated_confidence_has_no_error_and_the_scores_of_its_entropy() -> None:
    rng = np.random.default_rng(0)
    share = rng.choice([0.15, 0.55, 0.95], 200_000)
    right = (rng.random(200_000) < share).astype(np.float64)
    variance = (share * (1 - share)).mean()
    entropy = -(share * np.log(share) + (1 - share) * np.log1p(-share)).mean()
    assert calibration_error(share, right) < 4 * np.sqrt(0.25 * 3 / 200_000)
    assert brier_score(share, right) == pytest.approx(variance, abs=4 * 0.4 / np.sqrt(200_000))
    assert log_loss(share, right) == pytest.approx(entropy, abs=4 * 1.0 / np.sqrt(200_000))


def test_bins_hold_their_ends_and_being_sure_and_wrong_costs_the_floor() -> None:
    share, right = np.array([1.0, 0.95, 0.0]), np.array([0.0, 1.0, 0.0])
    assert calibration_error(share, right) == pytest.approx(0.95 / 3)
    assert log_loss(np.ones(1), np.zeros(1), floor=1e-3) == pytest.approx(-np.log(1e-3))
    assert brier_score(np.array([0.5]), np.array([0.5])) == pytest.approx(0.25)
