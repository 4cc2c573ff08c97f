"""Length-filtered voting on a log: brute force with and without ties, laws, and a real log."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from apportion.analysis.counts import VOID, Counts, count
from apportion.analysis.lengths import shortest, shortest_credit, shortest_sampled
from apportion.analysis.voting import majority_credit
from apportion.data.errors import InputError
from apportion.data.readers import read
from apportion.data.synthetic import simulate

EXAMPLE = Path(__file__).parents[2] / "data" / "examples" / "smollm2"


def with_lengths(problems: int, samples: int, *, tied: bool, seed: int = 1) -> Counts:
    """A simulated log whose lengths all differ, or are 1, 2, 3 or unknown."""
    counts = count(simulate("mixed", problems=problems, samples=samples, verdicts=1, seed=seed)[0])
    assert counts.drawn is not None
    rng = np.random.default_rng(seed)
    size = len(counts.drawn.right)
    few = rng.choice([1.0, 2.0, 3.0, np.nan], size)
    tokens = few if tied else rng.permutation(size).astype(np.float64)
    return replace(counts, drawn=replace(counts.drawn, tokens=tokens))


def enumerated(counts: Counts, problem: int, k: int, m: int) -> float:
    """Over all orders of the samples: the first k are drawn, equal lengths keep their order."""
    drawn, rows = counts.drawn, counts.rows(problem)
    assert drawn is not None
    assert drawn.answer is not None
    assert drawn.tokens is not None
    tokens, answer = drawn.tokens[rows], drawn.answer[rows]
    length = np.where(np.isnan(tokens), np.inf, tokens)
    right = {a: drawn.right[rows][answer == a].mean() for a in set(answer.tolist())}
    earned = []
    for order in permutations(range(len(answer)), k):
        voters = sorted(order, key=lambda i: length[i])[:m]
        valid = [int(answer[i]) for i in voters if answer[i] != VOID]
        top = [a for a in set(valid) if valid.count(a) == max(map(valid.count, valid))]
        earned.append(np.mean([right[a] for a in top]) if top else 0.0)
    return float(np.mean(earned))


def test_where_lengths_differ_it_is_the_mean_over_all_draws() -> None:
    counts, k = with_lengths(6, 6, tied=False), np.array([1, 2, 4, 6])
    fixed = shortest_sampled(counts, k, m=2)
    share = shortest_sampled(counts, k, share=0.5)
    for i in range(6):
        for column, size in enumerate(k):
            assert fixed.credit[i, column] == pytest.approx(enumerated(counts, i, int(size), 2))
            half = -(-int(size) // 2)
            assert share.credit[i, column] == pytest.approx(enumerated(counts, i, int(size), half))
    np.testing.assert_array_equal(fixed.error, 0.0)


def test_ties_are_broken_evenly_and_unknown_lengths_are_the_longest() -> None:
    counts, k = with_lengths(6, 6, tied=True), np.array([1, 4, 6])
    got = shortest_sampled(counts, k, m=2, draws=4000)
    truth = np.array([[enumerated(counts, i, int(size), 2) for size in k] for i in range(6)])
    assert (abs(got.credit - truth) <= 4 * got.error + 1e-9).all()
    assert got.error[:, 1].max() > 0
    assert got.error.max() < 0.01
    np.testing.assert_array_equal(got.error[:, 0], 0.0)


def test_laws() -> None:
    k = np.array([1, 3, 8, 12, 13])
    for tied in (False, True):
        counts = with_lengths(40, 12, tied=tied)
        credit = shortest_credit(counts, k, m=4)
        np.testing.assert_allclose(credit[:, 0], counts.solve_rates, atol=1e-9)
        plain = majority_credit(counts, k)
        np.testing.assert_allclose(credit[:, :2], plain[:, :2], atol=1e-9)
        everyone = shortest_credit(counts, k, share=1.0)
        np.testing.assert_allclose(everyone[:, :4], plain[:, :4], atol=1e-9)
        assert np.isnan(credit[:, 4]).all()
        assert (credit[counts.c == 0, :4] == 0).all()


def test_the_order_of_the_log_and_the_names_of_the_answers_change_nothing() -> None:
    counts, k = with_lengths(10, 12, tied=False), np.array([3, 8, 12])
    drawn = counts.drawn
    assert drawn is not None
    assert drawn.answer is not None
    rng = np.random.default_rng(8)
    rows = np.concatenate([rng.permutation(np.arange(*drawn.start[i : i + 2])) for i in range(10)])
    renamed = np.where(drawn.answer == VOID, VOID, 90 - drawn.answer)
    moved = replace(counts, drawn=replace(drawn, answer=renamed)).pick(rows, counts.n)
    np.testing.assert_allclose(
        shortest_credit(moved, k, m=3), shortest_credit(counts, k, m=3), atol=1e-9
    )


def test_where_right_answers_are_shorter_the_filter_helps_and_else_it_does_not() -> None:
    counts, k = with_lengths(60, 12, tied=False), np.array([12])
    drawn = counts.drawn
    assert drawn is not None
    assert drawn.tokens is not None
    plain = majority_credit(counts, k).mean()
    for sign, better in ((-1, True), (1, False)):
        tokens = drawn.tokens + sign * 1e6 * drawn.right
        sorted_by_truth = replace(counts, drawn=replace(drawn, tokens=tokens))
        filtered = shortest_credit(sorted_by_truth, k, m=3).mean()
        assert bool(filtered > plain) is better


def test_the_bundled_log_gives_a_curve() -> None:
    counts = count(read(EXAMPLE))
    some = counts.only(np.arange(0, 93, 9))
    curve = shortest(some, [1, 8, 32], m=4, worlds=10, population="new")
    assert curve.estimate[0] == pytest.approx(some.solve_rates.mean(), abs=1e-9)
    assert ((curve.low <= curve.estimate) & (curve.estimate <= curve.high)).all()


def test_bad_input_is_refused() -> None:
    counts = with_lengths(4, 5, tied=True)
    with pytest.raises(InputError, match="m must satisfy m >= 1; got m=0"):
        shortest(counts, 3, m=0)
    with pytest.raises(InputError, match="share must satisfy 0 < share <= 1; got share=0"):
        shortest(counts, 3, share=0.0)
    with pytest.raises(InputError, match="draws must satisfy draws >= 2; got draws=1"):
        shortest(counts, 3, draws=1)
    bare = count(simulate("mixed", problems=4, samples=5, verdicts=1, seed=1)[0])
    assert bare.drawn is not None
    bare = replace(bare, drawn=replace(bare.drawn, tokens=None))
    with pytest.raises(InputError, match="needs lengths; this log has none"):
        shortest(bare, 3)
