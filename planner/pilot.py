"""From a pilot log, or a prior in its place, to the simulation of the logs that may follow."""

from collections.abc import Callable, Sequence

import numpy as np

from ..analysis.counts import Counts, count
from ..data.errors import InputError
from ..data.traces import Trace
from .contrast import paired, power_of
from .least import Simulate
from .wanted import Want
from .width import Difficulty, difficulty, width_of

Pilot = Trace | Counts | Sequence[Trace | Counts] | None
FEW_PROBLEMS = 30
SHAPE = (1e-3, 1e6)
"""Bounds on a and b of a prior."""


def simulator(
    pilot: Pilot,
    want: Want,
    prior: tuple[float, float] | None,
    mass: float,
    seed: int,
) -> tuple[Callable[[int], Simulate], list[str]]:
    """Returns how logs of so many samples are simulated, and what to doubt about the pilot.

    Raises:
        InputError: neither a pilot nor a prior, both, or one that does not fit the want.
    """
    parts = _parts(pilot)
    needed = 2 if want.quantity == "separate" else 1
    if prior is not None and (parts or needed == 2):
        raise InputError("a prior stands in place of a pilot, and says nothing of two models")
    if prior is None and len(parts) != needed:
        raise InputError(
            f"{want.quantity} needs a pilot with {needed} group{'s' * (needed > 1)} of samples"
            f"{' on the same problems' if needed > 1 else ' or a prior'}; got {len(parts)}"
        )
    if prior is not None:
        hard, doubts = _given(*prior), []
    else:
        counts, told = zip(*map(_counted, parts), strict=True)
        doubts = [d for each in told for d in each]
        if needed == 2:
            return _contrast(counts[0], counts[1], want, mass, seed, doubts)
        doubts += _small(counts[0])
        hard = difficulty(counts[0], seed)
    return lambda samples: width_of(hard, want, samples, mass=mass, seed=seed), doubts


def _parts(pilot: Pilot) -> list[Trace | Counts]:
    """The groups of the pilot, one log each."""
    if pilot is None:
        return []
    given = [pilot] if isinstance(pilot, (Trace, Counts)) else list(pilot)
    return [
        part
        for log in given
        for part in ([log] if isinstance(log, Counts) else [t for _, t in log.groups()])
    ]


def _counted(part: Trace | Counts) -> tuple[Counts, list[str]]:
    if isinstance(part, Counts):
        return part, []
    verifier = next(iter(part.verifiers), None)
    return count(part, verifier), list(part.header.doubts)


def _given(a: float, b: float) -> Difficulty:
    low, high = SHAPE
    for name, value in (("a", a), ("b", b)):
        if not low <= value <= high:
            raise InputError(f"prior {name} must lie between {low:g} and {high:g}; got {value:g}")
    return Difficulty(np.asarray([a]), np.asarray([b]))


def _contrast(
    left: Counts, right: Counts, want: Want, mass: float, seed: int, doubts: list[str]
) -> tuple[Callable[[int], Simulate], list[str]]:
    pair, lost = paired(left, right)
    if lost:
        doubts.append(f"{lost} problems of the pilot were tried by one model only: left out")
    shown = pair.difference(want.k, mass, seed)
    if shown.low <= 0 <= shown.high:
        doubts.append(
            f"the pilot's own difference in pass@{want.k} is {shown.estimate:+.3f}"
            f" ({shown.low:+.3f} to {shown.high:+.3f}): the answer supposes a difference that may"
            " not be there"
        )
    doubts += _small(pair.left)
    return lambda samples: power_of(pair, want.k, samples, mass=mass, seed=seed), doubts


def _small(pilot: Counts) -> list[str]:
    if len(pilot) >= FEW_PROBLEMS:
        return []
    return [f"only {len(pilot)} problems in the pilot: what is simulated from it is a guess"]
