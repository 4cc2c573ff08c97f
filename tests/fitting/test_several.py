"""Several models and verifiers: the likelihood, the intervals, and what is told of bad input."""

import numpy as np
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
