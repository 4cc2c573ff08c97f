"""Several models and verifiers: the likelihood, the intervals, and what is told of bad input."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.analysis.counts import count
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.fitting.importance import score
from apportion.fitting.several import Target, several, together
from apportion.fitting.utility import stays_below
from apportion.fitting.verifier import Crossed
from scipy.special import expit
from scipy.stats import binom

REAL = Path(os.environ.get("APPORTION_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
OTIS = REAL / "epoch_hub" / "otis.parquet"
SOLVING = (-2.0, 1.0)
SHARED = {"ease": 1.5, "own": 0.8, "false": (-2.0, -0.5, 0.7), "true": (2.0, 0.3, 0.5)}


def drawn(problems: int, rng: np.random.Generator) -> list[tuple[Floats, Floats, Floats]]:
    """Solve rate, FPR and TPR of both models on the same problems."""
    ease, out = rng.standard_normal(problems), []
    for level in SOLVING:
        p = expit(level + 1.5 * ease + 0.8 * rng.standard_normal(problems))
        f = expit(-2.0 - 0.5 * ease + 0.7 * rng.standard_normal(problems))
        t = expit(2.0 + 0.3 * ease + 0.5 * rng.standard_normal(problems))
        out.append((p, f, t))
    return out


def logged(rates: list[tuple[Floats, Floats, Floats]], n: int, seed: int) -> list[list[Crossed]]:
    rng, rows = np.random.default_rng(seed), []
    for p, f, t in rates:
        right = rng.binomial(n, p)
        cells = np.full(len(p), n), right, right, rng.binomial(right, t), n - right
        rows.append([Crossed(*(c.astype(float) for c in (*cells, rng.binomial(n - right, f))))])
    return rows


THETA = np.array(
    [*SOLVING, score(1.5), score(0.8), -2.0, -2.0, -0.5, score(0.7), 2.0, 2.0, 0.3, score(0.5)]
)


def test_the_grid_gives_the_likelihood_that_simulation_gives() -> None:
    """400,000 tasks: the likelihood of five logs within 4 standard errors and 3%, for the cells."""
    few = drawn(5, np.random.default_rng(0))
    logs = logged(few, 6, 1)
    mine = np.exp(Target(logs).each(THETA[None])[0])
    many = drawn(400_000, np.random.default_rng(2))
    for i in range(5):
        each = np.ones(400_000)
        for (p, f, t), (log,) in zip(many, logs, strict=True):
            each *= binom.pmf(log.right[i], 6, p)
            each *= binom.pmf(log.false_accepts[i], log.judged_wrong[i], f)
            each *= binom.pmf(log.true_accepts[i], log.judged_right[i], t)
        assert abs(mine[i] - each.mean()) < 4 * each.std() / 400_000**0.5 + 0.03 * each.mean()


def test_both_ceilings_are_held_and_the_weak_stays_below_the_strong() -> None:
    """6 logs, 2 ceilings of 95% each: more than one miss in twelve has a chance of .12."""
    held = []
    for seed in range(6):
        truth = drawn(60, np.random.default_rng(seed))
        found = several(logged(truth, 16, seed), worlds=200, rng=np.random.default_rng(seed))
        assert found.effective > 50
        for (p, f, t), (mine,) in zip(truth, found.rates, strict=True):
            low, high = np.quantile(mine.ceiling.mean(axis=1), [0.025, 0.975])
            held.append(low <= (p * t / (p * t + (1 - p) * f)).mean() <= high)
    assert sum(held) >= 10
    weak, strong = found.rates[0][0], found.rates[1][0]
    chance = stays_below(*weak.accepts, strong.solve.mean(axis=1), np.array([1.0, np.inf]))
    assert chance[0] == 1.0
    assert chance[1] <= chance[0]


def test_the_ease_of_a_task_is_learnt_from_both_models() -> None:
    truth = drawn(80, np.random.default_rng(9))
    found = several(logged(truth, 20, 9), worlds=100, rng=np.random.default_rng(9))
    easier = np.corrcoef(found.ease.mean(axis=0), truth[0][0] + truth[1][0])[0, 1]
    assert easier > 0.8


def test_groups_are_aligned_by_the_names_of_their_problems() -> None:
    counts = count(simulate("mid", problems=12, samples=8, verdicts=1, seed=0)[0])
    part = counts.only(np.array([7, 3, 5]))
    logs, shared = together([[counts], [part]])
    assert shared == tuple(counts.problems[i] for i in (3, 5, 7))
    assert logs[0][0].right.tolist() == logs[1][0].right.tolist() == counts.c[[3, 5, 7]].tolist()
    other = count(simulate("weak", problems=12, samples=8, verdicts=1, seed=0)[0])
    with pytest.raises(InputError, match="share no problem"):
        together([[counts], [other]])
    with pytest.raises(InputError, match="same verifiers"):
        together([[counts, counts], [part]])


@pytest.mark.skipif(not OTIS.exists(), reason=f"no graded runs at {OTIS} (APPORTION_REAL_DATA)")
def test_two_graders_of_real_runs_disagree_on_one_model_alone() -> None:
    """Four models on 45 mock AIME problems, up to 8 times each; exact match is the truth, a model
    grades. It accepts 15 wrong answers of one model and none of 360 and 360 of two others."""
    rows = pl.read_parquet(OTIS)
    truth, verdict = pl.col("model_extracted_exact_match"), pl.col("model_graded")
    both = rows.pivot("scorer", index=["run_id", "problem", "epoch"], values="correct")
    cells = both.drop_nulls().group_by("run_id", "problem").agg(
        n=pl.len(), right=truth.sum(), true=(truth & verdict).sum(), false=(~truth & verdict).sum()
    ).sort("run_id", "problem")  # fmt: skip
    logs = []
    for run in cells["run_id"].unique(maintain_order=True):
        part = cells.filter(pl.col("run_id") == run).cast({pl.UInt32: pl.Float64})
        n, right, true, false = (part[c].to_numpy() for c in ("n", "right", "true", "false"))
        logs.append([Crossed(n, right, right, true, n - right, false)])
    found = several(logs, worlds=200, rng=np.random.default_rng(0))
    assert found.effective > 100
    rates = [float(each.false_positive.mean()) for (each,) in found.rates]
    shares = [(log.false_accepts.sum() / log.judged_wrong.sum()).item() for (log,) in logs]
    assert int(np.argmax(shares)) == int(np.argmax(rates))
    clean = [i for i, (log,) in enumerate(logs) if log.false_accepts.sum() == 0]
    assert len(clean) == 2
    for (mine,) in (found.rates[i] for i in clean):
        assert np.quantile(mine.ceiling.mean(axis=1), 0.95) > 0.99
