"""Logs drawn again from the same problems: the errors that a log's mean makes about them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..data.traces import UNTIL_SUCCESS
from .counts import VOID, Counts, Drawn, Ints
from .curve import Floats
from .exact.hypergeometric import miss_probability
from .worlds import problem_worlds

STRONGEST, WEAKEST = 1e4, 0.05
"""Bounds on the a + b of the prior: problems almost alike, and problems almost all or nothing."""

REPLICAS, LEAST, SHARED = 1024, 8, 4
"""Problems drawn again: how many in all, for each problem at least, and from one outcome law."""

DONORS = 32
"""Samples of other problems, right ones and wrong ones each, that a problem's law may hold."""

Credit = Callable[[Counts, Ints], Floats]


def samples_again(counts: Counts, ks: Ints, credit: Credit, worlds: int, seed: int) -> Floats:
    """Returns (W, K) errors of the mean credit about these problems; `ks` within every n.

    Each problem's law over outcomes is drawn from a posterior, `SHARED` logs are drawn from it, and
    a log's error is what its credit differs by from their mean. The posterior is a Dirichlet
    process in two steps: the solve rate as in `rates_again`; then right samples look like the
    problem's right ones and those of others, wrong ones likewise, with a strength from the
    likeness of scores within problems. So a problem whose samples agree still adds variance, and
    with one sample each the problems are taken as alike. The errors of different problems are
    independent, and worlds mix them.
    """
    rng = np.random.default_rng([seed, 2])
    size = len(counts)
    laws = int(np.ceil(max(REPLICAS / size, LEAST) / SHARED))
    prior = np.stack(moment_prior(counts, solved, problem_worlds(counts.problems, seed, laws)[1:]))
    likeness = _likeness(counts)
    many = counts.only(np.tile(np.arange(size), SHARED))
    errors = []
    for a, b in prior.T:
        law = _law(counts, rng.beta(a + counts.c, b + counts.n - counts.c), likeness, rng)
        earned = credit(law.log(many, rng), ks).reshape(SHARED, size, len(ks))
        errors.append(np.nan_to_num(earned - earned.mean(axis=0)))
    # The mean of the logs that share a law is their own.
    every = np.concatenate(errors) * np.sqrt(SHARED / (SHARED - 1))
    picked = rng.integers(len(every), size=(worlds, size))
    return np.stack([every[row, np.arange(size)].mean(axis=0) for row in picked])


def solved(counts: Counts, ks: Ints) -> Floats:
    """Returns pass@k of each problem, (P, K), for a log that ignored its outcomes."""
    return 1.0 - miss_probability(counts.n, counts.c, ks)


def _likeness(counts: Counts) -> float:
    """The strength of a Dirichlet process under which scores are as alike within problems.

    (1 - r) / r, with r the correlation of two scores of one problem and one correctness.
    """
    drawn = counts.drawn
    score = _score(drawn)  # type: ignore[arg-type]
    known = np.isfinite(score)
    right = drawn.right[known].astype(np.int64)  # type: ignore[union-attr]
    problem = np.repeat(np.arange(len(counts)), counts.n)[known]
    within, free = _squares(score[known], 2 * problem + right)
    total, all_free = _squares(score[known], right)
    if not free or not within:
        return STRONGEST
    inside, whole = within / free, total / all_free
    return float(np.clip(inside / max(whole - inside, inside / STRONGEST), WEAKEST, STRONGEST))


def _squares(score: Floats, cell: Ints) -> tuple[float, int]:
    """The sum of squares about the means of the cells, and its degrees of freedom."""
    size = np.maximum(np.bincount(cell), 1)
    about = score - (np.bincount(cell, weights=score) / size)[cell]
    return float(about @ about), len(score) - len(np.unique(cell))


