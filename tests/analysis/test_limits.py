"""Voting beyond the log: worlds of answer shares that hold the truth and own to what is unknown."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis import limits
from apportion.analysis.counts import count
from apportion.analysis.limits import majority_beyond, majority_limit
from apportion.analysis.voting import Ballot, majority
from apportion.analysis.worlds import problem_worlds
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate

LOG, TRUTH = simulate("mixed", problems=30, samples=16, seed=2)
COUNTS = count(LOG)


@pytest.mark.parametrize("world", ["mixed", "impossible"])
def test_the_limit_of_these_problems_is_held(world: str) -> None:
    logs, hits = 40, 0
    for seed in range(logs):
        log, truth = simulate(world, problems=30, samples=8, seed=seed)
        got = majority_limit(count(log), seed=seed)
        hits += got.low - 1e-9 <= truth.majority_limit <= got.high + 1e-9
    assert hits / logs > 0.9 - 4 * np.sqrt(0.9 * 0.1 / logs)


def test_voting_tends_to_its_limit_and_starts_at_the_solve_rate() -> None:
    curve = majority_beyond(COUNTS, [1, 3000], worlds=100)
    end = majority_limit(COUNTS, worlds=100)
    assert curve.estimate[0] == pytest.approx(COUNTS.solve_rates.mean(), abs=0.02)
    assert curve.estimate[1] == pytest.approx(end.estimate, abs=0.015)


def test_within_the_log_the_posterior_vote_agrees_with_the_exact_one() -> None:
    inside, beyond = majority(COUNTS, [1, 4, 8]), majority_beyond(COUNTS, [1, 4, 8], worlds=100)
    assert ((inside.low <= beyond.estimate) & (beyond.estimate <= inside.high)).all()


@pytest.mark.parametrize("n", [1, 4])
def test_new_problems_are_less_certain_and_short_logs_too(n: int) -> None:
    short = COUNTS.pick((16 * np.arange(30)[:, None] + np.arange(n)).ravel(), np.full(30, n))
    these, new, longer = (
        majority_limit(short),
        majority_limit(short, population="new"),
        majority_limit(COUNTS),
    )
    assert new.high - new.low >= these.high - these.low > longer.high - longer.low


def test_one_sample_a_problem_says_next_to_nothing_of_the_limit() -> None:
    log = count(simulate("mixed", problems=30, samples=1, seed=3)[0])
    got = majority_limit(log)
    assert got.high - got.low > 0.3


def test_shares_are_the_posterior_of_the_votes() -> None:
    ballot, size = Ballot(np.array([6, 3]), np.array([1.0, 0.0]), 1), 20_000
    rng = np.random.default_rng(0)
    rates, variety = rng.beta(6.5, 4.7, (size, 1)), np.full(size, 2.0)
    shares, right = limits._shares(ballot, rates, variety, rng)
    assert right.tolist() == [1, 0] + [0] * limits.UNSEEN
    assert (shares >= 0).all()
    assert (shares.sum(axis=1) <= 1 + 1e-12).all()
    rate = 6.5 / 11.2
    wrong = (1 - rate) / (3 + 1 + 2)
    expected = np.array([rate, 3 * wrong, 2 * wrong / 3])
    error = shares[:, :3].std(axis=0) / np.sqrt(size)
    assert (np.abs(shares[:, :3].mean(axis=0) - expected) < 4 * error).all()


def test_answers_never_seen_can_win() -> None:
    ballot, ones = Ballot(np.array([], dtype=np.int64), np.array([]), 2), np.ones(500)
    rng = np.random.default_rng(0)
    shares, right = limits._shares(ballot, rng.beta(1, 3, (500, 1)), ones, rng)
    assert 0.2 < right[shares.argmax(axis=1)].mean() < 0.9


def test_the_variety_of_wrong_answers_is_learnt_from_how_they_repeat() -> None:
    alike = [Ballot(np.array([9]), np.array([0.0]), 0)] * 20
    unlike = [Ballot(np.ones(9, dtype=np.int64), np.zeros(9), 0)] * 20
    single = [Ballot(np.array([1]), np.array([0.0]), 0)] * 20
    few, many, unknown = map(limits._variety, (alike, unlike, single))
    assert few @ limits.VARIETY < 0.2 < 50 < many @ limits.VARIETY
    np.testing.assert_allclose(unknown, 1 / len(limits.VARIETY), rtol=1e-9)


def test_each_population_weighs_the_same_worlds() -> None:
    rates = limits._rates(COUNTS, problem_worlds(COUNTS.problems, 5, 50)[1:], 5)
    each = limits._posterior(COUNTS, rates, 5)
    wins = np.stack([limits._leader(*answers)[:, 0] for answers in each], axis=1)
    got = majority_limit(COUNTS, worlds=50, seed=5)
    assert got.estimate == pytest.approx(wins.mean())


def test_without_answers_there_is_no_limit() -> None:
    with pytest.raises(InputError, match="majority voting needs answers"):
        majority_limit(replace(COUNTS, drawn=None))
    with pytest.raises(InputError, match="k must satisfy k >= 1"):
        majority_beyond(COUNTS, 0)
