"""The door: foreign columns are cast, checked against the schema, and refused with a reason."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import polars as pl

from .errors import InputError, shown
from .faults import faults
from .keys import distinct
from .schema import KEYS, ROUND, TABLES, dtypes

Place = Callable[[int], str]
NOT_PLAIN = (pl.List, pl.Struct, pl.Array, pl.Object, pl.Binary)
_TRUE = ("true", "1", "1.0", "yes")
_FALSE = ("false", "0", "0.0", "no")


def rename(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Applies `ours=theirs`; a column of ours that it displaces is dropped."""
    kept = [c for c in frame.columns if c not in names and c not in names.values()]
    renamed: pl.DataFrame = frame.select(
        *(pl.col(theirs).alias(ours) for ours, theirs in names.items()), *kept
    )
    return renamed


def admit(
    frame: pl.DataFrame,
    table: str,
    where: str,
    place: Place | None = None,
    refused: dict[int, str] | None = None,
) -> pl.DataFrame:
    """Returns the table with exactly its schema's columns, every value cast and every rule kept.

    Columns that are absent become null; columns the schema does not know are left behind.

    Args:
        where: the source, for errors.
        place: says where the row of a number (0 is the first) came from, if not from that row.
        refused: takes the rows that break a rule, by number, and the rule; they are left out, as
            those already in it are. Without it the first such row is an error. Of rows that are
            equal throughout the first is good.

    Raises:
        InputError: names the source, the row (1 is the first), the rule, and the value got.
    """
    at = place or numbered(where)
    cast = cast_columns(frame, table, where, at, refused)
    if refused is not None:
        return _sifted(cast, table, refused)
    if not sound(cast, table):
        for row, rule in faults(cast, table):
            raise InputError(f"{at(row)}: {rule}")
    return cast


def _sifted(cast: pl.DataFrame, table: str, refused: dict[int, str]) -> pl.DataFrame:
    """Leaves out what is refused already, rows that stood before, and rows that break a rule."""
    for find in (_twins, partial(faults, table=table)):
        rows = pl.int_range(len(cast), eager=True)
        rows = rows.filter(~rows.is_in(list(refused)))
        refused.update((rows[row], rule) for row, rule in find(cast[rows]))
    rows = pl.int_range(len(cast), eager=True)
    return cast[rows.filter(~rows.is_in(list(refused)))]


def _twins(cast: pl.DataFrame) -> Iterator[tuple[int, str]]:
    again = cast.select(~pl.struct(pl.all()).is_first_distinct()).to_series()
    for row in again.arg_true():
        yield row, "the row stood before, word for word"


def numbered(where: str) -> Place:
    """Names rows by their number, 1 first."""
    return lambda row: f"{where}: row {row + 1}"


def sound(frame: pl.DataFrame, table: str) -> bool:
    """Tells quickly that a frame keeps every rule; where it says no, the schema says which.

    It is the same rules as the schema's, looked at a column at a time and only where there are
    values, with keys compared as `keys` does.
    """
    for name, rule in TABLES[table].columns().items():
        column = frame[name]
        nulls = column.null_count()
        if nulls and not rule.nullable:
            return False
        if nulls == len(column) or not column.dtype.is_numeric():
            continue
        if column.dtype.is_float() and not column.is_finite().all():
            return False
        low, high = getattr(rule, "min", None), getattr(rule, "max", None)
        if low is not None and column.min() < low:
            return False
        if high is not None and column.max() > high:
            return False
    within = table != "tallies" or bool((frame["c"] <= frame["n"]).all())
    chained = table != "samples" or _sound_chains(frame)
    return within and chained and distinct(frame, KEYS[table])


def _sound_chains(samples: pl.DataFrame) -> bool:
    """Tells whether chain and round stand together, and no round twice; quick without chains."""
    if samples["chain"].count() == samples["round"].count() == 0:
        return True
    known = samples["round"].is_not_null()
    together = bool((known == samples["chain"].is_not_null()).all())
    return together and distinct(samples.filter(known), ROUND)


def cast_columns(
    frame: pl.DataFrame,
    table: str,
    where: str,
    place: Place | None = None,
    refused: dict[int, str] | None = None,
) -> pl.DataFrame:
    """Casts every column the schema knows, without yet checking its rules.

    A value that cannot be cast is an error, or null where `refused` takes its row and the rule.
    """
    at = place or numbered(where)
    return pl.DataFrame(
        [_cast(frame, name, dtype, where, at, refused) for name, dtype in dtypes(table).items()]
    )


