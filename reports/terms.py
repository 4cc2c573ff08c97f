"""Terms: what else a plan was made under and what it costs in every unit, in sentences."""

import math
from collections.abc import Mapping

from ..planner.plan import Plan
from .wording import amount, together

SHORT = {"tokens_solved": "tokens solved", "tokens_verified": "verified"}
"""What a cost is called beside the others, where not by its own name."""


def terms(plan: Plan) -> str:
    """Returns the terms of a plan, in sentences that begin with a space; '' if it has none."""
    found = (_penalty(plan), _caps(plan), _hard(plan), _simple(plan), _spent(plan.costs))
    return "".join(f" {sentence}" for sentence in found if sentence)


def _penalty(plan: Plan) -> str:
    if plan.utility is None:
        return ""
    return f"A wrong answer loses {plan.penalty:g}; what is compared is utility."


def _caps(plan: Plan) -> str:
    if not plan.caps:
        return ""
    held = together([_counted(most, name) for name, most in plan.caps.items()])
    if not plan.binding:
        return f"Capped at {held} on a problem, which does not bind."
    which = f"the cap on {together(plan.binding)} binds" if len(plan.caps) > 1 else "which binds"
    return f"Capped at {held} on a problem{';' if len(plan.caps) > 1 else ','} {which}."


def _hard(plan: Plan) -> str:
    if plan.hard is None:
        return ""
    return f"No problem of the log costs more than {_counted(plan.hard, plan.unit)}."


def _simple(plan: Plan) -> str:
    return "" if plan.simple is None else f"The plan is simple: {plan.simple}."


def _spent(costs: Mapping[str, float]) -> str:
    known = {name: x for name, x in costs.items() if math.isfinite(x) and x > 0}
    named = {n: SHORT.get(n, n) for n in known}
    if "tokens_solved" not in known:
        named |= {"tokens_verified": "tokens verified"} if "tokens_verified" in known else {}
    spent = [_counted(x, named[name]) for name, x in known.items()]
    return f"On a problem: {', '.join(spent)}." if spent else ""


def _counted(x: float, unit: str) -> str:
    """An amount of a unit, which is singular where it is said to be one."""
    told = amount(x, unit)
    if not told.startswith("1 "):
        return told
    first, _, rest = unit.partition(" ")
    one = first[:-1] if first in ("samples", "verdicts", "tokens", "seconds") else first
    return f"1 {one} {rest}".rstrip()
