"""evalplus: right is what passes base and plus tests; the base tests alone are a verifier."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import InputError
from .fields import Unfit, array, hashed, maybe, record, text, want
from .glance import Glance
from .intake import Format, Intake, Piece, Row
from .opening import Record, document
from .runs import runs

VERIFIER = "base-tests"
_STATUS = {"pass": True, "success": True, "fail": False, "failed": False, "timeout": False}
Pair = tuple[bool | None, bool | None]


def fits(glance: Glance) -> bool:
    return glance.ending == ".json" and glance.has("date", "hash", "eval")


def read(paths: Sequence[Path], intake: Intake) -> Iterator[Piece]:
    """Reads `*eval_results.json` files; where there are several, each is a run of its own."""
    for path, run in runs(paths):
        yield from _file(path, run, intake)


def _file(path: Path, run: str | None, intake: Intake) -> Iterator[Piece]:
    try:
        solutions = list(_solutions(want(document(path), "eval", record)))
    except Unfit as error:
        raise InputError(f"{path}: {error}") from error
    tested = any(plus is not None for *_, (_, plus) in solutions)
    if not tested:
        intake.note("no plus tests: what passes the base tests is called correct")

    def parse(solution: tuple[str, int, str | None, Pair]) -> Iterator[tuple[str, Row]]:
        problem, sample, code, (base, plus) = solution
        key = {"problem": problem, "sample": sample, "run": run}
        # One failure settles it, whatever the other tests would have said.
        both = False if False in (base, plus) else base and plus
        digest = None if code is None else hashed(code)
        yield "samples", {**key, "correct": both if tested else base, "text_hash": digest}
        if tested:
            yield "verdicts", {**key, "verifier": VERIFIER, "verdict": 0, "accepts": base}

    yield from intake.gather(enumerate(solutions, 1), parse, path, unit="solution")


def _solutions(tasks: Record) -> Iterator[tuple[str, int, str | None, Pair]]:
    """Problem, sample, code, and what the base and the plus tests said."""
    for problem, kept in tasks.items():
        try:
            told = _old(kept) if isinstance(kept, dict) else _new(kept)
        except Unfit as error:
            raise Unfit(f"eval: {problem}: {error}") from error
        for sample, (code, pair) in enumerate(told):
            yield problem, sample, code, pair


def _new(kept: object) -> list[tuple[str | None, Pair]]:
    """A list of objects, one a solution."""
    listed = want({"solutions": kept}, "solutions", array)
    return [
        (
            maybe(solution, "solution", text),
            (_passed(solution, "base_status"), _passed(solution, "plus_status")),
        )
        for solution in (want({"solution": one}, "solution", record) for one in listed)
    ]


def _old(kept: Record) -> list[tuple[str | None, Pair]]:
    """Arrays beside one another: `[status, details]` of each solution, for base and for plus."""
    base, plus = want(kept, "base", array), maybe(kept, "plus", array) or []
    if plus and len(plus) != len(base):
        raise Unfit(f"plus must be as long as base, {len(base)}, or empty; got {len(plus)}")
    pairs = zip(base, plus or [None] * len(base), strict=True)
    return [(None, (_first(one, "base"), _first(other, "plus"))) for one, other in pairs]


def _first(result: object, name: str) -> bool | None:
    status = result[0] if isinstance(result, list) and result else result
    return _passed({name: status}, name)


def _passed(solution: Record, name: str) -> bool | None:
    status = maybe(solution, name, text)
    if status is None:
        return None
    if status not in _STATUS:
        raise Unfit(f"{name} must be one of {', '.join(_STATUS)}; got {status[:40]!r}")
    return _STATUS[status]


FORMAT = Format("evalplus", fits, read)
