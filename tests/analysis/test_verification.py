"""Credits join the kernels to a log: by problem, by verdict, and never past what was logged."""

from itertools import permutations

import numpy as np
import pytest
from apportion.analysis.counts import VOID, Counts, count
from apportion.analysis.coverage import credits as coverage_credits
from apportion.analysis.verification import (
    accept_cells,
    accept_first,
    best_of,
    score_credit,
    verdict_grid,
    yes_share,
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


def test_accept_first_is_the_mean_over_all_orders_and_verdicts(small: Counts) -> None:
    got = accept_first(small, np.arange(1, 6))
    assert small.drawn is not None
    assert small.drawn.accepts is not None
    for i in range(len(small)):
        rows = small.rows(i)
        right, accepts = small.drawn.right[rows], small.drawn.accepts[rows]
        for cap in range(1, 6):
            earned, drawn = [], []
            for verdict in range(2):
                for order in permutations(range(5), cap):
                    at = next((j for j, s in enumerate(order) if accepts[s, verdict] == 1), None)
                    earned.append(0.0 if at is None else right[order[at]])
                    drawn.append(cap if at is None else at + 1)
            assert got.right[i, cap - 1] == pytest.approx(np.mean(earned), abs=1e-12)
            assert got.draws[i, cap - 1] == pytest.approx(np.mean(drawn), abs=1e-12)
    np.testing.assert_allclose(got.right + got.wrong + got.abstain, 1, atol=1e-12)


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


def test_cells_cross_verdicts_with_the_truth_and_unread_ones_count_nowhere(small: Counts) -> None:
    drawn = small.drawn
    assert drawn is not None
    assert drawn.accepts is not None
    cells = accept_cells(small)
    np.testing.assert_array_equal(cells.read_right.sum(axis=1), 2 * small.c)
    np.testing.assert_array_equal(cells.read_wrong.sum(axis=1), 2 * (small.n - small.c))
    yes = (drawn.accepts == 1).sum()
    assert cells.true_accepts.sum() + cells.false_accepts.sum() == yes


def test_a_sample_whose_verdicts_were_all_unread_has_no_share(small: Counts) -> None:
    from_yes = yes_share(small, 0)
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
