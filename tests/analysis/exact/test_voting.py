"""Plurality voting is exact: enumeration, generating functions and symmetry say so."""

from collections import Counter
from fractions import Fraction
from itertools import combinations, product
from math import comb, factorial, prod
from random import Random

import numpy as np
import pytest
from apportion.analysis.exact.hypergeometric import miss_probability
from apportion.analysis.exact.kernels import Floats
from apportion.analysis.exact.voting import majority, majority_beyond, majority_limit
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc

# Votes number in the hundreds: their recurrences round at a few 1e-12, and 1e-11 allows for it.
quick = settings(max_examples=40, deadline=None)

Log = tuple[list[int], list[float], int]


def logs(answers: int, most: int) -> st.SearchStrategy[Log]:
    """Votes per answer, the share of each that is right, void samples; at least one sample."""
    shares = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1, allow_subnormal=False))
    ballots = st.lists(st.tuples(st.integers(0, most), shares), max_size=answers)
    logged = st.tuples(ballots, st.integers(0, most))
    split = logged.map(lambda x: ([v for v, _ in x[0]], [r for _, r in x[0]], x[1]))
    return split.filter(lambda log: sum(log[0]) + log[2] > 0)


def curve(log: Log, k: range | list[int] | None = None) -> Floats:
    votes, right, void = log
    ks = np.array(range(1, sum(votes) + void + 1) if k is None else k, dtype=np.int64)
    return majority(np.array(votes, dtype=np.int64), np.array(right), void, ks)


def enumerated(log: Log, k: int) -> float:
    """The mean over all C(n, k) subsets of the samples."""
    votes, right, void = log
    samples = [a for a, v in enumerate(votes) for _ in range(v)] + [None] * void
    earned = []
    for subset in combinations(samples, k):
        tally = Counter(a for a in subset if a is not None)
        top = [a for a, v in tally.items() if v == max(tally.values())]
        earned.append(sum(right[a] for a in top) / len(top) if top else 0.0)
    return sum(earned) / len(earned)


