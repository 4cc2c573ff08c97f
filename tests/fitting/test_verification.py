"""Ceilings: exact at a finite cap, bounded where nothing was accepted, and checked on real logs."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import Counts, count, count_accepted
from apportion.data.labels import labels_follow
from apportion.data.readers import read
from apportion.data.synthetic import simulate
from apportion.data.truth import Truth
from apportion.fitting.fit import Ceiling
from apportion.fitting.group import fit
from apportion.fitting.verification import ceilings, doubts

REAL = Path(os.environ.get("APPORTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
GAME24 = REAL / "game24" / "io_samples.parquet"
CAPS = np.array([1, 4, 16])


def judged(world: str, seed: int, problems: int = 100) -> tuple[Counts, Truth]:
    trace, truth = simulate(world, problems=problems, samples=16, verdicts=1, seed=seed)
    return count(trace), truth


@pytest.fixture(scope="module")
def mid() -> list[tuple[Counts, Truth, Ceiling, Ceiling]]:
    logs = (judged("mid", seed) for seed in range(24))
    return [(c, t, *ceilings(c, k=CAPS, seed=i)) for i, (c, t) in enumerate(logs)]  # type: ignore[misc]


def test_accuracy_at_a_cap_is_unbiased(
    mid: list[tuple[Counts, Truth, Ceiling, Ceiling]],
) -> None:
    errors = np.array([m.accuracy_at.estimate - t.accept_first(CAPS) for _, t, m, _ in mid])
    se = errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
    assert (abs(errors.mean(axis=0)) < 3.5 * se).all()
    assert (se < 0.005).all()


def test_the_accuracy_at_a_cap_and_the_ceiling_are_covered(
    mid: list[tuple[Counts, Truth, Ceiling, Ceiling]],
) -> None:
    """For these problems; the ceiling of 200,000 new ones too. 24 logs tell a share to .061."""
    truths = [t.accept_first(CAPS) for _, t, _, _ in mid]
    hits = [
        (m.accuracy_at.low <= t) & (t <= m.accuracy_at.high)
        for (_, _, m, _), t in zip(mid, truths, strict=True)
    ]
    top = [m.value.low <= t.ceiling <= m.value.high for _, t, m, _ in mid]
    far = [
        m.beyond.low[0] <= t.accept_first(m.beyond.k)[0] <= m.beyond.high[0] for _, t, m, _ in mid
    ]
    new = simulate("mid", problems=200_000, samples=1, seed=999)[1].ceiling
    those = [m.new.low <= new <= m.new.high for _, _, m, _ in mid]
    shares = [*np.mean(hits, axis=0), np.mean(top), np.mean(far), np.mean(those)]
    assert min(shares) >= 0.9 - 2.5 * 0.061


def test_the_bounds_hold_what_the_never_accepted_could_be() -> None:
    """Problems never accepted are all wrong in the worst case and all right in the best.

    Those bounds hold the truth of these problems up to the noise of their answers, here under .03
    (3 standard errors).
    """
    for world in ("weak", "mid", "strong"):
        for seed in range(2):
            counts, truth = judged(world, seed, problems=300)
            macro, pooled = ceilings(counts, k=CAPS, seed=seed)
            assert macro.worst - 0.03 <= truth.ceiling <= macro.best + 0.03
            assert macro.worst <= macro.value.estimate <= macro.best
            assert macro.value.low <= macro.value.estimate <= macro.value.high
            assert np.isnan([pooled.worst, pooled.best]).all()
            assert macro.best - macro.worst < {"weak": 0.6, "mid": 0.25, "strong": 0.1}[world]


def test_the_macro_ceiling_weighs_problems_and_the_pooled_one_samples() -> None:
    counts, truth = judged("weak", 3, problems=200)
    macro, pooled = ceilings(counts, k=CAPS)
    assert counts.drawn is not None
    assert counts.drawn.accepts is not None
    yes = counts.drawn.accepts[:, 0] == 1
    seen = counts.drawn.right[yes]
    assert pooled.value.estimate == pytest.approx(
        seen.mean(), abs=3 * seen.std() / len(seen) ** 0.5
    )
    each = [counts.drawn.right[r][yes[r]] for r in map(counts.rows, range(200))]
    shares = [e.mean() for e in each if len(e)]
    assert macro.assumptions[-1].value.estimate == pytest.approx(np.mean(shares))
    assert macro.best - macro.worst == pytest.approx(1 - len(shares) / 200)
    assert macro.value.low < truth.ceiling < macro.value.high
    assert bool(doubts(macro, counts)) == (len(shares) < 180)


def test_rates_are_those_of_the_world() -> None:
    counts, truth = judged("mid", 1, problems=400)
    macro, _ = ceilings(counts, k=CAPS)
    tpr = (truth.p * truth.tpr).sum() / truth.p.sum()
    fpr = ((1 - truth.p) * truth.fpr).sum() / (1 - truth.p).sum()
    for got, exact in ((macro.true_positive_rate, tpr), (macro.false_positive_rate, fpr)):
        assert got.estimate == pytest.approx(exact, abs=0.02)
        assert got.low - 0.02 < exact < got.high + 0.02


def test_the_interval_for_new_problems_is_the_worlds_own(
    mid: list[tuple[Counts, Truth, Ceiling, Ceiling]],
) -> None:
    widths = np.array([m.new.high - m.new.low for _, _, m, _ in mid])
    estimates = np.array([m.value.estimate for _, _, m, _ in mid])
    assert np.mean(widths) / 3.29 == pytest.approx(estimates.std(ddof=1), rel=0.35)


def test_labels_on_accepted_samples_alone_give_the_same_accuracy_and_ceiling() -> None:
    """What was rejected needs no truth: hide it, and accept-first is what it was to the digit."""
    trace, truth = simulate("mid", problems=100, samples=16, verdicts=1, seed=4)
    accepts = trace.verdicts.select("problem", "sample", "accepts")
    seen = trace.samples.join(accepts, on=["problem", "sample"], maintain_order="left")
    hidden = seen.with_columns(
        correct=pl.when(pl.col("accepts")).then(pl.col("correct")).otherwise(None)
    ).drop("accepts")
    whole, part = count(trace), count_accepted(replace(trace, samples=hidden))
    known, told = (ceilings(each, k=CAPS)[0] for each in (whole, part))
    assert told.accuracy_at.estimate == pytest.approx(known.accuracy_at.estimate, abs=1e-12)
    assert told.value.low < truth.ceiling < told.value.high
    assert (
        abs(told.value.estimate - known.value.estimate) < (known.value.high - known.value.low) / 2
    )
    assert known.true_positive_rate.estimate < 1
    assert np.isnan(told.true_positive_rate.estimate)
    assert not labels_follow(trace, "verifier")
    made = fit(replace(trace, samples=hidden), at=[1]).groups[0]
    assert made.ceilings[0].accuracy_at.estimate == pytest.approx(
        known.accuracy_at.estimate[:1], abs=1e-12
    )
    assert any("truth is known only of samples that verifier accepted" in d for d in made.doubts)


@pytest.mark.skipif(
    not GAME24.exists(), reason=f"the Game of 24 samples are not at {GAME24} (APPORTION_REAL_DATA)"
)
def test_real_samples_of_the_game_of_24_give_their_known_answers() -> None:
    trace = read([GAME24], names={"correct": "strong"}, verdicts={"weak": "weak"})
    macro, _ = ceilings(count(trace), k=np.array([1, 3, 10, 30, 100]))
    told = [0.0734, 0.1252, 0.1773, 0.2289, 0.3036]
    assert macro.accuracy_at.estimate == pytest.approx(told, abs=5e-5)
