"""Pages: a whole report, from a finished fit and plan, against its pictures saved bare."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources import as_file, files

from apportion.data.readers import read
from apportion.fitting.fit import Fit
from apportion.planner.plan import Plan
from apportion.reports import page, repeated, verification
from apportion.reports.document import Document, Picture
from apportion.reports.html import to_html
from apportion.reports.making import results
from apportion.reports.pdf import to_pdf
from matplotlib.figure import Figure

from .ratio import Ratio, measure

BUDGET, UNIT = 20.0, "tokens"
"""What `apportion demo` plans with."""


def ratios() -> Iterator[Ratio]:
    """The report of the bundled log to HTML and to PDF, each against its figures saved as SVG."""
    with as_file(files("apportion.data.examples") / "smollm2") as source:
        made = results(read([source]), budget=BUDGET, unit=UNIT)
    assert made.plan is not None
    fit, plan = made.fit, made.plan
    blocks = [block for section in _document(fit, plan).sections for block in section.blocks]
    pictures = sum(isinstance(block, Picture) for block in blocks)
    missing = float(abs(pictures - len(_drawn(fit, plan))))
    printers: dict[str, Callable[[Document], bytes]] = {"HTML": to_html, "PDF": to_pdf}
    for form, printer in printers.items():
        yield measure(
            f"report of the bundled log to {form}, against its {pictures} pictures saved bare",
            partial(_print, printer, fit, plan),
            partial(_save, fit, plan),
            error=missing,
            runs=9,
        )


def _document(fit: Fit, plan: Plan) -> Document:
    return page.document(fit, plan, title="Bench", command="make bench", version="0")


def _print(printer: Callable[[Document], bytes], fit: Fit, plan: Plan) -> bytes:
    return printer(_document(fit, plan))


def _save(fit: Fit, plan: Plan) -> None:
    for drawn in _drawn(fit, plan):
        drawn.savefig(io.BytesIO(), format="svg")


def _drawn(fit: Fit, plan: Plan) -> list[Figure]:
    """The figures of the report of one group, and nothing else."""
    [group] = fit.groups
    judged = verification.by_verifier(group)[1 : verification.MOST]
    return [
        *(page.figure(fit, plan, name) for name in page.names() if name != "comparison"),
        *(verification.figure(group, ceiling) for ceiling in judged),
        *(repeated.figure(each.surface) for each in group.verified[: repeated.MOST]),
    ]
