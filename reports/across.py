"""What carries over from old logs to a new one: alone and helped, and how alike they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.curve import MASS, Curve, Json, number
from ..fitting.power_prior import PowerPrior, power_prior
from ..fitting.warmed import warmed
from ..planner.unlike import Unlike, unlike
from . import terminal
from .wording import percent, say


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """A new log's coverage `alone` and `helped` by old ones, which are `likeness` apart from it.

    `outside` is the chance that the new log is unlike the old ones; where an old log of the same
    benchmark is `discounted`, that holds what was made of it.
    """

    alone: Curve
    helped: Curve
    names: tuple[str, ...]
    likeness: tuple[Unlike, ...]
    outside: float
    discounted: PowerPrior | None
    doubts: tuple[str, ...]

    def json(self) -> Json:
        """Returns both curves and what stands behind them."""
        told = self.discounted
        pairs = zip(self.names, self.likeness, strict=True)
        return {
            "alone": self.alone.json(),
            "helped": self.helped.json(),
            "old": [{"name": name, **each.json()} for name, each in pairs],
            "unlike_the_old": number(self.outside),
            "discount": None if told is None else told.delta.json(),
            "drift_p": None if told is None else number(told.drift),
            "doubts": list(self.doubts),
        }


def carried(
    new: Counts,
    old: Sequence[Counts],
    names: Sequence[str],
    *,
    same: bool = False,
    k: Sequence[int] | None = None,
    mass: float = MASS,
    seed: int = 0,
) -> Carried:
    """Forecasts a new log alone and with old ones: warmed by them, or, where the one old log is of
    the `same` benchmark, with it at a discount."""
    most = int(new.n.max())
    at: Ints = np.array(k or sorted({1, most, 10 * most}))
    apart = tuple(unlike(each, new, seed=seed) for each in old)
    if same:
        whole = power_prior(new, old[0], mass=mass, seed=seed)
        bare = power_prior(new, old[0], delta=0.0, mass=mass, seed=seed)
        alone, helped = (each.at(at, mass, "these") for each in (bare, whole))
        return Carried(alone, helped, tuple(names), apart, float("nan"), whole, whole.doubts)
    made = warmed(new, old, seed=seed)
    alone, helped = made.plain.at(at, mass), made.forecast.at(at, mass)
    return Carried(alone, helped, tuple(names), apart, made.unlike, None, made.doubts)


def show(made: Carried) -> None:
    """Prints both forecasts, the old logs, and what they count for."""
    console = terminal._console()
    whom = "these problems" if made.alone.population == "these" else "new problems"
    both = zip(made.alone.k, made.alone.intervals(), made.helped.intervals(), strict=True)
    rows = [[f"{k:,}", say(alone), say(helped)] for k, alone, helped in both]
    helped = "with the old log" if made.discounted else "warmed by the old logs"
    columns = ["k", f"alone ({percent(made.alone.mass)} interval, {whom})", helped]
    terminal._print(console, columns, rows)
    told = [
        [name, "; ".join(each.doubts) or "no difference beyond chance"]
        for name, each in zip(made.names, made.likeness, strict=True)
    ]
    terminal._print(console, ["old log", "its problems and those of the new one"], told)
    if made.discounted is None:
        console.print(f"the new log is unlike the old ones with chance {made.outside:.0%}")
        return
    worth = percent(made.discounted.delta.estimate)
    what = "sample of a problem that both have" if made.discounted.shared else "problem"
    console.print(f"an old {what} counts for {worth} of a new one; drift: {_p(made.discounted)}")


def _p(made: PowerPrior) -> str:
    return f"p = {made.drift:.3g} that nothing changed"
