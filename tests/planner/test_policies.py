"""Replays agree with exact values and with a sampler's steps, keep to budgets, and refuse."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.accept import accept_first as exactly
from apportion.analysis.counts import Counts, count
from apportion.analysis.voting import majority_credit
from apportion.data.errors import InputError
from apportion.data.policy import ANSWER, DRAW, Attempt, Policy, decide
from apportion.data.synthetic import simulate
from apportion.planner import stopping
from apportion.planner.costs import Prices
from apportion.planner.policies import policies
from apportion.planner.replayed import Log, eliminate, opened, replay, roll

PAID = Prices(sample=1.0, verdict=0.25)


@pytest.fixture(scope="module")
def counts() -> Counts:
    return count(simulate("mixed", problems=60, samples=16, verdicts=3, seed=4)[0])


@pytest.fixture(scope="module")
def log(counts: Counts) -> Log:
    return opened(counts, PAID, 5.0, "samples", 0)


EVERY = [
    stopping.fixed(5),
    stopping.fixed(3, "best"),
    stopping.accept_first(6),
    stopping.elimination(9),
    stopping.adaptive_consistency(0.9, 12),
    stopping.early_stopping(3, 12),
    stopping.beacon(0.02, 10),
    stopping.conformal(np.linspace(0, 1, 40), 0.1, 8),
    Policy("posterior", "accepted", {"stop": 4, "price": 0.01}),
    stopping.rolling_quota(4.0),
]


@pytest.mark.parametrize("policy", EVERY, ids=lambda p: p.kind)
def test_a_sampler_decides_as_the_replay_does(log: Log, policy: Policy) -> None:
    """Sample by sample with `Attempt`, which shares no code with the planner's prefixes."""
    made = replay(log, policy, quota=4.0)
    score = np.asarray(log.orders.yes).mean(axis=-1)
    answer, yes = np.asarray(log.orders.answer), np.asarray(log.orders.yes)[..., 0]
    for p in range(0, 60, 7):
        for r in range(3):
            seen, action = Attempt(), DRAW
            while action == DRAW and len(seen.answers) < log.size:
                t = len(seen.answers)
                said = None if answer[p, r, t] < 0 else int(answer[p, r, t])
                seen.add(said, bool(yes[p, r, t]), float(score[p, r, t]))
                action = int(decide(policy, seen.state(quota=4.0)))
            assert len(seen.answers) == made.drawn[p, r]
            assert (action != ANSWER) == made.abstained[p, r]


def test_replays_agree_with_exact_values(log: Log, counts: Counts) -> None:
    for size in (3, 8):
        votes = replay(log, stopping.fixed(size)).right.mean(axis=1)
        first = replay(log, stopping.accept_first(size))
        known = exactly(counts, np.array([size]))
        error = 4.5 * np.sqrt(0.25 / log.orders.right.shape[1] / len(counts))
        assert votes.mean() == pytest.approx(
            majority_credit(counts, np.array([size])).mean(), abs=error
        )
        assert first.right.mean() == pytest.approx(known.right.mean(), abs=error)
        assert first.drawn.mean() == pytest.approx(known.draws.mean(), abs=error * size)
        assert first.abstained.mean() == pytest.approx(known.abstain.mean(), abs=error)


def test_elimination_spends_the_budget_and_no_more(log: Log) -> None:
    """A budget for all is spent to the last sample, unless nobody is left to draw for."""
    made = stopping.elimination(log.size)
    alone = replay(log, made).drawn.sum(axis=0)
    for budget in (0.5, 1.5, 2.5, 100.0):
        spent = 1.25 * eliminate(log, made, budget, np.random.default_rng(0)).drawn.sum(axis=0)
        assert (spent <= budget * 60 + 1e-9).all()
        enough = np.minimum(budget * 60, 1.25 * alone)
        assert (spent > enough - 1.25 - 1e-9).all()


