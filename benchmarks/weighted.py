"""Weighted voting by exact forms and by random orders, against what Monte Carlo needs instead."""

import random
from collections.abc import Iterator

import numpy as np
from apportion.analysis.exact.hypergeometric import log_choose
from apportion.analysis.exact.orders import sampled_majority
from apportion.analysis.exact.weighted import weighted_verdicts
from numba import njit
from numpy.typing import NDArray

from .ratio import Ratio, measure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ERROR = 1e-3
"""The standard error to which Monte Carlo is run: the mean over a grid, each number of problems."""


def ratios(rng: np.random.Generator) -> Iterator[Ratio]:
    """Yields each benchmark once for three problems: easy, middling and hard."""
    for share in (0.4, 0.25, 0.12):
        accepts, answer, right = problem(rng, 64, 16, share)
        yield grid(accepts, 16, answer, right)
    for n in (64, 256):
        for share in (0.4, 0.25, 0.12):
            yield scores(rng, n, share)


def problem(
    rng: np.random.Generator, n: int, verdicts: int, share: float
) -> tuple[Ints, Ints, Floats]:
    """Accepting verdicts, answers and rightness of n samples, of which about `share` are right."""
    wrong = 1 / np.arange(1, max(int(n**0.6), 4)) ** 1.2
    answer = rng.choice(len(wrong) + 1, n, p=[share, *(1 - share) * wrong / wrong.sum()])
    answer[0] = 0
    accepted = np.where(answer == 0, rng.beta(4, 2, n), rng.beta(2, 4, n))
    return rng.binomial(verdicts, accepted), answer, (answer == 0).astype(np.float64)


def grid(accepts: Ints, verdicts: int, answer: Ints, right: Floats) -> Ratio:
    """S = 1, 2, 4 .. n by V = 1 .. M, against the faster of two compiled Monte Carlos.

    One order of the samples serves every S. The verdicts are either drawn one by one, so that one
    order serves every V too, or as their number of yeses from a table, anew at each V.
    """
    n = len(answer)
    solutions, votes = 2 ** np.arange(int(np.log2(n)) + 1), np.arange(1, verdicts + 1)
    grids = weighted_verdicts(accepts, verdicts, answer, right, solutions=solutions, votes=votes)
    orders = 4000
    needed = float((grids * (1 - grids)).mean() / ERROR**2) / orders
    yes = (np.arange(verdicts) < accepts[:, None]).astype(np.int64)
    upto = [_upto(accepts, verdicts, int(v)) for v in votes]

    def one_by_one() -> Floats:
        return np.asarray(_ordered(yes, answer, solutions, orders, 1))

    def from_tables() -> Floats:
        return np.stack([_tabled(t, answer, solutions, orders, 1) for t in upto], axis=1)

    slow, fast = one_by_one(), from_tables()
    error = max(float(np.abs(x - grids).max()) for x in (slow, fast))

    def ours() -> Floats:
        return weighted_verdicts(accepts, verdicts, answer, right, solutions=solutions, votes=votes)

    made = [
        measure("weighted grid", ours, theirs, error=error) for theirs in (one_by_one, from_tables)
    ]
    best = min(made, key=lambda r: r.theirs)
    name = f"weighted grid, n={n}, M={verdicts} (MC to se {ERROR:g}: {needed:.0f}x {orders})"
    return Ratio(name, best.ours, best.theirs * needed, error)


def scores(rng: np.random.Generator, n: int, share: float) -> Ratio:
    """Scores without a lattice at k = 2, 4 .. n/2: CPU by variance, against a subset for each k."""
    _, answer, right = problem(rng, n, 16, share)
    score = np.clip(rng.normal(0.45 + 0.25 * right, 0.25), 1e-3, 1)
    k = 2 ** np.arange(1, int(np.log2(n)))
    orders, subsets = 4096, 100
    labels, weights = [str(a) for a in answer], score.tolist()

    def ours() -> Floats:
        got = sampled_majority(score, answer, right, k, permutations=orders, rng=rng)
        return np.stack([got.mean, got.error])

    def theirs() -> Floats:
        wins = [sum(_peer(labels, weights, int(j)) for _ in range(subsets)) for j in k]
        return np.asarray(wins) / subsets

    mean, error = ours()
    theirs_variance, our_variance = (mean * (1 - mean)).mean() / subsets, (error**2).mean()
    apart = float(np.abs(theirs() - mean).max())
    made = measure("scores", ours, theirs, error=apart)
    gain = theirs_variance * subsets / (our_variance * orders)
    name = f"weighted by scores, n={n}, per unit variance (variance an order /{gain:.1f})"
    return Ratio(name, made.ours, made.theirs * float(theirs_variance / our_variance), apart)


