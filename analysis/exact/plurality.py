"""Compiled loops of plurality voting: what the winner earns, from exact Fourier sums."""

import math
from typing import NamedTuple

import numpy as np

from .kernels import (
    ERROR,
    Floats,
    Ints,
    aliases,
    circle,
    compiled,
    heads,
    idle_draws,
    inlined,
    inverted,
    tilt,
)

RARE = 40.0
"""Minus the log of chances that are neglected: exp(-40) < 1e-17."""

NOUGHT = 1e-150
"""Stands for a factor that is exactly zero, so that it can be divided out again."""


class Rules(NamedTuple):
    """Gauss-Legendre on [0, 1]: the first sizes[i] of points[i] and weights[i]; sizes increase."""

    sizes: Ints
    points: Floats
    weights: Floats


class Vote(NamedTuple):
    """Independent candidates of D kinds, `size` of each, who share `credit` if they win.

    One of kind d gets first + i votes with chance[d, i] (D, L); kinds are in order of their most
    votes. All of a kind together are `mass` draws. At most `most` votes are cast in all;
    contributions below `floor` are neglected.
    """

    chance: Floats
    size: Ints
    credit: Floats
    mass: Floats
    first: int
    most: int
    floor: float


class Work(NamedTuple):
    """Complex vectors (2, T): `base` is the product over all who can no longer win, `turn`
    exp(i phi m), `below` (D, 2, T) each kind's weight of fewer than m votes, the rest is room.
    """

    base: Floats
    below: Floats
    turn: Floats
    every: Floats
    ratio: Floats
    spare: Floats


@inlined
def levels(vote: Vote, bound: Floats, ties: Floats, last: Ints) -> tuple[int, int]:
    """Returns (start, stop) of the columns that can matter; fills `last` (D,), where a kind ends.

    Fills (L,): the most that a number of winning votes can earn, which angle 0 tells for all
    angles, and its mean number of winners.
    """
    upto = np.zeros(len(last))
    start, stop = len(bound), 0
    for i in range(len(bound)):
        peak, share, mean = 1.0 if vote.first + i > 0 else 0.0, 0.0, 0.0
        for d in range(len(last)):
            at = vote.chance[d, i]
            upto[d] += at
            if at > 1e-3 * vote.floor:
                last[d] = i
            if upto[d] <= 0.0:
                peak = 0.0
            elif at > 0.0 and peak > vote.floor:
                ratio = at / upto[d]
                peak *= min(upto[d], 1.0) ** vote.size[d]
                share += vote.credit[d] * ratio
                mean += vote.size[d] * ratio
        bound[i], ties[i] = peak * share, mean
        if bound[i] > vote.floor:
            start, stop = min(start, i), i + 1
        else:
            bound[i] = 0.0
    return start, stop


