"""Tidy files of judgments: pairs, levels or orders, told apart by their columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..door import rename
from ..errors import InputError, nearest
from ..judgments import (
    LEFT,
    MISSING,
    RIGHT,
    TIE,
    Grades,
    Ints,
    Judgments,
    Orders,
    Origin,
    Pairs,
    ids,
)
from ..store import digest
from .files import load

KINDS: dict[str, set[str]] = {
    "pairs": {"item", "left", "right", "winner"},
    "levels": {"item", "candidate", "level"},
    "orders": {"item", "candidate", "rank"},
}
TOLD_BY: tuple[set[str], ...] = ({"left", "right"}, {"candidate", "level"}, {"candidate", "rank"})
"""What no log of samples has."""
OURS = ("item", "candidate", "judge", "level", "left", "right", "winner", "rank", "gold")
WINNERS = {"left": LEFT, "right": RIGHT, "tie": TIE, "draw": TIE}
MOST_LEVELS = 20

Floats = NDArray[np.float64]


def read_judgments(
    *sources: str | Path | Sequence[str | Path],
    names: Mapping[str, str] | None = None,
    levels: int | None = None,
    threshold: float | None = None,
    whole: bool = False,
) -> Judgments:
    """Reads files of judgments of one kind.

    Args:
        sources: JSONL, CSV or Parquet files with `item, left, right, winner` (left, right or tie),
            `item, candidate, level`, or `item, candidate, rank` (1 is best); and `judge`, `gold`.
        names: `{ours: theirs}`, columns that are called otherwise in the files.
        levels: how many levels there are; those that occur, when None. A level outside them is
            missing, and counted in a doubt.
        threshold: makes two levels of the given ones: below it, and from it on.
        whole: of orders, that a candidate who is not listed came behind all that are.

    Raises:
        InputError: one line saying what is wrong and where.
    """
    listed = ([s] if isinstance(s, str | Path) else s for s in sources)
    paths = [Path(path) for several in listed for path in several]
    if not paths:
        raise InputError("judgments are read from at least one file; got none")
    where = ", ".join(map(str, paths))
    frame = _joined(paths, names or {}, where)
    kind = _kind(frame, where)
    if levels is not None and threshold is not None:
        raise InputError(f"{where}: give --levels or --threshold, not both")
    if kind != "levels" and (levels is not None or threshold is not None):
        raise InputError(f"{where}: --levels and --threshold are for levels; got {kind}")
    if kind != "orders" and whole:
        raise InputError(f"{where}: --whole is for orders; got {kind}")
    frame, told = _named(frame, kind, where)
    items, item = ids(frame["item"].to_list())
    judges, judge = ids(frame["judge"].to_list())
    origin = Origin(items, judges, tuple(digest(path) for path in paths), tuple(told))
    if kind == "pairs":
        return _pairs(frame, where, item, judge, origin)
    if kind == "orders":
        return _orders(frame, where, item, judge, origin, whole)
    return _grades(frame, where, (item, judge, origin), levels, threshold)


FOREIGN = (".eval", ".json", ".yaml", ".yml", ".gz")
"""Endings that no table of judgments has."""


def is_judgments(paths: Sequence[Path], names: Mapping[str, str]) -> bool:
    """Returns whether files have the columns of judgments, by our names or those given."""
    if any(path.is_dir() or path.suffix.lower() in FOREIGN for path in paths):
        return False
    have = {column for path in paths for column in load(path).columns}
    have |= {ours for ours, theirs in names.items() if theirs in have}
    return any(need <= have for need in TOLD_BY)


def _joined(paths: Sequence[Path], names: Mapping[str, str], where: str) -> pl.DataFrame:
    frames = [load(path) for path in paths]
    columns = list(dict.fromkeys(c for frame in frames for c in frame.columns))
    for ours, theirs in names.items():
        if ours not in OURS:
            raise InputError(
                f"--map {ours}=...: judgments have no column {ours!r}{nearest(ours, list(OURS))}"
            )
        if theirs not in columns:
            raise InputError(
                f"{where}: --map {ours}={theirs}: there is no column {theirs!r}"
                f" (columns: {', '.join(columns)}){nearest(theirs, columns)}"
            )
    renamed = [rename(f, {o: t for o, t in names.items() if t in f.columns}) for f in frames]
    known = [f.select(pl.col(c).cast(pl.String) for c in OURS if c in f.columns) for f in renamed]
    whole = pl.concat(known, how="diagonal")
    text = pl.all().str.strip_chars()
    return whole.select(pl.when(text != "").then(text))


def _kind(frame: pl.DataFrame, where: str) -> str:
    have = set(frame.columns)
    for kind, need in KINDS.items():
        if need <= have:
            return kind
    kind, need = max(KINDS.items(), key=lambda pair: len(pair[1] & have))
    missing = sorted(need - have)
    raise InputError(
        f"{where}: no column {', '.join(map(repr, missing))} for {kind} (columns that are"
        f" known: {', '.join(frame.columns) or 'none'}); --map {missing[0]}=THEIRS names it"
    )


def _named(frame: pl.DataFrame, kind: str, where: str) -> tuple[pl.DataFrame, list[str]]:
    """Checks that who and what is named; without judges there is one."""
    if "judge" not in frame.columns:
        frame = frame.with_columns(judge=pl.lit("judge"))
    frame = frame.with_columns(pl.col("judge").fill_null("judge"))
    whose = ("left", "right") if kind == "pairs" else ("candidate",)
    for name in ("item", *whose):
        empty = frame[name].is_null()
        if empty.any():
            row = int(empty.arg_max() or 0) + 1
            raise InputError(f"{where}: row {row}: {name} must not be empty")
    said = {"pairs": "winner", "levels": "level", "orders": "rank"}[kind]
    lost = int(frame[said].null_count())
    told = [f"{lost:,} of {len(frame):,} judgments say nothing and are missing"] if lost else []
    return frame, told


def _pairs(frame: pl.DataFrame, where: str, item: Ints, judge: Ints, origin: Origin) -> Pairs:
    both = [name for pair in zip(frame["left"], frame["right"], strict=True) for name in pair]
    candidates, each = ids(both)
    left, right = each[::2].copy(), each[1::2].copy()
    if (left == right).any():
        row = int((left == right).argmax())
        raise InputError(
            f"{where}: row {row + 1}: a candidate cannot meet itself; got {both[2 * row]!r} twice"
        )
    told = [
        _winners(frame, name, where) if name in frame.columns else None
        for name in ("winner", "gold")
    ]
    assert told[0] is not None
    if told[1] is not None:
        said = (*origin.doubts, "gold of pairs is kept, and not used by the ranking")
        origin = Origin(origin.items, origin.judges, origin.sources, said)
    return Pairs(candidates, left, right, told[0], item, judge, told[1], origin)


def _winners(frame: pl.DataFrame, name: str, where: str) -> Ints:
    """LEFT, TIE or RIGHT for each row; a winner may also be named by its own name."""
    found = np.full(len(frame), MISSING)
    rows = zip(frame[name], frame["left"], frame["right"], strict=True)
    for row, (said, left, right) in enumerate(rows):
        if said is None:
            continue
        known = {**WINNERS, left: LEFT, right: RIGHT}
        place = known.get(said, known.get(said.strip().lower()))
        if place is None:
            raise InputError(
                f"{where}: row {row + 1}: {name} must be left, right or tie (or the winner's own"
                f" name); got {said!r}"
            )
        found[row] = place
    return found


def _orders(
    frame: pl.DataFrame, where: str, item: Ints, judge: Ints, origin: Origin, whole: bool
) -> Orders:
    rank = _numbers(frame, "rank", where)
    kept = np.isfinite(rank)
    candidates, each = ids(frame["candidate"].to_list())
    cell = item[kept] * (int(judge.max(initial=0)) + 1) + judge[kept]
    _, first, place = np.unique(cell, return_index=True, return_inverse=True)
    ordinal = np.unique(rank[kept], return_inverse=True)[1] + 1
    return Orders(
        candidates, place, each[kept], ordinal, item[kept][first], judge[kept][first], whole, origin
    )


def _grades(
    frame: pl.DataFrame,
    where: str,
    who: tuple[Ints, Ints, Origin],
    levels: int | None,
    threshold: float | None,
) -> Grades:
    item, judge, origin = who
    candidates, candidate = ids(frame["candidate"].to_list())
    raw = {n: _numbers(frame, n, where) for n in ("level", "gold") if n in frame.columns}
    every = np.concatenate([x[np.isfinite(x)] for x in raw.values()])
    values = _scale(every, levels, threshold, where)
    found, told = {}, list(origin.doubts)
    for name, numbers in raw.items():
        if threshold is not None:
            numbers = np.where(np.isfinite(numbers), (numbers >= threshold) * 1.0, np.nan)
        place = np.searchsorted(values, numbers).clip(0, len(values) - 1)
        good = np.isfinite(numbers) & (np.asarray(values)[place] == numbers)
        found[name] = np.where(good, place, MISSING)
        lost = int((np.isfinite(numbers) & ~good).sum())
        if lost:
            first = numbers[np.isfinite(numbers) & ~good][0]
            told.append(
                f"{lost:,} of {len(frame):,} entries of {name} lie outside {values[0]:g} to"
                f" {values[-1]:g} (such as {first:g}) and are missing"
            )
    origin = Origin(origin.items, origin.judges, origin.sources, tuple(told))
    return Grades(
        candidates, candidate, found["level"], values, item, judge, found.get("gold"), origin
    )


def _numbers(frame: pl.DataFrame, name: str, where: str) -> Floats:
    column = frame[name]
    numbers = column.cast(pl.Float64, strict=False).fill_nan(None)
    lost = column.is_not_null() & numbers.is_null()
    if lost.any():
        row = int(lost.arg_max() or 0)
        raise InputError(f"{where}: row {row + 1}: {name} must be a number; got {column[row]!r}")
    return np.asarray(numbers.fill_null(np.nan).to_numpy(), dtype=float)


def _scale(
    every: Floats, levels: int | None, threshold: float | None, where: str
) -> tuple[float, ...]:
    """What the levels are, lowest first."""
    if threshold is not None:
        return 0.0, 1.0
    if levels is not None:
        if levels < 2:
            raise InputError(f"levels must satisfy levels >= 2; got levels={levels}")
        base = 0 if (every == 0).any() else 1
        return tuple(float(base + i) for i in range(levels))
    distinct = np.unique(every)
    if not 2 <= len(distinct) <= MOST_LEVELS:
        raise InputError(
            f"{where}: levels that occur must number 2 to {MOST_LEVELS}; got {len(distinct)}"
            " (--threshold X makes two of them, --levels M says how many there are)"
        )
    return tuple(distinct.tolist())
