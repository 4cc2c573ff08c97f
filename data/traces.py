"""Trace: problems tried, samples drawn, verdicts passed; checked at the door, then trusted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from .errors import InputError, nearest
from .keys import heads
from .schema import GROUP, empty

FIXED = "fixed n"
UNTIL_SUCCESS = "until success"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows came from: a name to show, the digest and the size of the bytes read."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Header:
    """What holds for a whole trace.

    `stop_rule` is `fixed n`, `until success` (the cap in `settings["cap"]`), or `unknown`;
    it decides which estimators are valid. `doubts` are sentences about the data itself. `rows`
    says what became of the rows of the sources: how many were `read`, how many `kept`, and why the
    others were left `aside`; it is empty where that was not counted.
    """

    sources: tuple[Source, ...] = ()
    stop_rule: str = UNKNOWN
    settings: Mapping[str, object] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    rows: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """The settings that every sample of one group shares; None where the log is silent."""

    run: str | None = None
    model: str | None = None
    temperature: float | None = None
    effort: str | None = None
    benchmark: str | None = None

    @property
    def name(self) -> str:
        """The parts that are set, as one short label."""
        parts = (self.model, self.run, self.effort, self.benchmark)
        heat = () if self.temperature is None else (f"T={self.temperature:g}",)
        return " · ".join((*(p for p in parts if p is not None), *heat)) or "all samples"


@dataclass(frozen=True, slots=True)
class Trace:
    """Four frames with the columns of `schema.TABLES`, and a header.

    `problems` has a row for every problem that the others name. `tallies` holds problems logged
    only as counts (n, c); a problem stands in `samples` or in `tallies` of a group, not in both.
    `codes` are there when the trace was opened from a directory and holds one orderly group; a
    trace made from another never inherits them.
    """

    problems: pl.DataFrame
    samples: pl.DataFrame
    verdicts: pl.DataFrame
    tallies: pl.DataFrame
    header: Header
    codes: pl.DataFrame | None = field(default=None, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.samples) + int(self.tallies["n"].sum())

    def groups(self) -> list[tuple[Group, "Trace"]]:
        """Returns the trace split by settings, in order of first appearance."""
        return list(self._split())

    def _split(self) -> Iterator[tuple[Group, "Trace"]]:
        if self.codes is not None:
            yield Group(**self.samples.select(GROUP).row(0, named=True)), self
            return
        keys = pl.concat([heads(self.samples, GROUP), heads(self.tallies, GROUP)])
        for key in keys.unique(maintain_order=True).iter_rows(named=True):
            yield Group(**key), self.where(**key)

    def where(self, **settings: str | float | None) -> "Trace":
        """Returns the part whose settings equal those given, e.g. `where(model="a", run=None)`."""
        unknown = [name for name in settings if name not in GROUP]
        if unknown:
            raise InputError(f"a group is named by {', '.join(GROUP)}; got {unknown[0]!r}")
        match = [pl.col(name).eq_missing(value) for name, value in settings.items()]
        samples, tallies = _matching(self.samples, match), self.tallies.filter(match)
        if samples.is_empty() and tallies.is_empty():
            raise InputError(
                f"no sample has {', '.join(f'{k}={v!r}' for k, v in settings.items())}"
            )
        key = ["problem", "benchmark"]
        used = pl.concat([heads(samples, key), heads(tallies, key)])
        return replace(
            self,
            problems=self.problems.join(
                used, on=key, how="semi", nulls_equal=True, maintain_order="left"
            ),
            samples=samples,
            verdicts=self.verdicts.filter(match),
            tallies=tallies,
        )

    @property
    def verifiers(self) -> list[str]:
        """The names of the verifiers, in order of first appearance."""
        names: list[str] = self.verdicts["verifier"].unique(maintain_order=True).to_list()
        return names

    def verifier(self, name: str | None = None) -> str | None:
        """Returns the verifier of that name; without one the only one, if there is just one.

        Raises:
            InputError: no verifier has the name.
        """
        names = self.verifiers
        if name is None:
            return names[0] if len(names) == 1 else None
        if name not in names:
            raise InputError(
                f"no verifier {name!r} in this log"
                f" (verifiers: {', '.join(names) or 'none'}){nearest(name, names)}"
            )
        return name


def with_codes(trace: Trace, codes: pl.DataFrame | None) -> Trace:
    """Hands a trace fresh from its directory the codes that were kept there."""
    object.__setattr__(trace, "codes", codes)
    return trace


def _matching(samples: pl.DataFrame, match: Sequence[pl.Expr]) -> pl.DataFrame:
    kept = samples.select(pl.all_horizontal(match)).to_series() if match else pl.Series([True])
    return samples if kept.all() else samples.filter(kept)


def assemble(
    header: Header,
    *,
    samples: pl.DataFrame | None = None,
    verdicts: pl.DataFrame | None = None,
    tallies: pl.DataFrame | None = None,
    problems: pl.DataFrame | None = None,
) -> Trace:
    """Joins admitted tables into a Trace, giving every problem a row and every verdict its sample.

    Raises:
        InputError: a verdict for a sample that is not there, or one that fits several samples;
            a problem with two levels, or with samples and a count; no samples and no counts at all.
    """
    samples = empty("samples") if samples is None else samples
    tallies = empty("tallies") if tallies is None else tallies
    verdicts = empty("verdicts") if verdicts is None else _placed(verdicts, samples)
    if samples.is_empty() and tallies.is_empty():
        raise InputError("a trace needs at least one sample or one count; got none")
    _check_counted_once(samples, tallies)
    told = empty("problems") if problems is None else problems
    return Trace(_described(told, samples, tallies), samples, verdicts, tallies, header)


def _check_counted_once(samples: pl.DataFrame, tallies: pl.DataFrame) -> None:
    if tallies.is_empty() or samples.is_empty():
        return
    key = ["problem", *GROUP]
    twice = tallies.join(samples.select(key), on=key, how="semi", nulls_equal=True)
    if len(twice):
        raise InputError(
            "a problem must be logged as samples or as a count, not as both;"
            f" got both for problem {twice['problem'][0]!r} ({len(twice)} such)"
        )


def _described(told: pl.DataFrame, samples: pl.DataFrame, tallies: pl.DataFrame) -> pl.DataFrame:
    """Gives every problem that was tried a row, with what is told of it."""
    key = ["problem", "benchmark"]
    tried = pl.concat([heads(samples, key), heads(tallies, key)]).unique(maintain_order=True)
    known = (
        pl.concat([told, tallies.select(*key, "level")], how="diagonal")
        .group_by(key)
        .agg(pl.col("level", "gold").drop_nulls().first())
    )
    loose = known.filter(pl.col("benchmark").is_null()).drop("benchmark")
    exact = tried.join(known, on=key, how="left", nulls_equal=True, maintain_order="left")
    both = exact.join(loose, on="problem", how="left", suffix="_loose", maintain_order="left")
    _check_agreement(both)
    filled = both.select(
        "problem",
        pl.coalesce("level", "level_loose"),
        "benchmark",
        pl.coalesce("gold", "gold_loose"),
    )
    # A problem that is described but was never tried is kept too: it is part of the log.
    untried = told.join(tried, on="problem", how="anti").select(filled.columns)
    return pl.concat([filled, untried])


def _check_agreement(both: pl.DataFrame) -> None:
    """Refuses a problem told of twice, with its benchmark and without, in two ways."""
    for fact in ("level", "gold"):
        differ = both.filter(pl.col(fact) != pl.col(f"{fact}_loose"))
        if len(differ):
            row = differ.row(0, named=True)
            raise InputError(
                f"a problem must have one {fact}; got {row[fact]!r} and {row[fact + '_loose']!r}"
                f" for problem {row['problem']!r}"
            )


def _placed(verdicts: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """Fills in the group of each verdict from its sample, found by the key parts it states."""
    joined = _found(verdicts, samples)
    lost = joined.filter(pl.col("found").is_null())
    if len(lost):
        row = lost.row(0, named=True)
        raise InputError(
            f"verdicts: every verdict needs its sample; got a verdict of {row['verifier']!r} for"
            f" problem {row['problem']!r} sample {row['sample']}, which is not in the log"
            f" ({len(lost)} such)"
        )
    placed: pl.DataFrame = joined.select(verdicts.columns)
    return placed


def strays(verdicts: pl.DataFrame, samples: pl.DataFrame) -> pl.Series:
    """Marks the verdicts whose sample is not there.

    Raises:
        InputError: some fit several samples.
    """
    return _found(verdicts, samples)["found"].is_null()


def _found(verdicts: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """The verdicts in their order with the group of their sample; `found` is null for strays."""
    stated = [k for k in GROUP if verdicts[k].is_not_null().any()]
    on = ["problem", "sample", *stated]
    keys = samples.select("problem", "sample", *GROUP)
    fitting = keys.join(verdicts.select(on).unique(), on=on, how="semi", nulls_equal=True)
    if fitting.select(on).is_duplicated().any():
        raise InputError(
            "verdicts: some fit several samples, so they must name their run more closely"
            f" (columns {', '.join(k for k in GROUP if k not in stated)})"
        )
    bare = verdicts.drop([k for k in GROUP if k not in stated])
    return bare.join(
        keys.with_columns(found=True), on=on, how="left", nulls_equal=True, maintain_order="left"
    )