@inlined
def tie_nodes(bound: float, ties: float, rivals: int) -> int:
    """Returns the Gauss-Legendre nodes for up to `rivals` ties; `bound` is in units of the floor.

    q nodes integrate u^t exactly for t < 2q, and within 4 exp(-(2q)^2 / t) else: the Chebyshev
    coefficients of u^t are chances of 2t fair coins. The chance of t ties is at most ties^t / t!.
    """
    t, chance = 0, bound
    while t <= rivals and chance > 1.0:
        t += 1
        chance *= ties / t
    if t > 16:
        return min((t + 1) // 2, int(math.sqrt(t * math.log(4.0 * t * bound)) / 2) + 1)
    return max((t + 1) // 2, 1)


@inlined
def rule_of(vote: Vote, i: int, bound: float, ties: float, alive: int, rules: Rules) -> int:
    """Returns the rule that shares the ties at column i."""
    if bound <= 0.0:
        return 0
    rivals = min(vote.size[alive:].sum(), vote.most // (vote.first + i)) - 1
    q = tie_nodes(bound / vote.floor, ties, rivals)
    rule = 0
    while rules.sizes[rule] < q and rule + 1 < len(rules.sizes):
        rule += 1
    return rule


@inlined
def join(p: Floats, below: Floats, d: int, at: float, turn: Floats, upto: int) -> None:
    """Multiplies p (2, T) by below_d + at turn."""
    for t in range(upto):
        x, y = below[d, 0, t] + at * turn[0, t], below[d, 1, t] + at * turn[1, t]
        r = p[0, t] * x - p[1, t] * y
        p[1, t] = p[0, t] * y + p[1, t] * x
        p[0, t] = r


@inlined
def shift(below: Floats, d: int, at: float, turn: Floats, upto: int) -> None:
    """Adds at turn to below_d."""
    for t in range(upto):
        below[d, 0, t] += at * turn[0, t]
        below[d, 1, t] += at * turn[1, t]


@inlined
def join_all(p: Floats, work: Work, d: int, at: float, size: int, upto: int) -> None:
    """Multiplies p (2, T) by (below_d + at turn)^size."""
    below, turn, z = work.below, work.turn, work.spare
    for t in range(upto):
        z[0, t] = below[d, 0, t] + at * turn[0, t]
        z[1, t] = below[d, 1, t] + at * turn[1, t]
    while size:
        if size & 1:
            for t in range(upto):
                r = p[0, t] * z[0, t] - p[1, t] * z[1, t]
                p[1, t] = p[0, t] * z[1, t] + p[1, t] * z[0, t]
                p[0, t] = r
        size >>= 1
        for t in range(upto if size else 0):
            r = z[0, t] * z[0, t] - z[1, t] * z[1, t]
            z[1, t] = 2 * z[0, t] * z[1, t]
            z[0, t] = r


@inlined
def earn(
    vote: Vote, i: int, alive: int, u: Floats, weight: Floats, work: Work, out: Floats, upto: int
) -> None:
    """Adds to out (2, T) the tie integral at column i by the nodes u (Q,), from kind `alive` on."""
    every, ratio, base, below, turn = work.every, work.ratio, work.base, work.below, work.turn
    for q in range(len(u)):
        for t in range(upto):
            every[0, t], every[1, t] = weight[q] * base[0, t], weight[q] * base[1, t]
            ratio[0, t] = ratio[1, t] = 0.0
        for d in range(alive, len(vote.size)):
            at, credit = u[q] * vote.chance[d, i], vote.credit[d] * vote.chance[d, i]
            if vote.size[d] == 1:
                join(every, below, d, at, turn, upto)
            else:
                join_all(every, work, d, at, vote.size[d], upto)
            for t in range(upto if credit > 0.0 else 0):
                x = below[d, 0, t] + at * turn[0, t] + NOUGHT
                y = below[d, 1, t] + at * turn[1, t]
                r = credit / (x * x + y * y)
                ratio[0, t] += r * x
                ratio[1, t] -= r * y
        for t in range(upto):
            x = every[0, t] * turn[0, t] - every[1, t] * turn[1, t]
            y = every[0, t] * turn[1, t] + every[1, t] * turn[0, t]
            out[0, t] += x * ratio[0, t] - y * ratio[1, t]
            out[1, t] += x * ratio[1, t] + y * ratio[0, t]


@inlined
def winner(vote: Vote, idle: float, chance: float, turns: Floats, rules: Rules) -> Floats:
    """Returns (2, T) the winner's mean credit with each of all draws counted by exp(i phi).

    sum_m Int_0^1 prod_d z_d^size_d sum_d credit_d at_d / z_d du, z = below + u at, where `at` is
    the weight of just m votes and `below` of fewer: Int u^t du = 1 / (t + 1) is the share of one
    among t rivals. `idle` draws beside the candidates' never vote. The angles are the first of
    `turns` (2, nodes), up to half a turn; those that cannot reach the floor are left out.
    """
    (kinds, columns), nodes, alive = vote.chance.shape, turns.shape[1], 0
    bound, ties, last = np.empty(columns), np.empty(columns), np.zeros(kinds, dtype=np.int64)
    start, stop = levels(vote, bound, ties, last)
    while alive < kinds and last[alive] < start:
        idle += vote.mass[alive]
        alive += 1
    base = np.empty((2, nodes // 2 + 1))
    upto = width = idle_draws(idle, chance, nodes, vote.floor, base)
    out, turn, below = np.zeros((2, width)), np.empty((2, width)), np.zeros((kinds, 2, width))
    work = Work(base, below, turn, np.empty_like(turn), np.empty_like(turn), np.empty_like(turn))
    for i in range(stop):
        while last[alive] < i:
            join_all(base, work, alive, 0.0, vote.size[alive], upto)
            alive += 1
        while upto > 1 and base[0, upto - 1] ** 2 + base[1, upto - 1] ** 2 < vote.floor**2:
            upto -= 1
        step, place = (vote.first + i) % nodes, 0
        for t in range(upto):
            turn[0, t], turn[1, t] = turns[0, place], turns[1, place]
            place += step - (nodes if place + step >= nodes else 0)
        if bound[i] > 0.0:
            rule = rule_of(vote, i, bound[i], ties[i], alive, rules)
            q = rules.sizes[rule]
            earn(vote, i, alive, rules.points[rule, :q], rules.weights[rule, :q], work, out, upto)
        for d in range(alive, kinds):
            if vote.chance[d, i] > 0.0:
                shift(work.below, d, vote.chance[d, i], turn, upto)
    return out


@compiled
def plurality(count: Ints, size: Ints, credit: Floats, void: int, k: Ints, rules: Rules) -> Floats:
    """Returns (K,) what the most frequent answer of k samples earns; k increases, k <= n.

    There are size (D,) answers with count votes each, increasing, who earn `credit` in all.
    """
    n, start = (count * size).sum() + void, 0
    exactly, out = np.empty(n + 1), np.empty(len(k))
    chance, mass = np.zeros((len(count), count[-1] + 1)), (count * size).astype(np.float64)
    while start < len(k):
        stop, coin, nodes = tilt(n, k, start, exactly)
        for d in range(len(count)):
            heads(count[d], coin, 0, chance[d, : count[d] + 1])
        floor = ERROR * min(exactly[k[start]], exactly[k[stop - 1]])
        vote, turns = Vote(chance, size, credit, mass, 0, k[stop - 1], floor), circle(nodes)
        mean = winner(vote, float(void), coin, turns, rules)
        for i in range(start, stop):
            out[i] = inverted(mean, turns, k[i]) / exactly[k[i]]
        start = stop
    return out


@inlined
def beyond(share: Floats, credit: Floats, k: int, rules: Rules) -> float:
    """Returns what the most frequent answer of k draws earns; `share` (A,) increases.

    An answer of share p outvotes the best, of share q, with a chance below
    exp(-k (sqrt(q) - sqrt(p))^2): it is dropped where that is neglected.
    """
    best, drop = share[-1], 0
    while drop < len(share) and (
        share[drop] <= 0.0 or k * (math.sqrt(best) - math.sqrt(share[drop])) ** 2 > RARE
    ):
        drop += 1
    if drop >= len(share) - 1:
        return float(-math.expm1(k * np.log1p(-min(best, 1.0))) * credit[-1])
    mean, (nodes, exactly) = k * share[drop:], aliases(k)
    first = int(max(math.sqrt(mean[0]) - math.sqrt(RARE), 0.0) ** 2)
    last = int((math.sqrt(mean[-1]) + math.sqrt(RARE)) ** 2) + 1
    chance, size = np.empty((len(mean), last - first + 1)), np.ones(len(mean), dtype=np.int64)
    for d in range(len(mean)):
        heads(mean[d], 0.0, first, chance[d])
    vote = Vote(chance, size, credit[drop:], mean, first, k, ERROR * exactly)
    turns = circle(nodes)
    won = winner(vote, max(k - mean.sum(), 0.0), 0.0, turns, rules)
    return float(inverted(won, turns, k) / exactly)


@compiled
def plurality_beyond(shares: Floats, credit: Floats, k: Ints, rules: Rules) -> Floats:
    """Returns (W, K) what the most frequent answer of k draws earns, of shares (W, A)."""
    out = np.empty((len(shares), len(k)))
    for w in range(len(shares)):
        order = np.argsort(shares[w])
        for i in range(len(k)):
            out[w, i] = beyond(shares[w][order], credit[order], k[i], rules)
    return out
