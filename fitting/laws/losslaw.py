"""loss_law: a law of loss fitted to a table of runs, its constants and forecasts in worlds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from ...analysis.curve import MASS, Floats, Interval, Json, Population, interval, intervals, number
from ...analysis.worlds import WORLDS
from ...data.errors import InputError, nearest
from .huber import DELTA, best, descend, slopes
from .losses import LAWS, Law, centred, declared

SPARE = 3
"""Runs beyond the parameters, below which scatter and law cannot be told apart."""
FAR = 10.0
"""Times beyond the range of the table from which a forecast is doubted."""
LOOSE = 0.5
"""The half-width in logs above which a constant counts as not told."""
TRADED = 0.98
LIKE = 1.02
"""Costs within this factor of the least are as good; constants may not differ there by more than"""
UNLIKE = 0.25
"""in logs."""
Columns = Mapping[str, Sequence[float] | Floats | float]


@dataclass(frozen=True, slots=True, eq=False)
class LossLaw:
    """A law in every world: `theta` (1 + W, p) inside, `constants` (1 + W, p) as published.

    `centre` (q,) are the means of the logs of the columns, `reach` (2, q) their ends. `scatter`
    (R,) are residuals of the log response, each as large as one that was left out of the fit.
    `r2` and `worst` are of the response itself.
    """

    name: str
    theta: Floats
    constants: Floats
    centre: Floats
    reach: Floats
    scatter: Floats
    r2: float
    worst: float
    seed: int
    doubts: tuple[str, ...] = ()

    @property
    def law(self) -> Law:
        """The declaration."""
        return LAWS[self.name]

    def intervals(self, mass: float = MASS) -> dict[str, Interval]:
        """Returns each published constant with its interval."""
        pairs = zip(self.law.parameters, self.constants.T, strict=True)
        return {name: interval(worlds, mass) for name, worlds in pairs}

    def worlds(self, columns: Columns, population: Population = "new") -> Floats:
        """Returns the response at settings (S,) in every world, (1 + W, S).

        Args:
            columns: the value of each column of the law, (S,) or one for all.
            population: "new" for the law itself, "check" for one more run, with its scatter.

        Raises:
            InputError: a column is missing, unknown, or not positive.
        """
        x = _logs(self.law, columns) - self.centre
        made = np.exp(self.law.log(self.theta, x).real)
        if population == "check":
            rng = np.random.default_rng([self.seed, 53])
            made[1:] *= np.exp(rng.choice(self.scatter, made[1:].shape))
        return np.asarray(made)

    def at(
        self, columns: Columns, mass: float = MASS, population: Population = "new"
    ) -> tuple[Interval, ...]:
        """Returns the response at each of the settings (S,); see `worlds`."""
        return tuple(intervals(self.worlds(columns, population), mass, population))

    def beyond(self, columns: Columns) -> Floats:
        """Returns (S,) by how many times the settings lie outside the table, in the column where
        that is most; 1 within."""
        x = _logs(self.law, columns)
        away = np.maximum(np.maximum(x - self.reach[1], self.reach[0] - x), 0.0)
        return np.asarray(np.exp(away.max(axis=1)))

    def far(self, columns: Columns) -> tuple[str, ...]:
        """Returns a doubt where settings lie far beyond the table."""
        most = float(self.beyond(columns).max())
        told = f"a setting lies {most:.3g} times beyond the table: nothing there was seen"
        return (told,) if most > FAR else ()

    def optimal(self, flops: float, mass: float = MASS) -> dict[str, Interval]:
        """Returns the parameters and tokens of least loss at C = 6 N D FLOPs, and that loss.

        N = G (C / 6)^(b / (a + b)) with G = (a A / (b B))^(1 / (a + b)) (Hoffmann et al. 2022).

        Raises:
            InputError: another law than "chinchilla", or FLOPs that are not positive.
        """
        if self.name != "chinchilla" or not flops > 0:
            raise InputError(f"the optimum needs flops > 0 and 'chinchilla'; got {self.name!r}")
        floor, big, a, tokens, b = self.constants.T
        log_g = (np.log(a * big) - np.log(b * tokens)) / (a + b)
        n = np.exp(log_g + b / (a + b) * np.log(flops / 6))
        d = flops / 6 / n
        loss = floor + big * n**-a + tokens * d**-b
        names = ("parameters", "tokens", "loss")
        return {name: interval(w, mass) for name, w in zip(names, (n, d, loss), strict=True)}

    def json(self, mass: float = MASS) -> Json:
        """Returns the constants and how well they fit."""
        told = [{"name": n, **i.json()} for n, i in self.intervals(mass).items()]
        fit: Json = {"r2": number(self.r2), "largest_error": number(self.worst)}
        fit["residual_sd"] = number(float(np.sqrt((self.scatter**2).mean())))
        return {
            "law": self.name,
            "constants": told,
            "runs": len(self.scatter),
            **fit,
            "doubts": list(self.doubts),
        }


def loss_law(
    table: Columns,
    law: str = "chinchilla",
    *,
    delta: float = DELTA,
    seed: int = 0,
    worlds: int = WORLDS,
) -> LossLaw:
    """Fits a law to a table of runs by Huber's loss on logs, and again in worlds.

    In a world runs get residuals drawn from all, each enlarged by its leverage as if its run had
    been left out, with random signs (Efron 1979), and deviations are widened by Student's t over
    the runs beyond the parameters. Residuals that keep their run (the wild bootstrap) held too
    seldom: Huber's loss is nearly that of absolute deviations, for which it is known to fail.

    Args:
        table: the law's columns and its response, each (R,), positive.
        law: a name in `losses.LAWS`.
        delta: where squares end, in logs.
        seed: of the worlds.
        worlds: how many, besides the table.

    Raises:
        InputError: an unknown law, a column missing or not positive, or fewer runs than parameters
            and 2.
    """
    told = declared(law)
    columns = tabled(told, table)
    y = np.log(columns[told.response])
    x, centre = centred(told, columns)
    if len(y) < len(told.parameters) + 2:
        raise InputError(
            f"the law {law!r} has {len(told.parameters)} parameters: it needs"
            f" {len(told.parameters) + 2} runs or more; got {len(y)}"
        )
    theta, others, costs = best(told, x, y, delta)
    value, slope = slopes(told, theta[None], x)
    scatter = (y - value[0]) / _left_out(slope[0])
    every = _again(told, theta, x, value, scatter, delta, np.random.default_rng([seed, 52]), worlds)
    with np.errstate(over="ignore"):  # what the table does not tell may be anything
        constants = told.natural(every, centre)
    seen, fit = np.exp(y), np.exp(value[0])
    made = LossLaw(
        law,
        every,
        constants,
        centre,
        np.stack([x.min(axis=0), x.max(axis=0)]) + centre,
        scatter,
        float(1 - ((seen - fit) ** 2).sum() / ((seen - seen.mean()) ** 2).sum()),
        float(np.abs(seen - fit).max()),
        seed,
    )
    return replace(made, doubts=tuple(_doubts(made, others[costs <= LIKE * costs[0]])))


def _again(
    law: Law,
    theta: Floats,
    x: Floats,
    value: Floats,
    scatter: Floats,
    delta: float,
    rng: np.random.Generator,
    worlds: int,
) -> Floats:
    """The law in every world (1 + W, p), its own in row 0."""
    errors = rng.choice(scatter, (worlds, len(scatter)))
    again = value + errors * rng.choice([-1.0, 1.0], errors.shape)
    drawn, _ = descend(law, np.repeat(theta[None], worlds, axis=0), x, again, delta)
    freedom = len(scatter) - len(theta)
    wide = np.sqrt(freedom / rng.chisquare(freedom, worlds))
    return np.vstack([theta, theta + (drawn - theta) * wide[:, None]])


def tabled(law: Law, table: Columns) -> dict[str, Floats]:
    """Returns a law's columns and its response, checked, (R,) each.

    Raises:
        InputError: a column missing, of another length, not positive, or that does not vary.
    """
    names = (*law.columns, law.response)
    if missing := [name for name in names if name not in table]:
        raise InputError(f"this law needs the column {missing[0]!r} (needs {', '.join(names)})")
    found = {name: np.asarray(table[name], dtype=float) for name in names}
    if len({column.shape for column in found.values()}) != 1 or found[names[0]].ndim != 1:
        raise InputError(f"the columns {', '.join(names)} need equal lengths")
    for name, column in found.items():
        if not (np.isfinite(column) & (column > 0)).all():
            row = int((~(np.isfinite(column) & (column > 0))).argmax())
            raise InputError(f"{name} must be > 0; got {column[row]:g} in row {row + 1}")
    for name in law.columns:
        if not np.ptp(found[name]):
            raise InputError(f"{name} must vary; all of its {len(found[name])} values are alike")
    return found


def _logs(law: Law, columns: Columns) -> Floats:
    """The logs (S, q) of settings."""
    known = list(law.columns)
    if unknown := [name for name in columns if name not in known]:
        raise InputError(f"this law has no column {unknown[0]!r}{nearest(unknown[0], known)}")
    if missing := [name for name in known if name not in columns]:
        raise InputError(f"a setting needs {', '.join(known)}; {missing[0]!r} is missing")
    every = np.broadcast_arrays(*(np.atleast_1d(columns[n]).astype(float) for n in known))
    x = np.column_stack(every)
    if not (np.isfinite(x) & (x > 0)).all():
        raise InputError(f"{', '.join(known)} must be > 0; got {x.min():g}")
    return np.asarray(np.log(x))


def _left_out(slope: Floats) -> Floats:
    """One less the leverage of each run (R,), kept off 0."""
    q, r = np.linalg.qr(slope)
    told = np.abs(np.diag(r)) > 1e-9 * np.abs(np.diag(r)).max()
    return np.asarray(np.maximum(1 - (q[:, told] ** 2).sum(axis=1), 0.1))


def _doubts(made: LossLaw, alike: Floats) -> Iterator[str]:
    names, runs, size = made.law.parameters, len(made.scatter), made.theta.shape[1]
    if runs < size + SPARE:
        yield f"{runs} runs for {size} parameters: log {size + SPARE - runs} more"
    logs = np.log(np.clip(made.constants[1:], 1e-300, 1e300))
    half = (np.quantile(logs, 0.95, axis=0) - np.quantile(logs, 0.05, axis=0)) / 2
    for name, reach in zip(names, half, strict=True):
        if reach > LOOSE:
            yield f"{name} is told only within a factor of {np.exp(reach):.3g} either way"
    with np.errstate(invalid="ignore", divide="ignore"):  # runs without scatter leave no worlds
        together = np.abs(np.corrcoef(made.theta[1:].T)).reshape(size, size)
    for i, j in combinations(range(size), 2):
        if together[i, j] > TRADED:
            yield f"{names[i]} and {names[j]} make up for each other: read neither alone"
    if len(alike) > 1 and np.ptp(alike, axis=0).max() > UNLIKE:
        yield "other constants fit these runs as well: several optima are within 2% of the least"
