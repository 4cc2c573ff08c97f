"""A point stands on the frontier when no other costs no more and is right no less."""

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.analysis.coverage import coverage
from apportion.analysis.frontier import Frontier, Point, frontier, points
from apportion.analysis.voting import majority
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from hypothesis import given, settings
from hypothesis import strategies as st

coarse = st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan])


def made(cost: list[list[float]], accuracy: list[list[float]]) -> Frontier:
    """Points called a, b, .. from a row of worlds each."""
    rows = zip(cost, accuracy, strict=True)
    return frontier([Point(chr(97 + i), np.array(c), np.array(a)) for i, (c, a) in enumerate(rows)])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(coarse, coarse), min_size=1, max_size=7))
def test_the_frontier_is_the_definition(pairs: list[tuple[float, float]]) -> None:
    found = made([[c, c] for c, _ in pairs], [[a, a] for _, a in pairs])

    def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
        return one[0] <= other[0] and one[1] >= other[1] and one != other

    for i, pair in enumerate(pairs):
        exists = not np.isnan(pair).any()
        assert found.on[i] == (exists and not any(beats(rival, pair) for rival in pairs))
        assert np.isnan(found.chance[i]) if not exists else found.chance[i] == found.on[i]
        rivals = {chr(97 + j) for j, p in enumerate(pairs) if found.on[j] and beats(p, pair)}
        assert set(found.dominated_by[i]) == rivals
        # Whoever is beaten is beaten by somebody on the frontier.
        assert bool(rivals) == (exists and not found.on[i])


def test_equal_points_stand_together() -> None:
    found = made([[1, 1], [1, 1], [1, 1]], [[0.5, 0.5], [0.5, 0.5], [0.4, 0.4]])
    assert found.on.tolist() == [True, True, False]
    assert found.dominated_by == ((), (), ("a", "b"))


def test_the_chance_is_the_share_of_worlds() -> None:
    found = made([[1] * 5, [2] * 5], [[0.5] * 5, [0.6, 0.6, 0.4, 0.5, 0.7]])
    assert found.on.tolist() == [True, True]
    assert found.chance.tolist() == [1, 0.5]


def test_a_point_without_a_value_is_not_on_the_frontier_and_beats_no_one() -> None:
    found = made([[1, 1, 1], [0, 0, 0]], [[0.5, 0.5, 0.5], [np.nan, np.nan, 0.9]])
    assert found.on.tolist() == [True, False]
    assert found.chance.tolist() == [0.5, 1]


def test_the_points_of_a_log_share_its_worlds() -> None:
    counts = count(simulate("mixed", problems=60, samples=12, seed=4)[0])
    k = [1, 3, 12]
    all_points = [
        p
        for name, method in (("coverage", coverage), ("majority", majority))
        for p in points(counts, method(counts, k, population="new", worlds=50), name)
    ]
    found = frontier(all_points)
    assert [p.name for p in found.points[:2]] == ["coverage k=1", "coverage k=3"]
    assert all_points[1].cost == pytest.approx(3 * all_points[0].cost)
    assert all_points[0].cost[0] == pytest.approx(counts.output_tokens.mean())
    assert found.on[:3].all()
    assert (found.chance[:3] == 1).all()
    # Coverage at 12 costs what the vote does and is right wherever the vote is.
    assert not found.on[5]
    assert "coverage k=12" in found.dominated_by[5]
    known = points(counts, coverage(counts, k, worlds=50), "coverage")
    assert np.ptp(known[0].cost) == 0


def test_what_is_no_set_of_points_is_refused() -> None:
    one = Point("a", np.ones(3), np.ones(3))
    for some in ([], [one, one]):
        with pytest.raises(InputError, match="names of their own"):
            frontier(some)
    with pytest.raises(InputError, match="share their worlds"):
        frontier([one, Point("b", np.ones(2), np.ones(2))])