def _peer(labels: list[str], weights: list[float], k: int) -> float:
    total: dict[str, float] = {}
    for i in random.sample(range(len(labels)), k):
        total[labels[i]] = total.get(labels[i], 0.0) + weights[i]
    return float(max(total, key=total.__getitem__) == "0")


def _upto(accepts: Ints, verdicts: int, votes: int) -> Floats:
    """The chance (n, V+1) of at most 0..V yeses among V of the verdicts."""
    s, x = np.arange(votes + 1), accepts[:, None]
    ways = log_choose(x, s) + log_choose(verdicts - x, votes - s)
    chance = np.exp(ways - ways.max(axis=1, keepdims=True))
    return np.asarray(chance.cumsum(axis=1) / chance.sum(axis=1, keepdims=True))


@njit
def _share(total, seen):  # type: ignore[no-untyped-def]
    """The credit of answer 0: its share of the largest total among the answers seen."""
    most, tied = -1, 0
    for a in range(len(total)):
        if seen[a]:
            if total[a] > most:
                most, tied = total[a], 1
            elif total[a] == most:
                tied += 1
    return 1.0 / tied if seen[0] and total[0] == most else 0.0


@njit
def _tabled(upto, answer, solutions, orders, seed):  # type: ignore[no-untyped-def]
    """(S,) at one V: prefixes of random orders, a number of yeses by inversion for each sample."""
    np.random.seed(seed)  # noqa: NPY002
    n, answers = len(answer), answer.max() + 1
    order, credit = np.arange(n), np.zeros(len(solutions))
    total, seen = np.zeros(answers, np.int64), np.zeros(answers, np.bool_)
    for _ in range(orders):
        total[:], seen[:] = 0, False
        at = 0
        for i in range(n):
            j = i + int(np.random.random() * (n - i))  # noqa: NPY002
            order[i], order[j] = order[j], order[i]
            sample, u, yes = order[i], np.random.random(), 0  # noqa: NPY002
            while u > upto[sample, yes]:
                yes += 1
            total[answer[sample]] += yes
            seen[answer[sample]] = True
            if i + 1 == solutions[at]:
                credit[at] += _share(total, seen)
                at += 1
    return credit / orders


@njit
def _ordered(verdict, answer, solutions, orders, seed):  # type: ignore[no-untyped-def]
    """(S, V) at once: prefixes of random orders of the samples, and of each one's verdicts."""
    np.random.seed(seed)  # noqa: NPY002
    n, width = verdict.shape
    answers = answer.max() + 1
    order, credit = np.arange(n), np.zeros((len(solutions), width))
    total, seen = np.zeros((width, answers), np.int64), np.zeros(answers, np.bool_)
    for _ in range(orders):
        total[:], seen[:] = 0, False
        at = 0
        for i in range(n):
            j = i + int(np.random.random() * (n - i))  # noqa: NPY002
            order[i], order[j] = order[j], order[i]
            sample, yes = order[i], 0
            for v in range(width):
                w = v + int(np.random.random() * (width - v))  # noqa: NPY002
                verdict[sample, v], verdict[sample, w] = verdict[sample, w], verdict[sample, v]
                yes += verdict[sample, v]
                total[v, answer[sample]] += yes
            seen[answer[sample]] = True
            if i + 1 == solutions[at]:
                for v in range(width):
                    credit[at, v] += _share(total[v], seen)
                at += 1
    return credit / orders


def main() -> None:
    """Prints the ratios."""
    for r in ratios(np.random.default_rng(0)):
        print(
            f"{r.name:75s} {r.ours * 1e3:8.1f} ms {r.times:8.1f}x   difference {r.error:.1e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
