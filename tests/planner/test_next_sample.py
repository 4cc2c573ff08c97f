"""What to log next is what may change the plan, by as much as theory says, for what it costs."""

from dataclasses import replace

import numpy as np
import pytest
from apportion.analysis.counts import Counts, count
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.planner import noise
from apportion.planner.next_sample import _gain, next_sample
from apportion.planner.plan import Option
from scipy.stats import norm


@pytest.fixture(scope="module")
def log() -> Counts:
    return count(simulate("mixed", problems=80, samples=16, verdicts=4, seed=1)[0])


def test_the_gain_is_the_knowledge_gradient_of_two_normal_options() -> None:
    """sigma (phi(z) - z Phi(-z)) with z the difference in sigmas, within Monte Carlo error."""
    rng, sigma = np.random.default_rng(0), 0.04
    for behind in (0.0, 0.03, 0.1):
        draws = rng.normal(0, sigma, 200_000)
        moved = np.column_stack([np.zeros(len(draws)), draws])
        z = behind / sigma
        known = sigma * (norm.pdf(z) - z * norm.sf(z))
        error = np.maximum(draws - behind, 0).std() / np.sqrt(len(draws))
        assert _gain(np.array([0.5, 0.5 - behind]), moved) == pytest.approx(known, abs=4 * error)


def test_noise_of_samples_is_what_so_many_coins_have(log: Counts) -> None:
    """p (1 - p) / n on each problem, in the mean over problems."""
    one = Option("one", 1, 0, None, log.group)
    found, known = [], []
    for seed in range(30):
        off = noise.by_samples([log], [one], np.random.default_rng(seed))
        found.append((off**2).mean())
        # Halves of a fixed log differ by the variance without replacement, of divisor n - 1.
        known.append((log.solve_rates * (1 - log.solve_rates) / (log.n - 1)).mean())
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(known[0], abs=4 * error)
    assert error < 0.1 * known[0]


def test_noise_of_verdicts_is_none_where_all_say_the_same(log: Counts) -> None:
    best = Option("best-of", 4, 2, log.verifier, log.group)
    assert np.abs(noise.by_verdicts([log], [best], np.random.default_rng(0))).max() > 0
    assert log.drawn is not None
    assert log.drawn.accepts is not None
    same = np.repeat(log.drawn.accepts[:, :1], 4, axis=1)
    agreed = replace(log, drawn=replace(log.drawn, accepts=same))
    assert not noise.by_verdicts([agreed], [best], np.random.default_rng(0)).any()


def test_more_spent_never_gains_less(log: Counts) -> None:
    few, many = (next_sample(log, 4.0, "samples", spend=x, levels="none") for x in (50.0, 5000.0))
    gains = [{c.what: c.gain for c in made.candidates} for made in (few, many)]
    assert set(gains[0]) == {"new problems", "more samples", "more verdicts"}
    for what, gain in gains[0].items():
        assert 0 <= gain <= gains[1][what] + 1e-9
    assert gains[1]["new problems"] > 0


def test_nothing_is_gained_where_there_is_nothing_to_choose(log: Counts) -> None:
    """A budget for everything leaves one best way; beyond doubt when it beats others by much."""
    assert log.drawn is not None
    plain = replace(log, verifier=None, drawn=replace(log.drawn, accepts=None, answer=None))
    made = next_sample(plain, 1.0, "samples", levels="none")
    assert all(c.gain == 0 for c in made.candidates)
    assert any("nothing logged at this spend" in d for d in made.doubts)


def test_candidates_cost_the_spend_and_come_by_gain_per_cost(log: Counts) -> None:
    made = next_sample(log, 4.0, "samples", spend=100.0)
    assert {c.level for c in made.candidates} == {"1-easy", "2-medium", "3-hard"}
    for each in made.candidates:
        assert each.cost == pytest.approx(0 if each.what == "more verdicts" else 100)
    rates = [c.per_cost for c in made.candidates if c.cost > 0]
    assert rates == sorted(rates, reverse=True)
    assert all(noisy > 0 for _, _, noisy in made.problems)
    with pytest.raises(InputError, match="spend must be a positive number"):
        next_sample(log, 4.0, "samples", spend=-1)
    with pytest.raises(InputError, match="auto, given or none"):
        next_sample(log, 4.0, "samples", levels="probe")
