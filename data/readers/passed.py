"""How many of n samples passed, found again from a pass@k that was kept in their place."""

from .fields import Unfit

CLOSE = 1e-6
"""How far a kept pass@k may be from the one that c samples make."""


def solved(value: float, n: int, k: int, name: str) -> int:
    """Returns the one c of n samples whose pass@k is the value.

    Raises:
        Unfit: no c makes the value, or several do (all c above n - k make 1).

    >>> solved(0.9, 5, 2, "pass@2")
    3
    """
    if not 1 <= k <= n:
        raise Unfit(f"{name}: k must satisfy 1 <= k <= n; got {k} of n = {n}")
    near = [round(value * n)] if k == 1 and 0 <= value <= 1 else range(n + 1)
    found = [c for c in near if abs(_pass(n, c, k) - value) < CLOSE]
    if len(found) != 1:
        raise Unfit(
            f"{name} must say how many of n = {n} samples passed; {value:g} fits"
            f" {len(found) or 'none'} of the counts"
        )
    return found[0]


def _pass(n: int, c: int, k: int) -> float:
    failed = 1.0
    for i in range(k):
        failed *= (n - c - i) / (n - i) if n - c > i else 0.0
    return 1 - failed
