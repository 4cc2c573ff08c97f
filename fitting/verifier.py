"""A verifier's rates, problem by problem: solve rate, TPR and FPR, believed jointly.

The logit of a problem's solve rate is normal; the logits of its true- and false-positive rate are
normal about lines in it. Three binomials, of n, of the right and of the wrong, are then all that a
log says of a problem.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, logit

from ..analysis.accept import accept_cells
from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from ..analysis.verification import verdict_sums
from .importance import Prior, Weighted, climb, importance, score, shares, spread
from .logits import Cells, line

SOLVE, FALSE, TRUE = Cells(-16.0, 9.6, 0.4), Cells(-12.0, 7.6, 0.4), Cells(-7.6, 12.0, 0.4)
"""The logits of the solve rate, of the FPR and of the TPR."""

PRIOR = Prior(
    np.array([0.0, 0.0, logit(0.1), 0.0, 0.0, 0.0, 0.0, 0.0]),
    np.array([2.0, 1.0, 2.0, 0.5, 1.0, 2.0, 0.5, 1.0]),
)
"""Of the mean logit of the solve rate and its spread; of the FPR's logit at the mean problem, its
slope in the solve rate's logit and its spread; of the same three for the TPR. Spreads are
half-normal, written as the standard normal score of their place in it."""

ROUNDS, DRAWN = 3, 256
TOGETHER = 2
"""Parameters valued at once, to bound memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """A verifier's yes or no crossed with the truth, problem by problem, (P,) each.

    Of n samples `right` are right; of the right and of the wrong ones so many were `judged`, and so
    many of those accepted. Judgements may be fractions: see `crossed`.
    """

    n: Floats
    right: Floats
    judged_right: Floats
    true_accepts: Floats
    judged_wrong: Floats
    false_accepts: Floats


def crossed(counts: Counts) -> Crossed:
    """Crosses the verdicts of a log with the truth.

    Several verdicts on a sample agree with each other: M of them, correlated by rho, count as
    M / (1 + (M - 1) rho), rho being that within problems, by analysis of variance.

    Raises:
        InputError: the log has no verdicts, or stopped at success.
    """
    cells = accept_cells(counts)
    n, right = counts.n.astype(float), counts.c.astype(float)
    judged = (cells.read_right, cells.true_accepts), (cells.read_wrong, cells.false_accepts)
    yes, read = verdict_sums(counts, "crossing verdicts with the truth")
    of = np.repeat(np.arange(len(counts)), counts.n)
    sides = []
    for kind, (seen, accepted) in zip((1, 0), judged, strict=True):
        kept = (counts.drawn.right == kind) & (read > 0)  # type: ignore[union-attr]
        worth = 1 / _design_effect(of[kept], yes[kept], read[kept])
        sides += [seen.sum(axis=1) * worth, accepted.sum(axis=1) * worth]
    return Crossed(n, right, *sides)


