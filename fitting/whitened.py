"""Draws from a smooth posterior: its normal shape at the mode, and Hamiltonian paths from there.

Many chains walk side by side in coordinates in which the posterior is nearly a standard normal
(Duane et al. 1987; Hoffman and Sountsov 2022 for many short chains), so a few dozen steps of each
are enough, and every step is one vectorised call.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from ..analysis.curve import Floats

Density = Callable[[Floats], tuple[Floats, Floats]]
"""theta (T, p) -> log posterior (T,), up to a constant, and its gradient (T, p)."""

CHAINS, WARM, KEPT = 64, 60, 32
"""Chains, steps thrown away and steps kept of each: 2,048 draws."""
MIXED, PATIENCE = 1.05, 4
"""The R-hat that is good enough; while it is not, twice the steps are walked, so many times."""
QUARTER, ACCEPTED = 1.6, 0.85
"""The length of a path, about a quarter turn of a standard normal, and the acceptance aimed at."""
NUDGE = 1e-4
"""The step of differences of the gradient, for curvature."""


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """Draws theta (T, p) of a posterior, its mode (p,), and how far the chains disagree.

    `r_hat` (Gelman and Rubin 1992, over halves of all chains, the worst parameter) is 1 for
    independent draws; above 1.05 the draws should not be trusted.
    """

    theta: Floats
    mode: Floats
    r_hat: float


def unmixed(r_hat: float) -> tuple[str, ...]:
    """Returns the doubt that draws deserve whose R-hat is above MIXED; nothing otherwise."""
    if r_hat <= MIXED:
        return ()
    return (f"the draws disagree (R-hat {r_hat:.2f}): the intervals are rough",)


def walk(
    density: Density,
    start: Floats,
    rng: np.random.Generator,
    *,
    chains: int = CHAINS,
    warm: int = WARM,
    kept: int = KEPT,
) -> Walked:
    """Draws from a posterior by Hamiltonian paths in whitened coordinates.

    The density may be -inf where the posterior has none; gradients must be finite there too.

    Args:
        density: log posterior and gradient of many thetas at once.
        start: theta (p,) to climb from.
        rng: of the draws.
        chains: walked side by side.
        warm: steps of each chain thrown away; step sizes and the shape are learnt in them.
        kept: steps of each chain kept; thinned where the chains mix slowly.
    """
    mode = climb(density, start)
    root = _root(curvature(density, mode))
    place = mode + 0.8 * rng.standard_normal((chains, len(mode))) @ root.T
    place = np.where(np.isfinite(density(place)[0])[:, None], place, mode)
    chain = _Chains(density, rng, place, root)
    for step in range(warm):
        chain.step(learning=True)
        if step == warm // 2:
            chain.reshape()
    rows = chain.walked(kept, 1)
    for thin in 2 ** np.arange(PATIENCE):
        if r_hat(rows) <= MIXED:
            break
        rows = np.concatenate([rows, chain.walked(kept, int(thin))])[1::2]
    return Walked(rows.reshape(-1, len(mode)), mode, r_hat(rows))


def climb(density: Density, start: Floats) -> Floats:
    """Returns a mode of the density, (p,)."""

    def downhill(theta: Floats) -> tuple[float, Floats]:
        value, gradient = density(theta[None])
        return -float(value[0]), -gradient[0]

    found = minimize(downhill, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(found.x, dtype=float)


def curvature(density: Density, at: Floats) -> Floats:
    """Returns minus the Hessian (p, p) of the log density, by differences of its gradient."""
    steps = NUDGE * np.eye(len(at))
    up, down = np.split(density(np.vstack([at + steps, at - steps]))[1], 2)
    bent = (down - up) / (2 * NUDGE)
    return np.asarray((bent + bent.T) / 2)


def _root(precision: Floats) -> Floats:
    """Returns R (p, p) with R R' the covariance; directions that are not bent get a unit spread."""
    bent, axes = np.linalg.eigh(precision)
    return np.asarray(axes / np.sqrt(np.maximum(bent, 0.1)))


class _Chains:
    """The state of all chains, and one step of them."""

    def __init__(
        self, density: Density, rng: np.random.Generator, theta: Floats, root: Floats
    ) -> None:
        self.density, self.rng, self.root = density, rng, root
        self.theta = theta
        self.value, self.gradient = density(theta)
        self.size = 0.4
        self.seen: list[Floats] = []

    def step(self, *, learning: bool) -> None:
        """Walks every chain along one path, and takes its end or stays (Metropolis)."""
        turns = max(1, int(np.ceil(QUARTER * self.rng.uniform(0.5, 1.5) / self.size)))
        momentum = self.rng.standard_normal(self.theta.shape)
        energy = self.value - 0.5 * (momentum**2).sum(axis=1)
        theta, gradient = self.theta, self.gradient
        # A path may run off to where nothing is finite; it is then not taken.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for _ in range(turns):
                momentum = momentum + 0.5 * self.size * gradient @ self.root
                theta = theta + self.size * momentum @ self.root.T
                value, gradient = self.density(theta)
                momentum = momentum + 0.5 * self.size * gradient @ self.root
            gained = value - 0.5 * (momentum**2).sum(axis=1) - energy
        gained = np.where(np.isfinite(gained), gained, -np.inf)
        taken = np.log(self.rng.random(len(gained))) < gained
        self.theta = np.where(taken[:, None], theta, self.theta)
        self.value = np.where(taken, value, self.value)
        self.gradient = np.where(taken[:, None], gradient, self.gradient)
        if learning:
            rate = float(np.exp(np.minimum(gained, 0.0)).mean())
            self.size = float(np.clip(self.size * np.exp(0.5 * (rate - ACCEPTED)), 0.02, 0.8))
            self.seen.append(self.theta)

    def walked(self, kept: int, thin: int) -> Floats:
        """Returns every thin-th of the next steps, (kept, chains, p)."""
        rows = np.empty((kept, *self.theta.shape))
        for row in rows:
            for _ in range(thin):
                self.step(learning=False)
            row[:] = self.theta
        return rows

    def reshape(self) -> None:
        """Takes the shape that the chains have shown, whole or direction by direction."""
        half = np.concatenate(self.seen[len(self.seen) // 2 :])
        whitened = np.linalg.solve(self.root, (half - half.mean(axis=0)).T)
        if len(half) > 10 * half.shape[1]:
            cut = np.linalg.cholesky(np.cov(whitened) + 1e-6 * np.eye(len(whitened)))
            self.root = self.root @ cut
        else:
            self.root = self.root * whitened.std(axis=1)


def r_hat(rows: Floats) -> float:
    """Returns the largest split R-hat of draws (steps, chains, p)."""
    half = len(rows) // 2
    split = np.concatenate([rows[:half], rows[half : 2 * half]], axis=1)
    within = split.var(axis=0, ddof=1).mean(axis=0)
    between = split.mean(axis=0).var(axis=0, ddof=1)
    ratio = (half - 1) / half + between / np.maximum(within, 1e-300)
    return float(np.sqrt(ratio.max()))
