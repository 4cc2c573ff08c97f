"""Accept-first speaks for every order of the log, every verdict, and the answer at the cap."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from apportion.analysis.accept import (
    FALLBACKS,
    Accepted,
    accept_cells,
    accept_first,
    accepted,
    same_tests,
)
from apportion.analysis.counts import VOID, Counts, count
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.truth import Truth

FIELDS = ("right", "wrong", "abstain", "draws", "sample_tokens", "verdict_tokens")


@pytest.fixture(scope="module")
def mixed() -> tuple[Counts, Truth]:
    trace, truth = simulate("mixed", problems=300, samples=24, verdicts=3, seed=6)
    return count(trace), truth


@pytest.fixture(scope="module")
def small() -> Counts:
    """Eight problems of five samples with answers, void ones, scores, tokens and two verdicts."""
    counts = count(simulate("mixed", problems=8, samples=5, verdicts=2, seed=9)[0])
    rng = np.random.default_rng(3)
    right = counts.drawn.right  # type: ignore[union-attr]
    answer = np.where(right == 1, 0, rng.integers(1, 3, right.size))
    answer[(right == 0) & (rng.random(right.size) < 0.2)] = VOID
    score = np.round(rng.random(right.size) * 3)
    score[rng.random(right.size) < 0.1] = np.nan
    accepts = (rng.random((right.size, 2)) < 0.2).astype(np.int8)
    accepts[:5] = [[1, 0], [1, 0], [1, 0], [1, 0], [1, -1]]
    tokens = rng.integers(1, 90, right.size).astype(float)
    drawn = replace(counts.drawn, answer=answer, score=score, accepts=accepts, tokens=tokens)  # type: ignore[type-var]
    return replace(counts, drawn=drawn, verdict_tokens=np.full(8, 7.0))


def chosen(log: Counts, seen: list[int], fallback: str) -> float | None:
    """What the rejected samples earn, in words; None where nothing is answered."""
    drawn = log.drawn
    assert drawn is not None
    if fallback == "abstain":
        return None
    if fallback == "random":
        return float(np.mean(drawn.right[seen]))
    if fallback == "best-scored":
        assert drawn.score is not None
        score = np.nan_to_num(drawn.score[seen], nan=-1)
        return float(np.mean(drawn.right[seen][score == score.max()]))
    assert drawn.answer is not None
    votes = [a for a in drawn.answer[seen] if a != VOID]
    most = max(map(votes.count, votes), default=0)
    won = [a for a in set(votes) if votes.count(a) == most]
    return float(np.mean([a == 0 for a in won])) if won else 0.0


def enumerated(log: Counts, cap: int, fallback: str) -> list[Floats]:
    """The fields of Accepted at one cap, (P,) each, by trying every order and verdict."""
    drawn = log.drawn
    assert drawn is not None
    assert drawn.accepts is not None
    assert drawn.tokens is not None
    out = []
    for i in range(len(log)):
        ends = []
        for verdict in drawn.accepts.T:
            for order in permutations(range(log.rows(i).start, log.rows(i).stop)):
                at = next((j for j, s in enumerate(order[:cap]) if verdict[s] == 1), None)
                seen = list(order[: cap if at is None else at + 1])
                won = chosen(log, seen, fallback) if at is None else float(drawn.right[seen[-1]])
                end = [0.0, 0.0, 1.0] if won is None else [won, 1 - won, 0.0]
                ends.append([*end, len(seen), drawn.tokens[seen].sum(), 7 * len(seen)])
        out.append(np.mean(ends, axis=0))
    return list(np.transpose(out))


@pytest.mark.parametrize("fallback", ["abstain", *FALLBACKS])
def test_accept_first_is_the_mean_over_all_orders_and_verdicts(
    small: Counts, fallback: str
) -> None:
    got = accept_first(small, np.arange(1, 6), fallback)
    for cap in range(1, 6):
        for name, exact in zip(FIELDS, enumerated(small, cap, fallback), strict=True):
            np.testing.assert_allclose(getattr(got, name)[:, cap - 1], exact, atol=1e-9)
    np.testing.assert_allclose(got.tokens, got.sample_tokens + got.verdict_tokens)


def ways(counts: Counts, caps: list[int]) -> dict[str, Accepted]:
    return {name: accept_first(counts, np.array(caps), name) for name in ("abstain", *FALLBACKS)}


def test_at_a_cap_of_one_every_fallback_answers_with_the_sample(small: Counts) -> None:
    """Rejected or accepted, it is all there is; abstaining alone lets the rejected go."""
    found = ways(small, [1])
    for name in ("random", "best-scored"):
        np.testing.assert_allclose(found[name].right[:, 0], small.solve_rates, atol=1e-12)
    assert (found["abstain"].right <= found["random"].right + 1e-12).all()


def test_an_answer_at_the_cap_moves_no_cost_and_never_lowers_accuracy(
    mixed: tuple[Counts, Truth],
) -> None:
    counts = mixed[0]
    none = accept_first(counts, np.array([1, 3, 12, 24]))
    for fallback in ("random", "majority"):
        some = accept_first(counts, np.array([1, 3, 12, 24]), fallback)
        assert (some.right >= none.right - 1e-12).all()
        np.testing.assert_allclose(some.right + some.wrong, 1, atol=1e-9)
        np.testing.assert_array_equal(some.draws, none.draws)


def test_accept_first_finds_the_truth_at_every_cap(mixed: tuple[Counts, Truth]) -> None:
    """Unbiased problem by problem: the mean error is within 4 of its own standard errors of 0."""
    counts, truth = mixed
    caps = np.array([1, 3, 12, 24])
    reject = 1 - truth.accepted[:, None]
    exact = truth.precision[:, None] * (1 - reject**caps)
    np.testing.assert_allclose(exact.mean(axis=0), truth.accept_first(caps), atol=1e-12)
    errors = accept_first(counts, caps).right - exact
    se = errors.std(axis=0, ddof=1) / np.sqrt(len(counts))
    assert (abs(errors.mean(axis=0)) < 4 * se).all()
    assert (se < 0.02).all()


def test_a_curve_averages_what_the_problems_earn(small: Counts) -> None:
    for fallback in ("abstain", "majority"):
        curve = accepted(small, [1, 5, 6], fallback=fallback)
        earned = accept_first(small, np.array([1, 5]), fallback).right.mean(axis=0)
        np.testing.assert_allclose(curve.estimate[:2], earned, atol=1e-12)
        assert ((curve.low <= curve.estimate) & (curve.estimate <= curve.high))[:2].all()
        assert np.isnan(curve.worlds[:, 2]).all()


def test_tokens_that_were_not_logged_are_no_cost_that_is_known(small: Counts) -> None:
    none = replace(small, drawn=replace(small.drawn, tokens=None))  # type: ignore[type-var]
    got = accept_first(none, np.array([2]))
    assert np.isnan(got.sample_tokens).all()
    assert np.isfinite(got.verdict_tokens).all()
    assert np.isnan(got.tokens).all()


def test_a_fallback_that_the_log_cannot_give_is_refused(small: Counts) -> None:
    with pytest.raises(InputError, match=r"fallback must be one of abstain, random.*did you mean"):
        accept_first(small, np.array([1]), "majorit")
    bare = replace(small, drawn=replace(small.drawn, score=None, answer=None))  # type: ignore[type-var]
    with pytest.raises(InputError, match="'best-scored' needs a score"):
        accept_first(bare, np.array([1]), "best-scored")
    with pytest.raises(InputError, match="needs answers"):
        accept_first(bare, np.array([1]), "majority")


def test_beyond_the_log_there_is_no_end(small: Counts) -> None:
    for fallback in ("abstain", *FALLBACKS):
        got = accept_first(small, np.array([5, 6]), fallback)
        for name in FIELDS:
            np.testing.assert_array_equal(
                np.isnan(getattr(got, name)), np.tile([False, True], (8, 1))
            )


def test_cells_cross_verdicts_with_the_truth_and_unread_ones_count_nowhere(small: Counts) -> None:
    drawn = small.drawn
    assert drawn is not None
    assert drawn.accepts is not None
    cells = accept_cells(small)
    read = (drawn.accepts >= 0).sum()
    assert read == drawn.accepts.size - 1
    assert cells.read_right.sum() + cells.read_wrong.sum() == read
    yes = (drawn.accepts == 1).sum()
    assert cells.true_accepts.sum() + cells.false_accepts.sum() == yes
    np.testing.assert_array_equal(
        accept_cells(small.only(np.arange(1, 8))).read_right.sum(axis=1), 2 * small.c[1:]
    )


@pytest.mark.parametrize("way", [accept_first, lambda counts, _: accept_cells(counts)])
def test_a_log_that_stopped_at_success_has_no_orders(way: object) -> None:
    trace, _ = simulate("mixed", problems=20, samples=9, verdicts=1, seed=1, stop="until-success")
    with pytest.raises(InputError, match="stop rule ignores the outcomes"):
        way(count(trace), np.array([1]))  # type: ignore[operator]


def test_one_test_for_all_samples_is_told_from_verdicts_drawn_anew() -> None:
    """Of 4 tests of a problem each passes its own share; judges that answer anew do not differ."""
    for seed in range(6):
        anew = count(simulate("mid", problems=40, samples=16, verdicts=4, seed=seed)[0])
        assert not same_tests(anew)
        assert anew.drawn is not None
        rng = np.random.default_rng(seed)
        passes = np.repeat(rng.beta(0.5, 2.0, (40, 4)), 16, axis=0)
        accepts = (rng.random(passes.shape) < passes).astype(np.int8)
        assert same_tests(replace(anew, drawn=replace(anew.drawn, accepts=accepts)))
