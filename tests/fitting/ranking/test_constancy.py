"""The grid of assumptions: what the judges alone cannot settle is said, what they can is kept."""

import numpy as np
from apportion.fitting.ranking.constancy import ETAS, KAPPAS, TAUS, Constancy, constancy
from apportion.fitting.ranking.standing import Standing, p_above
from apportion.fitting.ranking.tables import Tables

GAMMA = np.array([[0.4166, 0.1406, 0.4427], [0.3223, 0.4582, 0.2195]])
"""The same of two judges who put the candidates in opposite orders."""


def tabled(counts: list[list[int]]) -> Tables:
    k, m = np.shape(counts)
    return Tables(
        tuple("abcd"[:k]),
        ("judge",),
        tuple(map(float, range(m))),
        np.array([counts]),
        np.zeros((1, k, m, m), int),
        np.zeros((k, m), int),
    )


def test_no_setting_is_sure_of_what_no_data_can_settle() -> None:
    seen = tabled(np.round(100_000 * GAMMA).astype(int).tolist())
    found = constancy(seen, np.random.default_rng(1))
    assert len(found.rows) == len(KAPPAS) * len(ETAS) * len(TAUS)
    chances = [p_above(row.worlds)[0, 1] for row in found.rows]
    assert 0.1 < min(chances) <= max(chances) < 0.9
    assert any("not even infinite data" in doubt for doubt in found.doubts)
    assert len(set(found.doubts)) == len(found.doubts)


def test_two_levels_far_apart_keep_their_order() -> None:
    seen = tabled([[100, 900], [600, 400]])
    found = constancy(seen, np.random.default_rng(2), kappas=(np.inf, 30.0), taus=(1.0,))
    assert found.kept().tolist() == [[False, True], [False, False]]
    assert found.chances()[0][0, 1] > 0.95
    assert not any("turns" in doubt for doubt in found.doubts)


def standing(worth: list[float], name: str) -> Standing:
    spread = np.array([[0.0], [-0.1], [0.0], [0.1]]) * np.array([1.0, -1.0, 0.0])
    return Standing(name, ("a", "b", "c"), np.array(worth) + spread, doubts=("one doubt",))


def test_an_order_that_turns_is_named_with_its_chances() -> None:
    found = Constancy((standing([1, 2, 3], "one"), standing([2.1, 2, 3], "other")))
    assert found.kept().tolist() == [[False] * 3, [False] * 3, [True, True, False]]
    least, most = found.chances()
    np.testing.assert_allclose(least, 1 - most.T)
    assert found.doubts[0] == "one doubt"
    assert "the order of 1 of 3 pairs turns" in found.doubts[1]
    assert "a above b: 0.00 to 0.67" in found.doubts[1]
