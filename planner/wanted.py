"""Want: what a log that is not drawn yet shall be able to say, and how closely."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from ..data.errors import InputError

Quantity = Literal["forecast", "coverage", "separate"]
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
MOST_DRAWN = 10**15
FORM = re.compile(r"(?P<quantity>[a-z]+)(?:@(?P<k>[0-9]{1,19}))?:(?P<value>[0-9.eE+-]{1,32})")


@dataclass(frozen=True, slots=True)
class Want:
    """A quantity at k draws, and the half-width or, for `separate`, the power that is wanted."""

    quantity: Quantity
    k: int
    value: float

    def __str__(self) -> str:
        return f"{self.quantity}@{self.k}:{self.value:g}"

    @property
    def measure(self) -> Literal["half_width", "power"]:
        """What `value` is."""
        return "power" if self.quantity == "separate" else "half_width"

    @property
    def name(self) -> str:
        """What `value` is, in words."""
        return self.measure.replace("_", "-")

    @property
    def fewest_samples(self) -> int:
        """The samples a problem needs before the quantity exists: k, except beyond the log."""
        return 1 if self.quantity == "forecast" else self.k


def wanted(text: str) -> Want:
    """Reads `forecast@K:HALFWIDTH`, `coverage@K:HALFWIDTH`, `separate:POWER` or `separate@K:POWER`.

    >>> wanted("forecast@1000:0.03"), str(wanted("separate:0.9"))
    (Want(quantity='forecast', k=1000, value=0.03), 'separate@1:0.9')

    Raises:
        InputError: another form, a k below 1, a half-width outside (0, 0.5), a power outside
            (0.5, 1).
    """
    parts = FORM.fullmatch(text)
    known: dict[str, Quantity] = {name: name for name in QUANTITIES}
    quantity = known.get(parts["quantity"]) if parts else None
    number = _number(parts["value"]) if parts else None
    if parts is None or quantity is None or number is None:
        raise InputError(
            "want takes forecast@K:HALFWIDTH, coverage@K:HALFWIDTH or separate[@K]:POWER;"
            f" got {text!r}"
        )
    if parts["k"] is None and quantity != "separate":
        raise InputError(f"want {quantity} needs its k, e.g. {quantity}@100:0.03; got {text!r}")
    want = Want(quantity, int(parts["k"] or 1), number)
    low, high = (0.5, 1.0) if want.measure == "power" else (0.0, 0.5)
    if not low < number < high:
        raise InputError(
            f"{want.name} must lie strictly between {low:g} and {high:g}; got {number:g}"
            f" in {text!r}"
        )
    if not 1 <= want.k <= MOST_DRAWN:
        raise InputError(f"k must satisfy 1 <= k <= {MOST_DRAWN:,}; got k={want.k}")
    return want


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
