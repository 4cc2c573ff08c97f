"""Bigger: one sample of a larger model, or the samples of a small one that its FLOPs would buy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Counts
from ..analysis.coverage import credits
from ..analysis.curve import MASS, Curve, Floats, Interval, Json, interval, number
from ..analysis.draws import draws, reach
from ..analysis.worlds import WORLDS, problem_worlds
from ..data.errors import InputError
from ..fitting.coverage import forecast
from ..fitting.crossing import SURE, crossing
from .exchange import exchange

ALIKE = 1.2
"""Samples whose mean lengths differ by more than this factor are not the same tokens."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The large model at `k` samples against the small one at `samples`, for the same FLOPs.

    `p_large` is the share of worlds in which the large one covers more, ties counting half.
    `ratio` is the D_inf / D_pre above which the large model is the better buy: infinite where the
    small one is at any, 0 where it is never within the horizon; NaN where the logs cannot tell.
    `source` says whether the small model was read in its log or forecast.
    """

    k: int
    samples: int
    small: Interval
    large: Interval
    gain: Interval
    p_large: float
    ratio: Interval
    source: str

    def json(self) -> Json:
        """Returns the choice; an end that is open is null."""
        return {
            "k": self.k,
            "samples": self.samples,
            "small": self.small.json(),
            "large": self.large.json(),
            "gain": self.gain.json(),
            "p_large": number(self.p_large),
            "ratio": self.ratio.json(),
            "source": self.source,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Bigger:
    """Choices at several k, for a large model `larger` times the small one's parameters."""

    small: str
    large: str
    larger: float
    ratio: float
    factor: float
    choices: tuple[Choice, ...]
    doubts: tuple[str, ...]

    def json(self) -> Json:
        """Returns the whole."""
        return {
            "small": self.small,
            "large": self.large,
            "larger": self.larger,
            "ratio": self.ratio,
            "factor": self.factor,
            "choices": [choice.json() for choice in self.choices],
            "doubts": list(self.doubts),
        }


def bigger(
    small: Counts,
    large: Counts,
    k: Sequence[int] | int = 1,
    *,
    larger: float,
    ratio: float,
    verifies: bool = False,
    seed: int = 0,
    mass: float = MASS,
    worlds: int = WORLDS,
) -> Bigger:
    """Returns coverage of the large model at k against the small one's at k times `exchange`.

    Snell et al. 2024 (arXiv 2408.03314), section 7. A sample of either model is taken to be as many
    tokens. Within its log the small model's coverage is exact and the two share the worlds of their
    problems; beyond it, it is forecast, and its worlds count as independent: the interval is then
    too wide for models tried on the same problems.

    Args:
        small: the counts of one group.
        large: those of the other, on the same problems or others.
        k: samples of the large model, within its log.
        larger: M, how many times the parameters the large model has, >= 1.
        ratio: D_inf / D_pre, > 0; see `exchange`.
        verifies: whether verification is counted.
        seed: of the worlds.
        mass: of every interval.
        worlds: how many besides the estimate.

    Raises:
        InputError: out of range, or k beyond the large model's log.
    """
    factor = exchange(larger, ratio, verifies=verifies)
    ks, most = draws(k), reach(large)
    if ks[-1] > most:
        raise InputError(f"k must satisfy k <= {most}, the large model's samples; got k={ks[-1]}")
    made = _compared(small, large, ks.tolist(), (larger, factor, verifies), (seed, mass, worlds))
    return Bigger(
        small.group.name,
        large.group.name,
        larger,
        ratio,
        factor,
        tuple(made),
        tuple(_doubts(small, large, made)),
    )


