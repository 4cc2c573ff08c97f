"""The planner's frontier against linear programming."""

from typing import Any

import numpy as np
from apportion.planner.allocate import allocate, steps
from scipy.optimize import linprog
from scipy.sparse import csr_array

from .ratio import Ratio, measure


def frontier() -> Ratio:
    """The whole frontier of 200 levels x 49 options, against one linear programme by HiGHS."""
    rng = np.random.default_rng(0)
    cost = np.sort(rng.gamma(1, 10, (200, 49)), axis=1)
    cost[:, 0] = 0
    value = np.sort(rng.random((200, 49)), axis=1)
    share = np.full(200, 1 / 200)
    rows: Any = csr_array(np.kron(np.eye(200), np.ones(49)))

    def theirs() -> float:
        made = linprog(
            -(share[:, None] * value).ravel(),
            A_ub=(share[:, None] * cost).ravel()[None], b_ub=[5.0],
            A_eq=rows, b_eq=np.ones(200), method="highs",
        )  # fmt: skip
        return -float(made.fun or 0.0)

    error = abs(allocate(cost, value, share, 5.0).value - theirs())
    return measure(
        "frontier, 200 levels x 49", lambda: steps(cost, value, share), theirs, error=error
    )
