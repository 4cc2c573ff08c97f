"""Weighted voting is exact: enumeration, integer tables, and what it must agree with say so."""

from collections import Counter
from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from apportion.analysis.exact.hypergeometric import Floats, miss_probability
from apportion.analysis.exact.voting import majority
from apportion.analysis.exact.weighted import weighted_majority, weighted_verdicts
from hypothesis import given, settings
from hypothesis import strategies as st

quick = settings(max_examples=40, deadline=None)

shares = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1, allow_subnormal=False))
Log = list[tuple[int, int, float]]
"""Weight, answer (-1 is void) and rightness of each sample."""


def logs(most: int, weight: int, answers: int) -> st.SearchStrategy[Log]:
    sample = st.tuples(st.integers(0, weight), st.integers(-1, answers - 1), shares)
    return st.lists(sample, min_size=1, max_size=most)


def curve(log: Log, k: list[int] | None = None) -> Floats:
    weight, answer, right = (np.array(x) for x in zip(*log, strict=True))
    ks = np.array(range(1, len(log) + 1) if k is None else k)
    return weighted_majority(weight, answer, right, ks)


def grid(log: Log, verdicts: int, solutions: list[int], votes: list[int]) -> Floats:
    accepts, answer, right = (np.array(x) for x in zip(*log, strict=True))
    drawn = {"solutions": np.array(solutions), "votes": np.array(votes)}
    return weighted_verdicts(accepts, verdicts, answer, right, **drawn)


def rightness(log: Log) -> dict[int, float]:
    answers = {a for _, a, _ in log if a >= 0}
    return {b: float(np.mean([r for _, a, r in log if a == b])) for b in answers}


def settled(drawn: list[tuple[int, int]], right: dict[int, float]) -> float:
    """What the answer with the most weight earns; those drawn are the only ones that can win."""
    total: Counter[int] = Counter()
    for weight, answer in drawn:
        if answer >= 0:
            total[answer] += weight
    top = [a for a, w in total.items() if w == max(total.values())]
    return sum(right[a] for a in top) / len(top) if top else 0.0


@quick
@given(logs(most=8, weight=4, answers=4))
def test_weighted_voting_is_the_mean_over_all_subsets(log: Log) -> None:
    right = rightness(log)
    for k, got in enumerate(curve(log), start=1):
        earned = [settled([s[:2] for s in some], right) for some in combinations(log, k)]
        assert got == pytest.approx(np.mean(earned), abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.data())
def test_the_grid_is_the_mean_over_all_subsets_and_all_scores(
    verdicts: int, data: st.DataObject
) -> None:
    log = data.draw(logs(most=5, weight=verdicts, answers=3))
    right = rightness(log)
    solutions, votes = list(range(1, len(log) + 1)), list(range(1, verdicts + 1))
    got = grid(log, verdicts, solutions, votes)
    for i, j in product(solutions, votes):
        mean = 0.0
        for some in combinations(log, i):
            for shown in product(range(j + 1), repeat=i):
                ways = [
                    comb(x, s) * comb(verdicts - x, j - s)
                    for s, (x, _, _) in zip(shown, some, strict=True)
                ]
                drawn = [(s, a) for s, (_, a, _) in zip(shown, some, strict=True)]
                mean += np.prod(ways) / comb(verdicts, j) ** i * settled(drawn, right)
        assert got[i - 1, j - 1] == pytest.approx(mean / comb(len(log), i), abs=1e-10)


def tabled(log: Log, k: int) -> Fraction:
    """Whole numbers only: draws by (samples, level), then answers joined one by one at a level."""
    right = rightness(log)
    ways: dict[int, Counter[tuple[int, int]]] = {}
    for a in right:
        ways[a] = Counter({(0, 0): 1})
        for w in (w for w, b, _ in log if b == a):
            more = Counter({(j + 1, s + w): c for (j, s), c in ways[a].items()})
            ways[a] = ways[a] + more
    void = sum(a < 0 for _, a, _ in log)
    total = Fraction(0)
    for level in range(sum(w for w, _, _ in log) + 1):
        # (samples, winners so far, which of them is right) -> draws
        for winner, share in right.items():
            joined = Counter({(j, 0): comb(void, j) for j in range(void + 1)})
            for a, table in ways.items():
                step: Counter[tuple[int, int]] = Counter()
                for (j, ties), c in joined.items():
                    for (i, s), d in table.items():
                        at = i > 0 and s == level
                        if j + i <= k and (at or (a != winner and (i == 0 or s < level))):
                            step[j + i, ties + at] += c * d
                joined = step
            for (j, ties), c in joined.items():
                total += Fraction(share) * Fraction(c, ties) if j == k else 0
    return total / comb(len(log), k)


@pytest.mark.parametrize("seed", range(4))
def test_weighted_voting_agrees_with_tables_of_whole_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    answer = np.minimum(rng.geometric(0.35, 20) - 1, 5) - (rng.random(20) < 0.1)
    log: Log = [(int(rng.integers(0, 4)), int(a), float(a == 0)) for a in answer]
    ks = [2, 9, 17]
    exact = [float(tabled(log, k)) for k in ks]
    np.testing.assert_allclose(curve(log, ks), exact, rtol=0, atol=1e-12)
    np.testing.assert_allclose(curve(log)[np.array(ks) - 1], exact, rtol=0, atol=1e-12)


