"""Doubts on the page: what may be wrong with the log or the fit, each said once."""

from ..fitting.fit import Fit
from .document import Doubts, Prose, Section
from .wording import clip, sentence, together


def section(fit: Fit) -> Section:
    """Returns the section, which also says when there is nothing to doubt."""
    if not fit.doubts:
        quiet = "The checks on the log and on the fit found nothing to doubt."
        return Section("doubts", "Doubts", (Prose(quiet),))
    return Section("doubts", "Doubts", (Doubts(gathered(fit), "About the log and the fit"),))


def gathered(fit: Fit) -> tuple[str, ...]:
    """Returns each doubt once, after the names of the groups it is about unless it is about all."""
    found: dict[str, list[str]] = {}
    for group in fit.groups:
        for doubt in group.doubts:
            found.setdefault(sentence(doubt), []).append(clip(group.group.name, 50))
    return tuple(
        doubt if len(names) == len(fit.groups) else f"{together(_few(names))}: {doubt}"
        for doubt, names in found.items()
    )


def _few(names: list[str]) -> list[str]:
    return names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"]
