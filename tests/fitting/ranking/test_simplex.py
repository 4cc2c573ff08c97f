"""The simplex of judges: exact slopes, no false certainty, gold decides, calibrated draws."""

import math
from typing import Any

import numpy as np
import pytest
from apportion.benchmarks import sbc_simplex as bench
from apportion.data.judgments import MISSING, Grades, Ints
from apportion.fitting.ranking.collapse import moments
from apportion.fitting.ranking.rising import Rising, rises, shares
from apportion.fitting.ranking.simplex import Judging, Posterior, drawn, relatives, simplex
from apportion.fitting.ranking.standing import p_above
from apportion.fitting.ranking.tables import Tables, tables
from scipy.stats import kstest

JUDGES = {
    "A": np.array([[0.80, 0.15, 0.05], [0.35, 0.50, 0.15], [0.00, 0.05, 0.95]]),
    "B": np.array([[0.85, 0.10, 0.05], [0.20, 0.60, 0.20], [0.00, 0.15, 0.85]]),
}
GAMMA = np.array([[0.4166, 0.1406, 0.4427], [0.3223, 0.4582, 0.2195]])
"""What both judges say of two candidates, whom A and B put in opposite orders."""


def tabled(counts: Ints, gold: Ints | None = None, truth: Ints | None = None) -> Tables:
    counts = np.asarray(counts)
    j, k, m = counts.shape
    return Tables(
        tuple(f"model {i}" for i in range(k)),
        tuple(f"judge {i}" for i in range(j)),
        tuple(map(float, range(m))),
        counts,
        np.zeros((j, k, m, m), int) if gold is None else gold,
        np.zeros((k, m), int) if truth is None else truth,
    )


def above(seen: Tables, seed: int = 0, **setting: Any) -> float:
    """The chance that the first candidate is above the second."""
    return float(p_above(simplex(seen, np.random.default_rng(seed), **setting).worlds)[0, 1])


@pytest.mark.parametrize("kappa", [math.inf, 7.0])
@pytest.mark.parametrize("own", [False, True])
def test_slopes_are_those_of_differences(kappa: float, own: bool) -> None:
    rng = np.random.default_rng(1)
    gold = rng.integers(0, 5, (2, 3, 4, 4))
    seen = tabled(rng.integers(0, 30, (2, 3, 4)), gold, gold[0].sum(axis=-1))
    families = {"judge 0": "x", "model 1": "x", "model 2": "y"} if own else {}
    model = Posterior(seen, Judging(kappa), relatives(seen, families))
    theta = model.start() + 0.5 * rng.standard_normal((3, len(model.start())))
    steps = 1e-5 * np.eye(theta.shape[1])
    rise = [model.density(theta + h)[0] - model.density(theta - h)[0] for h in steps]
    slope = model.density(theta)[1]
    np.testing.assert_allclose(slope, np.array(rise).T / 2e-5, rtol=1e-5, atol=1e-4)


def test_free_numbers_are_the_judges_that_rise_one_to_one() -> None:
    """With the density that the prior has: the volume by differences is the one that is used."""
    rng = np.random.default_rng(2)
    x = 1.5 * rng.standard_normal((1, 3, 2, 5))
    judge = Rising(x)
    psi = np.moveaxis(judge.psi[0], -1, 0)
    assert rises(psi).all()
    np.testing.assert_allclose(psi.sum(axis=-1), 1)
    np.testing.assert_allclose(shares(psi[0]), x[0, ..., 0], atol=1e-9)
    alpha = rng.gamma(2.0, size=(3, 3))
    moved = [Rising(x + 1e-6 * e.reshape(1, 3, 2, 1)).psi - judge.psi for e in np.eye(6)]
    volume = np.array(moved)[:, 0, :, :-1].reshape(6, 6, 5) / 1e-6
    want = np.linalg.slogdet(np.moveaxis(volume, -1, 0))[1]
    want = want + ((alpha - 1) * np.log(psi)).sum(axis=(1, 2))
    np.testing.assert_allclose(judge.log_prior(alpha)[0], want, atol=1e-4)


@pytest.mark.parametrize("kappa", [math.inf, 10.0])
def test_every_judge_drawn_rises_with_the_level(kappa: float) -> None:
    counts = np.random.default_rng(3).integers(0, 40, (2, 3, 3))
    found = drawn(tabled(counts), Judging(kappa), np.zeros((2, 3), bool), np.random.default_rng(4))
    assert rises(found.psi).all()
    np.testing.assert_allclose(found.pi.sum(axis=-1), 1)