def generated(log: Log, k: int) -> Fraction:
    """The generating function in big integers: a polynomial in z is one number in base 2**bits."""
    votes, right, void = log
    bits = sum(votes) + void + 2
    cut = (1 << bits * (k + 1)) - 1

    def packed(n: int, degrees: range) -> int:
        return sum(comb(n, j) << bits * j for j in degrees) & cut

    total = Fraction(0)
    for m in range(1, min(max(votes), k) + 1):
        ways = [packed(void, range(void + 1))] + [0] * (k // m)
        credit: list[list[int]] = []
        for v in votes:
            low, tie = packed(v, range(min(v, m - 1) + 1)), packed(v, range(m, min(v, m) + 1))
            credit = [_stepped(row, low, tie, cut) for row in credit]
            credit.append([0] + [w * tie & cut for w in ways[:-1]])
            ways = _stepped(ways, low, tie, cut)
        for share, row in zip(right, credit, strict=True):
            for t, packed_row in enumerate(row[1:], start=1):
                total += Fraction(share) * Fraction(packed_row >> bits * k, t)
    return total / comb(sum(votes) + void, k)


def _stepped(row: list[int], low: int, tie: int, cut: int) -> list[int]:
    before = [0, *row[:-1]]
    return [(w * low + b * tie) & cut for w, b in zip(row, before, strict=True)]


@quick
@given(logs(answers=4, most=3).filter(lambda log: sum(log[0]) + log[2] <= 9))
def test_voting_is_the_mean_over_all_subsets(log: Log) -> None:
    n = sum(log[0]) + log[2]
    exact = [enumerated(log, k) for k in range(1, n + 1)]
    np.testing.assert_allclose(curve(log), exact, rtol=0, atol=1e-12)


@quick
@given(logs(answers=8, most=12), st.data())
def test_voting_agrees_with_its_generating_function(log: Log, data: st.DataObject) -> None:
    if not sum(log[0]):
        return
    k = data.draw(st.integers(1, sum(log[0]) + log[2]))
    assert curve(log, [k])[0] == pytest.approx(float(generated(log, k)), abs=1e-12)


@pytest.mark.parametrize(
    "votes",
    [
        [90, 80, 30, 20, 10, 5, 1],
        [128, 118],
        [60, 60, 60, 60, 6],
        [200, 20, 1, 1, 1, 1, 1, 1],
        [70, 50, 40, 30, 20, 15, 10, 8, 5, 3, 2, 1, 1, 1],
    ],
)
def test_voting_over_256_samples_agrees_with_big_integers(votes: list[int]) -> None:
    log = votes, [1.0, 0.25, *[0.0] * (len(votes) - 2)], 256 - sum(votes)
    ks = [5, 32, 100]
    exact = [float(generated(log, k)) for k in ks]
    np.testing.assert_allclose(curve(log, ks), exact, rtol=0, atol=1e-11)
    np.testing.assert_allclose(curve(log)[np.array(ks) - 1], exact, rtol=0, atol=1e-11)


def test_two_answers_over_1024_samples_are_a_hypergeometric_tail() -> None:
    log = [530, 494], [1.0, 0.0], 0
    for k in (7, 64, 511, 900, 1023):
        ways = [comb(530, j) * comb(494, k - j) for j in range(k + 1)]
        wins = sum(w for j, w in enumerate(ways) if 2 * j > k)
        ties = ways[k // 2] if k % 2 == 0 else 0
        exact = float(Fraction(2 * wins + ties, 2 * comb(1024, k)))
        assert curve(log, [k])[0] == pytest.approx(exact, abs=1e-11)


def test_right_and_wrong_add_up_over_1024_samples() -> None:
    votes = [280, 210, 150, 110, 80, 60, 40, 30, 20, 15, 10, 8, 5, 3, 1, 1, 1]
    right = [1.0, 0.3] + [0.0] * 15
    wrong = [1 - r for r in right]
    total = curve((votes, right, 0)) + curve((votes, wrong, 0))
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-10)


def test_when_all_answers_differ_voting_is_guessing() -> None:
    log = [1] * 1024, [1.0] * 300 + [0.0] * 724, 0
    np.testing.assert_allclose(curve(log), 300 / 1024, rtol=0, atol=1e-10)


@quick
@given(logs(answers=6, most=20), st.randoms(use_true_random=False))
def test_names_of_answers_do_not_matter(log: Log, random: Random) -> None:
    votes, right, void = log
    ballots = list(zip(votes, right, strict=True))
    random.shuffle(ballots)
    renamed = [v for v, _ in ballots], [r for _, r in ballots], void
    np.testing.assert_allclose(curve(renamed), curve(log), rtol=0, atol=1e-11)


@quick
@given(logs(answers=6, most=20))
def test_an_answer_that_nobody_gave_changes_nothing(log: Log) -> None:
    votes, right, void = log
    more = [*votes, 0], [*right, 1.0], void
    np.testing.assert_array_equal(curve(more), curve(log))


@quick
@given(logs(answers=6, most=40))
def test_right_and_wrong_add_up_to_the_chance_of_a_valid_vote(log: Log) -> None:
    votes, right, void = log
    n = sum(votes) + void
    wrong = votes, [1 - r for r in right], void
    silent = miss_probability(np.array([n]), np.array([n - void]), np.arange(1, n + 1))[0]
    np.testing.assert_allclose(curve(log) + curve(wrong), 1 - silent, rtol=0, atol=1e-11)


@quick
@given(logs(answers=6, most=40))
def test_one_vote_is_a_sample_and_all_votes_are_the_mode(log: Log) -> None:
    votes, right, void = log
    got = curve(log)
    mean = np.dot(votes, right) / (sum(votes) + void)
    assert got[0] == pytest.approx(mean, abs=1e-11)
    limit = majority_limit(np.array(votes, dtype=np.int64), np.array(right), void)
    assert got[-1] == pytest.approx(limit, abs=1e-11)


@quick
@given(st.integers(1, 60), st.integers(1, 60))
def test_an_even_vote_between_two_answers_is_worth_the_odd_one_below(a: int, b: int) -> None:
    got = curve(([a, b], [1.0, 0.0], 0))
    np.testing.assert_allclose(got[1::2], got[0::2][: len(got[1::2])], rtol=0, atol=1e-11)


@quick
@given(logs(answers=6, most=30), st.data())
def test_a_k_does_not_depend_on_the_others_asked_for(log: Log, data: st.DataObject) -> None:
    n = sum(log[0]) + log[2]
    k = data.draw(st.lists(st.integers(1, n + 3), max_size=5))
    got = curve(log, k)
    alone = np.array([curve(log, [one])[0] for one in k])
    np.testing.assert_allclose(got, alone, rtol=0, atol=1e-11)
    np.testing.assert_array_equal(np.isnan(got), np.array(k) > n)


def test_without_a_valid_vote_voting_is_wrong() -> None:
    np.testing.assert_array_equal(curve(([], [], 3)), np.zeros(3))
    assert np.isnan(curve(([], [], 0), [1])).all()


def test_the_limit_is_the_mode_shared_by_ties() -> None:
    def limit(votes: list[int], right: list[float], void: int) -> float:
        return majority_limit(np.array(votes, dtype=np.int64), np.array(right), void)

    assert limit([5, 5, 5, 2], [1.0, 0.0, 0.5, 1.0], 100) == pytest.approx(0.5)
    assert limit([5, 6], [1.0, 0.0], 0) == 0
    assert limit([0, 0], [1.0, 1.0], 4) == 0
    assert np.isnan(limit([], [], 0))


def test_a_draw_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="k must satisfy k >= 1; got k=0"):
        curve(([2, 1], [1.0, 0.0], 0), [0, 1])


Population = tuple[list[float], list[float]]


def populations(answers: int) -> st.SearchStrategy[Population]:
    """Shares of answers that leave something void, or all but nothing, and what each is worth."""
    parts = st.lists(st.integers(0, 20), min_size=1, max_size=answers)
    pairs = st.tuples(parts, st.integers(0, 5)).filter(lambda x: sum(x[0]) > 0)
    shares = pairs.map(lambda x: [p / (sum(x[0]) + x[1]) for p in x[0]])
    worth = st.sampled_from([0.0, 0.5, 1.0])
    return shares.flatmap(
        lambda p: st.tuples(st.just(p), st.lists(worth, min_size=len(p), max_size=len(p)))
    )


