"""Fits in every bootstrap world, and the grid posterior, against the ways they are usually had."""

from dataclasses import replace

import numpy as np
from apportion.analysis.counts import Ints
from apportion.analysis.coverage import credits
from apportion.analysis.curve import Floats
from apportion.fitting import betabinomial, difficulty, powerlaw
from apportion.fitting.bayes import door
from apportion.fitting.bayes.coverage import model
from apportion.fitting.curves import MIXTURES
from apportion.fitting.posterior import posterior
from apportion.fitting.tables import Table, spread, table
from scipy.optimize import curve_fit, minimize
from scipy.special import betaln
from scipy.stats import betabinom

from .forecasts import tallied
from .ratio import Ratio, measure

WORLDS = 1_000


def power_law() -> Ratio:
    """A power law fitted to 1,000 bootstrap curves at 42 k, against a loop of curve_fit."""
    return _power_law("loop of curve_fit", WORLDS, 5, bounds=(-np.inf, np.inf))


def power_law_bounded() -> Ratio:
    """The same against curve_fit held to a, b >= 0, which is another algorithm; 100 curves."""
    return _power_law("loop of bounded curve_fit", 100, 3, bounds=(0, np.inf))


def _power_law(name: str, some: int, runs: int, bounds: tuple[float, float]) -> Ratio:
    logged = bootstrapped(300, 10_000, k=spread(10_000, 51))
    k = logged.k.astype(float)

    def theirs() -> Floats:
        fits = [
            curve_fit(_law, k, curve, p0=(3.0, 0.4), bounds=bounds)[0]
            for curve in logged.coverage[:some]
        ]
        return np.array([_law(k, *fit) for fit in fits])

    error = np.abs(powerlaw.coverage(powerlaw.fit(logged)[:some], k) - theirs()).max()
    return measure(
        f"power law, {WORLDS:,} curves of {len(k)} k; {name}, from {some}",
        lambda: powerlaw.fit(logged),
        theirs,
        error=float(error),
        scale=WORLDS / some,
        runs=runs,
    )


def _law(k: Floats, a: float, b: float) -> Floats:
    return np.asarray(np.exp(-a * k**-b))


def bootstrapped(problems: int, samples: int, k: Ints | None = None) -> Table:
    """A log of Beta(.3, 3) problems under 1,000 resamples of them, with the curves at k."""
    rng = np.random.default_rng(0)
    n = np.full(problems, samples)
    counts = tallied(n, rng.binomial(n, rng.beta(0.3, 3.0, problems)))
    again = rng.multinomial(problems, np.full(problems, 1 / problems), size=WORLDS)
    made = table(counts, again / problems)
    if k is None:
        return made
    at = credits(counts, k)
    return replace(made, k=k, coverage=again / problems @ at)


def beta_binomial() -> Ratio:
    """A beta-binomial fitted to 1,000 resamples of 500 problems x 1,000, against Nelder-Mead."""
    logged, some = bootstrapped(500, 1_000), 5

    def theirs() -> Floats:
        return np.array([_nelder_mead(logged, world) for world in logged.weights[:some]])

    ours = betabinomial.fit(logged, inflated=False)
    k = np.array([100.0, 1e4])
    error = betabinomial.coverage(ours[:some], k) - betabinomial.coverage(theirs(), k)
    return measure(
        f"beta-binomial, {WORLDS:,} x 500 x n=1,000; Nelder-Mead, from {some}",
        lambda: betabinomial.fit(logged, inflated=False),
        theirs,
        error=float(np.abs(error).max()),
        scale=WORLDS / some,
        runs=3,
    )


def _nelder_mead(logged: Table, weight: Floats) -> Floats:
    """The mode by the simplex, each distinct count evaluated once."""

    def depth(theta: Floats) -> float:
        each = betabinom.logpmf(logged.c, logged.n, *np.exp(theta))
        away = (theta - betabinomial.PRIOR_MEAN[:2]) / betabinomial.PRIOR_SD[:2]
        return float(-weight @ each + 0.5 * away @ away)

    return np.asarray(minimize(depth, betabinomial.PRIOR_MEAN[:2], method="Nelder-Mead").x)


def hyperposterior() -> Ratio:
    """4,000 draws of Beta(a, b) given 500 problems x 100, against PyMC with them marginalised."""
    rng = np.random.default_rng(0)
    n = np.full(500, 100)
    counts = tallied(n, rng.binomial(n, rng.beta(0.3, 3.0, 500)))
    logged = table(counts, np.full((1, 500), 1 / 500))

    def ours() -> Floats:
        made = posterior(
            difficulty.beta, MIXTURES[0].prior, logged, np.random.default_rng(0), 4_000
        )
        return made.theta

    def theirs() -> Floats:
        drawn = door.sample(model(counts), ["log_a", "log_b"], 0)
        return np.column_stack([drawn.values["log_a"], drawn.values["log_b"]])

    mine, other = ours(), theirs()
    error = np.abs(mine[0] - other.mean(axis=0)) / other.std(axis=0)
    return measure(
        "hyperposterior, 500 x n=100, 4,000 draws; PyMC, 4 x 1,000 (in sds)",
        ours,
        theirs,
        error=float(error.max()),
        runs=1,
    )


def thousand() -> Ratio:
    """The grid posterior of 1,000 logs of 100 problems x 32 in one stack, against one by one."""
    rng, some = np.random.default_rng(0), 10
    rates = rng.beta(np.exp(rng.normal(-1, 0.5, 1_000))[:, None], 2.0, (1_000, 100))
    right = rng.binomial(32, rates)
    prior = MIXTURES[0].prior

    def ours() -> Floats:
        axis = np.linspace(-3.5, 3.5, 81)
        theta = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
        theta = prior.mean + prior.sd * theta
        a, b, c = np.exp(theta[:, :1]), np.exp(theta[:, 1:]), np.arange(33.0)
        each = betaln(a + c, b + 32 - c) - betaln(a, b)
        told = np.stack([np.bincount(row, minlength=33) for row in right]).astype(float)
        log = told @ each.T + prior.log_density(theta)
        share = np.exp(log - log.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        mean = share @ theta
        return np.hstack([mean, np.sqrt(share @ theta**2 - mean**2)])

    def theirs() -> Floats:
        rows = []
        for c in right[:some]:
            logged = table(tallied(np.full(100, 32), c), np.full((1, 100), 0.01))
            made = posterior(difficulty.beta, prior, logged, np.random.default_rng(0), 400)
            rows.append(made.theta[0])
        return np.array(rows)

    mine = ours()[:some]
    error = np.abs(mine[:, :2] - theirs()) / mine[:, 2:]
    return measure(
        "1,000 posteriors of 100 x n=32, one stack; one by one, from 10 (in sds)",
        ours,
        theirs,
        error=float(error.max()),
        scale=1_000 / some,
        runs=3,
    )
