"""Asked: what a plan is to be made for; every number is checked before any work begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.errors import InputError


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of `plan`, but for the log and the seed."""

    budget: float | None
    target: float | None
    unit: str | None
    levels: str
    mix: Mapping[str, float] | None
    floor: Mapping[str, float] | None
    penalty: float
    caps: Mapping[str, float]
    hard: float | None
    most: int | None
    price_file: Path | None
    mass: float

    @property
    def probing(self) -> bool:
        """Whether a probe may be tried at all."""
        return self.mix is None and self.floor is None

    def check(self) -> None:
        """Raises an InputError where a number is out of its range."""
        if not 0 < self.mass < 1:
            raise InputError(f"mass must lie strictly between 0 and 1; got {self.mass:g}")
        if (self.budget is None) == (self.target is None):
            raise InputError("plan needs a budget or a target accuracy, and not both")
        if self.budget is not None and not (np.isfinite(self.budget) and self.budget > 0):
            raise InputError(f"budget must be a positive number; got {self.budget:g}")
        if self.target is not None and not 0 < self.target < 1:
            raise InputError(f"target must lie strictly between 0 and 1; got {self.target}")
        if not (np.isfinite(self.penalty) and self.penalty >= 0):
            raise InputError(f"penalty must satisfy penalty >= 0; got {self.penalty:g}")
        if self.hard is not None and not self.hard > 0:
            raise InputError(f"the hard cap must be a positive number; got {self.hard:g}")
        if self.most is not None and self.most < 1:
            raise InputError(f"most must satisfy most >= 1; got most={self.most}")
        if self.levels == "probe" and not self.probing:
            raise InputError(
                "mix and floor are of levels given in the log; with levels 'probe' they cannot be"
                " set"
            )
