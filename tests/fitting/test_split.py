"""Solve or verify: exponents recovered, crossovers found, prices measured."""

import numpy as np
import pytest
from apportion.analysis.counts import count
from apportion.analysis.curve import Curve, Floats
from apportion.data.errors import InputError
from apportion.data.synthetic import simulate
from apportion.fitting.split import price, split
from apportion.fitting.surface import EVERY, Surface, surface
from apportion.fitting.verified import repeats, solving, verified

S, V = 2 ** np.arange(13), 2 ** np.arange(9)


def made(accuracy: Floats) -> Surface:
    """A surface that is known, the same in 20 worlds but for a shift."""
    counts = count(simulate("mid", problems=6, samples=4, verdicts=2, seed=0)[0])
    real = surface(counts, [1], [1], worlds=2)
    worlds = accuracy[None] + np.r_[0.0, np.linspace(-0.01, 0.01, 20)][:, None, None]
    exact = np.ones(accuracy.shape, dtype=np.bool_)
    return Surface(S, V, worlds, exact, "new", 0.9, real.drawn)


@pytest.mark.parametrize(("s", "v"), [(0.5, 0.5), (0.4, 0.8)])
def test_the_exponent_is_that_of_a_known_surface(s: float, v: float) -> None:
    """Losses S^-s + V^-v along S V = C are least at S ~ C^(v / (s + v)); prices of 30 make
    S (1 + 30 V) nearly S V."""
    loss = 0.3 * S[:, None] ** -s + 0.3 * V[None] ** -v
    found = split(made(0.9 - loss), None, price=30.0)
    inner = found.verdicts[0] > 0
    assert inner.sum() > 10
    a = found.exponent
    assert a.estimate == pytest.approx(v / (s + v), abs=0.06)
    assert a.low <= a.estimate <= a.high
    spent = found.solutions * (1 + 30.0 * found.verdicts)
    assert spent[found.verdicts > 0] == pytest.approx(
        np.broadcast_to(found.budgets, spent.shape)[found.verdicts > 0]
    )


def test_verifying_starts_to_pay_where_the_curves_cross() -> None:
    """Votes grow slowly and verdicts pay once they are affordable; above, V = 0 is never best."""
    worth = np.tile(0.3 + 0.05 * np.log(S)[:, None], (1, len(V)))
    votes = Curve(S, np.tile(0.35 + 0.02 * np.log(S), (21, 1)), "new", 0.9)
    found = split(made(worth), votes, price=1.0)
    # .3 + .05 log(C / 2) = .35 + .02 log C at C = exp((.05 + .05 log 2) / .03)
    assert found.starts.estimate == pytest.approx(np.exp((0.05 + 0.05 * np.log(2)) / 0.03), rel=0.3)
    assert found.p_solve[0] == 1.0
    assert found.p_solve[-1] == 0.0
    assert (found.accuracy >= found.solving - 1e-12).all()


def test_useless_verdicts_are_never_bought() -> None:
    flat = np.full((len(S), len(V)), 0.4)
    votes = Curve(S, np.tile(0.5 + 0.02 * np.log(S), (21, 1)), "new", 0.9)
    found = split(made(flat), votes, price=0.5)
    assert (found.verdicts == 0).all()
    assert np.isinf(found.starts.estimate)
    assert np.isnan(found.exponent.estimate)
    assert found.json()["exponent"]["estimate"] is None  # type: ignore[index]


def test_prices_are_tokens_of_a_verdict_over_those_of_a_solution() -> None:
    counts = count(simulate("mid", problems=20, samples=8, verdicts=2, seed=0)[0])
    each = counts.verdict_tokens.mean() / counts.output_tokens.mean()
    assert price(counts) == pytest.approx(each)
    assert price(counts, ratio=10.0) == pytest.approx(10 * each)
    with pytest.raises(InputError, match="ratio > 0; got ratio=0"):
        price(counts, ratio=0.0)
    with pytest.raises(InputError, match="price > 0; got price=-1"):
        split(made(np.zeros((len(S), len(V)))), None, price=-1.0)


def test_a_log_with_repeated_verdicts_gets_a_surface_and_a_split() -> None:
    counts = count(simulate("mid", problems=30, samples=8, verdicts=3, seed=1)[0])
    assert repeats(counts)
    found = verified(counts)
    assert found.surface.verdicts[0] == EVERY
    assert found.split is not None
    alone = solving(counts, found.surface.solutions)
    assert alone is not None
    assert found.split.solving[0, 0] == pytest.approx(alone.estimate[0])
    assert not repeats(count(simulate("mid", problems=5, samples=4, verdicts=1, seed=1)[0]))
    assert not repeats(count(simulate("mid", problems=5, samples=4, seed=1)[0]))
