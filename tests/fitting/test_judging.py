"""Judges that judge again: published curves, known truth, coverage, filters, and the null slope."""

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.analysis.judges import Judgements, judge
from apportion.data.errors import InputError
from apportion.fitting.judging import accuracy, curve_limit, filtered, gain
from apportion.fitting.thinking import slope
from scipy.special import expit, ndtr


def judged(
    items: int,
    m: int,
    *,
    mean: float = 0.6,
    between: float = 1.0,
    within: float = 1.5,
    seed: int = 0,
) -> Judgements:
    """Margins normal about items' own, as scores of two responses, either one the right one."""
    rng = np.random.default_rng(seed)
    own = mean + between * rng.standard_normal(items)
    margin = own[:, None] + within * rng.standard_normal((items, m))
    first = rng.random(items) < 0.5
    right = np.column_stack([first, ~first]).astype(float)
    signed = np.where(first[:, None], margin, -margin)
    scores = np.stack([signed, np.zeros_like(signed)], axis=2)
    return Judgements(tuple(map(str, range(items))), scores, right)


def truth(k: Floats) -> Floats:
    return ndtr(0.6 / np.sqrt(1.0 + 2.25 / k))


def test_published_curves_fit_the_form_and_show_their_limits() -> None:
    """Votes of 1, 8 and 32 are right .679, .706, .710 of the time; filtered .720, .728."""
    top, misfit = curve_limit([1, 8, 32], [0.679, 0.706, 0.710])
    assert misfit < 5e-4
    assert top == pytest.approx(0.711, abs=5e-4)
    filtered_top, exact = curve_limit([8, 32], [0.720, 0.728])
    assert exact < 1e-9
    assert filtered_top == pytest.approx(0.731, abs=1e-3)


def test_intervals_hold_the_truth_beyond_the_judgements_logged() -> None:
    """60 logs of 150 items x 4, 90%: a share is known to .039."""
    k, held = np.array([1, 4, 64]), []
    for seed in range(60):
        found = gain(judged(150, 4, seed=seed), k, rng=np.random.default_rng(seed), worlds=400)
        true = truth(k.astype(float))
        last = found.limit.low <= ndtr(0.6) <= found.limit.high
        held.append([*((found.curve.low <= true) & (true <= found.curve.high)), last])
    assert (np.mean(held, axis=0) >= 0.9 - 2.5 * 0.039).all()


def test_the_fitted_curve_is_the_exact_one_within_the_log() -> None:
    """Of 4,000 items the two agree to sampling noise, under .01."""
    log = judged(4_000, 6, seed=1)
    k = np.array([1, 3, 6])
    fitted = gain(log, k, rng=np.random.default_rng(0)).curve.estimate
    exact = judge(log, k, rng=np.random.default_rng(0), draws=50, worlds=2).curve.estimate
    assert fitted == pytest.approx(exact, abs=0.015)


def test_bias_is_the_ceiling_and_noise_alone_has_none() -> None:
    far = accuracy(np.array([0.6]), np.array([1.0]), np.array([2.25]), np.array([1.0, np.inf]))
    assert far[0, 1] == pytest.approx(ndtr(0.6))
    pure = accuracy(np.array([0.6, -0.6]), np.zeros(2), np.ones(2), np.array([np.inf]))
    assert pure[:, 0].tolist() == [1.0, 0.0]
    found = gain(judged(300, 5), [1], rng=np.random.default_rng(0))
    assert found.gain.estimate > 0
    assert 1 <= found.enough.estimate < 500
    k = np.array([found.enough.estimate])
    mean, between, within = (np.array([x]) for x in _estimates(judged(300, 5)))
    near = accuracy(mean, between, within, k)[0, 0]
    assert found.limit.estimate - near == pytest.approx(0.005, abs=1e-6)