def _score(drawn: Drawn) -> Floats:
    """What a sample would be chosen by, (N,): its score, else its yes-share, else its logprob."""
    if drawn.score is not None:
        return drawn.score
    if drawn.accepts is not None:
        read = (drawn.accepts >= 0).sum(axis=1)
        yes = (drawn.accepts == 1).sum(axis=1)
        return np.where(read > 0, yes / np.maximum(read, 1), np.nan)
    return np.full(len(drawn.right), np.nan) if drawn.mean_logprob is None else drawn.mean_logprob


@dataclass(frozen=True, slots=True, eq=False)
class _Law:
    """Outcomes (S,) of problems laid end to end: rows of the log, and what they are here.

    `up_to` (S,) is the problem's number plus the chance of its outcomes so far.
    """

    rows: Ints
    right: Floats
    answer: Ints | None
    up_to: Floats

    def log(self, many: Counts, rng: np.random.Generator) -> Counts:
        """Draws the samples of `many`, which holds each of the problems equally often."""
        size = int(np.ceil(self.up_to[-1]))
        of = np.repeat(np.arange(len(many)) % size, many.n)
        at = np.searchsorted(self.up_to, of + rng.random(len(of)))
        picked = many.pick(self.rows[at], many.n)
        answer = self.answer if self.answer is None else self.answer[at]
        right = self.right[at]
        drawn = replace(picked.drawn, right=right, answer=answer)  # type: ignore[type-var]
        c = np.add.reduceat(right, drawn.start[:-1]).astype(np.int64)  # type: ignore[union-attr]
        return replace(picked, c=c, drawn=drawn)


def _law(counts: Counts, rate: Floats, likeness: float, rng: np.random.Generator) -> _Law:
    """Draws every problem's law, given its solve rate (P,)."""
    drawn, size = counts.drawn, len(counts)
    owner = np.repeat(np.arange(size), counts.n)
    lent = [_donors(drawn, verdict, size, rng) for verdict in (1.0, 0.0)]  # type: ignore[arg-type]
    rows = np.concatenate([np.arange(len(owner)), *lent])
    right = np.concatenate([drawn.right, *np.repeat([[1.0], [0.0]], size * DONORS, axis=1)])  # type: ignore[union-attr]
    problem = np.concatenate([owner, *[np.repeat(np.arange(size), DONORS)] * 2])
    shape = np.where(np.arange(len(rows)) < len(owner), 1.0, likeness / DONORS)
    weight = np.maximum(rng.standard_gamma(shape), 1e-300)
    cell = 2 * problem + right.astype(np.int64)
    mass = np.stack([1 - rate, rate], axis=1).ravel()
    weight *= (mass / np.bincount(cell, weights=weight))[cell]
    answer = _answers(counts, rows, right, problem, rng)
    order = np.argsort(problem, kind="stable")
    up_to = np.cumsum(weight[order])
    ends = np.searchsorted(problem[order], np.arange(1, size + 1)) - 1
    up_to = np.minimum(up_to, problem[order] + 1.0)
    up_to[ends] = np.arange(1, size + 1)
    return _Law(rows[order], right[order], None if answer is None else answer[order], up_to)


def _donors(drawn: Drawn, verdict: float, size: int, rng: np.random.Generator) -> Ints:
    """Draws the samples, `DONORS` a problem, that a right (1) or wrong (0) one may look like."""
    like = np.flatnonzero(drawn.right == verdict)
    pool = like if len(like) else np.arange(len(drawn.right))
    return pool[rng.integers(len(pool), size=size * DONORS)]


