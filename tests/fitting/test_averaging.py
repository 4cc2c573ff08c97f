"""Weights of the families, and the backtest that stands beside them."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.data.synthetic import simulate
from apportion.fitting.averaging import LAW_SHARE, median, misfit, speakers, weights
from apportion.fitting.backtest import SHARE, backtest, thinned
from apportion.fitting.curves import FAMILIES

EVEN = np.zeros(3)
FITS = np.array([1.0, 0.5])


def test_equal_evidence_shares_evenly_and_laws_that_fit_keep_their_share() -> None:
    found = weights(EVEN, FITS)
    np.testing.assert_allclose(found, [(1 - LAW_SHARE) / 3] * 3 + [LAW_SHARE / 2] * 2)
    np.testing.assert_allclose(weights(EVEN, FITS, 0.2)[3:], 0.1)


def test_mixtures_share_by_their_evidence() -> None:
    found = weights(np.array([0.0, np.log(9.0), -800.0]), FITS)
    assert found.sum() == pytest.approx(1)
    assert found[1] / found[0] == pytest.approx(9)
    assert found[2] == 0


def test_a_law_that_misses_the_curve_loses_its_share_to_all_others() -> None:
    found = weights(EVEN, np.array([1.0, 2 + 2 * np.log(4.0)]))
    assert found[4] == pytest.approx(found[3] / 4)
    none = weights(EVEN, np.full(2, np.inf))
    np.testing.assert_allclose(none, [1 / 3] * 3 + [0, 0])


def test_misfit_is_a_chi_squared_with_room_for_small_errors() -> None:
    """Residuals of sd .03 at four points: their mean square over .03^2 + .01^2, four times."""
    rng = np.random.default_rng(1)
    fitted = np.zeros((4_001, 10))
    found = []
    for _ in range(60):
        curve = 0.03 * rng.standard_normal((4_001, 10))
        found.append(misfit(curve, fitted))
    expected = 4 * 0.03**2 / (0.03**2 + 0.01**2)
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - expected) < 4 * error


def test_the_median_weighs_families_and_worlds() -> None:
    rng = np.random.default_rng(2)
    worlds, weight = rng.random((3, 40, 5)), np.array([0.5, 0.3, 0.2])
    found = median(worlds, weight)
    for k in range(5):
        rows = sorted((worlds[f, w, k], weight[f] / 40) for f in range(3) for w in range(40))
        total, at = 0.0, -1
        while total < 0.5 - 1e-12:
            at += 1
            total += rows[at][1]
        assert found[k] == rows[at][0]


def test_speakers_are_as_near_their_weights_as_whole_numbers_allow() -> None:
    weight = np.array([0.21, 0.0, 0.34, 0.45])
    spoken = np.bincount(speakers(weight, 50, np.random.default_rng(3)), minlength=4)
    assert (np.abs(spoken - 50 * weight) < 1).all()
    assert spoken[1] == 0


def test_a_quarter_of_the_samples_is_drawn_without_replacement() -> None:
    counts = count(simulate("beta", problems=50, samples=21, seed=1)[0])
    uneven = replace(counts, n=np.arange(1, 51), c=np.minimum(counts.c, np.arange(1, 51)))
    part = thinned(uneven, np.random.default_rng(0))
    assert part.n.tolist() == [max(n // SHARE, 1) for n in range(1, 51)]
    assert (part.c <= np.minimum(part.n, uneven.c)).all()
    assert (part.n - part.c <= uneven.n - uneven.c).all()


def test_the_backtest_tells_a_family_that_fits_from_one_that_cannot() -> None:
    """A bimodal log at 200 x 100: one beta misses the second rise, two kinds do not."""
    found = backtest(count(simulate("bimodal", problems=200, samples=100, seed=2)[0]), 0)
    mae = dict(zip([f.name for f in FAMILIES], found.mae, strict=True))
    assert found.possible
    assert np.isfinite(found.averaged)
    assert mae["two-betas"] < mae["logit-normal"]
    assert (found.log_score < 0).all()


def test_where_nothing_can_be_held_out_there_is_no_backtest() -> None:
    short = count(simulate("beta", problems=30, samples=7, seed=1)[0])
    stopped = simulate("beta", problems=30, samples=40, seed=1, stop="until-success")[0]
    for counts in (short, count(stopped)):
        found = backtest(counts, 0)
        assert not found.possible
        assert np.isnan([found.averaged, *found.mae, *found.log_score]).all()
