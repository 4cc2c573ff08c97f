"""Stopping rules with their tables: what a policy needs to know before it draws anything."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.special import betainc, gammaln, stdtr, stdtrit

from ..analysis.curve import Floats
from ..data.errors import InputError
from ..data.policy import Policy
from ..fitting.utility import stopping

FEWEST = 3
"""Scores that BEACON takes before it may stop: fewer have no variance of the next one."""
Z_STEP, Z_MOST = 0.1, 8.0
COSTS = np.geomspace(1e-4, 4.0, 60)
NODES = 64


def adaptive_consistency(confidence: float, cap: int) -> Policy:
    """Stops when the leading answer is the majority with this confidence, or at the cap.

    Aggarwal et al. 2023 (arXiv 2305.11860): with v1 and v2 votes for the first two answers,
    P = 1 - I_{1/2}(v1 + 1, v2 + 1) under a flat prior. Looking after every sample is not a test:
    the confidence is a setting, not an error rate.

    >>> adaptive_consistency(0.95, 20).settings["lead"][:8]
    [4, 6, 8, 9, 11, 12, 14, 15]
    """
    if not 0.5 < confidence < 1:
        raise InputError(f"confidence must satisfy 0.5 < confidence < 1; got {confidence:g}")
    first, second = np.arange(cap + 1)[:, None], np.arange(cap // 2 + 1)
    sure = (1 - betainc(first + 1, second + 1, 0.5) >= confidence) & (first > second)
    # Where even the cap is not enough, more votes are asked for than can be cast.
    lead = np.where(sure.any(axis=0), sure.argmax(axis=0), cap + 1)
    return Policy(
        "adaptive-consistency",
        "majority",
        {"confidence": confidence, "cap": cap, "lead": lead.tolist()},
    )


def early_stopping(window: int, cap: int) -> Policy:
    """Stops when a whole window of samples agrees (ESC, Li et al. 2024, arXiv 2401.10480)."""
    return Policy("early-stopping", "majority", {"window": window, "cap": cap})


def fixed(solutions: int, answer: str = "majority") -> Policy:
    """Draws so many samples of every problem."""
    return Policy("fixed", answer, {"cap": solutions})  # type: ignore[arg-type]


def accept_first(cap: int) -> Policy:
    """Draws until one verdict accepts, at most `cap` samples."""
    return Policy("accept-first", "accepted", {"cap": cap})


def elimination(cap: int) -> Policy:
    """One attempt a round on every open problem, to the end of the budget (ReD, 2601.21522)."""
    return Policy("elimination", "accepted", {"cap": cap})


def rolling_quota(quota: float) -> Policy:
    """A quota of samples for each problem; what one leaves over, those after it may use."""
    return Policy("rolling-quota", "accepted", {"quota": quota})


def posterior(right: Floats, wrong: Floats, price: float, cap: int) -> Policy:
    """Gives up when the posterior says that further rejections are not worth their price.

    Args:
        right: of every problem (W, P), the chance that a draw is accepted and right.
        wrong: the chance that it is accepted and wrong.
        price: of a draw, in right answers.
        cap: the most samples.
    """
    made = stopping(right, wrong, most=cap, penalty=0.0, price=price)
    stop = cap if made.stop is None else max(made.stop, 1)
    return Policy("posterior", "accepted", {"stop": stop, "price": price})


def conformal(bank: Sequence[float] | Floats, alpha: float, cap: int) -> Policy:
    """Accepts the first score so high that few wrong samples reach it, else the best at the cap.

    A score s passes if (1 + #{bank >= s}) / (|bank| + 1) <= alpha: of wrong samples exchangeable
    with those in the bank, at most a share alpha passes, in finite samples. The bank therefore
    holds one wrong sample of each problem.

    Raises:
        InputError: alpha outside (0, 1), or a bank too small to let anything pass.
    """
    scores = np.sort(np.asarray(bank, dtype=float))[::-1]
    if not 0 < alpha < 1:
        raise InputError(f"alpha must satisfy 0 < alpha < 1; got {alpha:g}")
    allowed = int(np.floor(alpha * (len(scores) + 1) + 1e-12)) - 1
    if allowed < 0:
        raise InputError(
            f"a bank of {len(scores)} wrong samples cannot tell a rate of {alpha:g};"
            f" it needs at least {int(np.ceil(1 / alpha)) - 1}"
        )
    over = scores[allowed] if allowed < len(scores) else -np.inf
    settings = {"alpha": alpha, "threshold": float(np.nextafter(over, np.inf)), "cap": cap}
    return Policy("conformal", "best", settings)


def beacon(cost: float, cap: int) -> Policy:
    """Stops when the next scores are not expected to beat the best by what drawing them costs.

    BEACON (arXiv 2510.15945): scores are normal with unknown mean and variance (Jeffreys prior), so
    the next is t with k - 1 degrees of freedom, and the whole rest of the horizon is looked at.
    `cost` is of a sample, in units of the score.
    """
    return Policy(
        "beacon",
        "best",
        {
            "cost": cost,
            "cap": cap,
            "first": FEWEST,
            "step": Z_STEP,
            "index": np.round(index(cap), 8).tolist(),
        },
    )


def improvement(z: Floats, df: int) -> Floats:
    """Returns the expected excess of a t variable over z, of df > 1 degrees of freedom.

    >>> improvement(np.array([0.0, 1.0]), 2).round(7), improvement(np.array([2.0]), 5).round(7)
    (array([0.7071068, 0.3660254]), array([0.0445137]))
    """
    log_top = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(df * np.pi)
    density = np.exp(log_top - (df + 1) / 2 * np.log1p(z**2 / df))
    return np.asarray((df + z**2) / (df - 1) * density - z * (1 - stdtr(df, z)))


@cache
def index(cap: int) -> Floats:
    """Returns (cap - FEWEST + 1, Z) the cost in predictive deviations at which to stop, by z.

    Backward induction over (z, cost): after k scores with the best z deviations above the mean, the
    next one, u, moves the mean by u / (k + 1) and the deviation by the factor
    sqrt((k + 2) (k - 1 + u^2)) / (k + 1). At the cap nothing is worth anything.
    """
    z = np.arange(0.0, Z_MOST + Z_STEP / 2, Z_STEP)
    ahead = np.zeros((len(z), len(COSTS)))
    rows = [np.zeros(len(z))]
    for k in range(cap - 1, FEWEST - 1, -1):
        u = stdtrit(k - 1, (np.arange(NODES) + 0.5) / NODES)
        scale = np.sqrt((k + 2) * (k - 1 + u**2)) / (k + 1)
        after = (np.maximum(z[:, None], u) - u / (k + 1)) / scale
        later = np.zeros((len(z), len(COSTS)))
        for j, s in enumerate(scale):
            later += s * _between(ahead, after[:, j] / Z_STEP, COSTS / s) / NODES
        gain = improvement(z, k - 1)[:, None] + later - COSTS
        rows.append(np.asarray([_root(each) for each in gain]))
        ahead = np.maximum(gain, 0.0)
    return np.asarray(rows[::-1])


def _between(table: Floats, row: Floats, cost: Floats) -> Floats:
    """The table at fractional rows (Z,) and costs (C,), linear in both; 0 beyond the dearest."""
    low = np.clip(row.astype(np.int64), 0, len(table) - 2)
    part = np.clip(row - low, 0.0, 1.0)[:, None]
    place = np.interp(np.log(cost), np.log(COSTS), np.arange(len(COSTS)))
    left = np.clip(place.astype(np.int64), 0, len(COSTS) - 2)
    side = place - left
    rows = (1 - part) * table[low] + part * table[low + 1]
    return np.asarray((1 - side) * rows[:, left] + side * rows[:, left + 1])


def _root(gain: Floats) -> float:
    """The cost at which a gain, falling with cost, is 0."""
    at = int((gain > 0).sum())
    if at in (0, len(gain)):
        return 0.0 if at == 0 else float(COSTS[-1])
    part = gain[at - 1] / (gain[at - 1] - gain[at])
    return float(COSTS[at - 1] + part * (COSTS[at] - COSTS[at - 1]))
