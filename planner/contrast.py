"""How surely a log tells two models apart: the problems of a paired pilot, tried again."""

from dataclasses import dataclass

import numpy as np

from ..analysis.again import moment_prior
from ..analysis.counts import Counts, Ints
from ..analysis.coverage import credits
from ..analysis.curve import Floats, Interval, interval, quantiles
from ..analysis.exact.hypergeometric import miss_probability
from ..analysis.worlds import problem_worlds
from ..data.errors import InputError
from .least import Simulate, Trial

AT_ONCE = 2_000_000
"""Problems simulated in one piece, over all its logs."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two models on the same problems, in the same order."""

    left: Counts
    right: Counts

    def difference(self, k: int, mass: float, seed: int) -> Interval:
        """Returns the pilot's own difference in pass@k, left minus right, for new problems.

        NaN where some problem has fewer than k samples.
        """
        gain = credits(self.left, np.asarray([k])) - credits(self.right, np.asarray([k]))
        return interval(problem_worlds(self.left.problems, seed) @ gain[:, 0], mass)


def paired(left: Counts, right: Counts) -> tuple[Pair, int]:
    """Pairs two logs by the names of their problems; also returns how many problems had no partner.

    Raises:
        InputError: fewer than two problems are shared.
    """
    where = {problem: i for i, problem in enumerate(right.problems)}
    kept = np.asarray([i for i, p in enumerate(left.problems) if p in where], dtype=np.int64)
    if len(kept) < 2:
        raise InputError(
            "to tell two models apart the pilot must try them on at least 2 problems in common;"
            f" got {len(kept)} shared by {left.group.name!r} and {right.group.name!r}"
        )
    there = np.asarray([where[left.problems[i]] for i in kept], dtype=np.int64)
    lost = len(left) + len(right) - 2 * len(kept)
    return Pair(left.only(kept), right.only(there)), lost


def power_of(pair: Pair, k: int, samples: int, *, mass: float, seed: int) -> Simulate:
    """Returns the trial of logs with so many samples of each problem by each model.

    A log's problems are those of the pilot, drawn with replacement; each time the solve rates come
    anew from the posterior that intervals for these problems use, given both counts of the one
    problem. The two posteriors know nothing of each other, so a pilot of few samples understates
    how alike two models find a problem, and asks for rather too many problems.
    """
    earned = 1.0 - miss_probability(
        np.full(samples + 1, samples), np.arange(samples + 1), np.asarray([k])
    )

    def gains(problems: int, logs: int, rng: np.random.Generator) -> Floats:
        """What the left model earns beyond the right one, (logs, problems)."""
        drawn = rng.integers(len(pair.left), size=(logs, problems))
        solved = [
            rng.binomial(samples, _rates(counts, drawn, seed, rng))
            for counts in (pair.left, pair.right)
        ]
        return np.asarray(earned[solved[0], 0] - earned[solved[1], 0])

    def simulate(problems: int, logs: int) -> Trial:
        rng = np.random.default_rng([seed, 13, problems, samples])
        weights = problem_worlds([str(i) for i in range(problems)], seed)
        found = []
        for start in range(0, logs, size := max(AT_ONCE // problems, 1)):
            gain = gains(problems, min(size, logs - start), rng)
            low, high = quantiles(weights @ gain.T, mass)
            found.append((low > 0) | (high < 0))
        apart = np.concatenate(found).astype(np.float64)
        return Trial(apart, np.full(logs, np.nan))

    return simulate


def _rates(counts: Counts, drawn: Ints, seed: int, rng: np.random.Generator) -> Floats:
    """Posterior solve rates of the problems drawn (logs, problems), a world of the prior a log."""
    weights = problem_worlds(counts.problems, seed, len(drawn))[1:]
    a, b = moment_prior(counts, credits, weights)
    wrong = counts.n - counts.c
    return rng.beta(a[:, None] + counts.c[drawn], b[:, None] + wrong[drawn])
