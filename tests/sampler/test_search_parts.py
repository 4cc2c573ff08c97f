"""What searches are made of: resampling, the exact scorer, and the spelling of commands."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.data.sampler.engines.engine import STEP, Draw
from apportion.data.sampler.search import OWN, SEARCHES, Search, parse
from apportion.data.sampler.search.entropic import temperature
from apportion.data.sampler.search.growth import Settings
from apportion.data.sampler.search.resampling import (
    ess,
    log_odds,
    multinomial,
    softmax,
    systematic,
)
from apportion.data.sampler.search.scorers import PartialCredit, credit
from apportion.data.sampler.search.tree import ROOT, Tree
from apportion.data.sampler.tasks.problem import Problem

SHARES = [
    np.array([0.5, 0.25, 0.125, 0.125]),
    np.array([0.0, 0.97, 0.03]),
    np.array([1.0, 0.0]),
    np.array([0.07, 0.33, 0.21, 0.39]),
]


class Even(np.random.Generator):
    """A generator whose only number is told."""

    def __init__(self, number: float):
        super().__init__(np.random.Philox(0))
        self.number = number

    def random(self, size: int | None = None) -> float:  # type: ignore[override]
        assert size is None
        return self.number


@pytest.mark.parametrize("shares", SHARES)
def test_systematic_resampling_is_unbiased_and_as_even_as_can_be(
    shares: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    number, starts = len(shares), 2000
    counts = np.array([
        np.bincount(systematic(shares, Even((at + 0.5) / starts)), minlength=number)
        for at in range(starts)
    ])  # fmt: skip
    # The mean over an even grid of starts is the expectation, but for the grid's own coarseness.
    assert np.abs(counts.mean(0) - number * shares).max() <= 2 / starts
    assert np.all(counts >= np.floor(number * shares - 1e-9))
    assert np.all(counts <= np.ceil(number * shares + 1e-9))


@pytest.mark.parametrize("shares", SHARES)
def test_multinomial_resampling_draws_each_slot_on_its_own(
    shares: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    rng, runs = np.random.default_rng(0), 4000
    drawn = np.array([multinomial(shares, rng) for _ in range(runs)])
    for at, share in enumerate(shares):
        error = 4.5 * math.sqrt(share * (1 - share) / runs)
        assert np.all(np.abs((drawn == at).mean(0) - share) <= error)
        both = (drawn[:, 0] == at) & (drawn[:, 1] == at)
        assert abs(both.mean() - share**2) <= 4.5 * math.sqrt(share**2 * (1 - share**2) / runs)


@pytest.mark.parametrize("draw", [multinomial, systematic])
def test_a_particle_of_no_weight_has_no_descendants(draw: object) -> None:
    for level in (0.0, 0.5, math.nextafter(1, 0)):

        class Level(Even):
            def random(self, size: int | None = None) -> object:  # type: ignore[override]
                return self.number if size is None else np.full(size, self.number)

        for shares in ([0.0, 1.0, 0.0], [0.0, 0.1, 0.9], [0.3, 0.7, 0.0]):
            found = draw(np.array(shares), Level(level))  # type: ignore[operator]
            assert all(shares[at] > 0 for at in found)


def test_weights_are_the_odds_of_scores() -> None:
    scores = [0.2, 0.5, 0.9]
    odds = np.array([r / (1 - r) for r in scores])
    assert softmax(log_odds(scores)) == pytest.approx(odds / odds.sum())
    assert softmax(log_odds(scores), 2.0) == pytest.approx(np.sqrt(odds) / np.sqrt(odds).sum())
    assert np.isfinite(log_odds([0.0, 1.0])).all()
    assert log_odds([0.0])[0] == pytest.approx(math.log(1e-7), abs=1e-6)


def test_entropic_tempering_acts_early_and_on_few_effective_particles() -> None:
    one_hot = np.eye(8)[0]
    assert temperature(ess(one_hot), 8, 0.25) == 6.0
    assert temperature(ess(one_hot), 8, 0.5) == 1.0
    assert temperature(4.0, 8, 0.25) == 1.0
    assert temperature(3.9, 8, 0.49) == pytest.approx(8 / 3.9 * 0.51)
    assert temperature(1.0, 1, 0.0) == 1.0


def test_a_tree_joins_steps_and_shares_their_tokens() -> None:
    tree = Tree()
    first = tree.add(ROOT, 7, 0.8, Draw("a|", (1, 2), (-0.5, -0.1), STEP, 10, 2, 0.5))
    left = tree.add(first, 7, 0.8, Draw("b", (3,), (-0.2,), "stop", 12, 1, 0.25))
    tree.add(first, 8, 0.8, Draw("c", (4, 5), (-0.3, -0.4), "stop", 12, 2, 0.25))
    joined = Draw("a|b", (1, 2, 3), (-0.5, -0.1, -0.2), "stop", 10, 3, 0.75)
    assert tree.whole(left) == joined
    assert [tree.depth(node) for node in (ROOT, first, left)] == [0, 1, 2]
    assert [tree.ended(node) for node in (ROOT, first, left)] == [False, False, True]
    cost = {"output_tokens": 5, "prompt_tokens": 10, "read_tokens": 34}
    assert tree.cost() == {**cost, "scored": 0, "scorer_calls": 0}


SUMS = Problem("sums", "1 + 2 + 3", step="\n", steps=("1 + 2 = 3", "3 + 3 = 6"))


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", 0.0),
        ("1 + 2 = 3\n", 1.0),
        (" 1+2 = 3 \n", 1.0),
        ("1 + 2 = 4\n", 0.0),
        ("1 + 2 = 3\n3 + 3 = 6", 1.0),
        ("1 + 2 = 3\n3 + 3 = 6\n", 1.0),
        ("1 + 2 = 3\n3 + 3 = 7", 0.5),
        ("1 + 2 = 4\n3 + 3 = 6", 0.0),
        ("1 + 2 = 3", 0.5),
        ("1 + 2 = 3\n3 + 3 = 6\n6 + 1 = 7\n", 2 / 3),
    ],
)
def test_partial_credit_is_the_share_of_leading_right_steps(prefix: str, expected: float) -> None:
    assert credit(SUMS, prefix) == pytest.approx(expected)
    (score,) = PartialCredit(strength=3.0, noise=0.0).score(SUMS, [prefix])
    assert score == pytest.approx(1 / (1 + math.exp(-3 * (2 * expected - 1))))


def test_right_steps_may_be_written_with_what_ends_them() -> None:
    told = Problem("told", "?", step=".", steps=("1 + 2 = 3.", "So 3."))
    assert credit(told, " 1 + 2 = 3.") == 1.0
    assert credit(told, " 1 + 2 = 3. So 3.") == 1.0
    assert credit(told, " 1 + 2 = 3. So 4.") == 0.5
    assert credit(told, " 1 + 2 = 3.\n") == 0.5


def test_partial_credit_errs_in_its_own_way_and_always_alike() -> None:
    prefixes = [f"1 + 2 = {number}\n" for number in range(4, 4004)]
    scorer = PartialCredit(strength=1.0, noise=2.0, seed=5)
    scores = scorer.score(SUMS, prefixes)
    assert scores == [scorer.score(SUMS, [prefix])[0] for prefix in prefixes]
    blur = (np.array([math.log(r / (1 - r)) for r in scores]) + 1) / 2
    assert abs(blur.mean()) < 4.5 / math.sqrt(len(blur))
    assert abs(blur.var() - 1) < 4.5 * math.sqrt(2 / len(blur))
    other = PartialCredit(strength=1.0, noise=2.0, seed=6).score(SUMS, prefixes)
    assert abs(np.corrcoef(scores, other)[0, 1]) < 4.5 / math.sqrt(len(blur))
    assert all(0 < r < 1 for r in PartialCredit(1e6, 1e6).score(SUMS, prefixes))


def test_partial_credit_says_what_it_is_and_needs_the_truth() -> None:
    assert PartialCredit(4, 0.5).name == "partial-credit(strength=4,noise=0.5)"
    with pytest.raises(InputError, match="'other' has none"):
        PartialCredit().score(Problem("other", "?", step="\n"), ["a"])
    with pytest.raises(InputError, match=r"noise must satisfy 0 <= noise < inf; got -1"):
        PartialCredit(noise=-1)


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_reads_as_it_is_spelled(name: str) -> None:
    search = parse(f"{name}:8", temperature=0.7)
    assert search == Search(name, 8, Settings(temperature=0.7))
    assert parse(str(search), 0.7) == search
    assert set(OWN) == set(SEARCHES)


def test_settings_are_read() -> None:
    assert parse("lookahead:16:m=8,k=2").settings == Settings(m=8, k=2)
    assert parse("particle-filter:16:tau=0.5").settings == Settings(tau=0.5)
    assert str(parse("beam:16:m=2")) == "beam:16:m=2,steps=40"


WRONG: Sequence[tuple[str, str]] = (
    ("baem:8", r"no search 'baem' \(beam, .*\); did you mean 'beam'\?"),
    ("beam", r"a search is NAME:WIDTH, such as beam:8; got 'beam'"),
    ("beam:x", "got 'beam:x'"),
    ("beam:-4", "got 'beam:-4'"),
    ("beam:0", r"width must satisfy width >= 1; got 0"),
    ("beam:8:n=2", r"no setting of beam 'n' \(m, steps\)"),
    ("beam:8:stpes=2", r"did you mean 'steps'\?"),
    ("beam:8:m", "m of beam must be a whole number; got ''"),
    ("beam:8:m=2.5", "m of beam must be a whole number; got '2.5'"),
    ("beam:8:m=0", "m must satisfy m >= 1; got 0"),
    ("beam:6:m=4", r"the width of beam must be a multiple of m \(m=4\); got 6"),
    ("particle-filter:8:tau=0", "tau must satisfy 0 < tau < inf; got 0"),
    ("particle-filter:8:tau=nan", "tau must satisfy 0 < tau < inf; got nan"),
    ("particle-filter:8:m=4", r"no setting of particle-filter 'm' \(tau, steps\)"),
    ("lookahead:8:k=0", "k must satisfy k >= 1; got 0"),
)


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_cannot_be_read_is_refused_with_one_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as found:
        parse(text)
    assert "\n" not in str(found.value)


def test_a_temperature_is_checked() -> None:
    with pytest.raises(InputError, match="temperature must satisfy 0 <= temperature < inf; got -1"):
        parse("beam:8", temperature=-1)
