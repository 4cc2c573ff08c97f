"""Prices: what a sample and a verdict cost in one unit, measured from the log."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats, Json
from ..data.errors import InputError, nearest


@dataclass(frozen=True, slots=True)
class Prices:
    """The price, in one unit, of each thing that a log counts.

    A solution costs `sample` + `prompt_token` x prompt tokens + `output_token` x output tokens +
    `second` x seconds; a verdict costs `verdict` + `verdict_token` x its tokens. `models` have
    prices of their own, by name.
    """

    sample: float = 0.0
    prompt_token: float = 0.0
    output_token: float = 0.0
    second: float = 0.0
    verdict: float = 0.0
    verdict_token: float = 0.0
    models: tuple[tuple[str, "Prices"], ...] = ()

    def of(self, model: str | None) -> "Prices":
        """Returns the prices of a model: its own where it has some, else these."""
        return dict(self.models).get(model or "", self)

    def json(self) -> Json:
        """Returns the prices as a price file has them."""
        told: Json = {name: getattr(self, name) for name in NAMES}
        return told | ({"models": {m: p.json() for m, p in self.models}} if self.models else {})


FREE = Prices()

UNITS: dict[str, Prices | None] = {
    "samples": Prices(sample=1.0),
    "tokens": Prices(output_token=1.0, verdict_token=1.0),
    "seconds": Prices(second=1.0),
    "flops": None,
    "usd": None,
}
"""What each unit counts when no price list says otherwise; None where there is no such default."""

NAMES = [f.name for f in fields(Prices) if f.name != "models"]
SIZES = ("parameters", "verifier_parameters")
"""What [flops] may hold instead of rates: a token costs 2 FLOPs a parameter (forward pass)."""


def prices(unit: str | None, logs: list[Counts], file: Path | None = None) -> tuple[str, Prices]:
    """Settles the unit and its prices.

    Args:
        unit: one of UNITS; tokens where the log has them, else samples, when None.
        logs: the counts to be priced.
        file: a TOML file with a table named like the unit, holding any of the names of Prices, and
            under `models` a table for each model with prices of its own; [flops] may hold the
            sizes of models instead (see `SIZES`).

    Raises:
        InputError: an unknown unit, one that needs a price list, or a log without what is priced.
    """
    with_tokens = [bool(np.isfinite(c.output_tokens).any()) for c in logs]
    counted = all(with_tokens)
    if unit is None and any(with_tokens) and not counted:
        raise InputError("some groups of this log have tokens and some have none; say which --unit")
    if unit is None:
        unit = "tokens" if counted else "samples"
    if unit not in UNITS:
        known = list(UNITS)
        raise InputError(
            f"unit must be one of {', '.join(known)}; got {unit!r}{nearest(unit, known)}"
        )
    told = UNITS[unit] if file is None else _listed(file, unit)
    if told is None:
        raise InputError(f"unit {unit!r} needs a price list: --price FILE with a table [{unit}]")
    check_logged(unit, told, logs)
    return unit, told


def check_logged(unit: str, price: Prices, logs: list[Counts]) -> None:
    """Raises an InputError where something has a price that a log did not count."""
    for counts in logs:
        told = price.of(counts.group.model)
        for rate, column in (
            (told.output_token, "output_tokens"),
            (told.prompt_token, "prompt_tokens"),
            (told.second, "seconds"),
        ):
            if rate and not np.isfinite(getattr(counts, column)).any():
                raise InputError(
                    f"unit {unit!r} needs {column} in the log, which has none; try --unit samples"
                )


def _listed(file: Path, unit: str) -> Prices | None:
    try:
        table = tomllib.loads(file.read_text("utf8")).get(unit)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file}: cannot be read as TOML ({str(error).splitlines()[0]})"
        ) from error
    if table is None:
        return UNITS[unit]
    if not isinstance(table, Mapping):
        raise InputError(f"{file}: [{unit}] must be a table of prices")
    return listed(table, f"{file}: [{unit}]", sized=unit == "flops")


def listed(table: Mapping[str, object], place: str, *, sized: bool = False) -> Prices:
    """Returns the prices that a table names, found at `place`.

    Raises:
        InputError: an unknown name, or a price that is no number >= 0.
    """
    known = [*NAMES, *(SIZES if sized else ())]
    rates: dict[str, float] = {}
    for name, price in table.items():
        if name == "models":
            continue
        if name not in known:
            raise InputError(f"{place} has no price {name!r}{nearest(name, known)}")
        if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price < np.inf:
            raise InputError(f"{place} {name} must be a number >= 0; got {price!r}")
        rates[name] = float(price)
    size, judge = (rates.pop(name, 0.0) for name in SIZES)
    if size:
        rates = {"prompt_token": 2 * size, "output_token": 2 * size} | rates
    if judge:
        rates = {"verdict_token": 2 * judge} | rates
    models = table.get("models", {})
    if not isinstance(models, Mapping) or not all(isinstance(m, Mapping) for m in models.values()):
        raise InputError(f"{place} models must be a table of tables of prices")
    own = tuple((m, listed(told, f"{place} models.{m}", sized=sized)) for m, told in models.items())
    return Prices(**rates, models=own)


def solution_cost(counts: Counts, price: Prices) -> Floats:
    """Returns (P,) the cost of one solution of each problem, at the prices of its model."""
    price = price.of(counts.group.model)
    total = np.full(len(counts), price.sample)
    for rate, logged in (
        (price.prompt_token, counts.prompt_tokens),
        (price.output_token, counts.output_tokens),
        (price.second, counts.seconds),
    ):
        if rate:
            total = total + rate * _imputed(logged, counts)
    return total


def verdict_cost(counts: Counts, price: Prices) -> Floats:
    """Returns (P,) the cost of one verdict of the counted verifier on each problem."""
    price = price.of(counts.group.model)
    total = np.full(len(counts), price.verdict)
    if price.verdict_token and np.isfinite(counts.verdict_tokens).any():
        total = total + price.verdict_token * _imputed(counts.verdict_tokens, counts)
    return total


def doubts(counts: Counts, unit: str, price: Prices) -> list[str]:
    """Says where a cost had to be assumed."""
    price, found = price.of(counts.group.model), []
    for rate, column, what in (
        (price.output_token, counts.output_tokens, "output tokens"),
        (price.prompt_token, counts.prompt_tokens, "prompt tokens"),
        (price.second, counts.seconds, "seconds"),
    ):
        missing = int(np.isnan(column).sum())
        if rate and missing:
            found.append(
                f"{missing} of {len(counts)} problems have no {what}: taken as the mean of their"
                " level, or of all"
            )
    if unit == "tokens" and not price.prompt_token:
        found.append("the unit counts generated tokens; prompts are taken as free")
    if counts.verifier is None:
        return found
    if price.verdict_token and not np.isfinite(counts.verdict_tokens).any():
        found.append(
            f"the log has no tokens for verdicts of {counts.verifier}: they are taken as free;"
            f" price one with verdict = X under [{unit}] in a --price file"
        )
    elif not price.verdict_token and not price.verdict:
        found.append(
            f"a verdict of {counts.verifier} is taken as free in {unit}; price one with"
            f" verdict = X under [{unit}] in a --price file"
        )
    return found


def _imputed(values: Floats, counts: Counts) -> Floats:
    """Fills a problem's missing mean by its level's, else by that of all; never by 0."""
    filled = values.copy()
    levels = np.asarray(counts.levels if counts.levels is not None else [""] * len(counts))
    for level in np.unique(levels):
        own = levels == level
        known = own & np.isfinite(values)
        if known.any():
            filled[own & ~np.isfinite(values)] = values[known].mean()
    missing = ~np.isfinite(filled)
    filled[missing] = values[np.isfinite(values)].mean() if np.isfinite(values).any() else np.nan
    return filled
