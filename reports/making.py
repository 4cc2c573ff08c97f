"""report: from a log to its pages in one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..analysis.counts import Counts
from ..analysis.curve import MASS
from ..data.errors import InputError
from ..data.traces import Trace
from ..fitting.fit import Fit
from ..fitting.group import fit
from ..planner.asked import Asked
from ..planner.build import grounded, plan, usual_budget
from ..planner.plan import Plan
from .evidence import NONE, Evidence, Told, compared, gather
from .page import check, document, write


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What a report is made from: the fit, the plan, or why there is no plan, and the rest."""

    fit: Fit
    plan: Plan | None
    why_no_plan: str | None = None
    more: Evidence = NONE

    @property
    def doubts(self) -> list[str]:
        """Every doubt once, those of the fit first."""
        told = self.plan.doubts if self.plan else ()
        missing = [f"no plan: {self.why_no_plan}"] if self.why_no_plan else []
        return list(dict.fromkeys([*self.fit.doubts, *told, *missing]))


def results(
    log: Trace | Counts,
    *,
    budget: float | None = None,
    unit: str | None = None,
    target: float | None = None,
    levels: str = "auto",
    mix: Mapping[str, float] | None = None,
    floor: Mapping[str, float] | None = None,
    penalty: float = 0.0,
    caps: Mapping[str, float] | None = None,
    hard: float | None = None,
    most: int | None = None,
    price_file: Path | None = None,
    seed: int = 0,
    mass: float = MASS,
    compare: Trace | Counts | None = None,
) -> Results:
    """Fits a log and plans on it; the budget is that of 8 samples a problem when none is asked for.

    The other arguments are those of `plan`; `compare` is another log to set this one against.

    Raises:
        InputError: the log cannot be fitted, the budget or target asked for cannot be met, or the
            two logs have nothing to compare.
    """
    told = Told(mix, price_file, seed, mass)
    beside = compared(NONE, log, compare, told)
    fitted = fit(log, mass=mass, seed=seed)
    wish = budget is not None or target is not None
    try:
        amount = budget if wish else usual_budget(log, unit, price_file)
        asked = Asked(
            amount, target, unit, levels, mix, floor, penalty, caps or {}, hard, most, price_file,
            mass,
        )  # fmt: skip
        asked.check()
        base = grounded(log, asked, seed)
        split = plan(
            base, amount, unit, target=target, levels=levels, mix=mix, floor=floor,
            penalty=penalty, caps=caps, hard=hard, most=most, price_file=price_file,
            seed=seed, mass=mass,
        )  # fmt: skip
    except InputError as error:
        if wish:
            raise
        return Results(fitted, None, str(error), gather(log, None, None, told, beside))
    return Results(fitted, split, None, gather(log, base, split, told, beside))


def report(
    log: Trace | Counts | Results,
    path: str | Path | Sequence[str | Path],
    *,
    title: str = "What this log says",
    command: str = "apportion.report(log, path)",
    version: str = "",
    only: Sequence[str] = (),
    compare: Trace | Counts | None = None,
) -> Results:
    """Writes the report of a log, or of results made before, to one file or several.

    Args:
        log: a trace, counts, or the `results` of one with a budget of your own.
        path: each ending in .html or .pdf.
        title: of the page.
        command: what the reader may type to do it again.
        version: of the program, for the last section.
        only: names of the sections to keep; all when empty.
        compare: another log, or another date of this one, to set this one against.

    Raises:
        InputError: a suffix without a printer, a file that cannot be written, or logs that have
            nothing to compare.
    """
    paths = [Path(p) for p in ([path] if isinstance(path, str | Path) else path)]
    check(paths)
    if isinstance(log, Results) and compare is not None:
        raise InputError("results are compared where they are made: results(log, compare=other)")
    made = log if isinstance(log, Results) else results(log, compare=compare)
    page = document(
        made.fit,
        made.plan,
        title=title,
        command=command,
        version=version,
        only=only,
        reason=made.why_no_plan or "",
        more=made.more,
    )
    for each in paths:
        try:
            write(page, each)
        except OSError as error:
            raise InputError(f"{each}: cannot be written ({error.strerror})") from error
    return made
