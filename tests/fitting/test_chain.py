"""Chains of revised answers: their law, its golden values, what is recovered and what is seen."""

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.fitting.chain import Chain, chain
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

share = st.floats(0.01, 0.99)


def law(start: float, p01: float, p10: float) -> Chain:
    return Chain(*(np.array([x, x]) for x in (start, p01, p10)), (np.nan, np.nan), ())  # type: ignore[arg-type,call-arg]


def drawn(
    rng: np.random.Generator, start: Floats, p01: Floats | float, p10: float, rounds: int
) -> Floats:
    """One chain for each chance of a right start, (C, R)."""
    state = rng.random(len(start)) < start
    made = [state]
    for _ in range(rounds - 1):
        state = state ^ (rng.random(len(start)) < np.where(state, p10, p01))
        made.append(state)
    return np.array(made, dtype=float).T


@given(share, share, share)
@settings(deadline=None, max_examples=40)
def test_the_closed_form_is_the_chain_walked_round_by_round(
    start: float, p01: float, p10: float
) -> None:
    walked = [start]
    for _ in range(11):
        walked.append(walked[-1] * (1 - p10) + (1 - walked[-1]) * p01)
    fit = law(start, p01, p10)
    np.testing.assert_allclose(fit.at(np.arange(1, 13)).estimate, walked, atol=1e-12)
    assert fit.limit[0] == pytest.approx(p01 / (p01 + p10))


@given(share, share)
@settings(deadline=None, max_examples=30)
def test_attempts_are_the_sum_over_chains_still_wrong(start: float, p01: float) -> None:
    wrong = np.concatenate([[1.0], (1 - start) * (1 - p01) ** np.arange(9)])
    got = law(start, p01, 0.1).attempts(np.arange(1, 11)).estimate
    np.testing.assert_allclose(got, np.cumsum(wrong), rtol=1e-12)


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_independent_attempts_are_the_absorbing_chain(p: float) -> None:
    n = np.arange(1, 30)
    fit = law(p, p, 0.0)
    assert fit.limit[0] == 1
    np.testing.assert_allclose(fit.at(n).estimate, 1 - (1 - p) ** n, rtol=1e-12)
    np.testing.assert_allclose(fit.attempts(n).estimate, (1 - (1 - p) ** n) / p, rtol=1e-12)


def test_a_chain_that_never_rights_an_answer_spends_the_cap_on_wrong_starts() -> None:
    assert law(0.25, 0.0, 0.1).attempts(np.array([1, 5])).estimate.tolist() == [1, 4]
    assert law(0.25, 1.0, 0.1).attempts(np.array([1, 5])).estimate.tolist() == [1, 1.75]


@pytest.mark.parametrize(
    ("f_max", "p", "epsilon", "gains", "lacks"),
    [
        (1.0, 0.2, 0.01, 14, 21),
        (0.9, 0.1, 0.005, 28, 50),
        (1.0, 0.5, 0.01, 6, 7),
        (0.6, 0.05, 0.001, 67, 125),
    ],
)
def test_saturation_has_its_golden_values(
    f_max: float, p: float, epsilon: float, gains: int, lacks: int
) -> None:
    """F_max (1 - (1 - p)^N) is the chain with p01 = F_max p and p10 = (1 - F_max) p."""
    fit = law(f_max * p, f_max * p, (1 - f_max) * p)
    assert fit.at(np.array([7])).estimate[0] == pytest.approx(f_max * (1 - (1 - p) ** 7))
    assert fit.marginal(epsilon).tolist() == [gains, gains]
    assert fit.residual(epsilon).tolist() == [lacks, lacks]


@given(share, share, share, st.floats(1e-3, 0.3))
@settings(deadline=None, max_examples=80)
def test_saturation_is_the_last_round_that_gains_or_lacks_more(
    start: float, p01: float, p10: float, epsilon: float
) -> None:
    fit = law(start, p01, p10)
    value = np.concatenate([[0.0], fit.at(np.arange(1, 3_001)).estimate])
    gains, lacks = np.diff(value), fit.limit[0] - value
    for got, left in ((fit.marginal(epsilon)[0], gains), (fit.residual(epsilon)[0], lacks)):
        assert (left[int(got) :] <= epsilon + 1e-12).all()
        # Chains that swing are bounded by their envelope, which may come one round late.
        slack = 1 if p01 + p10 > 1 else 0
        assert got <= slack + (np.flatnonzero(left > epsilon - 1e-12).max(initial=-1) + 1)


def test_worlds_are_the_beta_posterior_where_problems_hold_one_transition() -> None:
    right = np.array([[0.0, 1.0]] * 3 + [[0.0, 0.0]] * 57)
    worlds = chain(right, worlds=20_000).p01[1:]
    true = beta(3.5, 57.5)
    # The problem weights have n - 2 in place of n, hence 3% more spread.
    assert worlds.mean() == pytest.approx(true.mean(), rel=0.02)
    assert worlds.std() == pytest.approx(true.std(), rel=0.05)


