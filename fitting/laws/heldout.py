"""What settings held out of the log say of each family of surfaces, and of them all together.

Settings at the far end of a knob are held out, which is what a forecast has to reach, and settings
at random. Families are stacked (Breiman 1996): they weigh so that their average misses least. What
it missed beyond what its worlds allow is the law's misfit, and goes into every band.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from ...analysis.counts import Ints
from ...analysis.curve import Floats
from ..averaging import stacked
from .families import Form, Rows
from .quasi import fitted

FLOOR = 0.003
"""An error in accuracy too small to hold against a family, none of which is exactly true."""
OUTER = (0.6, 0.8)
"""Quantiles of a knob from which on its settings are held out."""
FOLDS = 5
FEW_TASKS = 5
"""Below so many, the tasks at a setting do not tell how its mean scatters; its counts do."""
FEWEST_LEFT = 3
"""Settings that a fold leaves to fit to."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What the settings held out said: the `weight` (F,) of each family, and the misfit.

    On the logit scale an average forecast missed with the variance `inside` within the range of the
    knobs, and `beyond` times the squared distance, in e-folds, outside it. `settings` is how many
    forecasts of a setting stand behind this, `freedom` how well they tell a variance; `rmse` (F,)
    are the families' errors in accuracy.
    """

    weight: Floats
    inside: float
    beyond: float
    settings: int
    freedom: float
    rmse: Floats


def held_out(
    forms: Sequence[Form], rows: Rows, weights: Floats, rng: np.random.Generator
) -> HeldOut:
    """Fits every family without each fold, and forecasts the fold.

    Args:
        forms: the families.
        rows: what the log showed.
        weights: of the tasks in some worlds, (W, G).
        rng: of the folds and the worlds.
    """
    _, setting = np.unique(rows.x, axis=0, return_inverse=True)
    setting = setting.ravel()
    tasks = weights.shape[1]
    pairs = [(form, fitted(form, rows, tasks).theta) for form in forms]
    found = [_forecasts(pairs, rows, setting, out, weights, rng) for out in _folds(rows, rng)]
    if not found:
        return HeldOut(np.eye(len(forms))[0], 0.0, 0.0, 0, 3.0, np.full(len(forms), np.nan))
    noise = [np.sqrt(spread.min(axis=0) + FLOOR**2) for _, spread, *_ in found]
    weight = stacked([miss for miss, *_ in found], noise)
    inside, beyond = _misfit(found, weight)
    square = np.concatenate([miss**2 for miss, *_ in found], axis=1)
    freedom = max(len(found) - 2.0, 3.0)
    rmse = np.sqrt(square.mean(axis=1))
    return HeldOut(weight, inside, beyond, square.shape[1], freedom, rmse)


def distance(x: Floats, low: Floats, high: Floats) -> Floats:
    """Returns how far x (S, K) lies outside a range (K,), in e-folds of each knob, signed."""
    return np.asarray(np.minimum(x - low, 0.0) + np.maximum(x - high, 0.0))


def _folds(rows: Rows, rng: np.random.Generator) -> Iterator[Mask]:
    """Masks (D,) of the designs held out."""
    settings, of = np.unique(rows.x, axis=0, return_inverse=True)
    of = of.ravel()
    masks = [
        settings[:, k] >= np.quantile(settings[:, k], q, method="higher")
        for k in range(settings.shape[1])
        for q in OUTER
    ]
    order = rng.permutation(len(settings))
    masks += [np.isin(np.arange(len(settings)), order[i::FOLDS]) for i in range(FOLDS)]
    told: list[bytes] = []
    for mask in masks:
        varies = (np.ptp(settings[~mask], axis=0) > 0).all() if not mask.all() else False
        if mask.any() and varies and (~mask).sum() >= FEWEST_LEFT and mask.tobytes() not in told:
            told.append(mask.tobytes())
            yield mask[of]


Forecasts = tuple[Floats, Floats, Floats, Floats]


def _forecasts(
    pairs: Sequence[tuple[Form, Floats]],
    rows: Rows,
    setting: Ints,
    out: Mask,
    weights: Floats,
    rng: np.random.Generator,
) -> Forecasts:
    """How each family's forecast of each setting held out missed, and the variance of that, (F, S);
    then what was seen there (S,), and its squared distance from what was fitted to (S,)."""
    left, test = rows.only(~out[rows.design]), rows.only(out[rows.design])
    tasks, kept = weights.shape[1], np.unique(left.x[left.design], axis=0)
    names, of = np.unique(setting[test.design], return_inverse=True)
    size = len(names)
    seen = _pooled(weights, test, test.c / test.n, of, size)
    misses, spreads = [], []
    for form, start in pairs:
        made = fitted(form, left, tasks, start)
        means = form.near(made.theta, made.worlds(weights, rng), rows.x, rows.z)
        miss = seen - _pooled(weights, test, means[:, test.design], of, size)
        p = means[0, test.design]
        chance = made.scatter * np.bincount(of, test.n * p * (1 - p), size)
        chance /= np.bincount(of, test.n, size) ** 2
        alone = np.bincount(of, minlength=size) < FEW_TASKS
        misses.append(miss[0])
        spreads.append(miss[1:].var(axis=0, ddof=1) + chance * alone)
    x = np.zeros((size, rows.x.shape[1]))
    x[of] = rows.x[test.design]
    away = distance(x, kept.min(axis=0), kept.max(axis=0))
    return np.stack(misses), np.stack(spreads), seen[0], (away**2).sum(axis=1)


def _pooled(weights: Floats, rows: Rows, value: Floats, of: Ints, size: int) -> Floats:
    """The mean (W, S) over the tasks at each setting, of the value (R,) or (W, R) of their rows."""
    weight = weights[:, rows.task] * rows.n
    onto = np.zeros((len(rows.n), size))
    onto[np.arange(len(rows.n)), of] = 1.0
    return np.asarray((weight * value) @ onto / (weight @ onto))


def _misfit(found: Sequence[Forecasts], weight: Floats) -> tuple[float, float]:
    """The variance, in logits, that the averaged forecast is short of, inside and per distance.

    By least squares, each setting weighed by how closely it tells, each fold as one.
    """
    design, target = [], []
    for miss, spread, seen, away in found:
        mean = weight @ miss
        variance = weight @ (spread + (miss - mean) ** 2)
        p = np.clip(seen - mean, 0.01, 0.99)
        steep = (p * (1 - p)) ** 2
        share = 1 / ((variance + FLOOR**2) * np.sqrt(len(seen)))
        design.append((share * steep)[:, None] * np.column_stack([np.ones(len(seen)), away]))
        target.append(share * (mean**2 - variance))
    (inside, beyond), _ = nnls(np.concatenate(design), np.concatenate(target))
    return float(inside), float(beyond)
