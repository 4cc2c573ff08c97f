"""KnobLaw: accuracy over several knobs in every world, averaged over families."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from ...analysis.counts import Ints
from ...analysis.curve import MASS, Floats, Interval, Json, interval, intervals, number
from ...data.errors import InputError, nearest
from .families import Form
from .heldout import HeldOut, distance

STEP = 0.05
"""E-folds of a knob over which its slope is taken."""
Settings = Mapping[str, Sequence[float] | Floats | float]


@dataclass(frozen=True, slots=True, eq=False)
class KnobLaw:
    """Accuracy over several knobs, averaged over families, in worlds of the tasks.

    `shift` (K,) is added to each knob before its log. `thetas` holds the parameters (p,) of each of
    `forms`, `moves` (1 + W, p) by how much they move in every world; `speaker` (W,) is the family
    that stands for a world. `z` (G, Q) are the covariates of the tasks, in sds from their mean
    (`scale`, (2, Q): means and sds), `tasks` (1 + W, G) the weights of the tasks. `noise`
    (W, 1 + K) scales the misfit in each world. `at_logged` (S, K) are the settings logged, as
    values of the knobs, and `logged` (S,) the accuracy there over all tasks that tried them.
    """

    names: tuple[str, ...]
    shift: Floats
    forms: tuple[Form, ...]
    thetas: tuple[Floats, ...]
    moves: tuple[Floats, ...]
    speaker: Ints
    held: HeldOut
    covariates: tuple[str, ...]
    scale: Floats
    z: Floats
    tasks: Floats
    noise: Floats
    at_logged: Floats
    logged: Floats
    points: int
    doubts: tuple[str, ...] = ()

    @property
    def weight(self) -> float:
        """How many tasks stand behind it: its share among the laws of several levels."""
        return float(self.tasks.shape[1])

    @property
    def log_settings(self) -> Floats:
        """The logs (S, K) of the settings logged, with their shift."""
        return np.asarray(np.log(self.at_logged + self.shift))

    @property
    def low(self) -> Floats:
        """The logs (K,) of the least value of each knob."""
        return np.asarray(self.log_settings.min(axis=0))

    @property
    def high(self) -> Floats:
        """The logs (K,) of the largest."""
        return np.asarray(self.log_settings.max(axis=0))

    @property
    def centre(self) -> Floats:
        """The mean of the logs (K,) over the settings."""
        return np.asarray(self.log_settings.mean(axis=0))

    def worlds(self, settings: Settings, covariates: Mapping[str, float] | None = None) -> Floats:
        """Returns the accuracy at settings (S,) in every world, (1 + W, S).

        Args:
            settings: the value of every knob, each (S,) or one for all.
            covariates: of the tasks asked about; those of the log, as they are mixed, when None.

        Raises:
            InputError: a knob is missing, unknown, or out of its range.
        """
        x = self._logs(settings)
        p = self._means(x - self.low, self._tasks(covariates))
        away = distance(x, self.low, self.high)
        sd = np.sqrt(self.held.inside) * self.noise[:, :1]
        off = sd + np.sqrt(self.held.beyond) * self.noise[:, 1:] @ away.T
        p[1:] = expit(logit(np.clip(p[1:], 1e-9, 1 - 1e-9)) + off)
        return p

    def at(
        self,
        settings: Settings,
        covariates: Mapping[str, float] | None = None,
        mass: float = MASS,
    ) -> tuple[Interval, ...]:
        """Returns the accuracy at each of the settings (S,), for new tasks; see `worlds`."""
        return tuple(intervals(self.worlds(settings, covariates), mass))

    def slopes(self, mass: float = MASS) -> dict[str, Interval]:
        """Returns what an e-fold of each knob adds to the logit of accuracy, at the mean setting.

        A knob that does nothing has a slope of 0.
        """
        each = self.slope_worlds().T
        return {n: interval(w, mass) for n, w in zip(self.names, each, strict=True)}

    def slope_worlds(self) -> Floats:
        """Returns the slopes in every world, (1 + W, K)."""
        step = STEP * np.eye(len(self.names))
        x = np.concatenate([self.centre + step, self.centre - step]) - self.low
        ends = logit(np.clip(self._means(x, (self.z, self.tasks)), 1e-9, 1 - 1e-9))
        up, down = np.split(ends, 2, axis=1)
        return np.asarray((up - down) / (2 * STEP))

    def beyond(self, settings: Settings) -> Floats:
        """Returns (S,) how many e-folds the settings lie outside the range of the log."""
        away = distance(self._logs(settings), self.low, self.high)
        return np.asarray(np.sqrt((away**2).sum(axis=1)))

    def json(self, mass: float = MASS) -> Json:
        """Returns the slopes, the families and what they missed."""
        return {
            "knobs": [
                {
                    "name": name,
                    "slope": slope.json(),
                    "p_positive": number(positive),
                    "from": number(low),
                    "to": number(high),
                }
                for (name, slope), positive, low, high in zip(
                    self.slopes(mass).items(),
                    (self.slope_worlds()[1:] > 0).mean(axis=0),
                    self.at_logged.min(axis=0),
                    self.at_logged.max(axis=0),
                    strict=True,
                )
            ],
            "families": [
                {"name": form.family.name, "weight": number(w), "held_out_rmse": number(e)}
                for form, w, e in zip(self.forms, self.held.weight, self.held.rmse, strict=True)
            ],
            "misfit": {
                "inside": number(np.sqrt(self.held.inside)),
                "per_efold_beyond": number(np.sqrt(self.held.beyond)),
            },
            "settings": len(self.logged),
            "points": self.points,
            "tasks": self.tasks.shape[1],
            "doubts": list(self.doubts),
        }

    def _logs(self, settings: Settings) -> Floats:
        """The logs (S, K) of the knobs."""
        known = list(self.names)
        for name in settings:
            if name not in known:
                raise InputError(f"there is no knob {name!r}{nearest(name, known)}")
        if missing := [name for name in known if name not in settings]:
            raise InputError(f"a setting needs every knob; {missing[0]!r} is missing")
        columns = np.broadcast_arrays(*(np.atleast_1d(settings[n]).astype(float) for n in known))
        pairs = zip(known, columns, self.shift, strict=True)
        return np.column_stack([logs(name, x, by) for name, x, by in pairs])

    def _tasks(self, covariates: Mapping[str, float] | None) -> tuple[Floats, Floats]:
        if covariates is None:
            return self.z, self.tasks
        known = list(self.covariates)
        for name in covariates:
            if name not in known:
                raise InputError(f"there is no covariate {name!r}{nearest(name, known)}")
        if missing := [name for name in known if name not in covariates]:
            raise InputError(f"tasks need every covariate; {missing[0]!r} is missing")
        told = np.array([float(covariates[name]) for name in known])
        return ((told - self.scale[0]) / self.scale[1])[None], np.ones((len(self.tasks), 1))

    def _means(self, x: Floats, tasks: tuple[Floats, Floats]) -> Floats:
        """The accuracy (1 + W, S) at x (S, K) over tasks of covariates (G, Q) and weights."""
        z, weight = tasks
        if not z.shape[1]:
            z, weight = z[:1], np.ones((len(weight), 1))
        designs, each = np.repeat(x, len(z), axis=0), np.tile(z, (len(x), 1))
        made = np.zeros((len(weight), len(x)))
        fits = zip(self.forms, self.thetas, self.moves, strict=True)
        for f, (form, theta, moves) in enumerate(fits):
            spoken = np.flatnonzero(self.speaker == f) + 1
            worlds = np.concatenate([[0], spoken])
            p = form.near(theta, moves[worlds], designs, each).reshape(len(worlds), len(x), -1)
            mean = np.einsum("wsg,wg->ws", p, weight[worlds])
            made[spoken] = mean[1:]
            made[0] += self.held.weight[f] * mean[0]
        return made


def logs(name: str, values: Sequence[float] | Floats, shift: float) -> Floats:
    """Returns the logs of a knob's values with its shift.

    Raises:
        InputError: some value has none.
    """
    x = np.atleast_1d(np.asarray(values, dtype=float)) + shift
    if not (np.isfinite(x) & (x > 0)).all():
        bad = float(x[~(np.isfinite(x) & (x > 0))][0] - shift)
        raise InputError(
            f"knob {name!r} must be > {0 - shift:g}, for its log is taken; got {bad:g}"
            + ("" if shift else ": a knob that may be 0 needs a shift")
        )
    return np.log(x)
