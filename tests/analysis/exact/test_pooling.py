"""Votes over several settings agree with enumeration within their Monte Carlo error."""

from itertools import combinations, product

import numpy as np
import pytest
from apportion.analysis.exact.hypergeometric import Floats, Ints
from apportion.analysis.exact.pooling import VOID, Stages, pooled_votes, two_stages
from apportion.analysis.exact.voting import majority

DRAWS = 4000
FIRST = np.array([0, 0, 1, VOID])
SECOND = np.array([1, 1, 0, 2, VOID])
RIGHT = np.array([1.0, 0.0, 0.5])


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def near(sampled: Floats, truth: float) -> bool:
    return bool(abs(sampled.mean() - truth) <= 4 * sampled.std() / np.sqrt(len(sampled)) + 1e-12)


def vote(said: list[int]) -> float:
    """The mean credit of the most frequent answers."""
    valid = [a for a in said if a != VOID]
    top = [a for a in set(valid) if valid.count(a) == max(valid.count(b) for b in valid)]
    return float(np.mean(RIGHT[top])) if top else 0.0


def test_the_pooled_vote_is_the_mean_over_all_subsets_of_both_settings() -> None:
    splits = np.array(list(product(range(5), range(6)))[1:], dtype=np.int64)
    sampled = pooled_votes([FIRST, SECOND], RIGHT, splits, DRAWS, rng())
    for b, (k, m) in enumerate(splits):
        every = product(combinations(FIRST, k), combinations(SECOND, m))
        assert near(sampled[:, b], float(np.mean([vote([*x, *y]) for x, y in every])))


def test_one_setting_alone_is_plurality_voting() -> None:
    answers = np.repeat([0, 1, 2, 3, VOID], [5, 4, 2, 1, 3])
    right = np.array([0.0, 1.0, 0.0, 1.0])
    ks = np.arange(1, 16)
    sampled = pooled_votes([answers], right, ks[:, None], DRAWS, rng())
    truth = majority(np.array([5, 4, 2, 1]), right, 3, ks)
    assert all(near(sampled[:, b], truth[b]) for b in range(15))


def test_beyond_the_samples_there_is_no_vote_and_all_void_earns_nothing() -> None:
    none = np.full(3, VOID)
    got = pooled_votes([none, none], np.empty(0), np.array([[1, 2], [4, 0]]), 5, rng())
    assert (got[:, 0] == 0).all()
    assert np.isnan(got[:, 1]).all()


def agreement(said: tuple[int, ...], needed: float) -> dict[int | None, float]:
    """The answer a setting settles on and with what chance; None for none."""
    votes = {a: said.count(a) for a in set(said) if a != VOID}
    most = max(votes.values(), default=0)
    if most < max(needed, 1):
        return {None: 1.0}
    leaders = [a for a, v in votes.items() if v == most]
    return {a: 1 / len(leaders) for a in leaders}


def brute(stages: Stages, answers: list[Ints]) -> tuple[float, float]:
    """Accuracy and chance of an early stop over all orders, as sets drawn first and then."""
    right, early, ways = 0.0, 0.0, 0
    choices = []
    for answer in answers:
        every = range(len(answer))
        choices.append(
            [
                (first, then)
                for first in combinations(every, stages.first)
                for then in combinations(set(every) - set(first), stages.more)
            ]
        )
    for picked in product(*choices):
        ways += 1
        firsts = [
            tuple(int(a[i]) for i in first) for a, (first, _) in zip(answers, picked, strict=True)
        ]
        settled = [agreement(f, stages.within * stages.first) for f in firsts]
        said = [
            int(a[i]) for a, parts in zip(answers, picked, strict=True) for p in parts for i in p
        ]
        for on in product(*(s.items() for s in settled)):
            chance = float(np.prod([c for _, c in on]))
            ended = agreement(
                tuple(VOID if a is None else a for a, _ in on), stages.across * len(answers)
            )
            for answer_, share in ended.items():
                early += chance * share * (answer_ is not None)
                right += chance * share * (vote(said) if answer_ is None else float(RIGHT[answer_]))
    return right / ways, early / ways


@pytest.mark.parametrize(
    "stages",
    [
        Stages(2, 1, 1.0, 1.0),
        Stages(2, 2, 0.5, 0.5),
        Stages(3, 0, 0.6, 1.0),
        Stages(1, 2, 1.0, 0.5),
    ],
)
def test_two_stages_are_the_mean_over_all_orders(stages: Stages) -> None:
    got, early = two_stages([FIRST, SECOND], RIGHT, stages, DRAWS, rng())
    right, stopped = brute(stages, [FIRST, SECOND])
    assert near(got, right)
    assert near(early, stopped)


def test_stricter_stages_stop_early_less_often() -> None:
    shares = [
        two_stages([FIRST, SECOND], RIGHT, Stages(3, 1, within, 1.0), DRAWS, rng())[1].mean()
        for within in (0.4, 0.7, 1.0)
    ]
    assert shares == sorted(shares, reverse=True)


def test_without_enough_samples_there_is_no_answer() -> None:
    got, early = two_stages([FIRST, SECOND], RIGHT, Stages(3, 2, 1.0, 1.0), 3, rng())
    assert np.isnan(got).all()
    assert np.isnan(early).all()