def test_two_levels_are_decided() -> None:
    counts = np.array([[[40_000, 60_000], [60_000, 40_000]]])
    assert above(tabled(counts)) > 0.95
    assert above(tabled(counts // 100), kappa=100.0) > 0.95


@pytest.mark.parametrize(("judge", "first"), [("A", False), ("B", True)])
@pytest.mark.parametrize("kappa", [math.inf, 100.0])
def test_gold_decides_three_levels_the_right_way(judge: str, first: bool, kappa: float) -> None:
    gold = np.round(2_000 * JUDGES[judge]).astype(int)
    both = np.stack([gold, gold])[None]
    chance = above(tabled(np.round(5_000 * GAMMA).astype(int)[None], both), kappa=kappa)
    assert chance > 0.95 if first else chance < 0.05


def test_a_permutation_of_candidates_and_judges_permutes_the_worth() -> None:
    counts = np.random.default_rng(5).integers(5, 60, (2, 3, 3))
    here = simplex(tabled(counts), np.random.default_rng(6), kappa=5.0)
    there = simplex(tabled(counts[::-1, [2, 0, 1]]), np.random.default_rng(7), kappa=5.0)
    want, got = here.worlds[:, [2, 0, 1]], there.worlds
    np.testing.assert_allclose(got[0], want[0], atol=0.04)
    np.testing.assert_allclose(got[1:].std(axis=0), want[1:].std(axis=0), atol=0.03)


def test_an_almost_perfect_judge_gives_the_plain_means() -> None:
    gold = np.broadcast_to(2_000 * np.eye(3, dtype=int), (1, 2, 3, 3))
    counts = np.array([[[700, 200, 100], [300, 300, 400]]])
    found = simplex(tabled(counts, gold), np.random.default_rng(8))
    plain = (counts[0] + 1) @ np.arange(3) / 1_003
    np.testing.assert_allclose(found.worlds[0], plain, atol=0.01)


def test_a_judge_that_favours_its_family_is_found_out_by_gold() -> None:
    """Two equal candidates: what the judge adds to its own is told from worth by the gold."""
    fair, kind = np.array([[60, 20, 10], [20, 60, 20], [10, 20, 60]]), np.exp(np.arange(3))
    tilted = np.round(90 * (fair * kind) / (fair * kind).sum(axis=1, keepdims=True)).astype(int)
    gold = np.stack([tilted, fair])[None]
    counts = 10 * gold.sum(axis=2)
    families = {"judge 0": "x", "model 0": "x", "model 1": "y"}
    rng = np.random.default_rng(9)
    found = simplex(tabled(counts, gold), rng, families=families)
    assert abs(found.more["self-preference"][0] - 1) < 0.3
    assert (
        abs(np.subtract(*found.worlds[0]))
        < 0.1
        < np.subtract(*simplex(tabled(counts), rng).worlds[0])
    )


@pytest.mark.parametrize("kappa", [3.0, 10.0])
def test_the_collapse_is_close_to_the_mixture_that_it_stands_for(kappa: float) -> None:
    """Mean and summed variance are the same; each level's spread and tails nearly so."""
    rng = np.random.default_rng(10)
    pi, size = np.array([0.5, 0.3, 0.2]), 40_000
    alpha = kappa * JUDGES["B"].clip(0.01)
    theta = np.stack([rng.dirichlet(row, size) for row in alpha], axis=1)
    exact = np.einsum("m,tms->ts", pi, theta)
    total = alpha.sum(axis=-1)[None, None, :, None, None]
    _, each, mean, much = moments(pi[None, :, None], alpha[None, None, ..., None], total)
    close = rng.dirichlet((much[:, :, None] * mean)[0, 0, :, 0], size)
    np.testing.assert_allclose(exact.mean(axis=0), close.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(exact.var(axis=0).sum(), (pi**2 * each[0, 0, :, 0]).sum(), rtol=0.03)
    np.testing.assert_allclose(exact.std(axis=0), close.std(axis=0), rtol=0.25)
    tails = [np.quantile(each, [0.025, 0.975], axis=0) for each in (exact, close)]
    np.testing.assert_allclose(tails[0], tails[1], atol=0.06)


@pytest.mark.parametrize("name", ["two levels, constant", "three levels, gold"])
def test_draws_are_calibrated(name: str) -> None:
    """The larger run is `make calibrate PARTS=ranking`; here a familywise 1e-3."""
    size = 40 if "two" in name else 12
    rows = [bench.simulated(name, 1_000 + seed) for seed in range(size)]
    place = {key: (np.array([row[key] for row in rows]) + 0.5) / 100 for key in rows[0]}
    assert min(kstest(p, "uniform").pvalue for p in place.values()) > 1e-3 / (2 * len(place))


def graded(item: list[int] | None, gold: list[int] | None = None) -> Grades:
    return Grades(
        ("a", "b"),
        np.array([0, 0, 1, 1, 1]),
        np.array([2, 1, 0, 0, MISSING]),
        (0.0, 0.5, 1.0),
        item=None if item is None else np.array(item),
        judge=np.array([0, 1, 0, 1, 1]),
        gold=None if gold is None else np.array(gold),
    )


def test_verdicts_are_counted_by_their_gold() -> None:
    seen = tables(graded([0, 0, 1, 2, 3], [2, 2, MISSING, 1, MISSING]))
    assert seen.gold[0, 0, 2, 2] == seen.gold[1, 0, 2, 1] == seen.gold[1, 1, 1, 0] == 1
    assert seen.gold.sum() == 3
    assert seen.counts.sum() == seen.counts[0, 1, 0] == 1
    assert seen.truth.tolist() == [[0, 0, 1], [0, 1, 0]], "one item seen twice is one"
    chosen = tables(graded([0, 0, 1, 2, 3], [2] * 5), at_random=False)
    assert not chosen.truth.any()
    assert chosen.known


@pytest.mark.parametrize(
    ("item", "word"), [([0, 0, 1, 1, 2], "Dawid"), (None, "names no items"), ([0, 1, 2, 3, 4], "")]
)
def test_judges_of_the_same_items_are_doubted(item: list[int] | None, word: str) -> None:
    doubts = " ".join(simplex(graded(item), np.random.default_rng(0), kappa=3.0).doubts)
    assert "not even infinite data" in doubts
    assert word in doubts
    assert bool(word) == ("too narrow" in doubts)
