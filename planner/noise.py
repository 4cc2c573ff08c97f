"""Noise: how far an option's value on a problem hangs on the samples and verdicts drawn."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats
from ..analysis.levels import halves
from ..data.traces import UNTIL_SUCCESS
from .costs import Prices
from .ground import Noise
from .menu import menu_of
from .plan import Option
from .value import ValueTable, logged_verdicts, value_table

Split = Callable[[Counts], tuple[Counts, Counts] | None]


def noise(
    logs: Sequence[Counts], options: Sequence[Option], rng: np.random.Generator
) -> list[Noise]:
    """Returns the noise of each option: by samples, verdicts, and labels of accepted samples."""
    found = [by(logs, options, rng) for by in (by_samples, by_verdicts, by_labels)]
    return [Noise(*each) for each in zip(*(part.T for part in found), strict=True)]


def by_labels(
    logs: Sequence[Counts], options: Sequence[Option], rng: np.random.Generator
) -> Floats:
    """Returns (P, O): what an option's value changes by when labels of accepted samples do.

    The accepted samples of a problem are labelled anew, each as a random one of them is; the rest
    stays. The square has the mean of the variance that so few labels leave.
    """

    def again(counts: Counts) -> tuple[Counts, Counts] | None:
        drawn = counts.drawn
        if drawn is None or drawn.accepts is None or counts.stop_rule == UNTIL_SUCCESS:
            return None
        right, yes = drawn.right.copy(), (drawn.accepts == 1).any(axis=1)
        for own in map(counts.rows, range(len(counts))):
            there = own.start + np.flatnonzero(yes[own])
            right[there] = drawn.right[rng.choice(there, len(there))] if len(there) else 0.0
        c = np.add.reduceat(right, drawn.start[:-1]).astype(np.int64)
        # Labels alone change: who votes for what stays, so no answer may be of two minds.
        alone = replace(drawn, answer=None)
        return (
            replace(counts, drawn=alone),
            replace(counts, c=c, drawn=replace(alone, right=right)),
        )

    return 2 * _differences(logs, options, again)


def by_samples(
    logs: Sequence[Counts], options: Sequence[Option], rng: np.random.Generator
) -> Floats:
    """Returns (P, O): half the difference of an option's values on two halves of the samples.

    Its square has the mean of the variance that so many samples leave in the option's value on one
    problem, where that falls as 1 / n; larger options fall faster, so for them it is too large.
    Columns of options that half the samples cannot value are 0.
    """

    def split(counts: Counts) -> tuple[Counts, Counts] | None:
        known = counts.drawn is not None and counts.stop_rule != UNTIL_SUCCESS
        return halves(counts, rng) if known and int(counts.n.min()) >= 2 else None

    return _differences(logs, options, split)


def by_verdicts(
    logs: Sequence[Counts], options: Sequence[Option], rng: np.random.Generator
) -> Floats:
    """Returns (P, O) the same for two halves of each sample's verdicts."""

    def split(counts: Counts) -> tuple[Counts, Counts] | None:
        many = logged_verdicts(counts)
        if counts.drawn is None or counts.drawn.accepts is None or many < 2:
            return None
        order, drawn = rng.permutation(many), counts.drawn
        first, second = order[: many // 2], order[many // 2 : 2 * (many // 2)]
        return tuple(  # type: ignore[return-value]
            replace(counts, drawn=replace(drawn, accepts=drawn.accepts[:, half], sums=None))  # type: ignore[index]
            for half in (first, second)
        )

    return _differences(logs, options, split)


def _differences(logs: Sequence[Counts], options: Sequence[Option], split: Split) -> Floats:
    out = np.zeros((len(logs[0]), len(options)))
    place = {option: i for i, option in enumerate(options)}
    for counts in logs:
        pair = split(counts)
        if pair is None:
            continue
        most = min(int(half.n.min()) for half in pair)
        verdicts = min(map(logged_verdicts, pair)) or 1
        wanted = [o for o in options if _known(o, counts, most, verdicts)]
        if not wanted:
            continue
        tables = [_valued(half, wanted) for half in pair]
        for j, option in enumerate(tables[0].options):
            if option in place and option in wanted:
                out[:, place[option]] = (tables[0].value[:, j] - tables[1].value[:, j]) / 2
    return out


def _known(option: Option, counts: Counts, most: int, verdicts: int) -> bool:
    """Whether half a log can value an option as the whole log does."""
    if option.group != counts.group or option.solutions > most:
        return False
    if option.verifier is None:
        return True
    # Best-of-Majority asks all the verdicts there are, of which a half has fewer.
    asks = option.strategy == "best-of-majority"
    return option.verifier == counts.verifier and (
        option.verdicts == verdicts if asks else option.verdicts <= verdicts
    )


def _valued(counts: Counts, options: Sequence[Option]) -> ValueTable:
    return value_table([counts], Prices(), tried=menu_of(options))
