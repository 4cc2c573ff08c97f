"""Judgements summed: how often the response with the best total is the right one."""

from collections.abc import Callable

import numpy as np

from .hypergeometric import Floats, Ints, check_draws, log_choose

ROUNDING = 1e-12
"""Totals this close, relative to the largest score, are equal: sums of decimals differ in order."""

Total = Callable[[Floats], Floats]
"""The total (R, r) of the (R, k, r) votes of k judgements; NaN is a missing score."""


def summed_difference(difference: Ints, k: Ints, kept: Ints) -> Floats:
    """Returns (K,) the chance that the differences of k of the m judgements sum to more than 0.

    The mean over all C(m, k) draws, a sum of 0 counting half, NaN where k > m. Of the k drawn only
    the first `kept` in the order given are summed: all of them, or those with the best meta scores.
    The chance that j of the first t judgements, drawn at random, sum to s obeys
    q_t+1(j, s) = (t+1-j)/(t+1) q_t(j, s) + j/(t+1) q_t(j-1, s-d), a mean that cannot overflow; the
    last one kept is at place t in C(t, kept-1) C(m-t-1, k-kept) of the draws.

    Args:
        difference: each judgement's score of one response less its score of the other, (m,), the
            judgements best first where kept < k.
        k: judgements drawn, (K,).
        kept: how many of them are summed, 1 <= kept <= k, (K,).

    Raises:
        ValueError: some k < 1, or some kept outside 1 <= kept <= k.

    >>> summed_difference(np.array([3, -1, -1]), np.array([1, 2, 3, 4]), np.array([1, 2, 3, 4]))
    array([0.33333333, 0.66666667, 1.        ,        nan])
    """
    k, kept = np.asarray(k, dtype=np.int64), np.asarray(kept, dtype=np.int64)
    check_draws(k)
    if ((kept < 1) | (kept > k)).any():
        raise ValueError(f"kept must satisfy 1 <= kept <= k; got kept={kept} for k={k}")
    m, most = len(difference), int(kept.max(initial=1))
    won = _won(difference, most)
    place = np.arange(m)[:, None]
    last = log_choose(place, kept - 1) + log_choose(m - place - 1, k - kept)
    with np.errstate(invalid="ignore"):
        chance = np.where(k > m, np.nan, np.exp(last - log_choose(np.array(m), k)))
    # The log-gammas of a column share most of their error, and its chances add up to 1.
    return np.asarray((won[:, kept - 1] * chance).sum(axis=0) / chance.sum(axis=0))


def _won(difference: Ints, most: int) -> Floats:
    """(m, J) the chance that judgement t and j random ones before it sum to more than 0."""
    step = max(int(np.gcd.reduce(difference)), 1)
    steps = np.asarray(difference, dtype=np.int64) // step
    low, high = int(np.minimum(steps, 0).sum()), int(np.maximum(steps, 0).sum())
    sums = np.arange(low, high + 1)
    q = np.zeros((most, len(sums)))
    q[0, -low] = 1.0
    j = np.arange(1, most)[:, None]
    won = np.zeros((len(steps), most))
    for t, d in enumerate(steps):
        won[t] = q @ np.heaviside(sums + d, 0.5)
        stay = np.maximum(t + 1 - j, 0) / (t + 1) * q[1:]
        q[1:] = stay + np.minimum(j / (t + 1), 1.0) * _moved(q[:-1], int(d))
    return won


def _moved(q: Floats, d: int) -> Floats:
    """The columns moved d places to the right; what would fall off is 0."""
    out = np.zeros_like(q)
    if d >= 0:
        out[:, d:] = q[:, : q.shape[1] - d]
    else:
        out[:, :d] = q[:, -d:]
    return out


def pick(scores: Floats) -> Floats:
    """Returns each judgement's one vote for its best-scored response, tied ones sharing it.

    (..., r) to (..., r); a judgement without any score votes for none.
    """
    known = np.where(np.isnan(scores), -np.inf, scores)
    top = (known == known.max(axis=-1, keepdims=True)) & ~np.isnan(scores)
    return np.asarray(top / np.maximum(top.sum(axis=-1, keepdims=True), 1))


def total_sum(votes: Floats) -> Floats:
    """Returns the sum over the judgements; a missing score adds nothing."""
    return np.asarray(np.nansum(votes, axis=1))


def total_mean(votes: Floats) -> Floats:
    """Returns the mean of the scores that are there; -inf where a response has none."""
    read = (~np.isnan(votes)).sum(axis=1)
    return np.where(read > 0, np.nansum(votes, axis=1) / np.maximum(read, 1), -np.inf)


def sampled(
    votes: Floats,
    right: Floats,
    meta: Floats | None,
    k: Ints,
    kept: Ints,
    *,
    total: Total,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Returns (R, K) the credit of the response with the best total, in R random draws.

    The k judgements of a draw are the first of one random order, so the curve is smooth; equal
    totals share the credit, equal meta scores are kept at random. NaN where k > m.

    Args:
        votes: what each of m judgements gives each of r responses, (m, r).
        right: the credit of each response, (r,).
        meta: the meta score of each judgement, (m,), NaN last; None where none is left out.
        k: judgements drawn, (K,).
        kept: how many of them count, those with the highest meta scores, (K,).
        total: how votes are summed.
        draws: R.
        rng: where the draws come from.
    """
    order = rng.permuted(np.tile(np.arange(len(votes)), (draws, 1)), axis=1)
    out = np.full((draws, len(k)), np.nan)
    scale = float(np.nan_to_num(np.abs(votes)).max(initial=0.0))
    for column in np.flatnonzero(k <= len(votes)):
        chosen = order[:, : k[column]]
        if meta is not None:
            # The order is random, so a stable sort breaks ties evenly.
            best = np.argsort(-meta[chosen], axis=1, kind="stable")[:, : kept[column]]
            chosen = np.take_along_axis(chosen, best, axis=1)
        out[:, column] = top_share(total(votes[chosen]), right, scale * ROUNDING * k[column])
    return out


def top_share(totals: Floats, right: Floats, tolerance: float) -> Floats:
    """Returns (R,) the mean credit of the responses whose total (R, r) is the highest."""
    best = totals.max(axis=1, keepdims=True)
    top = (totals >= best - tolerance).astype(np.float64)
    return np.asarray(top @ right / top.sum(axis=1))
