"""Surfaces over several knobs: how accuracy moves with documents, shots, rounds, tokens, judges."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...analysis.curve import Floats
from ...analysis.worlds import WORLDS, problem_worlds
from ...data.errors import InputError, nearest
from ..averaging import speakers
from .families import Rows, forms
from .heldout import held_out
from .knoblaw import KnobLaw, logs
from .quasi import fitted

TRIAL_WORLDS = 100
"""Worlds in which what is held out is forecast."""
FEW_TASKS = 10
FEW_SETTINGS = 5
"""Settings for each knob, below which the shape over it is mostly the prior's."""
TOGETHER = 0.9
"""Correlation of two knobs' logs above which the log hardly tells which of them did it."""
LEAST = 3
ROUNDING = 1e-9

Columns = Mapping[str, Sequence[float] | Floats]


def knob_law(
    knobs: Columns,
    n: Sequence[float] | Floats,
    c: Sequence[float] | Floats,
    *,
    tasks: Sequence[str] | None = None,
    covariates: Columns | None = None,
    moderate: Mapping[str, str] | None = None,
    shift: Mapping[str, float] | None = None,
    seed: int = 0,
    worlds: int = WORLDS,
) -> KnobLaw:
    """Fits accuracy over the logs of several knobs, with covariates of the tasks.

    The form is that of Yue et al. 2024 (arXiv 2410.04343), a link of accuracy linear in the logs of
    the knobs and in what tasks are like; here several forms are fitted, shrunk a little, and
    averaged by how they forecast settings held out (see `families`, `quasi` and `heldout`).

    Args:
        knobs: the value of each knob in each row, (R,).
        n: how often each row was tried, (R,); 1 where `c` is an accuracy.
        c: how often it was right, 0 <= c <= n, (R,).
        tasks: whose row it is, (R,): rows of one task are not independent. Every row is its own
            task when None.
        covariates: what tasks are like, each (R,).
        moderate: `{covariate: knob}`, covariates that change the slope of a knob.
        shift: `{knob: x}`, added to a knob before its log is taken; a knob that may be 0 needs one.
        seed: of the worlds and folds.
        worlds: how many, besides the log.

    Raises:
        InputError: rows of unequal lengths, impossible counts, a knob that is not positive or does
            not vary, fewer than 3 settings, or names that are unknown.
    """
    shift, names = shift or {}, list(knobs)
    _known(list(shift), names, "knob")
    log = np.column_stack([logs(k, np.asarray(v), shift.get(k, 0.0)) for k, v in knobs.items()])
    low = log.min(axis=0)
    rows, of, z, scale = _rows(log - low, n, c, tasks, covariates or {}, names)
    moderated = _moderated(moderate or {}, names, list(covariates or {}))
    made = forms(len(names), len(covariates or {}), moderated)
    settings = np.unique(rows.x, axis=0)
    made = [f for i, f in enumerate(made) if not i or len(f.prior[0]) <= len(settings) / 2]
    rng = np.random.default_rng([seed, 41])
    weights = problem_worlds(of, seed, worlds)
    held = held_out(made, rows, weights[: TRIAL_WORLDS + 1], rng)
    found = [fitted(form, rows, len(of)) for form in made]
    law = KnobLaw(
        tuple(names),
        np.array([shift.get(name, 0.0) for name in names]),
        low,
        low + rows.x.max(axis=0),
        low + settings.mean(axis=0),
        tuple(made),
        tuple(each.theta for each in found),
        tuple(each.worlds(weights, rng) for each in found),
        speakers(held.weight, worlds, rng),
        held,
        tuple(covariates or {}),
        scale,
        z,
        weights,
        rng.standard_t(held.freedom, (worlds, 1 + len(names))),
        len(settings),
        len(rows.n),
    )
    return replace(law, doubts=tuple(_doubts(law, settings)))


