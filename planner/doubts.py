"""What in a plan should make a reader pause: one sentence for each finding."""

from collections.abc import Sequence

import numpy as np

from ..analysis.curve import Interval
from ..analysis.levels import Levels
from .allocate import Allocation
from .plan import Baseline, Option

FEW_IN_LEVEL = 15


def plan_doubts(
    options: Sequence[Option],
    levels: Levels,
    made: Allocation,
    accuracy: Interval,
    cheaper: Sequence[Baseline],
) -> list[str]:
    """Returns the sentences, those about the levels first."""
    chosen = {options[o] for o in np.argwhere(made.weight > 1e-9)[:, 1]}
    largest = max(o.solutions for o in options)
    return [
        *_about_levels(levels),
        *_indistinct(accuracy, cheaper),
        *_exhausted(largest, any(o.solutions == largest for o in chosen)),
        *_beyond(sorted({o.solutions for o in chosen if o.fitted})),
    ]


def _beyond(far: Sequence[int]) -> list[str]:
    """Says when the plan draws more than the log can show."""
    if not far:
        return []
    return [
        f"the plan takes up to {far[-1]} samples of a problem, more than half of what this log"
        " has: what they earn is not seen but fitted, over all families of difficulty"
    ]


def _about_levels(levels: Levels) -> list[str]:
    found = []
    if levels.rule.startswith("solve rate"):
        found.append(
            "the levels were made with gold answers, which a new problem does not have: this split"
            " cannot be executed, and only shows what better levels might give"
        )
    members = np.bincount(levels.of, minlength=len(levels.names))
    small = [n for n, m in zip(levels.names, members, strict=True) if m < FEW_IN_LEVEL]
    if small:
        found.append(f"fewer than {FEW_IN_LEVEL} problems stand behind level {', '.join(small)}")
    return found


def _exhausted(largest: int, chosen: bool) -> list[str]:
    """Says when the log offers nothing larger to choose from."""
    if largest == 1:
        return [
            "this log has no answers to vote with and no verdicts to choose by, or too few samples:"
            " more than one sample buys nothing here"
        ]
    if not chosen:
        return []
    return [
        f"the plan uses the largest number of solutions that was tried ({largest}): more may be"
        " better still; log more samples to see"
    ]


def _indistinct(accuracy: Interval, cheaper: Sequence[Baseline]) -> list[str]:
    """Names the simplest baseline that this log cannot tell from the plan, world by world."""
    for b in cheaper:
        if not b.bound and b.plan_better < (1 + accuracy.mass) / 2:
            return [
                f"at this budget the plan is not clearly better than {b.name!r}"
                f" ({accuracy.estimate:.3f} against {b.accuracy.estimate:.3f}; it is better in"
                f" {b.plan_better:.0%} of worlds)"
            ]
    return []
