"""Surfaces over several knobs: how accuracy moves with documents, shots, rounds, tokens, judges."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import fdtrc

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
BY_TASK = 0.01
"""The p value below which a knob counts as set task by task."""

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
    names, covariates = list(knobs), covariates or {}
    by = _shifts(shift or {}, names)
    log = np.column_stack([logs(k, x, d) for (k, x), d in zip(knobs.items(), by, strict=True)])
    rows, of, z, scale = _rows(log - log.min(axis=0), n, c, tasks, covariates, names)
    settings = np.unique(np.column_stack(list(knobs.values())), axis=0)
    moderated = _moderated(moderate or {}, names, list(covariates))
    made = forms(len(names), len(covariates), moderated, len(settings))
    rng = np.random.default_rng([seed, 41])
    weights, found = problem_worlds(of, seed, worlds), [fitted(f, rows, len(of)) for f in made]
    held = held_out(made, rows, weights[: TRIAL_WORLDS + 1], rng)
    law = KnobLaw(
        tuple(names),
        by,
        tuple(made),
        tuple(each.theta for each in found),
        tuple(each.worlds(weights, rng) for each in found),
        speakers(held.weight, worlds, rng),
        held,
        tuple(covariates),
        scale,
        z,
        weights,
        rng.standard_t(held.freedom, (worlds, 1 + len(names))),
        settings.astype(float),
        _logged(rows),
        len(log),
    )
    return replace(law, doubts=(*_doubts(law), *_chosen_by_task(rows, names)))


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
    _check(x, n, c, names)
    c = np.clip(c, 0.0, n)
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
    pair, row = np.unique(task.ravel() * len(designs) + design.ravel(), return_inverse=True)
    tried, right = (np.bincount(row, w).astype(float) for w in (n, c))
    of_design, of_task = pair % len(designs), pair // len(designs)
    rows = Rows(designs[:, :k], designs[:, k:], tried, right, of_design, of_task, whole)
    return rows, list(of), each, scale


def _logged(rows: Rows) -> Floats:
    """The accuracy at each setting, over all that was tried there."""
    _, of = np.unique(rows.x, axis=0, return_inverse=True)
    tried, right = rows.totals()
    return np.asarray(np.bincount(of.ravel(), right) / np.bincount(of.ravel(), tried))


def _known(given: Sequence[str], known: Sequence[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise InputError(f"there is no {what} {name!r}{nearest(name, list(known))}")


def _check(x: Floats, n: Floats, c: Floats, names: Sequence[str]) -> None:
    able = (n > 0) & (c >= -ROUNDING * n) & (c <= n * (1 + ROUNDING))
    if not able.all():
        at = int((~able).argmax())
        raise InputError(
            f"counts must satisfy 0 <= c <= n and n > 0; got c={c[at]:g}, n={n[at]:g} in row"
            f" {at + 1}"
        )
    for name, column in zip(names, x.T, strict=True):
        if not np.ptp(column):
            raise InputError(f"knob {name!r} must vary; all of its {len(column)} values are alike")
    if len(np.unique(x, axis=0)) < LEAST:
        raise InputError(f"a surface needs {LEAST} settings or more; got 2")


def _shifts(told: Mapping[str, float], knobs: Sequence[str]) -> Floats:
    _known(list(told), knobs, "knob")
    return np.array([told.get(name, 0.0) for name in knobs])


def _moderated(
    told: Mapping[str, str], knobs: Sequence[str], covariates: Sequence[str]
) -> tuple[tuple[int, int], ...]:
    _known(list(told), covariates, "covariate")
    _known(list(told.values()), knobs, "knob")
    return tuple((covariates.index(q), knobs.index(k)) for q, k in told.items())


def _chosen_by_task(rows: Rows, names: Sequence[str]) -> Iterator[str]:
    """Says which knobs were set otherwise for some tasks than for others: by analysis of variance.

    Where hard tasks got more of a knob, the surface takes what tasks are like for what it does.
    """
    tasks, x = np.bincount(rows.task), rows.x[rows.design]
    within = len(x) - len(tasks)
    if within <= 0 or len(tasks) < 2:
        return
    for name, column in zip(names, x.T, strict=True):
        means = np.bincount(rows.task, column) / tasks
        between = float((tasks * (means - column.mean()) ** 2).sum()) / (len(tasks) - 1)
        left = float(((column - means[rows.task]) ** 2).sum()) / within
        if fdtrc(len(tasks) - 1, within, between / max(left, 1e-300)) < BY_TASK:
            yield (
                f"{name} was set otherwise for some tasks than for others: its slope is partly what"
                " those tasks are like; tell their difficulty as a covariate, or a --level"
            )


def _doubts(law: KnobLaw) -> Iterator[str]:
    knobs, tasks, settings = len(law.names), law.tasks.shape[1], law.log_settings
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