def _rows(
    x: Floats,
    n: Sequence[float] | Floats,
    c: Sequence[float] | Floats,
    tasks: Sequence[str] | None,
    covariates: Columns,
    names: Sequence[str],
) -> tuple[Rows, list[str], Floats, Floats]:
    """The rows, the names of the tasks (G), their covariates (G, Q) in sds, and means and sds of
    those, (2, Q)."""
    n, c = np.asarray(n, dtype=float), np.asarray(c, dtype=float)
    if {n.shape, c.shape} != {(len(x),)} or (tasks is not None and len(tasks) != len(x)):
        raise InputError(f"n, c and tasks need one entry a row of the knobs ({len(x)})")
    able = (n > 0) & (c >= -ROUNDING * n) & (c <= n * (1 + ROUNDING))
    if not able.all():
        at = int((~able).argmax())
        raise InputError(
            f"counts must satisfy 0 <= c <= n and n > 0; got c={c[at]:g}, n={n[at]:g} in row"
            f" {at + 1}"
        )
    c = np.clip(c, 0.0, n)
    for name, column in zip(names, x.T, strict=True):
        if not np.ptp(column):
            raise InputError(f"knob {name!r} must vary; all of its {len(column)} values are alike")
    if len(np.unique(x, axis=0)) < LEAST:
        raise InputError(f"a surface needs {LEAST} settings or more; got 2")
    own = [str(i) for i in range(len(x))] if tasks is None else list(map(str, tasks))
    of, task = np.unique(np.array(own, dtype=object), return_inverse=True)
    told = [np.asarray(v, dtype=float) for v in covariates.values()]
    if any(v.shape != (len(x),) or not np.isfinite(v).all() for v in told):
        raise InputError(f"covariates need a finite number in each of the {len(x)} rows")
    z = np.column_stack(told) if told else np.zeros((len(x), 0))
    scale = np.stack([z.mean(axis=0), z.std(axis=0)])
    if not scale[1].all():
        flat = list(covariates)[int((scale[1] == 0).argmax())]
        raise InputError(f"covariate {flat!r} must vary between tasks; all its values are alike")
    z = (z - scale[0]) / scale[1]
    designs, design = np.unique(np.column_stack([x, z]), axis=0, return_inverse=True)
    k = x.shape[1]
    each = np.zeros((len(of), z.shape[1]))
    np.add.at(each, task, z / np.bincount(task)[task, None])
    whole = bool(((n % 1 == 0) & (c % 1 == 0)).all())
    rows = Rows(designs[:, :k], designs[:, k:], n, c, design.ravel(), task.ravel(), whole)
    return rows, list(of), each, scale


def _known(given: Sequence[str], known: Sequence[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise InputError(f"there is no {what} {name!r}{nearest(name, list(known))}")


def _moderated(
    told: Mapping[str, str], knobs: Sequence[str], covariates: Sequence[str]
) -> tuple[tuple[int, int], ...]:
    _known(list(told), covariates, "covariate")
    _known(list(told.values()), knobs, "knob")
    return tuple((covariates.index(q), knobs.index(k)) for q, k in told.items())


def _doubts(law: KnobLaw, settings: Floats) -> Iterator[str]:
    knobs, tasks = len(law.names), law.tasks.shape[1]
    if tasks < FEW_TASKS:
        yield f"only {tasks} tasks: log {FEW_TASKS - tasks} more to know how far they differ"
    if (need := FEW_SETTINGS * knobs) > len(settings):
        yield (
            f"{len(settings)} settings of {knobs} knobs: the shape beyond a straight line is mostly"
            f" assumed; log {need - len(settings)} more"
        )
    if not law.held.settings:
        yield "no setting could be held out, so nothing shows how far forecasts can be trusted"
    together = np.abs(np.corrcoef(settings.T)) if knobs > 1 else np.zeros((1, 1))
    for i, j in zip(*np.nonzero(np.triu(together, 1) > TOGETHER), strict=True):
        yield (
            f"{law.names[i]} and {law.names[j]} were turned together (correlation"
            f" {together[i, j]:.2f}): the log hardly tells which of them did it"
        )
    for name, slope in law.slopes().items():
        if slope.low <= 0 <= slope.high:
            yield f"{name} may do nothing: its slope's interval holds 0"
