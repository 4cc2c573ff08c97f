"""How numbers become words: three digits, an interval and whom it is for, or 'cannot tell'."""

import math
from collections.abc import Iterable, Sequence

from ..analysis.curve import Curve, Interval

CANNOT = "cannot tell"
PEOPLE = {
    "these": "these problems",
    "new": "new problems",
    "check": "another log of these problems",
}


def proportion(x: float) -> str:
    """Returns a proportion with three digits; one that only rounds to 1 is said to be below it.

    >>> proportion(0.7344), proportion(0.01234), proportion(0.99987), proportion(float("nan"))
    ('0.734', '0.0123', '>0.999', 'cannot tell')
    """
    if not math.isfinite(x):
        return CANNOT
    if 0.9995 <= x < 1:
        return ">0.999"
    return f"{x:.3f}" if abs(x) >= 0.1 or x == 0 else f"{x:#.3g}"


def ends(low: float, high: float) -> str:
    """Returns the ends of an interval of proportions, with two digits where those tell them apart.

    >>> ends(0.681, 0.779), ends(0.731, 0.738)
    ('0.68 to 0.78', '0.731 to 0.738')
    """
    coarse = high - low >= 0.02 and low >= 0.005 and high < 0.995
    write = (lambda x: f"{x:.2f}") if coarse else proportion
    return f"{write(low)} to {write(high)}"


def say(value: Interval) -> str:
    """Returns an estimate with its interval: '0.734 (0.68 to 0.78)'."""
    if not math.isfinite(value.estimate):
        return CANNOT
    if abs(value.estimate - value.low) + abs(value.high - value.estimate) < 1e-9:
        return proportion(value.estimate)
    if not (math.isfinite(value.low) and math.isfinite(value.high)):
        return f"{proportion(value.estimate)} (no interval)"
    return f"{proportion(value.estimate)} ({ends(value.low, value.high)})"


def say_whom(value: Interval) -> str:
    """Returns an estimate, its interval, and whom that is for, in one bracket."""
    said = say(value)
    return f"{said[:-1]}; {whom([value])})" if said.endswith(")") else said


def people(population: str) -> str:
    """Returns whom an interval is for, in words."""
    return PEOPLE.get(population, population)


def percent(mass: float) -> str:
    """Returns a mass or a share as a percentage: '90%', '33.3%'."""
    return f"{100 * mass:.3g}%" if math.isfinite(mass) else CANNOT


def whom(values: Iterable[Interval | Curve]) -> str:
    """Returns 'X% interval for these problems' if the values agree on that, else 'interval'."""
    kinds = {(value.mass, value.population) for value in values}
    if len(kinds) != 1:
        return "interval"
    mass, population = kinds.pop()
    return f"{percent(mass)} interval for {people(population)}"


def amount(x: float, unit: str = "") -> str:
    """Returns an amount of a unit, with three digits below a thousand: '12,480 tokens'.

    >>> amount(12480.2, "tokens"), amount(0.01234, "usd"), amount(3.2e7), amount(float("nan"))
    ('12,480 tokens', '0.0123 usd', '32 million', 'cannot tell')
    """
    if math.isinf(x):
        return "beyond the horizon"
    if math.isnan(x):
        return CANNOT
    return f"{_size(x)} {unit}".rstrip()


def _size(x: float) -> str:
    for factor, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if abs(x) >= 10 * factor:
            return f"{_size(x / factor)} {word}"
    return f"{x:,.0f}" if abs(x) >= 999.5 or float(x).is_integer() else f"{x:.3g}"


def amount_between(value: float, low: float, high: float, unit: str = "") -> str:
    """Returns an amount with its interval; an end that is not finite is open."""
    if not math.isfinite(value):
        return amount(value)
    if not (math.isfinite(low) or math.isfinite(high)):
        return amount(value, unit)
    upper = f"to {amount(high)}" if math.isfinite(high) else "or more"
    lower = amount(low) if math.isfinite(low) else "?"
    return f"{amount(value, unit)} ({lower} {upper})"


def clip(text: str, longest: int = 80) -> str:
    """Returns a name from the log, cut where it grows too long for a line."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def together(words: Sequence[str]) -> str:
    """Returns 'a', 'a and b' or 'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def several(count: int, one: str, many: str = "") -> str:
    """Returns '1 problem' or '1,319 problems'."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    """Returns the text with a capital letter and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text[-1:] in ".!?" else ".")
