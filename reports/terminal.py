"""The terminal: the same results as short tables, with whatever a log put into names made inert."""

import contextlib
import math
import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from ..analysis.curve import Curve, Interval
from ..fitting.fit import Ceiling, Fit, GroupFit, Saturation
from ..planner.limits import sentence as limited
from ..planner.plan import Baseline, LevelPlan, Plan
from .allocation import action
from .document import inert
from .frontier import measure, worth
from .terms import terms
from .wording import say


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """Shows on stderr that something takes a while; silent when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(f"{what} ..."):
        yield


def show_fit(fit: Fit) -> None:
    """Prints every group's curves, forecasts, saturation and ceilings."""
    console = _console()
    for group in fit.groups:
        _heading(console, group)
        _print(console, ["curve", *_columns(fit)], _curves(group))
        _print(console, ["family", "weight", "error in backtest"], _families(group))
        _print(console, ["stops paying", "level", "by", "at"], _saturation(group))
        _print(console, ["target", "accuracy", "takes"], _targets(group))
        _print(console, ["verifier", "accepting first, cap K", "accuracy"], _caps(group))
        _print(console, ["verifier", "ceiling", "accuracy", "worst to best"], _ceilings(group))
        _print(console, ["verifier", "verdicts pay from", "S ~ budget^a, a"], _splits(group))


def show_plan(plan: Plan) -> None:
    """Prints the split, level by level, and what the baselines would give."""
    console = _console()
    useful = "" if plan.utility is None else f"utility {say(plan.utility)}, "
    console.print(
        f"{_amount(plan.budget)} {plan.unit} per problem (expected spend {_amount(plan.spent)}):"
        f" {useful}accuracy {say(plan.accuracy)} on new problems"
    )
    columns = ["level", "share", "what to do", plan.unit, "accuracy"]
    columns += [] if plan.utility is None else ["utility"]
    _print(console, columns, [_level(plan, level) for level in plan.levels])
    same = f"{plan.unit} for the same {measure(plan)}"
    columns = ["instead", measure(plan), same, "plan better in"]
    _print(console, columns, [_instead(baseline) for baseline in plan.baselines])
    if told := terms(plan).strip():
        console.print(told)
    if plan.target is not None:
        console.print(f"reaches {plan.target:g} with probability {plan.chance:.0%}")
    if plan.limits is not None:
        console.print(limited(plan.limits))


def _level(plan: Plan, level: LevelPlan) -> list[str]:
    several = len(level.split) > 1
    do = [
        (f"{part.weight:.0%}: " if several else "") + action(part, plan.groups > 1)
        for part in level.split
    ]
    useful = [] if level.utility is None else [say(level.utility)]
    cost, right = _amount(level.cost), say(level.accuracy)
    return [level.level, f"{level.share:.0%}", "; ".join(do), cost, right, *useful]


def _instead(baseline: Baseline) -> list[str]:
    better = baseline.plan_better
    return [
        baseline.name,
        say(worth(baseline)),
        _amount(baseline.budget_for_same_accuracy),
        f"{better:.0%} of worlds" if math.isfinite(better) else "",
    ]


def _console() -> Console:
    width = None if sys.stdout.isatty() else 110
    return Console(markup=False, highlight=False, emoji=False, width=width)


def _print(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(inert, row))
    console.print(table)
    console.print()


def _heading(console: Console, group: GroupFit) -> None:
    console.print(
        inert(
            f"{group.group.name}: {group.problems:,} problems, {group.samples:,} samples"
            f" ({group.stop_rule})"
        ),
        style="bold",
    )


def _columns(fit: Fit) -> list[str]:
    return ["k", f"accuracy ({fit.mass:.0%} interval)", "interval for"]


def _curves(group: GroupFit) -> list[tuple[str, ...]]:
    curves: list[tuple[str, Curve | None]] = [
        ("coverage", group.coverage),
        ("majority", group.majority),
        *((f"best-of by {name}", curve) for name, curve in group.best_of.items()),
        ("forecast of coverage", group.forecast),
    ]
    return [
        (name if i == 0 else "", f"{k:,}", say(row), f"{row.population} problems")
        for name, curve in curves
        if curve is not None
        for i, (k, row) in enumerate(zip(curve.k, curve.intervals(), strict=True))
        if math.isfinite(row.estimate)
    ]


def _families(group: GroupFit) -> list[tuple[str, ...]]:
    return [(f.name, f"{f.weight:.2f}", _amount(f.mae)) for f in group.families]


def _saturation(group: GroupFit) -> list[tuple[str, ...]]:
    return [
        (
            p.metric,
            p.level,
            p.definition,
            _point(p),
        )
        for p in group.saturation
    ]


def _point(p: Saturation) -> str:
    """The budget where it is known, and what is to be doubted."""
    at = f"{_amount(p.budget)} {p.unit} ({_amount(p.low)} to {_amount(p.high)})"
    known = [at] if math.isfinite(p.budget) else []
    return "; ".join([*known, *([p.doubt] if p.doubt else [])])


def _targets(group: GroupFit) -> list[tuple[str, ...]]:
    return [
        (
            t.metric,
            f"{t.accuracy:g}",
            f"{_amount(t.k.estimate)} {t.unit} ({_amount(t.k.low)} to {_amount(t.k.high)})",
        )
        for t in group.targets
    ]


def _macro(group: GroupFit) -> list[Ceiling]:
    return [c for c in group.ceilings if c.estimand == "macro"]


def _caps(group: GroupFit) -> list[tuple[str, ...]]:
    return [
        (c.verifier if i == 0 else "", f"{k:,}", say(row))
        for c in _macro(group)
        for i, (k, row) in enumerate(_with_beyond(c))
    ]


def _with_beyond(ceiling: Ceiling) -> list[tuple[int, Interval]]:
    curves = (ceiling.accuracy_at, ceiling.beyond)
    return [(int(k), r) for c in curves for k, r in zip(c.k, c.intervals(), strict=True)]


def _ceilings(group: GroupFit) -> list[tuple[str, ...]]:
    return [
        (
            c.verifier,
            c.estimand,
            say(c.value),
            f"{c.worst:.3f} to {c.best:.3f}" if math.isfinite(c.worst) else "",
        )
        for c in group.ceilings
    ]


def _splits(group: GroupFit) -> list[tuple[str, ...]]:
    return [
        (
            each.verifier,
            f"{_amount(s.estimate)} solutions ({_amount(s.low)} to {_amount(s.high)})",
            say(each.split.exponent),
        )
        for each in group.verified
        if each.split is not None
        for s in (each.split.starts,)
    ]


def _amount(x: float) -> str:
    """A count or a small number; open where it has no end, a dash where it does not exist."""
    if math.isnan(x):
        return "-"
    if math.isinf(x):
        return "open"
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"