@pytest.mark.parametrize("unit", [0, 1, 3])
@pytest.mark.parametrize("answers", [12, 150])
def test_equal_weights_vote_as_one_each_and_no_weights_choose_at_random(
    unit: int, answers: int
) -> None:
    rng = np.random.default_rng(answers)
    answer = np.minimum(rng.integers(0, answers, 200), rng.integers(0, answers, 200)) - 1
    log: Log = [(unit, int(a), float(a == 0)) for a in answer]
    ks = [1, 3, 20, 100, 199, 200]
    _, votes = np.unique(answer[answer >= 0], return_counts=True)
    right = np.eye(len(votes))[0]
    if unit:
        exact = majority(votes, right, int((answer < 0).sum()), np.array(ks))
        np.testing.assert_allclose(curve(log, ks), exact, rtol=0, atol=1e-10)
    else:
        assert curve(log, ks)[-1] == pytest.approx(1 / len(votes), abs=1e-10)


@quick
@given(logs(most=25, weight=9, answers=6), st.integers(2, 5))
def test_the_unit_and_the_names_do_not_matter(log: Log, unit: int) -> None:
    turned = [(w * unit, 7 - a if a >= 0 else -3, r) for w, a, r in reversed(log)]
    np.testing.assert_allclose(curve(turned), curve(log), rtol=0, atol=1e-11)


@quick
@given(logs(most=30, weight=9, answers=6))
def test_right_and_wrong_add_up_to_the_chance_of_a_valid_answer(log: Log) -> None:
    n, valid = len(log), sum(a >= 0 for _, a, _ in log)
    wrong = [(w, a, 1 - r) for w, a, r in log]
    silent = miss_probability(np.array([n]), np.array([valid]), np.arange(1, n + 1))[0]
    np.testing.assert_allclose(curve(log) + curve(wrong), 1 - silent, rtol=0, atol=1e-11)


@quick
@given(logs(most=30, weight=6, answers=6))
def test_all_verdicts_drawn_are_fixed_weights(log: Log) -> None:
    k = list(range(1, len(log) + 1))
    np.testing.assert_allclose(grid(log, 6, k, [6])[:, 0], curve(log), rtol=0, atol=1e-12)


@quick
@given(logs(most=30, weight=6, answers=6))
def test_one_sample_speaks_for_itself_and_all_give_the_heaviest(log: Log) -> None:
    right = rightness(log)
    got = curve(log)
    mean = sum(right[a] for _, a, _ in log if a >= 0) / len(log)
    assert got[0] == pytest.approx(mean, abs=1e-12)
    assert got[-1] == pytest.approx(settled([s[:2] for s in log], right), abs=1e-12)


@quick
@given(logs(most=30, weight=6, answers=6), st.data())
def test_a_k_does_not_depend_on_the_others_asked_for(log: Log, data: st.DataObject) -> None:
    k = data.draw(st.lists(st.integers(1, len(log) + 3), max_size=5))
    got, alone = curve(log, k), np.array([curve(log, [one])[0] for one in k])
    np.testing.assert_allclose(got, alone, rtol=0, atol=1e-11)
    np.testing.assert_array_equal(np.isnan(got), np.array(k) > len(log))


def test_an_answer_drawn_without_weight_beats_one_not_drawn() -> None:
    unweighed: Log = [(0, 0, 1.0), (0, -1, 0.0), (5, -1, 0.0)]
    np.testing.assert_allclose(curve(unweighed), [1 / 3, 2 / 3, 1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(curve([(0, 0, 1.0), (0, 1, 0.0)]), [0.5, 0.5], atol=1e-12)


def test_without_a_valid_answer_voting_is_wrong() -> None:
    np.testing.assert_array_equal(curve([(3, -1, 0.0)] * 3), np.zeros(3))
    np.testing.assert_array_equal(grid([(1, -1, 0.0)] * 2, 2, [1, 2], [1, 2]), np.zeros((2, 2)))


def test_more_than_was_logged_is_nan() -> None:
    log: Log = [(1, 0, 1.0), (2, 1, 0.0)]
    np.testing.assert_array_equal(
        np.isnan(grid(log, 2, [1, 3], [2, 3])), [[False, True], [True, True]]
    )


def test_what_cannot_be_drawn_is_refused() -> None:
    log: Log = [(1, 0, 1.0), (2, 1, 0.0)]
    with pytest.raises(ValueError, match="k must satisfy k >= 1; got k=0"):
        curve(log, [0, 1])
    with pytest.raises(ValueError, match="weight must satisfy weight >= 0; got weight=-1"):
        curve([(-1, 0, 1.0)])
    with pytest.raises(ValueError, match="0 <= accepts <= 1; got accepts=2"):
        grid(log, 1, [1], [1])
    for drawn in ([0], [1]), ([1], [0]):
        with pytest.raises(ValueError, match=r"must satisfy .* >= 1"):
            grid(log, 2, *drawn)
