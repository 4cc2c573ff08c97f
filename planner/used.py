"""What an option uses: solutions and verdicts, and the time they take when several run at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..analysis.counts import Counts, Ints
from ..analysis.curve import Floats
from .costs import Prices, rates

KINDS = 4
"""Solutions, verdicts, and the time of each: in single solutions, and in single verdicts."""


@dataclass(frozen=True, slots=True, eq=False)
class Used:
    """Expected use (KINDS, P, O) of each option on each problem, from the log at `of` (O,).

    -1 is no log. A probe adds `probe`, of the same shape, of the log at `by`.
    """

    of: Ints
    each: Floats
    by: int = -1
    probe: Floats | None = None

    def restrict(self, kept: list[int]) -> "Used":
        """Returns the use of some of the options."""
        probe = None if self.probe is None else self.probe[..., kept]
        return replace(self, of=self.of[kept], each=self.each[..., kept], probe=probe)

    def rows(self, problem: Ints) -> "Used":
        """Returns the use on the problems at these places."""
        probe = None if self.probe is None else self.probe[:, problem]
        return replace(self, each=self.each[:, problem], probe=probe)


def alongside(first: Used, second: Used) -> Used:
    """Returns the use of the options of both, of one probe or none."""
    probes = [np.zeros_like(u.each) if u.probe is None else u.probe for u in (first, second)]
    by = max(first.by, second.by)
    return Used(
        np.concatenate([first.of, second.of]),
        np.concatenate([first.each, second.each], axis=2),
        by,
        np.concatenate(probes, axis=2) if by >= 0 else None,
    )


def stacked(found: Iterable[tuple[int, tuple[Floats | float, ...]]], problems: int) -> Used:
    """Puts the uses of options side by side, each with the place of its log."""
    of, each = zip(*found, strict=True)
    shape = (KINDS, problems)
    columns = [np.stack([np.broadcast_to(u, problems) for u in used]) for used in each]
    return Used(np.asarray(of), np.stack(columns, axis=-1).reshape(*shape, len(of)))


def charge(
    used: Used,
    logs: Sequence[Counts],
    price: Prices,
    problem: Ints | None = None,
    *,
    strict: bool = False,
) -> Floats:
    """Returns the cost (P, O) of what is used; NaN where the log did not count what has a price.

    Args:
        used: what each option uses.
        logs: the counts that `used.of` numbers.
        price: of everything.
        problem: the problem of each row, where they are not those of the logs in turn.
        strict: see `rates`.
    """
    problem = np.arange(len(logs[0])) if problem is None else problem
    total = np.zeros(used.each.shape[1:])
    each = [rates(counts, price, strict=strict)[:, problem] for counts in logs]
    for i in np.unique(used.of[used.of >= 0]).tolist():
        own = used.of == i
        total[:, own] = _sum(used.each[:, :, own], each[i])
    if used.probe is not None:
        total += _sum(used.probe, each[used.by])
    return total + _once(used, logs, price)


def _once(used: Used, logs: Sequence[Counts], price: Prices) -> Floats:
    """The price (P, O) of a problem for each model used on it, by the option or by a probe.

    Whatever draws at all draws a first solution for certain, so the price is due or not.
    """
    models = [counts.group.model for counts in logs]
    total = np.zeros(used.each.shape[1:])
    for model in dict.fromkeys(models):
        own = [i for i, name in enumerate(models) if name == model]
        on = (used.each[0] > 0) & np.isin(used.of, own)
        if used.probe is not None and used.by in own:
            on |= (used.probe > 0).any(axis=0)
        total += price.of(model).problem * on
    return total


def _sum(amounts: Floats, rate: Floats) -> Floats:
    """Amounts (KINDS, P, O) at rates (KINDS, P); none of what has no known rate costs nothing."""
    costs = amounts * rate[..., None]
    return np.asarray(np.where(amounts == 0, 0.0, costs).sum(axis=0))
