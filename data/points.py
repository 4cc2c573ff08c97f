"""A table of points that a law is fitted to: named columns of numbers and of text, row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .door import rename
from .errors import InputError, nearest
from .readers.files import load
from .store import digest
from .traces import Source

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The rows of a table: `numbers` (R,) and `texts` (R,) by the name of their column.

    A number that is not there is NaN, a text that is not there None. Columns that may be absent and
    are have no entry.
    """

    numbers: Mapping[str, Floats]
    texts: Mapping[str, tuple[str | None, ...]]
    sources: tuple[Source, ...]

    def __len__(self) -> int:
        """Returns the number of rows."""
        sizes = [*map(len, self.numbers.values()), *map(len, self.texts.values())]
        return sizes[0] if sizes else 0

    def whole(self, name: str) -> Floats:
        """Returns a column of numbers that every row has to have.

        Raises:
            InputError: some row has none.
        """
        values = self.numbers[name]
        if (missing := np.isnan(values)).any():
            raise InputError(
                f"{self.sources[0].name}: row {int(missing.argmax()) + 1}: {name} is missing"
            )
        return values


def read_points(
    source: str | Path,
    numbers: Sequence[str],
    texts: Sequence[str] = (),
    *,
    maybe: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
) -> Points:
    """Reads columns of a JSONL, CSV or Parquet file.

    Args:
        source: the file.
        numbers: columns that hold finite numbers, or nothing; booleans count as 0 and 1.
        texts: columns that hold names.
        maybe: those of them that the file need not have.
        names: `{ours: theirs}`, columns that are called otherwise in the file.

    Raises:
        InputError: one line saying what is wrong and where.
    """
    path = Path(source)
    frame = load(path)
    for ours, theirs in (names or {}).items():
        if theirs not in frame.columns:
            raise InputError(
                f"{path}: --map {ours}={theirs}: there is no column {theirs!r}"
                f" (columns: {', '.join(frame.columns)}){nearest(theirs, frame.columns)}"
            )
    frame = rename(frame, names or {})
    for name in (*numbers, *texts):
        if name not in frame.columns and name not in maybe:
            raise InputError(
                f"{path}: there is no column {name!r} (columns: {', '.join(frame.columns)})"
                f"{nearest(name, frame.columns)}"
            )
    return Points(
        {name: _numbers(frame[name], path) for name in numbers if name in frame.columns},
        {name: _texts(frame[name]) for name in texts if name in frame.columns},
        (digest(path),),
    )


def _numbers(column: pl.Series, path: Path) -> Floats:
    """A column as float64, NaN where a cell is empty."""
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        column = text.set(text == "", None).replace({"true": "1", "false": "0"})
    cast = column.cast(pl.Float64, strict=False)
    wrong = (cast.is_null() & column.is_not_null()) | (cast.is_not_null() & ~cast.is_finite())
    if wrong.any():
        at = int(wrong.arg_max() or 0)
        raise InputError(
            f"{path}: row {at + 1}: {column.name} must be a finite number; got {column[at]!r}"
        )
    return cast.fill_null(float("nan")).to_numpy()


def _texts(column: pl.Series) -> tuple[str | None, ...]:
    return tuple(column.cast(pl.String).to_list())
