"""The joint posterior of a verifier's rates, pushed through: published vectors and coverage."""

import numpy as np
import pytest
from apportion.analysis.curve import Floats
from apportion.data.errors import InputError
from apportion.fitting.pushforward import (
    Confusion,
    ceiling,
    drawn,
    expected_draws,
    pushforward,
    rectangle,
    youden,
)
from scipy.stats import beta

VECTORS = {
    (90, 10, 20, 380): ((0.737, 0.881), (0.656, 0.916)),
    (9, 1, 2, 38): ((0.522, 0.959), (0.235, 0.988)),
    (5, 0, 0, 45): ((0.596, 1.0), (0.179, 1.0)),
}
"""TP, FN, FP, TN to the 95% interval of the ceiling, jointly and by the rectangle."""


def epsilon(_solve: Floats, tpr: Floats, fpr: Floats, delta: float = 1e-5) -> Floats:
    """The privacy of an attack with these rates (Zanella-Beguelin et al. 2022)."""
    miss = 1 - tpr
    flip = fpr > 1 - miss
    one, other = np.where(flip, 1 - miss, fpr), np.where(flip, 1 - fpr, miss)
    low, high = np.minimum(one, other), np.maximum(one, other)
    ratio = np.maximum(1 - delta - high, 1e-300) / np.maximum(low, 1e-300)
    return np.where(high > 1 - delta - low, 0.0, np.log(ratio))


@pytest.mark.parametrize("cells", VECTORS)
def test_ceilings_are_those_measured_and_narrower_than_the_rectangle(
    cells: tuple[int, int, int, int],
) -> None:
    table, (joint, box) = Confusion(*cells), VECTORS[cells]
    mine, theirs = (how(table, ceiling, mass=0.95) for how in (pushforward, rectangle))
    assert (mine.low, mine.high) == pytest.approx(joint, abs=0.0011)
    assert (theirs.low, theirs.high) == pytest.approx(box, abs=0.0006)
    assert mine.high - mine.low < theirs.high - theirs.low


def test_the_ceiling_alone_needs_the_accepted_alone() -> None:
    """Beta(1/2 + TP, 1/2 + FP) is nearly the joint posterior: [.738, .882]."""
    alone = beta.ppf([0.025, 0.975], 90.5, 20.5)
    assert alone == pytest.approx([0.738, 0.882], abs=0.0006)
    joint = pushforward(Confusion(90, 10, 20, 380), ceiling, mass=0.95)
    assert (joint.low, joint.high) == pytest.approx(alone, abs=0.002)


def test_the_privacy_of_the_published_example() -> None:
    """4 million plain draws gave [.144, 6.422]; these are fewer and quasi-random."""
    row = pushforward(Confusion(487, 0, 512, 1), epsilon, mass=0.9)
    assert row.low == pytest.approx(0.144, abs=0.0006)
    assert row.high == pytest.approx(6.422, abs=0.03)


def test_other_functionals_have_their_own_posteriors() -> None:
    table = Confusion(40, 10, 15, 85)
    p, t, f = drawn(table)
    assert pushforward(table, youden).estimate == pytest.approx(float((t - f).mean()))
    draws = pushforward(table, expected_draws)
    assert draws.low < 1 / (55 / 150) < draws.high
    assert p.mean() == pytest.approx(50.5 / 151, abs=1e-4)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """400 tables of 150 trials; a share of .95 is known to .011."""
    rng, held = np.random.default_rng(0), []
    p, t, f = 0.3, 0.85, 0.15
    true = p * t / (p * t + (1 - p) * f)
    chances = [p * t, p * (1 - t), (1 - p) * f, (1 - p) * (1 - f)]
    for cells in rng.multinomial(150, chances, 400):
        row = pushforward(Confusion(*map(float, cells)), ceiling, mass=0.95, draws=2**10)
        held.append(row.low <= true <= row.high)
    assert abs(np.mean(held) - 0.95) < 4 * 0.011


def test_priors_matter_where_cells_are_empty() -> None:
    table = Confusion(5, 0, 0, 45)
    uniform = pushforward(table, ceiling, prior="uniform", mass=0.95)
    assert uniform.low < pushforward(table, ceiling, mass=0.95).low
    with pytest.raises(InputError, match="prior must be one of jeffreys, uniform; got 'flat'"):
        pushforward(table, ceiling, prior="flat")
    with pytest.raises(InputError, match="true_negative >= 0; got true_negative=-1"):
        Confusion(1, 1, 1, -1)
