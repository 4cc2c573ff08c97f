"""An estimate is the mean credit of the log, with worlds for these problems or for new ones."""

import numpy as np
import pytest
from apportion.analysis.counts import Counts, Ints, count
from apportion.analysis.coverage import credits
from apportion.analysis.curve import Floats
from apportion.analysis.estimate import Credit, estimate
from apportion.analysis.verification import best_of, score_credit
from apportion.analysis.voting import majority, majority_credit
from apportion.data.synthetic import simulate

LOG = count(simulate("mixed", problems=25, samples=6, verdicts=2, seed=3)[0])
K = np.array([1, 3, 6])


@pytest.mark.parametrize("population", ["these", "new"])
@pytest.mark.parametrize("credit", [credits, majority_credit, score_credit])
def test_row_0_is_the_mean_credit_and_worlds_are_shares(credit: Credit, population: str) -> None:
    curve = estimate(LOG, K, credit, population=population)  # type: ignore[arg-type]
    np.testing.assert_allclose(curve.estimate, credit(LOG, K).mean(axis=0), rtol=1e-14)
    assert curve.worlds.shape == (401, 3)
    assert ((curve.worlds >= 0) & (curve.worlds <= 1)).all()
    assert curve.population == population


def test_for_new_problems_the_spread_is_that_of_a_mean_over_problems() -> None:
    curve = majority(LOG, K, population="new", worlds=20_000)
    expected = majority_credit(LOG, K).var(axis=0, ddof=1) / len(LOG)
    np.testing.assert_allclose(curve.worlds[1:].var(axis=0), expected, rtol=4 * np.sqrt(3 / 20_000))


def test_beyond_the_log_nothing_is_known_and_the_reason_says_so() -> None:
    curve = best_of(LOG, [3, 7])
    assert np.isfinite(curve.worlds[:, 0]).all()
    assert np.isnan(curve.worlds[:, 1]).all()
    assert curve.reason is not None
    assert curve.reason.startswith("k must satisfy k <= n; at k=7 25 of 25")


def test_the_seed_fixes_the_worlds() -> None:
    first, again, other = (majority(LOG, K, seed=s).worlds for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first[1:] != other[1:]).any()


def test_errors_are_taken_off_the_estimate() -> None:
    def shifted(_: Counts, ks: Ints, __: Credit, worlds: int, ___: int) -> Floats:
        return np.full((worlds, len(ks)), 0.01)

    curve = estimate(LOG, K, majority_credit, worlds=2, again=shifted)
    np.testing.assert_allclose(curve.worlds[1:] + 0.01, curve.worlds[:1].repeat(2, axis=0))
