"""Verdicts drawn: how many of V accept, of the M that were logged for a solution."""

import numpy as np

from .hypergeometric import check_draws, log_choose
from .kernels import Floats, Ints


def shown(accepts: Ints, verdicts: int, votes: int) -> Floats:
    """Returns the hypergeometric chances (D, V+1) that 0..V of V drawn verdicts accept.

    >>> shown(np.array([0, 1]), 2, 1)
    array([[1. , 0. ],
           [0.5, 0.5]])
    """
    s, x = np.arange(votes + 1), accepts[:, None]
    ways = log_choose(x, s) + log_choose(verdicts - x, votes - s)
    # Chances must add up to 1 to the last digit: they are raised to powers of up to S.
    chances = np.exp(ways - ways.max(axis=1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def check_verdicts(accepts: Ints, verdicts: int, solutions: Ints, votes: Ints) -> None:
    """Refuses draws of nothing, and more accepting verdicts than were logged.

    Raises:
        ValueError: some S < 1 or V < 1, or some accepts outside 0..M.
    """
    check_draws(solutions, "solutions")
    check_draws(votes, "votes")
    outside = (accepts < 0) | (accepts > verdicts)
    if outside.any():
        got = accepts[outside][0]
        raise ValueError(f"accepts must satisfy 0 <= accepts <= {verdicts}; got accepts={got}")