def _design_effect(of: Ints, yes: Ints, read: Ints) -> float:
    """1 + (M - 1) rho of verdicts on samples of problem `of`, pooled over problems."""
    m = read.mean() if len(read) else 1.0
    samples = np.bincount(of)
    between = len(of) - (samples > 0).sum()
    if m <= 1 or between < 1:
        return 1.0
    share = yes / read
    mean = np.bincount(of, share)[of] / samples[of]
    outer = m * ((share - mean) ** 2).sum() / between
    inner = (read * share * (1 - share)).sum() / (read - 1).sum()
    rho = (outer - inner) / max(outer + (m - 1) * inner, 1e-300)
    return float(1 + (m - 1) * np.clip(rho, 0.0, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Posterior draws of each problem's solve rate, TPR and FPR, each (W, P), and what they share.

    `theta` (W, 8) are the parameters behind them (5 where the TPR is known to be 1); `effective` is
    how many independent draws of them the posterior rests on.
    """

    solve: Floats
    true_positive: Floats
    false_positive: Floats
    theta: Floats
    effective: float

    @property
    def accepts(self) -> tuple[Floats, Floats]:
        """The chances that one draw is right and accepted, and wrong and accepted, (W, P) each."""
        return self.solve * self.true_positive, (1 - self.solve) * self.false_positive

    @property
    def ceiling(self) -> Floats:
        """The share of accepted answers that are right, (W, P)."""
        right, wrong = self.accepts
        return right / (right + wrong)

    def accuracy(self, k: Floats) -> Floats:
        """Returns (W, P, K) the chance that the first accepted of at most k samples is right."""
        right, wrong = self.accepts
        stopped = -np.expm1(k * np.log1p(-np.minimum(right + wrong, 1 - 1e-16))[..., None])
        return np.asarray(self.ceiling[..., None] * stopped)


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What a log says of one rate: the likelihood (D, J) of its distinct pairs, and whose each is.

    `of` (P,) numbers the pair of each problem.
    """

    cells: Cells
    likelihood: Floats
    of: Ints


def said(cells: Cells, n: Floats, c: Floats) -> Said:
    pairs, of = np.unique(np.stack([n, c]), axis=1, return_inverse=True)
    return Said(cells, cells.likelihood(*pairs), of.ravel())


class Target:
    """The log posterior of the shared parameters given one log; the TPR is 1 if `complete`."""

    def __init__(self, log: Crossed, *, complete: bool) -> None:
        self.solve = said(SOLVE, log.n, log.right)
        self.sides = [said(FALSE, log.judged_wrong, log.false_accepts)]
        if not complete:
            self.sides.append(said(TRUE, log.judged_right, log.true_accepts))
        size = 2 + 3 * len(self.sides)
        self.prior = Prior(PRIOR.mean[:size], PRIOR.sd[:size])

    @cached_property
    def kinds(self) -> tuple[Ints, Ints]:
        """Distinct problems, as the pairs (3, D) they have on each side, and how often each is."""
        of = np.stack([self.solve.of, *(side.of for side in self.sides)])
        return np.unique(of, axis=1, return_counts=True)

    def __call__(self, theta: Floats) -> Floats:
        """Returns the log posterior (T,), unnormalised."""
        return self.each(theta) @ self.kinds[1] + self.prior.log_density(theta)

    def each(self, theta: Floats) -> Floats:
        """Returns (T, D) the log likelihood of each distinct problem."""
        parts = [theta[i : i + TOGETHER] for i in range(0, len(theta), TOGETHER)]
        return np.concatenate([self._each(part) for part in parts])

    def _each(self, theta: Floats) -> Floats:
        (solve, *sides), _ = self.kinds
        mass = SOLVE.normal(theta[:, 0], spread(theta[:, 1]))
        each = self.solve.likelihood.T[:, solve] * np.ones((len(theta), 1, 1))
        for place, (side, of) in enumerate(zip(self.sides, sides, strict=True)):
            each *= (self.given(theta, place) @ side.likelihood.T)[:, :, of]
        return np.asarray(np.log(np.matmul(mass[:, None], each)[:, 0] + 1e-300))

    def given(self, theta: Floats, place: int) -> Floats:
        """Returns (T, J, J') the mass of one rate's cells given the cell of the solve rate."""
        level, slope, tight = theta[:, 2 + 3 * place : 5 + 3 * place].T
        away = SOLVE.centres - theta[:, :1]
        return line(self.sides[place].cells, away, level, slope, spread(tight))


def rates(log: Crossed, *, worlds: int, rng: np.random.Generator, complete: bool = False) -> Rates:
    """Draws each problem's rates from the hierarchical posterior; see `posterior`.

    Args:
        log: the verdicts crossed with the truth.
        worlds: how many draws.
        rng: of the draws.
        complete: whether the verifier is known to accept all that is right, as a test that every
            right program passes does.
    """
    return posterior(log, rng=rng, complete=complete).rates(worlds, rng)


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """What one log leaves to believe of the shared parameters, as weighted draws."""

    target: Target
    found: Weighted

    def rates(self, worlds: int, rng: np.random.Generator, prior: Prior | None = None) -> Rates:
        """Draws each problem's rates exactly on their grids, given drawn parameters.

        Another `prior` than the model's own weighs the same draws anew.
        """
        share, theta = self.found.share, self.found.theta
        if prior is not None:
            size = theta.shape[1]
            other = Prior(prior.mean[:size], prior.sd[:size]).log_density(theta)
            ratio = other - self.target.prior.log_density(theta)
            share, _ = shares(np.log(np.maximum(share, 1e-300)) + ratio)
        picked = theta[rng.choice(len(share), worlds, p=share)]
        return latent(self.target, picked, rng, float(1 / (share**2).sum()))


def posterior(log: Crossed, *, rng: np.random.Generator, complete: bool = False) -> Posterior:
    """Returns the parameters' posterior, by adaptive importance sampling over grids of the logits.

    The fast twin of `bayes.verifier`.
    """
    target = Target(log, complete=complete)
    start = climb(target.each, target.kinds[1], target.prior, guess(log, target))
    return Posterior(
        target, importance(target, target.prior, rng, rounds=ROUNDS, drawn=DRAWN, start=start)
    )


def guess(log: Crossed, target: Target) -> Floats:
    """Returns a first guess at the parameters, from smoothed shares."""
    x = np.log((log.right + 0.5) / (log.n - log.right + 0.5))
    found = [x.mean(), float(score(max(x.std(), 0.5)))]
    sides = (log.judged_wrong, log.false_accepts), (log.judged_right, log.true_accepts)
    for n, c in sides:
        weight = n / (n + 4.0) + 1e-9
        y = np.log((c + 0.5) / (n - c + 0.5))
        level = np.average(y, weights=weight)
        away = np.sqrt(np.average((y - level) ** 2, weights=weight))
        found += [level, 0.0, float(score(max(away, 0.5)))]
    return np.array(found[: len(target.prior.mean)])


def latent(target: Target, theta: Floats, rng: np.random.Generator, effective: float) -> Rates:
    """Draws every problem's rates, once for each row of the parameters theta (W, p)."""
    drawn = np.stack([_logits(target, one, rng) for one in theta])
    rate = expit(drawn)
    true = rate[:, 2] if drawn.shape[1] == 3 else np.ones_like(rate[:, 0])
    return Rates(rate[:, 0], true, rate[:, 1], theta, effective)


def _logits(target: Target, theta: Floats, rng: np.random.Generator) -> Floats:
    """Draws the logits (3, P) of every problem given the parameters; 2 where the TPR is 1."""
    mass = SOLVE.normal(theta[:1], spread(theta[1:2]))[0] * target.solve.likelihood[target.solve.of]
    given = [target.given(theta[None], place)[0] for place in range(len(target.sides))]
    for side, conditional in zip(target.sides, given, strict=True):
        mass = mass * (conditional @ side.likelihood.T).T[side.of]
    cell, x = SOLVE.draw(mass, rng)
    rest = [
        side.cells.draw(conditional[cell] * side.likelihood[side.of], rng)[1]
        for side, conditional in zip(target.sides, given, strict=True)
    ]
    return np.stack([x, *rest])
