"""Prices: what a sample and a verdict cost in one unit, measured from the log."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from ..analysis.counts import Counts
from ..analysis.curve import Floats, Json
from ..data.errors import InputError, nearest


@dataclass(frozen=True, slots=True)
class Prices:
    """The price, in one unit, of each thing that a log counts.

    A solution costs `sample` + `prompt_token` x prompt tokens + `output_token` x output tokens +
    `second` x seconds; a verdict costs `verdict` + `verdict_token` x its tokens. A problem that a
    model is used on costs `problem` once, whatever is drawn there. `models` have prices of their
    own, by name. So many solutions of a problem as `parallel` says, and so many
    verdicts, run at once; a unit of time then counts the longest of them.
    """

    sample: float = 0.0
    prompt_token: float = 0.0
    output_token: float = 0.0
    second: float = 0.0
    verdict: float = 0.0
    verdict_token: float = 0.0
    problem: float = 0.0
    models: tuple[tuple[str, "Prices"], ...] = ()
    parallel: int = 1

    def of(self, model: str | None) -> "Prices":
        """Returns the prices of a model: its own where it has some, else these."""
        return dict(self.models).get(model or "", self)

    def json(self) -> Json:
        """Returns the prices as a price file has them."""
        told: Json = {name: getattr(self, name) for name in NAMES if name != "problem"}
        told |= {"problem": self.problem} if self.problem else {}
        told |= {"parallel": self.parallel} if self.parallel > 1 else {}
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

NAMES = [f.name for f in fields(Prices) if f.name not in ("models", "parallel")]
SIZES = ("parameters", "verifier_parameters", "pretraining_tokens")
"""What [flops] may hold instead of rates.

A token costs 2 FLOPs a parameter (forward pass), and 6 in pretraining. `pretraining_tokens` are
those for each problem that the model serves in its life.
"""


def prices(unit: str | None, logs: list[Counts], file: Path | None = None) -> tuple[str, Prices]:
    """Settles the unit and its prices.

    Args:
        unit: one of UNITS; tokens where the log has them, else samples, when None.
        logs: the counts to be priced.
        file: a TOML file with a table named like the unit, holding any of the names of Prices, and
            under `models` a table for each model with prices of its own; [flops] may hold the
            sizes of models instead, and their pretraining (see `SIZES`).

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
    return listed(table, f"{file}: [{unit}]", unit)


def listed(table: Mapping[str, object], place: str, unit: str = "") -> Prices:
    """Returns the prices that a table for a unit names, found at `place`.

    Raises:
        InputError: an unknown name, a price that is no number >= 0, pretraining of no size, or a
            `parallel` that is no whole number >= 1 or stands elsewhere than in [seconds].
    """
    timed = unit in ("", "seconds")
    known = [*NAMES, *(SIZES if unit == "flops" else ()), *(["parallel"] if timed else ())]
    found: dict[str, float] = {}
    for name, price in table.items():
        if name == "models" or (name == "parallel" and timed):
            continue
        if name not in known:
            raise InputError(f"{place} has no price {name!r}{nearest(name, known)}")
        if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price < np.inf:
            raise InputError(f"{place} {name} must be a number >= 0; got {price!r}")
        found[name] = float(price)
    found = _of_size(found, place)
    if unit == "seconds" and not found.keys() & {"sample", "prompt_token", "output_token"}:
        found = {"second": 1.0} | found
    models = table.get("models", {})
    if not isinstance(models, Mapping) or not all(isinstance(m, Mapping) for m in models.values()):
        raise InputError(f"{place} models must be a table of tables of prices")
    own = tuple((m, listed(told, f"{place} models.{m}", unit)) for m, told in models.items())
    return Prices(**found, models=own, parallel=_parallel(table.get("parallel", 1), place))


def _of_size(found: dict[str, float], place: str) -> dict[str, float]:
    """Puts rates for sizes, behind the rates that were told."""
    size, judge, pretrained = (found.pop(name, 0.0) for name in SIZES)
    if pretrained and not size:
        raise InputError(f"{place} pretraining_tokens needs parameters beside it")
    if size:
        found = {"prompt_token": 2 * size, "output_token": 2 * size} | found
    if judge:
        found = {"verdict_token": 2 * judge} | found
    return {"problem": 6 * size * pretrained} | found


def _parallel(told: object, place: str) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or told < 1:
        raise InputError(f"{place} parallel must be a whole number >= 1; got {told!r}")
    return told


def rates(counts: Counts, price: Prices, *, strict: bool = False) -> Floats:
    """Returns the price of a solution, of a verdict, and of the time of each, (4, P).

    Where several run at once what is timed has its price by the clock, else by the piece. With
    `strict` tokens of verdicts that were not logged are NaN, not free.
    """
    own, none = price.of(counts.group.model), np.zeros(len(counts))
    timed = solution_cost(counts, Prices(second=own.second)) if own.second else none
    pieces = solution_cost(counts, replace(own, second=0.0, models=()))
    judge = verdict_cost(counts, price)
    if strict and own.verdict_token and not np.isfinite(counts.verdict_tokens).any():
        judge = np.full(len(counts), np.nan)
    shared = price.parallel > 1
    return np.stack([pieces, none if shared else judge, timed, judge if shared else none])


def ledger(file: Path | None = None) -> dict[str, Prices]:
    """Returns the units that a plan is accounted in, by name: some of its own, and a list's.

    Tokens that were not logged have no price here, so that they are missing and never 0.
    """
    known = {
        "samples": Prices(sample=1.0),
        "verdicts": Prices(verdict=1.0),
        "tokens_solved": Prices(output_token=1.0),
        "tokens_verified": Prices(verdict_token=1.0),
        "seconds": Prices(second=1.0),
    }
    for unit in ("seconds", "flops", "usd") if file is not None else ():
        told = _listed(file, unit)  # type: ignore[arg-type]
        if told is not None:
            known[unit] = told
    return known


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
    whole, price, found = price, price.of(counts.group.model), []
    if not price.problem and any(p.problem for p in (whole, *dict(whole.models).values())):
        found.append(
            f"a problem costs nothing for the use of {counts.group.model or 'the model'} itself,"
            " though the price list has such a price (problem, pretraining_tokens) elsewhere"
        )
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
