"""Worlds: what their problems show is what they declare, within 4.5 standard errors."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from apportion.data.errors import InputError
from apportion.data.synthetic import population, simulate
from apportion.data.worlds import WORLDS, Beta, LogitNormal, World, find
from scipy.integrate import quad
from scipy.special import expit

Z = 4.5
K = np.array([1, 10, 100, 1_000, 10_000])

each_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())


@each_world
def test_coverage_of_new_problems_is_what_many_problems_give(world: World) -> None:
    truth = simulate(world, problems=20_000, samples=1, seed=3)[1]
    fail, fail_twice = 1 - population(world, K), 1 - population(world, 2 * K)
    error = np.sqrt((fail_twice - fail**2) / len(truth.p))
    assert (abs(truth.coverage(K) - population(world, K)) < Z * error + 1e-12).all()


@pytest.mark.parametrize(("k", "golden"), [(100, 0.4831720953), (10_000, 0.8630544881)])
def test_beta_coverage_is_golden(k: int, golden: float) -> None:
    assert Beta(0.2956, 12.358).coverage(k) == pytest.approx(golden, abs=5e-11)


@pytest.mark.parametrize("k", [1, 30, 1_000, 1_000_000])
def test_logit_normal_coverage_is_its_integral(k: int) -> None:
    world = LogitNormal(-3.0, 3.0)

    def solved(z: float) -> float:
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        return float(-np.expm1(k * np.log1p(-expit(world.mean + world.sd * z))) * density)

    breaks = list(np.arange(-9.0, 9.5, 1.0))
    exact = sum(quad(solved, a, b, epsabs=1e-13)[0] for a, b in pairwise(breaks))
    assert world.coverage(k) == pytest.approx(exact, abs=1e-10)


@each_world
def test_coverage_rises_with_k_to_the_share_that_is_possible(world: World) -> None:
    curve = population(world, np.array([0, *K, 10**9]))
    assert curve[0] == pytest.approx(0, abs=1e-12)
    assert (np.diff(curve) > 0).all()
    assert curve[-1] < 1 - world.impossible + 1e-12


@each_world
def test_a_share_of_the_problems_is_impossible(world: World) -> None:
    truth = simulate(world, problems=4_000, samples=1, seed=10)[1]
    share = world.impossible
    excess = (truth.p == 0) - share
    assert abs(excess.sum()) <= Z * np.sqrt(4_000 * share * (1 - share))


def test_false_accepts_grow_with_difficulty_as_declared() -> None:
    truth = simulate("mid", problems=20_000, samples=1, seed=4)[1]
    x = np.log(truth.p / (1 - truth.p))
    y = np.log(truth.fpr / (1 - truth.fpr))
    slope, intercept = np.polyfit(x, y, 1)
    assert abs(slope + 0.35) < Z / (2.2 * np.sqrt(len(x)))
    assert abs(intercept + 2.0) < Z / np.sqrt(len(x))


@pytest.mark.parametrize(("name", "macro"), [("weak", 0.436), ("mid", 0.722), ("strong", 0.919)])
def test_the_ceilings_of_the_verifier_worlds(name: str, macro: float) -> None:
    truth = simulate(name, problems=20_000, samples=1, seed=6)[1]
    error = truth.precision.std() / np.sqrt(len(truth.p))
    assert abs(truth.ceiling - macro) < Z * error + 5e-4


def test_harder_problems_are_longer() -> None:
    truth = simulate("mixed", problems=300, samples=1, seed=7)[1]
    assert (np.diff(truth.tokens[np.argsort(truth.p)]) <= 1e-9).all()


def test_levels_are_ordered_by_difficulty_but_not_perfectly() -> None:
    trace, truth = simulate("mixed", problems=3_000, samples=1, seed=9)
    rows = trace.problems.with_columns(p=pl.Series(truth.p))
    levels = rows.group_by("level").agg(
        mean=pl.col("p").mean(), low=pl.col("p").min(), high=pl.col("p").max()
    )
    levels = levels.sort("level")
    assert levels["level"].to_list() == ["1-easy", "2-medium", "3-hard"]
    assert (np.diff(levels["mean"].to_numpy()) < -0.2).all()
    assert (levels["low"].to_numpy()[:-1] < levels["high"].to_numpy()[1:]).all()
    assert rows.filter(pl.col("p") == 0)["level"].unique().to_list() == ["3-hard"]


def test_mixed_has_problems_that_are_solvable_and_lost_to_the_vote() -> None:
    truth = simulate("mixed", problems=300, samples=1, seed=7)[1]
    lost = truth.classes[:, 0] < truth.classes[:, 1:].max(axis=1)
    assert (lost & (truth.p > 0.05)).sum() >= 20
    assert truth.coverage(100) > truth.majority_limit + 0.2


def test_a_share_outside_its_bounds_is_refused() -> None:
    with pytest.raises(InputError, match=r"0 <= impossible < 1; got 1.5"):
        replace(WORLDS["mixed"], impossible=1.5)


def test_every_world_is_documented_under_its_own_name() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text("utf8")
    assert re.findall(r"^\| `([\w-]+)` \|", page, flags=re.MULTILINE)[: len(WORLDS)] == list(WORLDS)
    assert all(find(name).name == name for name in WORLDS)