def _estimates(log: Judgements) -> tuple[float, float, float]:
    found = gain(log, [1], rng=np.random.default_rng(0))
    right = log.right.argmax(axis=1)[:, None]
    margin = np.where(right == 0, 1, -1) * (log.scores[:, :, 0] - log.scores[:, :, 1])
    return float(margin.mean()), found.between.estimate**2, found.within.estimate**2


def test_a_filter_that_knows_the_truth_helps_and_one_that_does_not_changes_nothing() -> None:
    log = judged(400, 8, seed=3)
    rng = np.random.default_rng(0)
    first = log.right.argmax(axis=1)[:, None] == 0
    good = np.where(first, 1, -1) * log.scores[:, :, 0]
    knowing = Judgements(log.items, log.scores, log.right, good)
    blind = Judgements(log.items, log.scores, log.right, rng.random(good.shape))
    helped = filtered(knowing, [8]).p_helps[0]
    assert helped > 0.9
    change = filtered(blind, [8]).difference
    assert change.low[0] < 0.02


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (judged(10, 1), "2 judgements each; got 10 with 1"),
        (Judgements(("a", "b", "c"), np.ones((3, 2, 3)), np.ones((3, 3))), "two responses"),
        (Judgements(("a", "b", "c"), np.ones((3, 2, 2)), np.eye(2)[[0, 1, 0]]), "agree exactly"),
    ],
)
def test_bad_judgements_are_told(log: Judgements, said: str) -> None:
    with pytest.raises(InputError, match=said):
        gain(log, [1], rng=np.random.default_rng(0))
    with pytest.raises(InputError, match="two points or more"):
        curve_limit([1], [0.7])


def thinking(
    effect: float, seed: int, items: int = 150, m: int = 8
) -> tuple[Floats, Floats, Floats]:
    """Judges think longer on harder items; in an item a doubling moves the logit by `effect`."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(size=items)
    doublings = 8 + 1.2 * hard[:, None] + rng.normal(size=(items, m))
    away = doublings - doublings.mean(axis=1, keepdims=True)
    right = rng.random((items, m)) < expit(0.5 - 2.0 * hard[:, None] + effect * away)
    of = np.repeat(np.arange(items), m)
    return right.ravel().astype(float), 2.0 ** doublings.ravel(), of.astype(float)


def test_hard_items_turn_the_pooled_slope_and_not_this_one() -> None:
    """Simpson's reversal: over all items more tokens go with more errors, in each with fewer."""
    right, tokens, item = thinking(0.4, 0)
    pooled = np.polyfit(np.log2(tokens), right, 1)[0]
    found = slope(right, tokens, item.astype(np.int64))
    assert pooled < 0 < found.logit.low
    assert found.p_positive > 0.99
    assert found.accuracy.estimate > 0


@pytest.mark.parametrize("effect", [0.0, 0.4])
def test_slopes_are_held_as_often_as_said(effect: float) -> None:
    """60 logs, 90%: a share is known to .039; at 0 the null is rejected no oftener than that."""
    held = []
    for seed in range(60):
        right, tokens, item = thinking(effect, seed, items=60)
        found = slope(right, tokens, item.astype(np.int64))
        held.append(found.logit.low <= effect <= found.logit.high)
    assert np.mean(held) >= 0.9 - 2.5 * 0.039


def test_a_log_without_variation_cannot_tell_a_slope() -> None:
    of = np.repeat(np.arange(20), 4)
    right = (np.arange(80) % 2).astype(float)
    same = slope(right, np.repeat(2.0 ** np.arange(20), 4), of)
    assert np.isnan(same.logit.estimate)
    assert same.reason is not None
    assert "hardly vary within items" in same.reason
    sure = slope(np.repeat(np.arange(20) % 2.0, 4), 2.0 ** np.arange(80.0), of)
    assert sure.reason is not None
    assert "both rightly and wrongly" in sure.reason
    with pytest.raises(InputError, match="known and > 0"):
        slope(right, np.zeros(80), of)
