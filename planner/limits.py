"""Limits: what a promise hangs on, and what as much logging again would do to its interval."""

import numpy as np

from ..analysis.curve import Floats, Interval
from .case import Case
from .ground import Ground
from .plan import Limits


def limits(base: Ground, case: Case, mixture: Floats, worlds: Floats, promise: Interval) -> Limits:
    """Takes a promise apart.

    Args:
        base: the log behind it.
        case: what was decided.
        mixture: the plan, (L, O).
        worlds: the promise in every world, (W,).
        promise: its interval.
    """
    variance = float(np.var(worlds[1:]))
    used = np.flatnonzero((mixture > 1e-9).any(axis=0))
    weight = case.weights[0]
    each = np.zeros((len(base.logs[0]), len(used)))
    np.add.at(each, case.problem, weight[:, None] * mixture[case.level][:, used])
    found = base.noises([case.table.options[o] for o in used])

    def share(kind: str) -> float:
        noise = np.stack([getattr(one, kind) for one in found], axis=1)
        total = float((((each * noise).sum(axis=1)) ** 2).sum())
        # Rounded, so that it does not hang on which options were valued together.
        return round(min(total / variance, 1.0), 12) if variance > 0 else float("nan")

    samples = share("samples")
    half = (promise.high - promise.low) / 2
    return Limits(
        half,
        samples,
        min(share("verdicts"), samples),
        min(share("labels"), samples),
        half / np.sqrt(2),
        half * float(np.sqrt(1 - samples / 2)),
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
