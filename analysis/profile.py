"""Profile: what is known of a log's problems that a plan keeps, to tell problems unlike them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.traces import FIXED, UNTIL_SUCCESS, Group
from .counts import Counts, Ints
from .curve import Floats, Json

MOST = 500
"""Problems that a profile keeps, spread evenly over the log: enough to tell a distribution."""
DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Samples n (P,) and right ones c (P,) of each problem, its mean output tokens and its level.

    `tokens` (P,) is NaN where none was logged; `levels` is None where problems have none.
    `sequential` logs stopped at their first success, so their c / n is no solve rate.
    """

    group: Group
    n: Ints
    c: Ints
    tokens: Floats
    levels: tuple[str, ...] | None
    sequential: bool

    def json(self) -> Json:
        """Returns the profile as a plan keeps it."""
        tokens = [float(f"{x:.{DIGITS}g}") if np.isfinite(x) else None for x in self.tokens]
        return {
            "model": self.group.model,
            "temperature": self.group.temperature,
            "stop_rule": UNTIL_SUCCESS if self.sequential else FIXED,
            "n": self.n.tolist(),
            "c": self.c.tolist(),
            "output_tokens": tokens,
            "levels": None if self.levels is None else list(self.levels),
        }


def profile(counts: Counts) -> Profile:
    """Returns the profile of a log's problems, of MOST of them at most."""
    size = len(counts)
    kept = np.arange(size) if size <= MOST else np.linspace(0, size - 1, MOST).round().astype(int)
    levels = None if counts.levels is None else tuple(counts.levels[i] for i in kept)
    group = Group(model=counts.group.model, temperature=counts.group.temperature)
    of = (counts.n[kept], counts.c[kept], counts.output_tokens[kept])
    return Profile(group, *of, levels, counts.stop_rule == UNTIL_SUCCESS)


def remembered(told: Mapping[str, Any]) -> Profile:
    """Returns the profile that a plan kept.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    n, c = (_counts(told[name], name) for name in ("n", "c"))
    tokens = np.array([np.nan if x is None else float(x) for x in told["output_tokens"]])
    if isinstance(told["levels"], str):
        raise ValueError("made_on levels must be a list")
    levels = None if told["levels"] is None else tuple(map(str, told["levels"]))
    sizes = {len(n), len(c), len(tokens), len(n if levels is None else levels)}
    if len(sizes) > 1 or not 0 < len(n) <= MOST or not ((n > 0) & (c >= 0) & (c <= n)).all():
        raise ValueError(
            f"made_on must hold 0 <= c <= n, tokens and a level of 1 to {MOST} problems each"
        )
    if np.isinf(tokens).any() or (tokens < 0).any():
        raise ValueError("made_on output_tokens must be >= 0")
    heat = told["temperature"]
    group = Group(model=told["model"], temperature=None if heat is None else float(heat))
    return Profile(group, n, c, tokens, levels, told["stop_rule"] == UNTIL_SUCCESS)


def _counts(told: object, name: str) -> Ints:
    whole = isinstance(told, list) and all(type(x) is int and 0 <= x < 2**62 for x in told)
    if not whole:
        raise ValueError(f"made_on {name} must be a list of whole numbers >= 0")
    return np.asarray(told, dtype=np.int64)
