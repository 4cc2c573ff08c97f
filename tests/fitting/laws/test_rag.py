"""The published law of long-context retrieval: its golden value, and its constants found again."""

import numpy as np
import pytest
from apportion.data.errors import InputError
from apportion.fitting.laws.rag import GEMINI, SIGMA, RagLaw, rag_law
from numpy.typing import NDArray


def test_the_published_constants_give_the_published_value() -> None:
    setting, gains = np.array([[100.0, 16.0, 1.0]]), np.array([[0.3, 0.1]])
    assert GEMINI.linear(setting, gains)[0] == pytest.approx(0.95193, abs=5e-6)
    assert GEMINI.metric(setting, gains)[0] == pytest.approx(0.88223, abs=5e-5)


def test_sigma_and_its_inverse_agree_within_its_range() -> None:
    x = np.linspace(-2, 2, 9)
    assert np.allclose(SIGMA.inverse(SIGMA.of(x)), x)
    assert (SIGMA.of(x) > -2.18).all()
    assert (SIGMA.of(x) < 1.12).all()


def made(rng: np.random.Generator, noise: float) -> tuple[RagLaw, NDArray[np.float64]]:
    """A log of four data sets over a grid of settings, as the paper has, and the law fitted."""
    grid = np.array([(k, m, n) for k in (1, 5, 20, 100) for m in (1, 4, 16, 64) for n in (1, 2, 5)])
    gains = rng.uniform(0.0, 1.5, (4, 2))
    knobs, each = np.tile(grid, (4, 1)).astype(float), np.repeat(gains, len(grid), axis=0)
    linear = GEMINI.linear(knobs, each) + noise * rng.standard_normal(len(knobs))
    return rag_law(knobs, each, SIGMA.of(linear)), knobs


def test_the_constants_are_found_again_exactly_without_noise() -> None:
    law, _ = made(np.random.default_rng(0), 0.0)
    assert np.allclose(law.a, GEMINI.a, atol=1e-9)
    assert np.allclose(law.b, GEMINI.b, atol=1e-9)
    assert law.c == pytest.approx(GEMINI.c, abs=1e-9)
    assert law.b[2] == 0.0


def test_the_constants_are_found_within_their_errors_at_the_paper_s_misfit() -> None:
    """90% normal intervals of six constants in 60 logs, whose shares tell their own error."""
    truth = np.concatenate([GEMINI.a, GEMINI.b[:2], [GEMINI.c]])
    held = []
    for seed in range(60):
        law, _ = made(np.random.default_rng(seed), np.sqrt(0.085))
        assert law.errors is not None
        found = np.concatenate([law.a, law.b[:2], [law.c]])
        held.append((np.abs(found - truth) < 1.645 * law.errors).mean())
    assert abs(np.mean(held) - 0.9) < 4 * np.std(held, ddof=1) / np.sqrt(60)


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(InputError, match="six constants need 7 rows or more; got 3"):
        rag_law(np.ones((3, 3)), np.ones((3, 2)), np.zeros(3))
    with pytest.raises(InputError, match="gains"):
        rag_law(np.ones((9, 3)), np.ones((9, 3)), np.zeros(9))
    with pytest.raises(InputError, match=">= 0; got -1"):
        rag_law(-np.ones((9, 3)), np.ones((9, 2)), np.zeros(9))
