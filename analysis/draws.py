"""Draws: which numbers of samples k a log can speak for."""

from collections.abc import Sequence

import numpy as np

from ..data.errors import InputError
from ..data.traces import UNTIL_SUCCESS
from .counts import Counts, Ints
from .curve import Floats


def draws(k: Sequence[int] | Ints | int) -> Ints:
    """Returns k as an increasing array of whole numbers >= 1.

    Raises:
        InputError: some k is below 1.
    """
    try:
        ks = np.unique(np.atleast_1d(np.asarray(k, dtype=np.int64)))
    except (OverflowError, TypeError, ValueError) as error:
        raise InputError(f"k must be whole numbers below 2^63; got {k!r}") from error
    if not len(ks) or ks[0] < 1:
        raise InputError(f"k must satisfy k >= 1; got k={ks[0] if len(ks) else 'nothing'}")
    return ks


def default_draws(n: int) -> Ints:
    """Returns 1, 3, 10, 30, ... up to n, and n itself."""
    ladder = [m * 10**e for e in range(12) for m in (1, 3)]
    return np.asarray(sorted({k for k in ladder if k <= n} | {n}), dtype=np.int64)


def reach(counts: Counts) -> int:
    """Returns the largest k that every problem of the log can speak for.

    That is the smallest n; where sampling stopped at success, a solved problem speaks for every k.
    """
    silent = counts.n[counts.c == 0] if counts.stop_rule == UNTIL_SUCCESS else counts.n
    return int(silent.min() if len(silent) else counts.n.max())


def fixed(counts: Counts, what: str) -> None:
    """Refuses a log that stopped at its first success: its subsets are no samples of k draws.

    Raises:
        InputError: it did.
    """
    if counts.stop_rule == UNTIL_SUCCESS:
        raise InputError(
            f"{what} needs a log whose stop rule ignores the outcomes; this one stops at success"
        )


def dropped(counts: Counts, k: Ints, credit: Floats) -> str | None:
    """Returns how many problems have no credit (P, K) at the first k where any has none."""
    lost = np.isnan(credit).sum(axis=0)
    if not lost.any():
        return None
    first = int(np.argmax(lost > 0))
    return (
        f"k must satisfy k <= n; at k={k[first]} {lost[first]} of {len(counts)} problems have"
        f" fewer samples (smallest n={counts.n.min()})"
    )
