"""Plackett-Luce: exact on small cases, known truth found, ranks of the truth uniform."""

from itertools import combinations

import choix
import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.benchmarks import sbc, sbc_orders
from apportion.data.errors import InputError
from apportion.data.judgments import Orders
from apportion.fitting.ranking import plackett_luce as luce
from apportion.fitting.ranking.choices import choices
from apportion.fitting.ranking.links import LINKS
from apportion.fitting.ranking.plackett_luce import Model, plackett_luce
from apportion.fitting.whitened import climb
from hypothesis import given, settings
from hypothesis import strategies as st

SIMULATIONS, FAMILYWISE = 24, 1e-3
"""Few, for speed: `make calibrate` draws more."""
Rng = np.random.Generator


def tied(rng: Rng, lists: int, *, whole: bool, size: int = 5, levels: int = 3) -> Orders:
    """Lists of two or more of `size` candidates, with ranks that may tie."""
    rows = []
    for i in range(lists):
        who = rng.choice(size, rng.integers(2, size + 1), replace=False)
        rows += [(i, c, r) for c, r in zip(who, rng.integers(1, levels + 1, len(who)), strict=True)]
    each = np.array(rows).T
    return Orders(sbc_orders.names(size), each[0], each[1], each[2], whole=whole)


def enumerated(orders: Orders, theta: Floats, log_delta: Floats) -> float:
    """The log likelihood by all subsets of all choice sets."""
    delta, total = np.exp(np.r_[0.0, log_delta]), 0.0
    for i in np.unique(orders.list_):
        here = orders.list_ == i
        rank = dict(zip(orders.candidate[here], orders.rank[here], strict=True))
        left = {*range(len(theta))} if orders.whole else {*rank}
        for place in sorted(set(rank.values())):
            took = {c for c, r in rank.items() if r == place}
            weigh = [
                delta[t - 1] * np.exp(sum(theta[c] for c in subset) / t)
                for t in range(1, len(delta) + 1)
                for subset in combinations(sorted(left), t)
            ]
            mean = sum(theta[c] for c in took) / len(took)
            total += np.log(delta[len(took) - 1]) + mean - np.log(sum(weigh))
            left -= took
    return total


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31), st.booleans(), st.integers(0, 1))
def test_the_likelihood_is_that_of_all_subsets(seed: int, whole: bool, more: int) -> None:
    rng = np.random.default_rng(seed)
    orders = tied(rng, 4, whole=whole)
    found = choices(orders)
    found = choices(orders, ties=found.largest + more)
    theta = 2 * rng.standard_normal((3, 5 + found.largest - 1))
    value, _ = Model(found, found.tally()).likelihood(theta)
    exact = [enumerated(orders, row[:5], row[5:]) for row in theta]
    np.testing.assert_allclose(value, exact, rtol=1e-11)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31), st.booleans(), st.floats(0.1, 12))
def test_the_gradient_is_exact_even_where_one_outweighs_all(
    seed: int, whole: bool, spread: float
) -> None:
    rng = np.random.default_rng(seed)
    found = choices(tied(rng, 6, whole=whole))
    model = Model(found, found.tally(rng.random(found.lists)))
    theta, step = spread * rng.standard_normal((2, model.size)), 1e-5
    theta[:, 5:] = np.clip(theta[:, 5:], -10, 10)
    _, slope = model.density(theta)
    for i, nudge in enumerate(step * np.eye(model.size)):
        up, down = model.density(theta + nudge)[0], model.density(theta - nudge)[0]
        np.testing.assert_allclose(slope[:, i], (up - down) / (2 * step), rtol=1e-5, atol=1e-6)


def test_a_weight_of_two_is_a_list_seen_twice_and_each_row_has_its_own_weights() -> None:
    rng = np.random.default_rng(1)
    once = tied(rng, 5, whole=False)
    twice = Orders(
        once.candidates,
        np.r_[once.list_, once.list_[once.list_ == 2] * 0 + 5],
        np.r_[once.candidate, once.candidate[once.list_ == 2]],
        np.r_[once.rank, once.rank[once.list_ == 2]],
    )
    found, other = choices(once), choices(twice)
    weights = np.ones((2, 5))
    weights[1, 2] = 2
    theta = np.tile(rng.standard_normal(5 + found.largest - 1), (2, 1))
    value, slope = Model(found, found.tally(weights)).density(theta)
    single, one = Model(found, found.tally()).density(theta)
    double, two = Model(other, other.tally()).density(theta)
    np.testing.assert_allclose(value, [single[0], double[0]])
    np.testing.assert_allclose(slope, [one[0], two[0]], atol=1e-12)
    with pytest.raises(InputError, match="each of 5 lists needs a weight; got 4"):
        found.tally(np.ones(4))