def unknown_columns(frame: pl.DataFrame, table: str) -> list[str]:
    """Returns the columns that the table has no place for."""
    return [c for c in frame.columns if c not in dtypes(table)]


def column_or_null(frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    """A column of the frame as it is; nulls where it has none of that name."""
    if name in frame.columns:
        return frame[name]
    return pl.Series(name, [None], dtype=dtype).new_from_index(0, len(frame))


def _cast(
    frame: pl.DataFrame,
    name: str,
    dtype: pl.DataType,
    where: str,
    place: Place,
    refused: dict[int, str] | None,
) -> pl.Series:
    column = column_or_null(frame, name, dtype)
    if column.dtype == pl.Null or (column.dtype == dtype and not _blank(column)):
        return column.cast(dtype)
    if isinstance(column.dtype, NOT_PLAIN):
        raise InputError(f"{where}: column {name!r} must hold plain values; got {column.dtype}")
    cast = CASTS[dtype](column)
    if cast.null_count() == column.null_count():
        return cast.alias(name)
    lost = column.is_not_null() & cast.is_null()
    if column.dtype == pl.String:
        lost &= column.str.strip_chars() != ""
    for row in lost.arg_true():
        rule = f"{name} must be {_KINDS[dtype]}; got {shown(column[row])}"
        if refused is None:
            raise InputError(f"{place(row)}: {rule}")
        refused.setdefault(row, rule)
    return cast.alias(name)


_KINDS: dict[pl.DataType, str] = {
    pl.Boolean(): "true or false (or 1 or 0)",
    pl.Int64(): "a whole number",
    pl.Float64(): "a number",
    pl.String(): "text",
}


def _to_bool(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Boolean:
        return column
    return _read(column.cast(pl.String, strict=False), _flag)


def is_boolean(column: pl.Series, *, sound: bool = True) -> bool:
    """Tells whether every value says true or false; if not `sound`, every one that is a number."""
    if isinstance(column.dtype, NOT_PLAIN):
        return False
    flags = _to_bool(column)
    others = column.filter(flags.is_null() & column.is_not_null())
    if sound or flags.null_count() == len(column):
        return others.is_empty()
    return bool(_to_float(others).is_null().all())


def _to_text(column: pl.Series) -> pl.Series:
    """A whole number reads the same however stored: pandas keeps 42 beside a null as 42.0."""
    text = column.cast(pl.String, strict=False)
    if column.dtype.is_float():
        whole = _to_whole(column)
        text = whole.cast(pl.String).zip_with(whole.is_not_null(), text)
    return text.set(text == "", None) if _blank(text) else text


def _blank(text: pl.Series) -> bool:
    """Tells whether a text is empty, and so stands for nothing."""
    return text.dtype == pl.String and text.str.len_bytes().min() == 0


def _to_float(column: pl.Series) -> pl.Series:
    if not (column.dtype.is_numeric() or column.dtype in (pl.String, pl.Boolean)):
        return pl.Series([None] * len(column), dtype=pl.Float64)
    if column.dtype == pl.String:
        return _read(column, _number)
    return column.cast(pl.Float64, strict=False)


def _to_whole(column: pl.Series) -> pl.Series:
    if column.dtype.is_integer():
        return column.cast(pl.Int64, strict=False)
    if column.dtype == pl.Boolean:
        return pl.Series([None] * len(column), dtype=pl.Int64)
    if column.dtype == pl.String:
        return _read(column, _whole)
    return _read(_to_float(column), _rounded)


def _read(column: pl.Series, cast: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    return column.to_frame().select(cast(pl.col(column.name))).to_series()


def _flag(text: pl.Expr) -> pl.Expr:
    word = text.str.strip_chars().str.to_lowercase()
    return pl.when(word.is_in(_TRUE)).then(True).when(word.is_in(_FALSE)).then(False)


def _number(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().cast(pl.Float64, strict=False)


def _whole(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().cast(pl.Int64, strict=False).fill_null(_rounded(_number(text)))


def _rounded(number: pl.Expr) -> pl.Expr:
    exact = number.is_finite() & (number == number.round()) & (number.abs() < 2.0**53)
    return pl.when(exact).then(number).cast(pl.Int64)


TEXTS: dict[pl.DataType, Callable[[pl.Expr], pl.Expr]] = {
    pl.Boolean(): _flag,
    pl.Int64(): _whole,
    pl.Float64(): _number,
}
"""How columns of text are cast as they stream by."""
CASTS: dict[pl.DataType, Callable[[pl.Series], pl.Series]] = {
    pl.Boolean(): _to_bool,
    pl.Int64(): _to_whole,
    pl.Float64(): _to_float,
    pl.String(): _to_text,
}