def beyond(population: Population, k: list[int]) -> Floats:
    shares, right = population
    got = majority_beyond(np.array([shares]), np.array(right), np.array(k, dtype=np.int64))
    return np.asarray(got[0])


def multinomial(population: Population, k: int) -> float:
    """The mean over all counts of k draws."""
    shares, right = population
    chances = [*shares, max(1 - sum(shares), 0.0)]
    mean = 0.0
    for counts in product(range(k + 1), repeat=len(shares)):
        if sum(counts) > k or max(counts) == 0:
            continue
        every = [*counts, k - sum(counts)]
        ways = factorial(k) // prod(factorial(x) for x in every)
        top = [a for a, v in enumerate(counts) if v == max(counts)]
        credit = sum(right[a] for a in top) / len(top)
        mean += ways * prod(p**x for p, x in zip(chances, every, strict=True)) * credit
    return mean


@quick
@given(populations(answers=4), st.integers(1, 6))
def test_voting_beyond_the_log_is_the_mean_over_all_counts(x: Population, k: int) -> None:
    assert beyond(x, [k])[0] == pytest.approx(multinomial(x, k), abs=1e-11)


@pytest.mark.parametrize("k", [1, 9, 101, 1_001, 30_001, 300_001])
@pytest.mark.parametrize("lead", [0.5, 0.501, 0.52, 0.9])
def test_two_answers_beyond_the_log_are_a_binomial_tail(k: int, lead: float) -> None:
    exact = betainc((k + 1) / 2, (k + 1) / 2, lead)
    assert beyond(([lead, 1 - lead], [1.0, 0.0]), [k])[0] == pytest.approx(exact, abs=1e-9)


@quick
@given(populations(answers=8))
def test_right_and_wrong_beyond_the_log_add_up_to_a_valid_vote(x: Population) -> None:
    shares, right = x
    k = np.array([1, 2, 7, 40, 300, 5_000])
    total = beyond(x, k.tolist()) + beyond((shares, [1 - r for r in right]), k.tolist())
    valid = 1 - max(1 - sum(shares), 0.0) ** k
    np.testing.assert_allclose(total, valid, rtol=0, atol=1e-10)


def test_a_large_log_votes_as_its_population_does() -> None:
    """A draw of k of n is one with replacement but for a chance of k^2 / 2n, to meet one twice."""
    votes, right, k = [4_000, 3_500, 1_500, 800], [0.0, 1.0, 0.0, 0.5], [1, 3, 8]
    within = curve((votes, right, 200), k)
    far = beyond(([v / 10_000 for v in votes], right), k)
    assert (np.abs(within - far) <= np.square(k) / 20_000).all()


def test_voting_tends_to_its_limit_and_does_not_overflow() -> None:
    shares, right = [0.31, 0.3, 0.1, 0.1, 0.09], [1.0, 0.0, 0.5, 0.0, 0.0]
    got = beyond((shares, right), [1, 10, 1_000, 100_000, 1_000_000])
    assert np.isfinite(got).all()
    assert got[0] == pytest.approx(0.36, abs=1e-12)
    assert got[-1] == pytest.approx(1.0, abs=1e-12)
    tied = beyond(([0.3, 0.3, 0.2], [1.0, 0.0, 0.0]), [1_000_000])
    assert tied[0] == pytest.approx(0.5, abs=1e-9)
    assert majority_limit(np.array([3, 3, 2]), np.array([1.0, 0.0, 0.0]), 2) == 0.5


def test_worlds_do_not_touch_each_other() -> None:
    shares = np.random.default_rng(0).dirichlet(np.array([5.0, 4.0, 1.0, 0.2]), 6)[:, :3]
    right, k = np.array([0.0, 1.0, 0.4]), np.array([100, 1, 20_000, 100])
    got = majority_beyond(shares, right, k)
    assert got.shape == (6, 4)
    alone = [[majority_beyond(row[None], right, k[[j]])[0, 0] for j in range(4)] for row in shares]
    np.testing.assert_array_equal(got, alone)


def test_without_an_answer_a_population_votes_for_nothing() -> None:
    k = np.array([1, 5])
    np.testing.assert_array_equal(
        majority_beyond(np.zeros((2, 0)), np.zeros(0), k), np.zeros((2, 2))
    )
    np.testing.assert_array_equal(
        majority_beyond(np.zeros((1, 3)), np.ones(3), k), np.zeros((1, 2))
    )


@pytest.mark.parametrize("shares", [[0.7, 0.4], [-0.1, 0.5]])
def test_impossible_shares_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="add up to at most 1; got"):
        beyond((shares, [1.0, 0.0]), [3])
    with pytest.raises(ValueError, match="k must satisfy k >= 1; got k=0"):
        beyond(([0.5], [1.0]), [0])
