"""Margins: an order within its margin cannot be undone, one beyond it can."""

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.fitting.ranking.margin import margins, rogan_gladen
from apportion.fitting.ranking.tables import Tables


def tabled(counts: object, gold: object = None, values: tuple[float, ...] = (0.0, 1.0)) -> Tables:
    said = np.array([counts])
    _, k, m = said.shape
    known = np.zeros((1, k, m, m), int) if gold is None else np.array([gold])
    names = tuple("abcd"[:k])
    return Tables(names, ("judge",), values, said, known, np.zeros((k, m), int))


def test_the_margin_is_the_least_change_of_the_judge_that_undoes_an_order() -> None:
    """Brute force: over all rates within delta, equal candidates reach a gap of delta, no more."""
    rng = np.random.default_rng(1)
    delta = 0.2
    f, t, pi, other = rng.random((4, 200_000))
    f_l, t_l = f + delta * rng.uniform(-1, 1, f.shape), t + delta * rng.uniform(-1, 1, f.shape)
    valid = (f < t) & (f_l < t_l) & (f_l >= 0) & (t_l <= 1)
    gap = np.abs((f + pi * (t - f)) - (f_l + other * (t_l - f_l)))
    undone = ((f + pi * (t - f)) > (f_l + other * (t_l - f_l))) & (pi <= other)
    assert gap[valid & undone].max() <= delta
    assert gap[valid & undone].max() > 0.9 * delta


def test_pairs_survive_the_gap_of_their_rates() -> None:
    found = margins(tabled([[200, 800], [500, 500], [510, 490]]), np.random.default_rng(2))
    gap, low = found.survived(0.95)
    assert abs(gap[0, 0, 1] - 0.3) < 0.01
    assert 0.23 < low[0, 0, 1] < 0.29
    assert gap[0, 1, 0] == 0
    assert low[0, 1, 2] == 0, "too near to tell"


def test_the_lower_bound_holds_with_its_mass() -> None:
    rng = np.random.default_rng(3)
    rates = rng.random((300, 2))
    counts = rng.binomial(60, rates)
    held = []
    for (a, b), said in zip(rates, counts, strict=True):
        seen = tabled(np.column_stack([60 - said, said]))
        held.append(margins(seen, rng, draws=500).survived(0.9)[1][0, 0, 1] <= max(a - b, 0))
    assert np.mean(held) > 0.9 - 3 * np.sqrt(0.09 / 300)


def test_gold_mends_the_rates() -> None:
    """Sensitivity .9, specificity .7: passes of .48 and .36 are worth .30 and .10."""
    gold = [[[7_000, 3_000], [1_000, 9_000]], [[0, 0], [0, 0]]]
    seen = tabled([[5_200, 4_800], [6_400, 3_600]], gold)
    (found,) = rogan_gladen(seen, np.random.default_rng(4))
    np.testing.assert_allclose(found.worlds[0], [0.3, 0.1], atol=0.01)
    assert abs(found.more["sensitivity"][0] - 0.9) < 0.01
    assert abs(found.more["specificity"][0] - 0.7) < 0.01
    assert found.doubts == ()


def test_a_blind_judge_is_doubted_and_no_gold_asks_for_it() -> None:
    rng = np.random.default_rng(5)
    (blind,) = rogan_gladen(tabled([[50, 50]], [[[20, 20], [20, 20]]]), rng)
    assert "no better than chance" in blind.doubts[0]
    (bare,) = rogan_gladen(tabled([[50, 50]]), rng)
    assert "no gold" in bare.doubts[0]
    assert np.isfinite(bare.worlds).all()
    assert bare.worlds.min() >= 0
    assert bare.worlds.max() <= 1


def test_margins_are_of_two_levels() -> None:
    with pytest.raises(InputError, match="levels = 2"):
        margins(tabled([[1, 2, 3]], values=(0.0, 1.0, 2.0)), np.random.default_rng(6))
