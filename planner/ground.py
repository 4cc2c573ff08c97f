"""Ground: what every plan of a log is made from, whatever its budget, its prices or its mix."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats
from ..analysis.worlds import problem_worlds
from .case import shares
from .costs import Prices
from .plan import Option
from .stages import Stage, Told, staged


class NotHeld(LookupError):
    """What a plan hangs on is not held, and the samples that would tell are not at hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """How far an option's value on each problem (P,) may be off for want of more of something."""

    samples: Floats
    verdicts: Floats
    labels: Floats


@dataclass(frozen=True, eq=False)
class Ground:
    """The counts of a log, and what every option is worth under every way to know levels.

    `told` are the ways that can be carried out, the one without a probe first unless a probe was
    insisted on; `plain` needs none, and `gold` needs gold answers. `noise` holds what is known of
    the noise in options' values, and `find` finds it where the samples are at hand.
    """

    logs: tuple[Counts, ...]
    plain: Told
    told: tuple[Told, ...]
    gold: Told | None
    noise: Mapping[Option, Noise]
    doubts: tuple[str, ...]
    seed: int
    find: Callable[[Sequence[Option]], list[Noise]] | None = None

    @cached_property
    def worlds(self) -> Floats:
        """The weights of the problems (W, P)."""
        return problem_worlds(self.logs[0].problems, self.seed)

    def noises(self, options: Sequence[Option]) -> list[Noise]:
        """Returns the noise of each option, from what is held or else from the samples.

        Raises:
            NotHeld: neither is there.
        """
        if all(option in self.noise for option in options):
            return [self.noise[option] for option in options]
        if self.find is None:
            raise NotHeld
        found = self.find(options)
        return [self._fitted(option, each) for option, each in zip(options, found, strict=True)]

    def _fitted(self, option: Option, found: Noise) -> Noise:
        """What fits leave open of an option beyond the log is what its samples leave open."""
        off = self.plain.table.believed
        if off is None or not option.fitted:
            return found
        place = self.plain.table.options.index(option)
        own = int(np.flatnonzero(off.columns == place)[0])
        return replace(found, samples=off.right[:, :, own].std(axis=0))


def stage_of(
    base: Ground, told: Told, price: Prices, mix: Mapping[str, float] | None = None
) -> Stage:
    """Prices one way to know levels; a `mix` gives given levels other shares than the log's."""
    made = staged(told, base.logs, price, base.worlds)
    if mix is None:
        return made
    case = replace(made.case, share=shares(told.levels, mix))
    scale = case.share / np.maximum(case.mixes(), 1e-300)
    return replace(made, case=replace(case, weights=case.weights * scale[:, case.level]))
