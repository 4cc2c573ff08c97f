"""Judges on a simplex: candidates are points, judges are maps, and both are drawn together.

Vossler et al. 2025 ("LLMs Judging LLMs: A Simplex Perspective"). Candidate k is truly at level m
with chance pi_km; judge j calls level m by level s with chance psi_jms, and so says s of k with
chance sum_m pi_km psi_jms. The priors are ours: pi_k ~ Dirichlet(1), psi_jm ~ Dirichlet(eta d_m)
with d_ms proportional to exp(-|m - s| / tau), cut to judges whose verdicts rise with the level.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...analysis.curve import Floats
from ...data.judgments import Grades, Ints
from ..whitened import MIXED, walk
from .collapse import likelihood
from .rising import Rising, shares
from .standing import Standing, summary
from .tables import Tables, tables

ETA, TAU = 5.0, 1.0
"""A judge's row is worth five verdicts before any is seen; e times fewer for each level away."""

MOST = 2_000
"""More verdicts of one judge on one candidate are weighed down to so many where kappa is inf.

No judge is as constant as 100,000 verdicts could tell, and the ridge of judges who explain them
equally well would be too thin to walk along.
"""


@dataclass(frozen=True, slots=True)
class Judging:
    """How constant judges are over candidates (kappa), and how good we take them to be before."""

    kappa: float = math.inf
    eta: float = ETA
    tau: float = TAU

    def __str__(self) -> str:
        return f"kappa {self.kappa:g}, eta {self.eta:g}, tau {self.tau:g}"

    def near(self, levels: int) -> Floats:
        """Returns the mean (M, M) of a judge's rows, before the cut."""
        apart = np.abs(np.subtract.outer(np.arange(levels), np.arange(levels)))
        near = np.exp(-apart / self.tau)
        return np.asarray(near / near.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Draws of pi (T, K, M), of psi (T, J, M, M) and of the tilt (T,); `r_hat` is of their walk."""

    pi: Floats
    psi: Floats
    tilt: Floats
    r_hat: float


def simplex(
    log: Grades | Tables,
    rng: np.random.Generator,
    *,
    kappa: float = math.inf,
    eta: float = ETA,
    tau: float = TAU,
    families: Mapping[str, str] | None = None,
) -> Standing:
    """Returns the worth of each candidate, the mean of its levels' values, in draws.

    Args:
        log: verdicts on levels.
        rng: of the draws.
        kappa: how constant a judge is over candidates: its map for each is as if learnt from
            `kappa` verdicts of its common map; inf makes it the same for all.
        eta: how many verdicts a judge's row is worth before any is seen.
        tau: how many levels away a judge errs.
        families: name of a judge or a candidate -> its family. Verdicts of a judge on its own
            family are tilted by `self-preference` a level, in log odds, which is N(0, 1).
    """
    seen = log if isinstance(log, Tables) else tables(log)
    judging = Judging(kappa, eta, tau)
    kin = relatives(seen, families or {})
    found = drawn(seen, judging, kin, rng)
    worlds = summary(found.pi @ np.asarray(seen.values))
    more = {"self-preference": summary(found.tilt)} if kin.any() else {}
    said = (*doubts(seen), *_unmixed(found.r_hat))
    return Standing(str(judging), seen.candidates, worlds, more=more, doubts=said)


def relatives(seen: Tables, families: Mapping[str, str]) -> NDArray[np.bool_]:
    """Returns (J, K): whether the judge and the candidate are of one family."""
    of_judge = [families.get(name) for name in seen.judges]
    of_candidate = [families.get(name) for name in seen.candidates]
    return np.array(
        [[a is not None and a == b for b in of_candidate] for a in of_judge], dtype=bool
    )


def doubts(seen: Tables) -> tuple[str, ...]:
    """Returns what no assumption on the judges can mend."""
    found = []
    if seen.levels > 2 and not seen.known:
        found.append(
            f"{seen.levels} levels and no gold: not even infinite data fix the order of the"
            " candidates (Vossler et al. 2025), the assumptions on judges do; label some items of"
            " each level, or cut the levels to two"
        )
    if seen.shared:
        found.append(
            "judges saw the same items, so their verdicts err together and the intervals are too"
            " narrow; judge items, not tables, by the model of Dawid and Skene"
        )
    elif seen.shared is None:
        found.append(
            "the log names no items: if the judges saw the same ones the intervals are too narrow;"
            " name the items"
        )
    return tuple(found)


def _unmixed(r_hat: float) -> tuple[str, ...]:
    if r_hat <= MIXED:
        return ()
    return (
        f"the chains disagree (R-hat {r_hat:.2f}, good below {MIXED}): the intervals are rough; cut"
        " the levels to fewer, or add gold",
    )


def drawn(
    seen: Tables, judging: Judging, kin: NDArray[np.bool_], rng: np.random.Generator
) -> Drawn:
    """Draws candidates and judges from their posterior."""
    posterior = Posterior(seen, judging, kin)
    walked = walk(posterior.density, posterior.start(), rng)
    log_pi, judges, tilt = posterior.parts(walked.theta)
    pi, psi = np.moveaxis(np.exp(log_pi), -1, 0), np.moveaxis(judges.psi, -1, 0)
    return Drawn(pi, psi, tilt, walked.r_hat)


def _weighed(counts: Ints) -> Floats:
    """Counts (J, K, M) weighed down to at most MOST of one judge and candidate."""
    many = counts.sum(axis=2, keepdims=True)
    return np.asarray(counts * (MOST / np.maximum(many, MOST)))


class Posterior:
    """The log posterior of theta (p,): logits of pi, then of psi, to their last level; the tilt."""

    def __init__(self, seen: Tables, judging: Judging, kin: NDArray[np.bool_]) -> None:
        self.judging, self.kin = judging, kin
        self.counts = _weighed(seen.counts) if math.isinf(judging.kappa) else seen.counts
        self.judges, self.candidates, self.levels = seen.counts.shape
        self.gold = seen.gold if seen.known else seen.gold[:, :1]
        self.alpha_pi = 1.0 + seen.truth[..., None]
        self.alpha_psi = judging.eta * judging.near(self.levels)
        self.cut = self.candidates * (self.levels - 1)

    def start(self) -> Floats:
        """Returns the theta of even candidates and of judges as the prior has them."""
        judge = shares(self.judging.near(self.levels))
        still = np.zeros(1 if self.kin.any() else 0)
        return np.concatenate([np.zeros(self.cut), np.tile(judge.ravel(), self.judges), still])

    def parts(self, theta: Floats) -> tuple[Floats, Rising, Floats]:
        """Returns log pi (K, M, T), the judges, and the tilt (T,), 0 where none is."""
        rest, draws = self.levels - 1, len(theta)
        end = self.cut + self.judges * self.levels * rest
        free = np.ascontiguousarray(theta.T)
        pi = free[: self.cut].reshape(self.candidates, rest, draws)
        judges = free[self.cut : end].reshape(self.judges, self.levels, rest, draws)
        last = np.zeros((self.candidates, 1, draws))
        tilt = free[end] if len(free) > end else np.zeros(draws)
        return _normal(np.concatenate([pi, last], axis=1), 1), Rising(judges), tilt

    def density(self, theta: Floats) -> tuple[Floats, Floats]:
        """Returns the log posterior (T,), up to a constant, and its gradient (T, p)."""
        log_pi, judges, tilt = self.parts(theta)
        pi, psi = np.exp(log_pi), self.tilted(judges.psi, tilt)
        value, by_pi, by_psi = likelihood(pi, psi, self.counts, self.gold, self.judging.kappa)
        before, weight = judges.log_prior(self.alpha_psi)
        value = value + before + (self.alpha_pi * log_pi).sum(axis=(0, 1)) - 0.5 * tilt**2
        by_pi = self.alpha_pi + by_pi
        by_pi = (by_pi - pi * by_pi.sum(axis=1, keepdims=True))[:, :-1]
        pulled = []
        if self.kin.any():
            by_psi = by_psi - psi * by_psi.sum(axis=3, keepdims=True)
            each = (by_psi * np.arange(self.levels)[:, None]).sum(axis=(2, 3))
            pulled = [(each * self.kin[..., None]).sum(axis=(0, 1)) - tilt]
        slopes = [by_pi, judges.off + judges.to_x(by_psi.sum(axis=1) + weight), *pulled]
        return value, np.concatenate([s.reshape(-1, len(theta)) for s in slopes]).T

    def tilted(self, psi: Floats, tilt: Floats) -> Floats:
        """Returns the rows (J, K or 1, M, M, T) as each candidate meets them."""
        if not self.kin.any():
            return psi[:, None]
        step = self.kin[..., None, None] * np.arange(self.levels)
        return np.exp(_normal(np.log(psi[:, None]) + step[..., None] * tilt, 3))


def _normal(logs: Floats, axis: int) -> Floats:
    """Logs of shares, shifted so that the shares sum to 1 along the axis."""
    top = logs - logs.max(axis=axis, keepdims=True)
    return np.asarray(top - np.log(np.exp(top).sum(axis=axis, keepdims=True)))