def test_pairs_are_bradley_terry_with_davidson_ties() -> None:
    ranks = np.array([1, 2, 2, 1, 1, 1])
    pairs = choices(Orders(("a", "b"), np.repeat([0, 1, 2], 2), np.tile([0, 1], 3), ranks))
    theta = np.array([[0.7, -0.4, 0.3]])
    value, _ = Model(pairs, pairs.tally()).likelihood(theta)
    said, _, _ = LINKS["davidson"].slopes(
        np.ones((1, 3)), theta[:, :1] - theta[:, 1:2], theta[:, 2:]
    )
    assert value[0] == pytest.approx(said.sum())


def test_a_nearly_flat_prior_gives_the_mode_of_choix(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    orders = sbc_orders.orders(rng.standard_normal(6), np.empty(0), 300, 4, rng)
    place = np.lexsort((orders.rank, orders.list_))
    lists = [tuple(row) for row in orders.candidate[place].reshape(-1, 4).tolist()]
    found = choices(orders)
    model = Model(found, found.tally())
    free = climb(model.likelihood, np.zeros(6))
    for theirs in (choix.opt_rankings(6, lists, tol=1e-10), choix.ilsr_rankings(6, lists)):
        np.testing.assert_allclose(free - free.mean(), theirs - np.mean(theirs), atol=1e-4)
        likelihood = choix.log_likelihood_rankings(lists, theirs)
        assert model.likelihood(theirs[None])[0][0] == pytest.approx(likelihood)
    monkeypatch.setattr(luce, "log_prior", lambda x: (0 * x[:, 0], 0 * x))
    flat = climb(model.density, np.zeros(6))
    np.testing.assert_allclose(flat - flat.mean(), free - free.mean(), atol=1e-3)


@pytest.mark.parametrize("whole", [False, True])
def test_a_known_truth_is_found(whole: bool) -> None:
    rng = np.random.default_rng(3)
    theta, tie = np.array([1.5, 0.7, 0.0, -0.7, -1.5]), np.array([-0.5])
    standing = plackett_luce(
        sbc_orders.orders(theta, tie, 300, 3, rng, whole=whole),
        np.random.default_rng(4),
        draws=1024,
    )
    assert standing.worlds.shape == (1025, 5)
    np.testing.assert_allclose(standing.worlds.sum(axis=1), 0, atol=1e-9)
    assert abs((standing.worlds[0] - theta) / standing.worlds[1:].std(axis=0)).max() < 3.5
    assert np.log(standing.more["tie of 2"][0]) == pytest.approx(tie[0], abs=0.4)
    assert standing.doubts == ()
    assert ("the unlisted behind the listed" in standing.assumption) == whole


def test_who_is_not_compared_and_what_is_not_linked_is_said() -> None:
    rng = np.random.default_rng(0)
    lists, who = np.array([0, 0, 1, 1, 2, 2, 3]), np.array([0, 1, 1, 2, 3, 4, 5])
    orders = Orders(tuple("abcdef"), lists, who, np.array([1, 2, 1, 2, 1, 2, 1]))
    assert plackett_luce(orders, rng, draws=256).doubts[-2:] == (
        "never compared: f; where they rank, only the prior says",
        "no list links d, e with the others (2 parts): between the parts only the prior speaks",
    )
    whole = Orders(tuple("abcdef"), lists, who, orders.rank, whole=True)
    assert not any("compared" in d or "links" in d for d in plackett_luce(whole, rng).doubts)


def test_nothing_to_compare_and_ties_that_may_not_be_are_refused() -> None:
    none = np.empty(0, dtype=np.int64)
    for lists, who in ((none, none), (np.array([0, 1]), np.array([0, 1]))):
        with pytest.raises(InputError, match="at least one list that compares two"):
            choices(Orders(("a", "b"), lists, who, np.ones(len(lists), dtype=np.int64)))
    with pytest.raises(InputError, match="largest tie seen, 2; got 1"):
        choices(Orders(("a", "b"), np.zeros(2, int), np.arange(2), np.ones(2, int)), ties=1)


def test_the_ranks_of_what_was_drawn_from_the_prior_are_uniform() -> None:
    simulated = sbc_orders.QUANTITIES["Plackett-Luce"]
    found = sbc.p_values((simulated(seed) for seed in range(SIMULATIONS)), bins=4)
    assert min(found.values()) > FAMILYWISE / len(found), found
