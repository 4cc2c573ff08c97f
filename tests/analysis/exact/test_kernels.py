"""Compiled loops agree with counting, and compile where nothing can be kept."""

from collections.abc import Callable
from fractions import Fraction
from math import comb
from typing import Any

import numba
import numpy as np
import pytest
from apportion.analysis.exact.kernels import (
    aliases,
    avoid,
    circle,
    compiled,
    heads,
    inverted,
    tilt,
)
from scipy.stats import binom, poisson


@pytest.mark.parametrize(("n", "drawn"), [(7, [1, 3, 7]), (90, [2, 50, 89]), (400, [1, 399])])
def test_misses_are_carried_from_one_pass_to_the_next(n: int, drawn: list[int]) -> None:
    marked = np.arange(n + 1, dtype=np.float64)
    chance = np.stack([np.ones(n + 1), np.zeros(n + 1)])
    start = 0
    for k in drawn:
        table = np.empty((1, n + 1))
        alive = avoid(n, marked, (start, 0.0), np.array([k]), chance, table)
        exact = [Fraction(comb(n - a, k), comb(n, k)) for a in range(n + 1)]
        np.testing.assert_allclose(table[0], [float(x) for x in exact], rtol=1e-14, atol=0)
        assert alive == n - k + 1
        start = k


def test_what_is_negligible_beside_the_first_is_left_out() -> None:
    chance, table = np.array([[1.0, 1.0], [0.0, 0.0]]), np.empty((1, 2))
    assert avoid(100, np.array([1.0, 60.0]), (0, 1e-6), np.array([30]), chance, table) == 1
    np.testing.assert_allclose(table, [[0.7, 0.0]], rtol=1e-15)


@pytest.mark.parametrize(("n", "chance"), [(1, 0.5), (40, 0.03), (1_024, 0.7), (10_000, 0.5)])
def test_heads_are_binomial(n: int, chance: float) -> None:
    row = np.empty(n + 1)
    heads(n, chance, 0, row)
    np.testing.assert_allclose(row, binom.pmf(np.arange(n + 1), n, chance), rtol=1e-10, atol=1e-28)
    heads(n, 1.0, 0, row)
    assert row[n] == 1 == row.sum()


@pytest.mark.parametrize(("mean", "first"), [(0.2, 0), (50.0, 0), (1e6, 990_000)])
def test_heads_of_many_rare_coins_are_poisson(mean: float, first: int) -> None:
    row = np.empty(20_000)
    heads(mean, 0.0, first, row)
    exact = poisson.pmf(first + np.arange(len(row)), mean)
    np.testing.assert_allclose(row, exact, rtol=1e-7, atol=1e-25)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 257, 1024])
def test_every_k_is_served_once_and_its_count_inverted(n: int) -> None:
    k, start, exactly = np.arange(1, n + 1), 0, np.empty(n + 1)
    while start < n:
        stop, chance, nodes = tilt(n, k, start, exactly)
        turns = circle(nodes)
        coin = 1 - chance + chance * (turns[0] + 1j * turns[1])[: nodes // 2 + 1]
        mean = np.stack([(coin**n).real, (coin**n).imag])
        got = [inverted(mean, turns, x) / exactly[x] for x in k[start:stop]]
        np.testing.assert_allclose(got, 1, rtol=1e-9)
        start = stop


@pytest.mark.parametrize("k", [1, 2, 30, 1_000, 10**6])
def test_the_chance_of_as_many_draws_as_expected(k: int) -> None:
    nodes, exactly = aliases(k)
    assert exactly == pytest.approx(poisson.pmf(k, k), rel=1e-8)
    assert poisson.pmf(k + nodes, k) < 1e-13 * exactly


def test_where_nothing_can_be_kept_functions_still_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    njit: Callable[..., Any] = numba.njit

    def keepless(cache: bool = False, **how: object) -> Callable[..., Any]:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        made: Callable[..., Any] = njit(**how)
        return made

    monkeypatch.setattr(numba, "njit", keepless)

    def twice(x: int) -> int:
        return 2 * x

    assert compiled(twice)(21) == 42