def _compared(
    small: Counts,
    large: Counts,
    ks: list[int],
    asked: tuple[float, float, bool],
    how: tuple[int, float, int],
) -> list[Choice]:
    """A choice at every k; `asked` is M, the exchange and whether it verifies, `how` the worlds'.

    The small model is forecast once at most, and only where its log does not reach.
    """
    (larger, factor, verifies), (seed, mass, worlds) = asked, how
    names = sorted({*small.problems, *large.problems})
    redrawn = problem_worlds(names, seed, worlds)
    ours, theirs = (_inside(counts, names, redrawn) for counts in (small, large))
    bought = [int(np.floor(k * factor * (1 + 1e-12))) for k in ks]
    levels = [theirs.worlds[:, theirs.k == k][:, 0] for k in ks]
    far = [samples > ours.k[-1] for samples in bought]
    short = [
        min((ours.worlds[1:, -1] >= v[1:]).mean(), ours.worlds[0, -1] >= v[0]) < SURE
        for v in levels
    ]
    beyond = ours
    if any(far) or any(short):
        beyond = forecast(small, seed=seed + 1, worlds=worlds).fan()
    made = []
    for k, samples, level, out, low in zip(ks, bought, levels, far, short, strict=True):
        value = _at(beyond if out else ours, samples)
        even = _even(beyond if low else ours, level, k, larger, 1.5 if verifies else 3.0)
        source = "forecast" if out else "log"
        made.append(_choice(k, samples, (value, level), even, mass, source))
    return made


def _inside(counts: Counts, names: list[str], redrawn: Floats) -> Curve:
    """Coverage at every k of the log, in worlds of all problems of either model."""
    place = {name: i for i, name in enumerate(names)}
    own = redrawn[:, [place[name] for name in counts.problems]]
    k = np.arange(1, reach(counts) + 1)
    return Curve(k, (own / own.sum(axis=1, keepdims=True)) @ credits(counts, k), "new")


def _at(curve: Curve, samples: int) -> Floats:
    """Coverage (W,) at so many samples, straight in log(1 + k) between points; NaN beyond them."""
    if samples > curve.k[-1]:
        return np.full(len(curve.worlds), np.nan)
    known, asked = np.log1p(curve.k), np.log1p(samples)
    return np.array([np.interp(asked, known, row) for row in curve.worlds])


def _even(curve: Curve, level: Floats, k: int, larger: float, price: float) -> Floats:
    """The D_inf / D_pre (W,) at which the samples that reach the level are just paid for.

    exchange(M, R) = F at R = price (M - 1) / (F - M): infinite where F <= M.
    """
    rising = np.maximum.accumulate(curve.worlds, axis=1)
    at = crossing(curve.k.astype(float), rising, level)
    needed = np.where(np.isnan(at), np.inf, at) / k
    with np.errstate(divide="ignore"):
        ratio = price * (larger - 1) / np.maximum(needed - larger, 0.0)
    return np.where(needed <= larger, np.inf, ratio)


def _choice(
    k: int, samples: int, pair: tuple[Floats, Floats], even: Floats, mass: float, source: str
) -> Choice:
    small, large = pair
    gain = large - small
    better = np.where(gain[1:] == 0, 0.5, gain[1:] > 0).mean()
    low, high = np.quantile(even[1:], [(1 - mass) / 2, (1 + mass) / 2], method="nearest")
    ratio = Interval(float(even[0]), float(min(low, even[0])), float(max(high, even[0])), mass)
    told = [interval(values, mass) for values in (small, large, gain)]
    chance = float(better) if np.isfinite(gain[0]) else np.nan
    return Choice(k, samples, told[0], told[1], told[2], chance, ratio, source)


def _doubts(small: Counts, large: Counts, made: Sequence[Choice]) -> Iterator[str]:
    shared = len({*small.problems} & {*large.problems})
    if shared < max(len(small), len(large)):
        yield f"the models share {shared:,} problems only: their difference is partly of problems"
    lengths = [
        float(np.nanmean(c.output_tokens)) if np.isfinite(c.output_tokens).any() else np.nan
        for c in (small, large)
    ]
    if max(lengths) > ALIKE * min(lengths):
        yield (
            f"samples differ in length ({lengths[0]:,.0f} tokens of the small model,"
            f" {lengths[1]:,.0f} of the large one): equal samples are not equal tokens"
        )
    if any(np.isnan(choice.p_large) for choice in made):
        yield "the small model would draw more samples than it can be forecast to"
    elif any(choice.source == "forecast" for choice in made):
        yield "the small model's samples run beyond its log: its coverage there is a forecast"
