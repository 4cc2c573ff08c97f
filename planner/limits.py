"""Limits: what a promise hangs on, and what as much logging again would do to its interval."""

from collections.abc import Sequence

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats, Interval
from .case import Case
from .noise import by_samples, by_verdicts
from .plan import Limits


def limits(
    case: Case,
    mixture: Floats,
    logs: Sequence[Counts],
    worlds: Floats,
    promise: Interval,
    seed: int,
) -> Limits:
    """Takes a promise apart.

    Args:
        case: what was decided.
        mixture: the plan, (L, O).
        logs: the counts behind it.
        worlds: the promise in every world, (W,).
        promise: its interval.
        seed: of the halves that tell the noise.
    """
    variance = float(np.var(worlds[1:]))
    used = np.flatnonzero((mixture > 1e-9).any(axis=0))
    options = [case.table.options[o] for o in used]
    weight = case.weights[0]
    each = np.zeros((len(logs[0]), len(used)))
    np.add.at(each, case.problem, weight[:, None] * mixture[case.level][:, used])

    def share(noise: Floats) -> float:
        total = float((((each * noise).sum(axis=1)) ** 2).sum())
        return min(total / variance, 1.0) if variance > 0 else float("nan")

    rng = np.random.default_rng([seed, 12])
    samples = share(by_samples(logs, options, rng))
    verdicts = min(share(by_verdicts(logs, options, rng)), samples)
    half = (promise.high - promise.low) / 2
    return Limits(
        half, samples, verdicts, half / np.sqrt(2), half * float(np.sqrt(1 - samples / 2))
    )


def sentence(found: Limits) -> str:
    """Returns the limits in a sentence."""
    if not np.isfinite(found.samples):
        return "This log cannot tell what its promise hangs on."
    part = found.samples if found.samples > 0.5 else 1 - found.samples
    return (
        f"The promise hangs most on the number of {found.most} ({part:.0%} of its variance): as"
        f" much logging again would narrow it from ±{found.half_width:.3f} to"
        f" ±{found.again_as_problems:.3f} on new problems, to ±{found.again_as_samples:.3f} on"
        " more samples of these."
    )