def test_a_missing_round_is_no_transition() -> None:
    nan = np.nan
    right = np.array([[0, nan, 1, 0], [nan, 0, 1, nan], [0, 0, nan, nan], [1, nan, nan, nan]])
    fit = chain(right)
    assert (fit.start[0], fit.p01[0], fit.p10[0]) == (1 / 3, 0.5, 1.0)


def test_every_problem_counts_alike_in_the_start() -> None:
    right = np.array([[1.0, 1.0]] * 9 + [[0.0, 0.0]])
    assert chain(right, ["a"] * 9 + ["b"]).start[0] == 0.5


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """300 logs of 40 problems x 4 chains of uneven length whose starts differ between problems."""
    truth = {"start": 1 / 3, "p01": 0.2, "p10": 0.08, "limit": 0.2 / 0.28, "at": 0.0}
    truth["at"] = truth["limit"] + (1 / 3 - truth["limit"]) * 0.72**9
    held: dict[str, list[bool]] = {name: [] for name in truth}
    middle: dict[str, list[float]] = {name: [] for name in truth}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        right = drawn(rng, np.repeat(rng.beta(1, 2, 40), 4), 0.2, 0.08, 5)
        right[rng.random(160) < 0.3, 3:] = np.nan
        fit = _quick(right, [f"p{i}" for i in range(40) for _ in range(4)], seed)
        found = fit.intervals(0.9) | {"at": fit.at(np.array([10]), 0.9).intervals()[0]}
        for name, true in truth.items():
            held[name].append(found[name].low <= true <= found[name].high)
            middle[name].append(found[name].estimate)
    for name, true in truth.items():
        assert abs(np.mean(held[name]) - 0.9) <= 4 * np.sqrt(0.09 / 300), name
        error = np.std(middle[name]) / np.sqrt(300)
        assert abs(np.mean(middle[name]) - true) <= 4 * error + 0.004, name


def _quick(right: Floats, problems: list[str], seed: int) -> Chain:
    """Without the replays, which intervals do not use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apportion.fitting.chain.REPLAYS", 1)
        return chain(right, problems, seed=seed, worlds=200)


def test_one_chance_for_all_is_rejected_when_problems_differ_and_not_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With 39 replays a level of 5% is 2 in 40, as exactly as 10 in 200 with the usual 199."""
    monkeypatch.setattr("apportion.fitting.chain.REPLAYS", 39)
    names = [f"p{i}" for i in range(40) for _ in range(4)]
    same, other = [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        start = np.repeat(rng.beta(1, 2, 40), 4)
        same.append(chain(drawn(rng, start, 0.3, 0.1, 5), names, worlds=2).differs[0])
        if seed < 40:
            own = np.repeat(rng.beta(0.6, 1.4, 40), 4)
            other.append(chain(drawn(rng, start, own, 0.1, 5), names, worlds=2).differs[0])
    size, power = np.mean(np.array(same) <= 0.05), np.mean(np.array(other) <= 0.05)
    assert size <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)
    assert power > 0.9


def test_what_was_never_seen_is_doubted_and_stays_possible() -> None:
    fit = chain(np.array([[0.0, 0, 1, 1]] * 20 + [[0.0, 1, 1, 1]] * 20))
    assert fit.p10[0] == 0
    assert fit.limit[0] == 1
    assert 0 < fit.intervals()["p10"].high < 0.1
    assert any("no right answer was ever spoilt in 60 rounds" in d for d in fit.doubts)
    always = chain(np.ones((12, 3)))
    assert np.isnan(always.p01[0])
    assert always.at(np.array([2])).reason == "the log has nothing to estimate p01 from"


def test_heterogeneity_is_said_in_a_doubt() -> None:
    right = np.array([[0.0, 1, 0, 1, 0, 1]] * 20 + [[0.0] * 6] * 20)
    names = [f"p{i // 2}" for i in range(40)]
    assert any(d.startswith("p01 differs between problems") for d in chain(right, names).doubts)


@pytest.mark.parametrize(
    ("right", "problems", "rule"),
    [
        (np.ones((3, 1)), None, "2 rounds or more"),
        (np.full((3, 2), 0.5), None, "a round is 1"),
        (np.ones((3, 2)), ["a"], r"one problem a chain is needed \(3\); got 1"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    right: Floats, problems: list[str] | None, rule: str
) -> None:
    with pytest.raises(InputError, match=rule):
        chain(right, problems)
    with pytest.raises(InputError, match="counted from 1; got 0"):
        law(0.5, 0.5, 0.5).at(np.array([0]))
