"""From scores to outcomes: how far each step from log probability to accuracy hides progress."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import rankdata

from ...analysis.curve import MASS, Floats, Interval, Json, interval, number
from ...analysis.worlds import WORLDS, problem_worlds
from ...data.errors import InputError
from ...data.points import Points
from .held_out import Held, held_out

TEXTS = ("model", "problem")
MAYBE = ("accuracy", "best_other")
COLUMNS = ("compute", "correct", "others", *MAYBE)
"""The columns of a table of scores; one of MAYBE has to be there."""
LEAST = 4
"""Models that a correlation with compute needs before it says anything."""
FEW_PROBLEMS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One transformation of the scores, and how its problems (P,) go with log compute.

    `pearson` and `spearman` are NaN for a problem whose score never changes; `constant` is their
    share. `mean` and `mean_rank` average the others, for new problems. `lost` is the mean Pearson
    correlation of the step before less this one's, on problems that have both; None at the first.
    """

    name: str
    pearson: Floats
    spearman: Floats
    constant: float
    mean: Interval
    mean_rank: Interval
    lost: Interval | None

    def json(self) -> Json:
        """Returns the step with quartiles of its correlations over problems."""
        spread = [number(q) for q in _quartiles(self.pearson)]
        return {
            "step": self.name,
            "pearson": self.mean.json(),
            "spearman": self.mean_rank.json(),
            "quartiles": spread,
            "constant": self.constant,
            "lost": None if self.lost is None else self.lost.json(),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """How scores of M models on P problems go with log compute, step by step.

    `noise` has, about a straight line in log compute, the sd within a problem of the log
    probability of the right choice, of the log mass of the wrong ones, and the correlation of the
    two: what fluctuates. `held` compares forecasts of the largest models' accuracy; None where too
    few are smaller.
    """

    models: tuple[str, ...]
    compute: Floats
    problems: tuple[str, ...]
    steps: tuple[Step, ...]
    noise: dict[str, Interval]
    held: Held | None
    doubts: tuple[str, ...]

    def json(self) -> Json:
        """Returns everything but the single problems."""
        return {
            "models": list(self.models),
            "problems": len(self.problems),
            "steps": [step.json() for step in self.steps],
            "noise": {name: value.json() for name, value in self.noise.items()},
            "held": None if self.held is None else self.held.json(),
            "doubts": list(self.doubts),
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Scores (M, P) of models by rising log compute `x` (M,)."""

    models: tuple[str, ...]
    problems: tuple[str, ...]
    x: Floats
    correct: Floats
    others: Floats
    accuracy: Floats


def outcomes(
    points: Points, *, seed: int = 0, worlds: int = WORLDS, mass: float = MASS
) -> Outcomes:
    """Returns how far scores go with compute at each step from log probability to accuracy.

    log p of the right choice, its share p of the mass on all choices, the Brier score of right
    against wrong, -(1 - p)^2, and accuracy (Schaeffer et al. 2024, arXiv 2406.04391).

    Args:
        points: a row for each model and problem: `model`, `problem`, `compute` > 0, `correct` (the
            log probability of the right choice), `others` (the log of the summed probabilities of
            the wrong ones), and `accuracy` (0 or 1) or `best_other` (that of the likeliest wrong).
        seed: of the worlds.
        worlds: how many besides the log.
        mass: of every interval.

    Raises:
        InputError: fewer than 4 models or 3 problems that all of them tried, a pair twice, or
            values that cannot be.
    """
    grid, missing = _grid(points)
    weights = problem_worlds(grid.problems, seed, worlds)
    share = np.exp(grid.correct - np.logaddexp(grid.correct, grid.others))
    scores = {
        "log p": grid.correct,
        "share of the choices": share,
        "Brier score": -((1 - share) ** 2),
        "accuracy": grid.accuracy,
    }
    steps = _steps(scores, grid.x, weights, mass)
    held = held_out(grid.x, grid.correct - grid.others, grid.accuracy, weights, mass)
    made = Outcomes(
        grid.models,
        np.exp(grid.x),
        grid.problems,
        steps,
        _noise(grid, weights, mass),
        held and replace(held, models=grid.models[-len(held.truth) :]),
        (),
    )
    return replace(made, doubts=tuple(_doubts(made, missing)))


def _grid(points: Points) -> tuple[_Grid, int]:
    """Lays the rows out, and counts the problems that some model did not try."""
    models, at = np.unique(_texts(points, "model"), return_inverse=True)
    problems, of = np.unique(_texts(points, "problem"), return_inverse=True)
    correct, others = points.whole("correct"), points.whole("others")
    if (correct > 1e-9).any() or (others > 1e-9).any():
        raise InputError("correct and others are log probabilities, <= 0; some are above 0")
    compute = points.whole("compute")
    if not (compute > 0).all():
        raise InputError(f"compute must satisfy compute > 0; got {compute.min():g}")
    if len(np.unique(at * len(problems) + of)) < len(at):
        raise InputError("a model and a problem stand in one row; some stand in several")
    right = _right(points, correct)
    size = len(models), len(problems)
    tables = np.full((4, *size), np.nan)
    tables[:, at, of] = compute, correct, others, right
    spent = np.nanmedian(tables[0], axis=1)
    if (np.nanmax(np.abs(tables[0] / spent[:, None] - 1), axis=1) > 1e-6).any():
        raise InputError("a model has one compute; some have several")
    whole = np.isfinite(tables).all(axis=(0, 1))
    if size[0] < LEAST or whole.sum() < 3:
        raise InputError(
            f"outcomes need {LEAST} models or more and 3 problems that all of them tried;"
            f" got {size[0]} and {whole.sum()}"
        )
    order = np.argsort(spent, kind="stable")
    kept = tables[:, order][:, :, whole]
    named = tuple(models[order].tolist()), tuple(problems[whole].tolist())
    return _Grid(*named, np.log(spent[order]), *kept[1:]), int((~whole).sum())


def _texts(points: Points, name: str) -> list[str]:
    values = points.texts[name]
    if None in values:
        raise InputError(f"row {values.index(None) + 1}: {name} is missing")
    return [str(value) for value in values]


def _right(points: Points, correct: Floats) -> Floats:
    """Whether each row was right, (R,): as logged, or the right choice was the likeliest."""
    if "accuracy" in points.numbers:
        right = points.whole("accuracy")
        if not ((right >= 0) & (right <= 1)).all():
            raise InputError("accuracy must satisfy 0 <= accuracy <= 1; some does not")
        return right
    if "best_other" not in points.numbers:
        raise InputError(
            "outcomes need a column 'accuracy', or 'best_other' (the log probability of the"
            " likeliest wrong choice)"
        )
    return (correct > points.whole("best_other")).astype(float)


def _steps(scores: dict[str, Floats], x: Floats, weights: Floats, mass: float) -> tuple[Step, ...]:
    made: list[Step] = []
    for name, score in scores.items():
        pearson = _correlation(score, x)
        ranks = _correlation(rankdata(score, axis=0), rankdata(x))
        lost = None
        if made:
            lost = interval(_mean(made[-1].pearson - pearson, weights), mass)
        mean, ranked = (interval(_mean(each, weights), mass) for each in (pearson, ranks))
        constant = float(np.isnan(pearson).mean())
        made.append(Step(name, pearson, ranks, constant, mean, ranked, lost))
    return tuple(made)


def _correlation(score: Floats, x: Floats) -> Floats:
    """The correlation of each problem's scores (M, P) with x (M,), NaN where they never change."""
    away, along = score - score.mean(axis=0), x - x.mean()
    spread = np.sqrt((away**2).sum(axis=0) * (along @ along))
    still = np.ptp(score, axis=0) <= 1e-12 * np.maximum(np.abs(score).max(axis=0), 1e-300)
    return np.where(still, np.nan, along @ away / np.where(still, 1.0, spread))


def _mean(values: Floats, weights: Floats) -> Floats:
    """The mean of values (P,) that exist, in every world, (W,); NaN where none does."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(weights), np.nan)
    return np.asarray(weights[:, known] @ values[known] / weights[:, known].sum(axis=1))


def _noise(grid: _Grid, weights: Floats, mass: float) -> dict[str, Interval]:
    """What is left about a straight line in log compute, in the mean over problems."""
    right, wrong = (_left(each, grid.x) for each in (grid.correct, grid.others))
    freedom = len(grid.x) - 2
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.sqrt((right**2).sum(axis=0)), np.sqrt((wrong**2).sum(axis=0))
        joint = (right * wrong).sum(axis=0) / (size[0] * size[1])
    told = {
        "sd of log p, right choice": size[0] / np.sqrt(freedom),
        "sd of log p, wrong choices": size[1] / np.sqrt(freedom),
        "correlation of the two": joint,
    }
    return {name: interval(_mean(value, weights), mass) for name, value in told.items()}


def _left(score: Floats, x: Floats) -> Floats:
    basis = np.stack([np.ones_like(x), x - x.mean()], axis=1)
    return np.asarray(score - basis @ (np.linalg.pinv(basis) @ score))


def _quartiles(values: Floats) -> list[float]:
    known = values[np.isfinite(values)]
    return np.quantile(known, [0.25, 0.5, 0.75]).tolist() if len(known) else [np.nan] * 3


def _doubts(made: Outcomes, missing: int) -> Iterator[str]:
    if missing:
        what = "1 problem was" if missing == 1 else f"{missing:,} problems were"
        yield f"{what} left out: not tried by every model"
    if (size := len(made.problems)) < FEW_PROBLEMS:
        yield f"only {size} problems: add {FEW_PROBLEMS - size} more"
    if made.steps[-1].constant > 0.5:
        yield (
            f"{made.steps[-1].constant:.0%} of the problems are always right or always wrong:"
            " their accuracy has no correlation, and is left out of its mean"
        )
    if made.held is None:
        yield "too few models to hold the largest out: which forecast is better is not known"
