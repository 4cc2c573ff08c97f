"""The price of a setting of several knobs, as a sum of products of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..analysis.curve import Floats
from ..data.errors import InputError, nearest

Term = tuple[float, tuple[str, ...]]
"""So much for each product of some knobs; for none of them, so much whatever they are."""


def term(text: str) -> Term:
    """Reads a term of a price: `800:documents*rounds`, or `50` for what is always paid.

    Raises:
        InputError: no number >= 0 before the colon, or an empty name after it.

    >>> term("800:documents*rounds"), term("50")
    ((800.0, ('documents', 'rounds')), (50.0, ()))
    """
    head, colon, tail = text.partition(":")
    names = tuple(name.strip() for name in tail.split("*")) if colon else ()
    try:
        rate = float(head)
    except ValueError:
        rate = float("nan")
    if not 0 <= rate < np.inf or not all(names):
        raise InputError(f"a price is NUMBER:KNOB*KNOB with a number >= 0; got {text!r}")
    return rate, names


def priced(settings: Mapping[str, Floats], price: Sequence[Term]) -> Floats:
    """Returns the price (S,) of settings, the sum of the terms.

    Raises:
        InputError: no term, or one of a knob that is not there.
    """
    size = len(next(iter(settings.values())))
    total = np.zeros(size)
    for rate, names in price:
        for name in names:
            if name not in settings:
                known = list(settings)
                raise InputError(f"the price names no knob: {name!r}{nearest(name, known)}")
        total += rate * np.prod([settings[n] for n in names] or [np.ones(size)], axis=0)
    if not price or not total.any():
        raise InputError("a plan over knobs needs a price, such as 800:documents*rounds")
    return total
