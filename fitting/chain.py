"""Sequential chains: answers revised round after round, flipping both ways."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..analysis.counts import Ints
from ..analysis.curve import MASS, Curve, Floats, Interval, interval
from ..analysis.worlds import WORLDS, problem_worlds
from ..data.errors import InputError

PRIOR = 0.5
"""Pseudo-observations of each outcome (Jeffreys): what keeps a flip never seen possible."""
REPLAYS = 199
"""Logs replayed with one chance for all problems, to see what chance alone makes of them."""
ALPHA = 0.05
FEW_PROBLEMS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A two-state chain in every world, (W,) each, the log's own in row 0.

    The first answer is right with chance `start`; in each later round a wrong answer is righted
    with chance `p01` and a right one spoilt with chance `p10`. `differs` holds the p values of one
    `p01`, and of one `p10`, for all problems; NaN where the log has no variation to judge by.
    """

    start: Floats
    p01: Floats
    p10: Floats
    differs: tuple[float, float]
    doubts: tuple[str, ...]

    @property
    def limit(self) -> Floats:
        """The accuracy after very many rounds, p01 / (p01 + p10); `start` where nothing flips."""
        moving = self.p01 + self.p10
        still = moving == 0
        return np.where(still, self.start, self.p01 / np.where(still, 1.0, moving))

    @property
    def memory(self) -> Floats:
        """The share of the distance to the limit that a round leaves, 1 - p01 - p10."""
        return 1 - self.p01 - self.p10

    def intervals(self, mass: float = MASS) -> dict[str, Interval]:
        """Returns `start`, `p01`, `p10` and `limit` with their intervals, for new problems."""
        names = ("start", "p01", "p10", "limit")
        return {name: interval(getattr(self, name), mass) for name in names}

    def at(self, rounds: Ints, mass: float = MASS) -> Curve:
        """Returns the accuracy of the answer of each round (K,); round 1 is the first answer."""
        k = _counted(rounds)
        away = (self.start - self.limit)[:, None]
        worlds = self.limit[:, None] + away * self.memory[:, None] ** (k - 1)
        return Curve(k, worlds, "new", mass, self._reason())

    def attempts(self, cap: Ints, mass: float = MASS) -> Curve:
        """Returns the answers expected when a chain stops at its first right one or at the cap.

        1 + (1 - start) (1 - (1 - p01)^(cap - 1)) / p01: of a verifier that is never wrong.
        """
        k = _counted(cap)
        p = np.maximum(self.p01, 1e-300)[:, None]
        more = -np.expm1((k - 1) * np.log1p(-np.minimum(p, 1 - 1e-16))) / p
        more = np.where(p < 1e-15, k - 1.0, more)
        return Curve(k, 1 + (1 - self.start)[:, None] * more, "new", mass, self._reason())

    def marginal(self, epsilon: float) -> Floats:
        """Returns (W,) the smallest N >= 0 beyond which no round gains more than epsilon.

        F(N + 1) - F(N) <= epsilon with F(0) = 0: no answer, none right.
        """
        n = _first(self._missing() * (1 - self.memory), self.memory, epsilon)
        return np.where((n == 1) & (self.start <= epsilon), 0.0, n)

    def residual(self, epsilon: float) -> Floats:
        """Returns (W,) the smallest N >= 0 from which at most epsilon is missing to the limit."""
        n = _first(self._missing(), self.memory, epsilon)
        return np.where(self.limit <= epsilon, 0.0, n)

    def _missing(self) -> Floats:
        """What the first answer lacks; a chain that swings over its limit may lack it later."""
        away = self.limit - self.start
        return np.where(self.memory < 0, np.abs(away), np.maximum(away, 0.0))

    def _reason(self) -> str | None:
        missing = [n for n in ("start", "p01", "p10") if np.isnan(getattr(self, n)[0])]
        return f"the log has nothing to estimate {' and '.join(missing)} from" if missing else None


def chain(
    right: Floats, problems: Sequence[str] | None = None, *, seed: int = 0, worlds: int = WORLDS
) -> Chain:
    """Fits one start, p01 and p10 to chains of revised answers (Wang et al. 2025, with flips back).

    A world reweighs the problems and adds Gamma(PRIOR) pseudo-observations of each outcome: where
    every problem holds one transition that is the Beta posterior under Jeffreys' prior, and where
    it holds many the Bayesian bootstrap, which keeps what the transitions of a problem share. A
    Beta draw on top of reweighted problems would count the noise of the transitions twice.

    Args:
        right: 1 and 0 of the answers in order, (C, R); NaN where there is none.
        problems: of each chain (C,); every chain is its own problem when None.
        seed: of the worlds and of the replays.
        worlds: how many, besides the log.

    Raises:
        InputError: not 0, 1 or NaN; no two rounds; problems that do not go with the chains.

    >>> fit = chain(np.array([[0, 1, 1], [0, 0, 1], [1, 1, 0], [0, 0, np.nan]]))
    >>> [round(float(chance[0]), 3) for chance in (fit.p01, fit.p10, fit.limit)]
    [0.5, 0.333, 0.6]
    """
    right = np.asarray(right, dtype=float)
    if right.ndim != 2 or right.shape[1] < 2:
        raise InputError(
            f"chains must be (chains, rounds) with 2 rounds or more; got {right.shape}"
        )
    if not (np.isnan(right) | (right == 0) | (right == 1)).all():
        raise InputError("a round is 1 (right), 0 (wrong) or NaN (missing); got other values")
    owners = [str(i) for i in range(len(right))] if problems is None else list(problems)
    if len(owners) != len(right):
        raise InputError(f"one problem a chain is needed ({len(right)}); got {len(owners)}")
    names, member = np.unique(np.asarray(owners, dtype=object).astype(str), return_inverse=True)
    rng = np.random.default_rng([seed, 11])
    weights = problem_worlds(names.tolist(), seed, worlds) * len(names)
    first = _tally(right[:, 0] == 1, np.isfinite(right[:, 0]), member)
    tried, flipped = _flips(right, member)
    p01, p10 = (_posterior(weights, flipped[i], tried[i], rng) for i in (0, 1))
    start = _posterior(weights, first[0] / np.maximum(first[1], 1), first[1].astype(bool), rng)
    differs = _differs(right, member, rng)
    return Chain(start, p01, p10, differs, tuple(_doubts(tried, flipped, differs)))


