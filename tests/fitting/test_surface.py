"""Repeated verdicts and the surface over S and V: recovery, exactness, coverage, real tests."""

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.analysis.curve import Floats
from apportion.analysis.verification import verdict_grid
from apportion.analysis.weighted import weighted_grid
from apportion.benchmarks import codet
from apportion.benchmarks import verifiers as bench
from apportion.benchmarks.real import DATA
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.fitting.chosen import accepted, best_of
from apportion.fitting.surface import EVERY, surface
from apportion.fitting.verdicts import ACCEPT, AGREE, Repeated, Target, repeated, verdicts
from apportion.fitting.voted import voted
from scipy.special import expit
from scipy.stats import betabinom

SOLUTIONS, VERDICTS = bench.FAR_S, bench.FAR_V


def world(problems: int, seed: int) -> tuple[Counts, Floats]:
    return bench.repeated_world(problems, np.random.default_rng(seed))


def test_the_likelihood_is_beta_binomial() -> None:
    """The table is a product of beta-binomials times one number, the same all over."""
    yes, read = np.array([0, 3, 5, 5, 2]), np.array([5, 5, 5, 6, 4])
    log = Repeated(1, np.zeros(5, np.int64), np.ones(5, np.int64), yes, read)
    table = Target(log).said[1][0]
    nodes, weight = np.polynomial.legendre.leggauss(table.shape[1])
    mean = expit(ACCEPT.centres[10:40:7, None] + ACCEPT.step / 2 * nodes)[..., None]
    rho = expit(AGREE.centres[3:12:2])
    a, b = mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1)
    exact = np.ones(a.shape)
    for k, v in zip(yes, read, strict=True):
        exact = exact * betabinom.pmf(k, v, a, b)
    ratio = table[10:40:7, :, 3:12:2] / (exact * weight[:, None])
    assert ratio == pytest.approx(ratio.flat[0], rel=1e-6)


def test_rates_and_agreement_of_verdicts_are_recovered() -> None:
    """Correlation .25 in both classes; levels within 4 of their posterior sds."""
    counts, _ = world(120, 1)
    drawn = verdicts(repeated(counts), worlds=200, rng=np.random.default_rng(0))
    assert drawn.effective > 30
    for agree in (drawn.wrong[1], drawn.right[1]):
        mean = agree.mean(axis=1)
        assert abs(np.median(mean) - 0.25) < 4 * mean.std() + 0.02
    level = drawn.theta[:, 2]
    assert abs(level.mean() + 1.0) < 4 * level.std()


def test_within_the_log_the_surface_is_the_exact_grid() -> None:
    counts, _ = world(40, 2)
    made = surface(counts, [1, 4, 16, 64], [1, 4, 16, EVERY], worlds=20)
    exact = verdict_grid(counts, np.array([1, 4, 16]), np.array([1, 4])).mean(axis=0)
    assert made.estimate[:3, :2] == pytest.approx(exact)
    assert made.estimate[:3, 3] == pytest.approx(exact[:, 1])
    assert made.exact.tolist() == [[True, True, False, True]] * 3 + [[False] * 4]
    assert (np.diff(made.estimate[:, 2]) > -0.02).all()


def test_beyond_the_log_the_surface_holds_the_truth_of_these_problems() -> None:
    """8 logs of 60 problems, 90% intervals up to S = 4n, V = 4M: a share is known to .11."""
    held = [bench.far(seed) for seed in range(8)]
    assert np.mean(held, axis=0).min() >= 0.9 - 2.5 * 0.11


def test_assuming_independent_verdicts_overstates_them() -> None:
    """Why V saturates: at V = 16 the truth lies far below what one verdict's rates promise."""
    counts, truth = world(60, 3)
    drawn = verdicts(repeated(counts), worlds=40, rng=np.random.default_rng(0))
    none = np.full_like(drawn.solve, 1e-6)
    naive = best_of(
        drawn.solve,
        accepted(drawn.right[0], none, 16),
        accepted(drawn.wrong[0], none, 16),
        np.array([16.0]),
    ).mean()
    assert naive > truth[2, 2] + 0.05


def test_weighted_votes_drawn_again_are_those_of_the_log() -> None:
    """Within the log the model's mean is the exact grid's: 60 problems, .03 for draws and fit."""
    counts = count(simulate("mixed", problems=60, samples=16, verdicts=4, seed=1)[0])
    rng, log = np.random.default_rng(0), repeated(counts)
    drawn = verdicts(log, worlds=20, rng=rng)
    few = np.array([1, 4, 16]), np.array([1, 4])
    believed = voted(counts, log, drawn, *few, rng).mean(axis=(0, 1))
    exact = weighted_grid(counts, *few).mean(axis=0)
    assert believed == pytest.approx(exact, abs=0.03)
    made = surface(counts, [4, 64], [4, 16], way="weighted", worlds=10)
    assert made.estimate[0, 0] == pytest.approx(
        weighted_grid(counts, np.array([4]), np.array([4])).mean()
    )
    assert made.estimate[1, 1] > made.estimate[0, 0]
    assert made.exact.tolist() == [[True, False], [False, False]]
    with pytest.raises(InputError, match="way must be one of best-of, weighted; got 'best'"):
        surface(counts, [1], [1], way="best")  # type: ignore[arg-type]


def test_one_verdict_a_solution_cannot_tell_agreement() -> None:
    counts = count(simulate("mid", problems=10, samples=8, verdicts=1, seed=0)[0])
    with pytest.raises(InputError, match="at least 2 verdicts on a solution; verifier has 1"):
        surface(counts, [1, 2], [1])
    counts = count(simulate("mid", problems=10, samples=8, verdicts=2, seed=0)[0])
    with pytest.raises(InputError, match="S must be a list of whole numbers >= 1"):
        surface(counts, [0, 2], [1])


@pytest.mark.skipif(
    not (DATA / "codet").exists(),
    reason=f"CodeT's tests are not at {DATA} (APPORTION_REAL_DATA)",
)
def test_on_generated_tests_more_solutions_help_and_then_harm() -> None:
    """By all tests .26 at S = 4 and .19 at S = 100; predictions for held-out tasks within .02."""
    counts = codet.codet()
    made = surface(counts, [1, 4, 16, 100], [1, 16, EVERY])
    assert made.estimate[:, 2] == pytest.approx([0.174, 0.257, 0.249, 0.194], abs=6e-4)
    peak, chance = made.falls(2)
    assert peak == 4
    assert chance > 0.7
    found = codet.folds()
    assert found["tasks"] == 88
    assert found["mean absolute difference"] < 0.02
