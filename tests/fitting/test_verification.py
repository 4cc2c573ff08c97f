"""Ceilings: exact at a finite cap, bounded where nothing was accepted, and checked on real logs."""

import os
from pathlib import Path

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.readers import read
from apportion.data.synthetic import simulate
from apportion.data.truth import Truth
from apportion.fitting.fit import Ceiling
from apportion.fitting.verification import best_caps, ceilings, doubts

REAL = Path(os.environ.get("APPORTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
GAME24 = REAL / "game24" / "io_samples.parquet"
CAPS = np.array([1, 4, 16])


def judged(world: str, seed: int, problems: int = 100) -> tuple[Counts, Truth]:
    trace, truth = simulate(world, problems=problems, samples=16, verdicts=1, seed=seed)
    return count(trace), truth


@pytest.fixture(scope="module")
def mid() -> list[tuple[Counts, Truth, Ceiling, Ceiling]]:
    logs = (judged("mid", seed) for seed in range(40))
    return [(c, t, *ceilings(c, k=CAPS, seed=i)) for i, (c, t) in enumerate(logs)]  # type: ignore[misc]


def test_accuracy_at_a_cap_is_unbiased(
    mid: list[tuple[Counts, Truth, Ceiling, Ceiling]],
) -> None:
    errors = np.array([m.accuracy_at.estimate - t.accept_first(CAPS) for _, t, m, _ in mid])
    se = errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
    assert (abs(errors.mean(axis=0)) < 3.5 * se).all()
    assert (se < 0.005).all()


def test_the_accuracy_at_a_cap_is_covered_for_new_problems(
    mid: list[tuple[Counts, Truth, Ceiling, Ceiling]],
) -> None:
    """The truth is that of 200,000 new problems; 40 logs tell a share to about .047."""
    truth = simulate("mid", problems=200_000, samples=1, seed=999)[1].accept_first(CAPS)
    hits = [(m.accuracy_at.low <= truth) & (truth <= m.accuracy_at.high) for _, _, m, _ in mid]
    assert (np.mean(hits, axis=0) >= 0.9 - 2.5 * 0.047).all()


def test_the_bounds_hold_what_the_never_accepted_could_be() -> None:
    """Problems never accepted are all wrong in the worst case and all right in the best.

    A sure verifier accepts all that it judges, so those bounds hold the truth of these problems up
    to the noise of their answers, here under .03 (3 standard errors).
    """
    for world in ("weak", "mid", "strong"):
        for seed in range(8):
            counts, truth = judged(world, seed, problems=300)
            macro, pooled = ceilings(counts, k=CAPS, seed=seed)
            assert macro.worst - 0.03 <= truth.ceiling <= macro.best + 0.03
            assert macro.worst - 1e-12 <= macro.value.estimate <= macro.best + 1e-12
            assert macro.value.low <= macro.value.estimate <= macro.value.high
            assert pooled.worst == pooled.best == pooled.value.estimate
            assert macro.best - macro.worst < {"weak": 0.6, "mid": 0.25, "strong": 0.1}[world]


def test_the_macro_ceiling_weighs_problems_and_the_pooled_one_samples() -> None:
    counts, _ = judged("weak", 3, problems=200)
    macro, pooled = ceilings(counts, k=CAPS)
    assert counts.drawn is not None
    assert counts.drawn.accepts is not None
    yes = counts.drawn.accepts[:, 0] == 1
    assert pooled.value.estimate == pytest.approx(counts.drawn.right[yes].mean())
    each = [counts.drawn.right[r][yes[r]] for r in map(counts.rows, range(200))]
    shares = [e.mean() for e in each if len(e)]
    assert macro.value.estimate == pytest.approx(np.mean(shares))
    assert macro.best - macro.worst == pytest.approx(1 - len(shares) / 200)
    assert bool(doubts(counts)) == (len(shares) < 180)


def test_rates_are_those_of_the_world() -> None:
    counts, truth = judged("mid", 1, problems=400)
    macro, _ = ceilings(counts, k=CAPS)
    tpr = (truth.p * truth.tpr).sum() / truth.p.sum()
    fpr = ((1 - truth.p) * truth.fpr).sum() / (1 - truth.p).sum()
    for got, exact in ((macro.true_positive_rate, tpr), (macro.false_positive_rate, fpr)):
        assert got.estimate == pytest.approx(exact, abs=0.02)
        assert got.low - 0.02 < exact < got.high + 0.02


def test_the_best_cap_grows_without_end_or_is_nothing_at_all() -> None:
    """A dear mistake forbids drawing; a free one asks for every sample (ties within .01)."""
    counts, _ = judged("mid", 2)
    assert best_caps(counts, penalty=100.0) == (0, 0)
    assert best_caps(counts, penalty=0.0)[1] == 16


def test_the_interval_of_the_macro_ceiling_is_the_worlds_own(
    mid: list[tuple[Counts, Truth, Ceiling, Ceiling]],
) -> None:
    widths = np.array([m.value.high - m.value.low for _, _, m, _ in mid])
    estimates = np.array([m.value.estimate for _, _, m, _ in mid])
    assert np.mean(widths) / 3.29 == pytest.approx(estimates.std(ddof=1), rel=0.35)


@pytest.mark.skipif(
    not GAME24.exists(), reason=f"the Game of 24 samples are not at {GAME24} (APPORTION_REAL_DATA)"
)
def test_real_samples_of_the_game_of_24_give_their_known_answers() -> None:
    trace = read([GAME24], names={"correct": "strong"}, verdicts={"weak": "weak"})
    macro, _ = ceilings(count(trace), k=np.array([1, 3, 10, 30, 100]))
    told = [0.0734, 0.1252, 0.1773, 0.2289, 0.3036]
    assert macro.accuracy_at.estimate == pytest.approx(told, abs=5e-5)