def _counted(rounds: Ints) -> Ints:
    k = np.atleast_1d(np.asarray(rounds))
    if (k < 1).any():
        raise InputError(f"rounds are counted from 1; got {k.min()}")
    return k


def _first(gap: Floats, memory: Floats, epsilon: float) -> Floats:
    """The smallest N >= 1 with gap |memory|^(N - 1) <= epsilon; infinite where there is none."""
    left = np.clip(np.abs(memory), 1e-300, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        n = 1 + np.ceil(np.log(epsilon / np.maximum(gap, 1e-300)) / np.log(left))
    return np.where(np.isnan(gap), np.nan, np.where(gap <= epsilon, 1.0, n))


def _tally(yes: Floats, known: Floats, member: Ints) -> Floats:
    """Sums over the chains of each problem, (2, P)."""
    return np.stack([np.bincount(member, weights=each) for each in (yes, known)])


def _flips(right: Floats, member: Ints) -> tuple[Floats, Floats]:
    """Rounds tried from wrong and from right, and those that flipped, (2, P) each."""
    before, after = right[:, :-1], right[:, 1:]
    known = np.isfinite(after)
    tried = [known & (before == state) for state in (0, 1)]
    pairs = [
        _tally((each & (after != before)).sum(axis=1), each.sum(axis=1), member) for each in tried
    ]
    return np.stack([pair[1] for pair in pairs]), np.stack([pair[0] for pair in pairs])


def _posterior(weights: Floats, yes: Floats, tried: Floats, rng: np.random.Generator) -> Floats:
    """The share in every world, (W,): the log's own in row 0, NaN there if nothing was tried."""
    pseudo = rng.standard_gamma(PRIOR, size=(2, len(weights)))
    pseudo[:, 0] = 0
    below = pseudo.sum(axis=0) + weights @ tried
    return np.where(below > 0, (pseudo[0] + weights @ yes) / np.where(below > 0, below, 1), np.nan)


def _differs(right: Floats, member: Ints, rng: np.random.Generator) -> tuple[float, float]:
    """p values of equal chances in all problems, against replays from the log's own starts.

    Tries from a state end when it is left, so their number depends on luck: a permutation given
    that number would be wrong, and whole chains are replayed instead.
    """
    tried, flipped = _flips(right, member)
    total = tried.sum(axis=1)
    chance = flipped.sum(axis=1) / np.maximum(total, 1)
    seen = _dispersion(tried, flipped)
    replays = (_replay(right, chance, rng) for _ in range(REPLAYS))
    made = np.array([_dispersion(*_flips(replay, member)) for replay in replays])
    p = (1 + (made >= seen * (1 - 1e-12)).sum(axis=0)) / (1 + REPLAYS)
    judged = np.where((chance > 0) & (chance < 1), p, np.nan)
    return float(judged[0]), float(judged[1])


def _dispersion(tried: Floats, flipped: Floats) -> Floats:
    """Squared misfits of the problems against what one chance allows, (2,); 1 as expected."""
    p = flipped.sum(axis=1, keepdims=True) / np.maximum(tried.sum(axis=1, keepdims=True), 1)
    allowed = (tried * p * (1 - p)).sum(axis=1)
    misfit = ((flipped - tried * p) ** 2).sum(axis=1)
    return np.where(allowed > 0, misfit / np.where(allowed > 0, allowed, 1), 1.0)


def _replay(right: Floats, chance: Floats, rng: np.random.Generator) -> Floats:
    """Draws every round again that follows a known one, with one chance for all chains."""
    made = right.copy()
    for before, after in zip(made.T, made.T[1:], strict=False):
        flip = rng.random(len(made)) < np.where(before == 1, chance[1], chance[0])
        redrawn = np.isfinite(before) & np.isfinite(after)
        after[redrawn] = np.where(flip, 1 - before, before)[redrawn]
    return made


def _doubts(tried: Floats, flipped: Floats, differs: tuple[float, float]) -> Iterator[str]:
    if tried.shape[1] < FEW_PROBLEMS:
        yield f"only {tried.shape[1]} problems: intervals for new problems rest on them"
    kinds = (("wrong", "righted", "p01"), ("right", "spoilt", "p10"))
    for (state, turned, name), n, c, p in zip(kinds, tried, flipped, differs, strict=True):
        if not c.sum():
            yield (
                f"no {state} answer was ever {turned} in {int(n.sum())} rounds: {name} rests on"
                " its prior, and so does the limit"
            )
        if p < ALPHA:
            yield (
                f"{name} differs between problems (p = {p:.3g}): one chain for all misjudges later"
                " rounds and their limit; fit each level by itself"
            )