def _answers(
    counts: Counts, rows: Ints, right: Floats, problem: Ints, rng: np.random.Generator
) -> Ints | None:
    """What the outcomes answer: a lent one answers as the problem's own of its correctness do.

    Where none does, right ones agree and wrong ones differ; with w wrong answers a wrong one is new
    with chance 1 / (w + 1). One without an answer stays so.
    """
    drawn = counts.drawn
    if drawn is None or drawn.answer is None:
        return None
    own = len(drawn.answer)
    cell = 2 * np.repeat(np.arange(len(counts)), counts.n) + drawn.right.astype(np.int64)
    valid = np.flatnonzero(drawn.answer != VOID)
    valid = valid[np.argsort(cell[valid], kind="stable")]
    size = np.bincount(cell[valid], minlength=2 * len(counts))
    first = np.cumsum(size) - size
    wanted = 2 * problem + right.astype(np.int64)
    own_answers = (size[wanted] + (right == 0)) * rng.random(len(rows))
    known = own_answers < size[wanted]
    at = np.minimum(first[wanted] + own_answers.astype(np.int64), max(len(valid) - 1, 0))
    unseen = drawn.answer.max() + 1 + np.where(right == 1, 0, 1 + np.arange(len(rows)))
    taken = np.where(known, drawn.answer[valid[at]] if len(valid) else VOID, unseen)
    told = drawn.answer[rows]
    return np.where((np.arange(len(rows)) < own) | (told == VOID), told, taken)


def rates_again(counts: Counts, ks: Ints, credit: Credit, worlds: int, seed: int) -> Floats:
    """Returns (W, K) errors of pass@k about these problems.

    Each world draws the solve rates from a posterior, logs the problems again, and takes the error
    that the estimate would then have. So the prior sets the width alone: to draw the coverage
    itself from it would let a wrong prior move the centre, and a flat one invent coverage where
    nothing was solved.
    """
    rng = np.random.default_rng([seed, 1])
    weights = problem_worlds(counts.problems, seed, worlds)[1:]
    prior_a, prior_b = moment_prior(counts, credit, weights)
    rate = rng.beta(prior_a[:, None] + counts.c, prior_b[:, None] + counts.n - counts.c)
    miss = np.log1p(-np.minimum(rate, 1 - 1e-16))
    again = counts_again(counts, ks, rate, rng)
    return np.stack([(next(again) + np.expm1(row[:, None] * ks)).mean(axis=0) for row in miss])


def counts_again(
    counts: Counts, ks: Ints, rate: Floats, rng: np.random.Generator
) -> Iterator[Floats]:
    """Yields the credits (P, K) of a log drawn at each row of `rate` (W, P)."""
    if counts.stop_rule == UNTIL_SUCCESS:
        for row in rate:
            late = rng.random(len(row))[:, None] < (1 - row[:, None]) ** ks
            yield 1.0 - late
        return
    base = int(counts.n.max()) + 1
    pairs, where = np.unique(counts.n * base + rng.binomial(counts.n, rate), return_inverse=True)
    credit = 1.0 - miss_probability(*np.divmod(pairs, base), ks)
    for row in where.reshape(rate.shape):
        yield credit[row]


def moment_prior(counts: Counts, credit: Credit, weights: Floats) -> tuple[Floats, Floats]:
    """Returns (W,) a and b of the Beta with the solve rates' mean and variance in each world.

    E p = pass@1 and E p^2 = 2 pass@1 - pass@2, unbiased under either stop rule, from the problems
    with two samples or more. Where there are none the problems are taken as alike, which gives the
    samples all the noise they can have: a wide interval, never a narrow one. Half a success and
    half a failure in the whole log keep the mean off 0 and 1.
    """
    once, either = credit(counts, np.array([1, 2])).T
    paired = np.isfinite(either)
    share = np.where(weights @ paired > 0, weights @ paired, np.nan)
    square = weights[:, paired] @ (2 * once - either)[paired] / share
    first = weights[:, paired] @ once[paired] / share
    total = counts.n.sum()
    mean = (weights @ once * total + 0.5) / (total + 1)
    variance = np.nan_to_num(square - first**2)
    most = mean * (1 - mean)
    strength = most / np.clip(variance, most / STRONGEST, most / (1 + WEAKEST)) - 1
    return mean * strength, (1 - mean) * strength
