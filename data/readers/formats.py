"""The formats that are known, in the order in which they are tried, and how files find theirs."""

import os
from collections.abc import Sequence
from pathlib import Path

from .. import store
from ..errors import InputError, nearest
from . import (
    bon_jailbreak,
    compute_optimal_tts,
    evalplus,
    evalscope,
    every_eval_ever,
    human_eval,
    inspect_ai,
    its_hub,
    lighteval,
    lm_eval,
    monkeys,
    nemo_skills,
    passk_counts,
    passwedge,
    power_law,
    rpc,
    sc_genrm,
    scorio,
    search_and_learn,
    tau2,
    verifiers,
)
from .glance import Glance
from .intake import Format
from .tidy import KINDS

FOREIGN: dict[str, Format] = {
    format.name: format
    for format in (
        inspect_ai.FORMAT,
        human_eval.FORMAT,
        search_and_learn.FORMAT,
        compute_optimal_tts.FORMAT,
        evalscope.FORMAT,
        verifiers.FORMAT,
        tau2.FORMAT,
        its_hub.FORMAT,
        passwedge.FORMAT,
        nemo_skills.FORMAT,
        sc_genrm.FORMAT,
        monkeys.FORMAT,
        scorio.FORMAT,
        bon_jailbreak.FORMAT,
        lm_eval.FORMAT,
        lighteval.FORMAT,
        evalplus.FORMAT,
        rpc.FORMAT,
        power_law.FORMAT,
        every_eval_ever.FORMAT,
        passk_counts.FORMAT,
    )
}
"""By name; the first that fits a file reads it."""
APPORTION, TIDY = "apportion", "tidy"
FORMATS = (APPORTION, TIDY, *FOREIGN)
MOST_FILES = 200_000
"""Files of a folder that are looked at."""


def named(format: str) -> str:
    """Returns the name if there is such a format.

    Raises:
        InputError: there is none.
    """
    if format not in FORMATS:
        known = list(FORMATS)
        raise InputError(
            f"format must be one of {', '.join(known)}; got {format!r}{nearest(format, known)}"
        )
    return format


def sorted_out(
    paths: Sequence[Path], format: str | None
) -> tuple[dict[str, list[Path]], list[str]]:
    """Returns the files of each format, folders replaced by what they hold, and notes.

    A file that is named is taken; of a folder, the files that some format fits.

    Args:
        format: the one that all files have; found by looking when None.

    Raises:
        InputError: a folder in which nothing fits.
    """
    groups: dict[str, list[Path]] = {}
    notes = []
    for path in paths:
        if not path.is_dir():
            groups.setdefault(format or _format_of(path) or TIDY, []).append(path)
            continue
        if store.is_trace(path):
            raise InputError(f"{path}: a trace directory, not a {format} file")
        left = 0
        before = sum(map(len, groups.values()))
        for file in _files(path):
            found = _format_of(file)
            if found is None or format not in (None, found):
                left += 1
            else:
                groups.setdefault(found, []).append(file)
        if before == sum(map(len, groups.values())):
            what = "log of a known format" if format is None else f"{format} log"
            raise InputError(
                f"{path}: a folder without a manifest.json is not a trace, and no file in it is a"
                f" {what}"
            )
        if left:
            notes.append(f"{path}: files not read: {left:,}")
    return groups, notes


def _format_of(path: Path) -> str | None:
    glance = Glance(path)
    if _tidy(glance, *(kind for kind in KINDS if kind != "problems")):
        return TIDY
    foreign = (name for name, format in FOREIGN.items() if format.fits(glance))
    # A foreign record may well tell a problem and its level: two such names alone say little.
    return next(foreign, TIDY if _tidy(glance, "problems") else None)


def _tidy(glance: Glance, *kinds: str) -> bool:
    return any(glance.has(*needs) for kind in kinds for needs in KINDS[kind])


def _files(folder: Path) -> list[Path]:
    """The files under a folder in a fixed order; links to elsewhere are not followed."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        found += [Path(root) / name for name in sorted(names) if not name.startswith(".")]
        if len(found) > MOST_FILES:
            raise InputError(f"{folder}: a folder may hold {MOST_FILES:,} files; it holds more")
    return [path for path in found if path.is_file() and not path.is_symlink()]
