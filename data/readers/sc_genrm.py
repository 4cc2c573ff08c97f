"""sc-genrm-scaling: a YAML file for each solution, with what a generative verifier said of it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import InputError
from . import yamls
from .fields import array, maybe, number, record, text, want
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .monkeys import problem_of
from .opening import Record

_FOLDER, _FILE = re.compile(r"problem_(.+)"), re.compile(r"solution_(\d{1,9})")
_SAID = re.compile(
    r"\bis\s+the\s+(?:answer|solution)\s+correct\b\W*(?:\(?yes/no\)?\W*)?(yes|no)\b(?!/no)",
    re.IGNORECASE,
)
ABSENT = -1
"""What stands for a probability that was not among the logged tokens."""


def fits(glance: Glance) -> bool:
    return glance.ending in (".yaml", ".yml") and glance.has("verifications")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads `problem_{p}/solution_{s}.yaml`: verdicts of sample s of the problem `{p}.yaml`."""
    for path in paths:
        folder, file = _FOLDER.fullmatch(path.parent.name), _FILE.fullmatch(problem_of(path))
        if folder is None or file is None:
            raise InputError(f"{path}: must be named problem_{{p}}/solution_{{s}}.yaml")
        key: Row = {"problem": folder[1], "sample": int(file[1]), "verifier": "genrm"}

        def parse(found: Record, key: Row = key) -> Iterator[tuple[str, Row]]:
            for place, verification in enumerate(want(found, "verifications", array)):
                intake.rows += 1
                told = want(
                    {"each of verifications": verification}, "each of verifications", record
                )
                yield "verdicts", {**key, "verdict": place, **_verdict(told)}

        document = [(1, yamls.mapping(path))]
        yield from intake.gather(document, parse, path, unit="solution", each=False)


def _verdict(found: Record) -> Row:
    said = _SAID.findall(maybe(found, "verification", text) or "")
    return {"accepts": said[-1].lower() == "yes" if said else None, "score": _score(found)}


def _score(found: Record) -> float | None:
    yes, no = maybe(found, "p(yes)", number), maybe(found, "p(no)", number)
    if yes is not None and yes != ABSENT:
        return yes
    return 1 - no if no is not None and no != ABSENT else None


FORMAT = Format("sc-genrm", fits, read, main=("verdicts",))
