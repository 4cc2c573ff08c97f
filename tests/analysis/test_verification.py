"""Credits join the kernels to a log: by problem, by verdict, and never past what was logged."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.accept import accept_first
from apportion.analysis.counts import VOID, Counts, count
from apportion.analysis.coverage import credits as coverage_credits
from apportion.analysis.exact.verification import best_of as exact_best_of
from apportion.analysis.verification import (
    best_of,
    grid_tokens,
    score_credit,
    scores,
    verdict_grid,
)
from apportion.analysis.voting import majority, majority_credit, majority_limits
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.data.truth import Truth


@pytest.fixture(scope="module")
def mixed() -> tuple[Counts, Truth]:
    trace, truth = simulate("mixed", problems=300, samples=24, verdicts=3, seed=6)
    return count(trace), truth


@pytest.fixture(scope="module")
def small() -> Counts:
    return count(simulate("mixed", problems=8, samples=5, verdicts=2, seed=9)[0])


K1 = np.array([1])


def test_with_one_sample_every_way_of_answering_is_the_solve_rate(
    mixed: tuple[Counts, Truth],
) -> None:
    """A void answer wins no vote, but it is wrong anyway."""
    counts, _ = mixed
    for credit in (majority_credit(counts, K1), score_credit(counts, K1)):
        np.testing.assert_allclose(credit[:, 0], counts.solve_rates, atol=1e-9)
    np.testing.assert_allclose(verdict_grid(counts, K1, K1)[:, 0, 0], counts.solve_rates, atol=1e-9)


def test_no_way_of_answering_beats_coverage(mixed: tuple[Counts, Truth]) -> None:
    counts, _ = mixed
    k = np.array([1, 2, 5, 12, 24])
    most = coverage_credits(counts, k) + 1e-9
    assert (majority_credit(counts, k) <= most).all()
    assert (score_credit(counts, k) <= most).all()
    assert (accept_first(counts, k).right <= most).all()
    assert (verdict_grid(counts, k, np.array([1, 3])) <= most[:, :, None]).all()


def test_voting_over_the_whole_log_is_its_limit(mixed: tuple[Counts, Truth]) -> None:
    counts, _ = mixed
    whole = majority_credit(counts, np.array([24]))[:, 0]
    np.testing.assert_allclose(whole, majority_limits(counts), atol=1e-9)


def test_a_sample_whose_verdicts_were_all_unread_has_no_share(small: Counts) -> None:
    from_yes = scores(small, "this")[small.rows(0)]
    assert set(np.unique(from_yes)) <= {0.0, 0.5, 1.0}


def test_a_curve_beyond_the_log_is_nan_with_a_reason(small: Counts) -> None:
    for curve in (majority(small, [1, 6]), best_of(small, [1, 6])):
        assert np.isfinite(curve.estimate[0])
        assert np.isnan(curve.worlds[:, 1]).all()
        assert curve.reason == (
            "k must satisfy k <= n; at k=6 8 of 8 problems have fewer samples (smallest n=5)"
        )


def test_what_was_not_logged_is_asked_for() -> None:
    bare = count(simulate("beta", problems=4, samples=3, seed=1)[0])
    with pytest.raises(InputError, match="best-of needs a score"):
        best_of(bare, 1)
    with pytest.raises(InputError, match="yes-or-no verdicts"):
        accept_first(bare, K1)


def test_a_log_that_stopped_at_success_has_no_subsets_to_vote_with() -> None:
    trace, _ = simulate("mixed", problems=20, samples=9, verdicts=1, seed=1, stop="until-success")
    counts = count(trace)
    for way in (majority_credit, score_credit, accept_first):
        with pytest.raises(InputError, match="stop rule ignores the outcomes"):
            way(counts, K1)


def test_void_answers_are_told_apart_in_the_simulation(mixed: tuple[Counts, Truth]) -> None:
    """The fixtures do hold void answers, so that the laws above speak of them too."""
    drawn = mixed[0].drawn
    assert drawn is not None
    assert drawn.answer is not None
    assert 0 < (drawn.answer == VOID).mean() < 0.05


def test_unequal_numbers_of_samples_are_scored_problem_by_problem() -> None:
    counts = count(simulate("mixed", problems=6, samples=7, verdicts=2, seed=4)[0])
    sizes = np.array([3, 7, 1, 3, 5, 7])
    rows = np.concatenate([np.arange(n) + 7 * i for i, n in enumerate(sizes)])
    ragged = counts.pick(rows, sizes)
    assert ragged.drawn is not None
    k = np.array([1, 3, 6])
    each = [
        exact_best_of(scores(ragged, "this")[ragged.rows(i)], ragged.drawn.right[ragged.rows(i)], k)
        for i in range(len(sizes))
    ]
    np.testing.assert_allclose(score_credit(ragged, k), each, rtol=0, atol=1e-14)


def test_a_cell_of_the_grid_takes_its_solutions_and_their_verdicts() -> None:
    counts = count(simulate("mixed", problems=2, samples=4, verdicts=2, seed=4)[0])
    told = replace(
        counts,
        output_tokens=np.array([100.0, np.nan]),
        verdict_tokens=np.array([np.nan, 30.0]),
    )
    s, v = np.array([1, 4]), np.array([0, 2])
    np.testing.assert_array_equal(
        grid_tokens(told, s, v), [[[100, np.nan], [400, np.nan]], np.full((2, 2), np.nan)]
    )
    both = replace(told, verdict_tokens=np.array([30.0, 30.0]))
    np.testing.assert_array_equal(grid_tokens(both, s, v)[0], [[100, 160], [400, 640]])
