"""What accepting the first is worth: against simulation, limits, published toys, and scans."""

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.fitting.utility import (
    best_caps,
    first_accepted,
    oracle,
    stays_below,
    stopping,
    utility,
)
from hypothesis import given, settings
from hypothesis import strategies as st


def problems(seed: int = 0, size: int = 60) -> tuple[Floats, Floats]:
    """One world of right and wrong acceptances whose wrong ones are rarer on easy problems."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.8, 0.6, size)
    f = 1 / (1 + np.exp(2.2 + 0.6 * np.log(p / (1 - p)) + rng.normal(size=size)))
    return p[None], ((1 - p) * f)[None]


def test_the_first_accepted_ends_as_the_card_of_the_model_says() -> None:
    right, wrong, drawn = first_accepted(np.array(0.18), np.array(0.08), np.array([1.0, 4, 16]))
    assert right.round(4).tolist() == [0.1800, 0.4847, 0.6867]
    assert (right + wrong).round(4).tolist() == (1 - 0.74 ** np.array([1.0, 4, 16])).round(
        4
    ).tolist()
    assert drawn == pytest.approx((1 - 0.74 ** np.array([1.0, 4, 16])) / 0.26)


def test_drawing_without_end_comes_to_the_ceiling_and_never_accepting_to_nothing() -> None:
    k = np.array([3.0, np.inf])
    right, wrong, drawn = first_accepted(np.array([0.3, 0.0]), np.array([0.1, 0.0]), k)
    assert right[0, 1] == pytest.approx(0.75)
    assert drawn[0, 1] == pytest.approx(2.5)
    assert right[1].tolist() == [0.0, 0.0]
    assert wrong[1].tolist() == [0.0, 0.0]
    assert drawn[1].tolist() == [3.0, np.inf]


def test_utility_is_what_a_simulation_earns() -> None:
    """200,000 runs of three problems: within 4 standard errors."""
    a, b = np.array([0.2, 0.02, 0.5]), np.array([0.05, 0.1, 0.0])
    rng, runs, cap, penalty, price = np.random.default_rng(1), 200_000, 6, 2.0, 0.01
    u = rng.random((3, runs, cap))
    yes = u < (a + b)[:, None, None]
    first = np.where(yes.any(axis=2), yes.argmax(axis=2), -1)
    at = np.take_along_axis(u, np.maximum(first, 0)[..., None], axis=2)[..., 0]
    right = (first >= 0) & (at < a[:, None])
    spent = np.where(first >= 0, first + 1, cap)
    earned = np.where(first < 0, 0.0, np.where(right, 1.0, -penalty)) - price * spent
    told = utility(a[None], b[None], np.array([float(cap)]), penalty=penalty, price=price)
    error = np.sqrt((earned.var(axis=1) / runs).sum()) / 3
    assert abs(told[0, 0] - earned.mean()) < 4 * error


def test_free_mistakes_make_utility_the_accuracy() -> None:
    a, b = problems()
    k = np.array([1.0, 5.0, 50.0])
    accuracy = first_accepted(a, b, k)[0].mean(axis=1)
    assert utility(a, b, k, penalty=0.0) == pytest.approx(accuracy)


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 0.6), st.floats(0, 0.4), st.floats(0, 8), st.floats(0, 0.3))
def test_one_problem_is_worth_all_draws_or_none(a: float, b: float, c: float, price: float) -> None:
    best = best_caps(
        np.array([[a]]), np.array([[b]]), most=200, penalty=c, price=price, epsilon=0.0
    )
    gain = a - c * b - price
    if gain > 1e-6:
        assert best.endless
    if gain < -1e-6:
        assert (best.best, best.low, best.high) == (0, 0, 0)


def test_a_dearer_mistake_never_asks_for_more_draws() -> None:
    a, b = problems()
    caps = [best_caps(a, b, most=400, penalty=c) for c in (0.0, 1.0, 2.0, 4.0, 8.0)]
    assert [c.best for c in caps] == sorted((c.best for c in caps), reverse=True)
    assert caps[0].endless
    assert all(c.low <= c.best <= c.high for c in caps)


def test_every_local_maximum_is_looked_at() -> None:
    """Sure gains first, then losses, then gains that take long: two maxima, the later higher."""
    a = np.array([[0.5, 0.0, 0.004, 0.004]])
    b = np.array([[0.0, 0.05, 0.0, 0.0]])
    worth = best_caps(a, b, most=2_000, penalty=1.0, epsilon=0.001)
    rises = np.sign(np.diff(worth.utility[0]))
    assert (np.diff(rises) != 0).sum() == 2
    assert worth.best == 2_000


def test_two_types_of_problem_earn_what_the_right_belief_says() -> None:
    """58% easy (solved .87), 42% hard (.13), a quarter of wrong ones accepted: by Bayes' rule the
    published .488 / .396 at c = 1 are .472 / .433, and -.078 at c = 2 is +.149 (from parameters
    given to two digits)."""
    p = np.repeat([0.87, 0.13], [29, 21])[None]
    worth = best_caps(p, 0.25 * (1 - p), most=200, penalty=1.0)
    assert worth.utility[0].max() == pytest.approx(0.472, abs=5e-4)
    assert worth.utility[0, -1] == pytest.approx(0.433, abs=1e-3)
    far = utility(p, 0.25 * (1 - p), np.array([np.inf]), penalty=2.0)
    assert far[0, 0] == pytest.approx(0.149, abs=1e-3)


def test_knowing_the_problem_is_worth_at_least_as_much() -> None:
    a, b = problems()
    for penalty in (0.5, 2.0, 8.0):
        best = best_caps(a, b, most=1_000, penalty=penalty)
        assert oracle(a, b, penalty=penalty)[0] >= best.utility[0].max() - 1e-9


def test_rejections_speak_for_stopping_where_the_hard_are_wrongly_accepted() -> None:
    easy, hard = (0.6, 0.02), (0.01, 0.05)
    a, b = np.array([[easy[0], hard[0]]]), np.array([[easy[1], hard[1]]])
    rule = stopping(a, b, most=50, penalty=1.0)
    gain = np.array([0.58, -0.04])
    reject = np.array([0.38, 0.94])
    by_hand = [float((reject**k @ gain) / (reject**k).sum()) for k in range(50)]
    assert rule.gain == pytest.approx(by_hand)
    assert rule.stop == next(k for k, g in enumerate(by_hand) if g <= 0)
    assert stopping(a, 0 * b, most=50).stop is None


def test_the_posterior_rule_is_the_best_of_all_fixed_caps() -> None:
    """Stopping after k rejections is a cap of k; the rule finds the one that earns most."""
    a, b = problems(3, 200)
    rule = stopping(a, b, most=500, penalty=3.0)
    worth = utility(a, b, np.arange(501.0), penalty=3.0)[0]
    assert rule.stop == int(worth.argmax())


def test_a_first_draw_that_loses_may_lead_to_later_ones_that_pay() -> None:
    """Wrong answers come at once and right ones late: looking one draw ahead would never start."""
    a, b = np.array([[0.05, 0.1]]), np.array([[0.0, 0.6]])
    rule = stopping(a, b, most=100)
    assert rule.gain[0] < 0 < rule.gain[20]
    assert rule.stop is None
    assert best_caps(a, b, most=100).best == 100


def test_a_problem_never_accepted_is_worth_nothing_however_long_one_draws() -> None:
    a, b = np.array([[0.2, 0.0]]), np.array([[0.1, 0.0]])
    assert utility(a, b, np.array([np.inf]))[0, 0] == pytest.approx((0.2 - 0.1) / 0.3 / 2)


def test_a_weak_model_stays_below_where_its_ceiling_does() -> None:
    a, b = np.tile([[0.2, 0.1]], (5, 1)), np.tile([[0.1, 0.3]], (5, 1))
    strong = np.array([0.1, 0.3, 0.45, 0.5, 0.9])
    told = stays_below(a, b, strong, np.array([1.0, np.inf]))
    limit = (2 / 3 + 1 / 4) / 2
    assert told.tolist() == [float((strong > 0.15).mean()), float((strong > limit).mean())]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"penalty": -1.0}, "penalty >= 0; got penalty=-1"), ({"most": 0}, "most >= 1")],
)
def test_bad_input_is_told(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        best_caps(*problems(), **({"most": 10} | wrong))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="chances"):
        utility(np.array([[0.9]]), np.array([[0.9]]), np.array([1.0]))