def test_a_rolling_quota_is_kept_at_every_step(log: Log) -> None:
    for quota in (2.0, 3.0):
        made = roll(log, stopping.rolling_quota(quota), np.random.default_rng(0))
        assert (made.drawn.sum(axis=0) <= quota * 60 + 1e-9).all()
        alone = replay(log, stopping.rolling_quota(quota), quota=quota)
        assert made.right.mean() > alone.right.mean()  # what is left over is of use


def test_a_verifier_that_always_says_yes_is_one_sample(counts: Counts) -> None:
    assert counts.drawn is not None
    assert counts.drawn.accepts is not None
    yes = np.ones_like(counts.drawn.accepts)
    sure = replace(counts, drawn=replace(counts.drawn, accepts=yes))
    made = replay(opened(sure, PAID, 5.0, "samples", 0), stopping.accept_first(8))
    assert (made.drawn == 1).all()
    assert (made.abstained == 0).all()


def test_the_finite_rate_of_wrong_samples_is_kept() -> None:
    """Over banks and new wrong samples alike, at most alpha pass; and not much fewer."""
    rng, passed, alpha = np.random.default_rng(0), [], 0.1
    for _ in range(4000):
        scores = rng.normal(size=35)
        made = stopping.conformal(scores[:34], alpha, 4)
        passed.append(scores[34] >= made.settings["threshold"])
    error = np.sqrt(alpha * (1 - alpha) / len(passed))
    assert np.mean(passed) < alpha + 3 * error
    assert np.mean(passed) == pytest.approx(3 / 35, abs=3 * error)
    with pytest.raises(InputError, match="at least 9"):
        stopping.conformal(scores[:8], alpha, 4)


def test_the_index_of_beacon_is_the_expected_improvement_one_step_ahead() -> None:
    index, z = stopping.index(12), np.arange(0, 8.05, 0.1)
    np.testing.assert_allclose(index[-2], stopping.improvement(z, 10), rtol=0.02, atol=1e-4)
    assert (index[-1] == 0).all()
    assert (np.diff(index, axis=1) <= 1e-9).all()  # a better best is harder to beat
    assert (index[5] <= stopping.index(24)[5] + 1e-6).all()  # a longer horizon is worth more


def test_policies_keep_to_the_budget_and_are_valued_where_they_were_not_chosen() -> None:
    log, _ = simulate("mixed", problems=80, samples=16, verdicts=3, seed=1)
    made = policies(log, 4.0, "samples")
    assert made.policies[0].policy.kind == "fixed"
    assert {each.policy.kind for each in made.policies} == {
        "fixed", "accept-first", "elimination", "rolling-quota", "posterior",
        "adaptive-consistency", "early-stopping", "beacon", "conformal",
    }  # fmt: skip
    assert not made.left_out
    for each in made.policies:
        assert each.cost.estimate <= 4.0 * 1.1
        assert 0 < each.accuracy.low <= each.accuracy.estimate <= each.accuracy.high < 1
        assert 0 <= each.better <= 1
    assert made.best.accuracy.estimate == max(p.accuracy.estimate for p in made.policies)
    assert policies(log, 4.0, "samples").json() == made.json()


def test_what_cannot_be_replayed_is_refused() -> None:
    stopped, _ = simulate("beta", problems=20, samples=9, seed=0, stop="until-success")
    with pytest.raises(InputError, match="stopped at success"):
        policies(stopped, 4.0, "samples")
    log, _ = simulate("mixed", problems=20, samples=8, seed=0)
    with pytest.raises(InputError, match="only counts"):
        policies(replace(count(log), drawn=None), 4.0, "samples")
    with pytest.raises(InputError, match=r"at least 1 samples per problem.*got 0\.5"):
        policies(log, 0.5, "samples")
    with pytest.raises(InputError, match="at least 10 problems"):
        policies(count(log).only(np.arange(9)), 4.0, "samples")
    kinds = [name for name, _ in policies(log, 4.0, "samples").left_out]
    assert kinds == [
        "accept-first", "elimination", "rolling-quota", "posterior", "beacon", "conformal",
    ]  # fmt: skip
