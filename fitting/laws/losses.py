"""Laws of loss over parameters, tokens, streams, steps and batches: declarations.

Every parameter is positive. Inside, a law is written in the logs of what its columns are over their
geometric mean, so that units change nothing and constants do not trade places with exponents; what
is published is found again by `natural`.
"""

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np

from ...analysis.curve import Floats
from ...data.errors import InputError, nearest
from .families import Values

EXPONENTS = (0.03, 0.1, 0.3, 0.8)
SHARES = (0.1, 0.5, 0.9)
"""Of the response: what starts take for its floor, or for the first of two terms."""


class Law(NamedTuple):
    """A law: the column it explains, those it explains it by, and its published parameters.

    `log` gives the log of the response (W, R) at theta (W, p) and the centred logs of the columns
    (R, q); `natural` the published parameters (W, p) from theta and the centres (q,); `starts`
    several theta (G, p) for a response around 1, of which those at `level` are logs of a response.
    """

    response: str
    columns: tuple[str, ...]
    parameters: tuple[str, ...]
    log: Callable[[Values, Floats], Values]
    natural: Callable[[Floats, Floats], Floats]
    starts: Floats
    level: tuple[int, ...]
    source: str


def _grid(*values: tuple[float, ...]) -> Floats:
    """Every combination, (G, p)."""
    return np.array(list(product(*values)))


def _term(theta: Values, place: int, x: Floats) -> Values:
    """A term exp(t - alpha x) of the two parameters (t, log alpha) that begin at a place."""
    return np.asarray(theta[:, place, None] - np.exp(theta[:, place + 1, None]) * x)


def _scale(theta: Floats, place: int, centre: float) -> Floats:
    """The constant C of (C / x)^alpha."""
    return np.asarray(np.exp(theta[:, place] / np.exp(theta[:, place + 1]) + centre))


FLOORS = tuple(np.log(SHARES))
TERMS = tuple(np.log(SHARES))
ALPHAS = tuple(np.log(EXPONENTS))


def _parscale(theta: Values, x: Floats) -> Values:
    streams = np.log1p(np.exp(theta[:, 3, None]) * x[:, 1])
    return np.asarray(np.log(np.exp(theta[:, :1]) + np.exp(_term(theta, 1, x[:, 0] + streams))))


def _kaplan(theta: Values, x: Floats) -> Values:
    """(N_c / N)^(a_N / a_D) + D_c / D, to the power a_D; theta: log a_D, u, log of a_N / a_D, v."""
    sizes = np.exp(_term(theta, 1, x[:, 0]))
    made = np.exp(theta[:, :1]) * np.log(sizes + np.exp(theta[:, 3, None] - x[:, 1]))
    return np.asarray(made)


def _kaplan_natural(theta: Floats, centre: Floats) -> Floats:
    power, ratio = np.exp(theta[:, 0]), np.exp(theta[:, 2])
    tokens = np.exp(theta[:, 3] + centre[1])
    return np.column_stack([_scale(theta, 1, centre[0]), ratio * power, tokens, power])


def _two(theta: Values, x: Floats, place: int = 0) -> Values:
    return np.asarray(
        np.exp(_term(theta, place, x[:, 0])) + np.exp(_term(theta, place + 2, x[:, 1]))
    )


def _chinchilla_natural(theta: Floats, centre: Floats) -> Floats:
    a, b = np.exp(theta[:, 2]), np.exp(theta[:, 4])
    scales = np.exp(theta[:, 1] + a * centre[0]), np.exp(theta[:, 3] + b * centre[1])
    return np.column_stack([np.exp(theta[:, 0]), scales[0], a, scales[1], b])


LAWS: dict[str, Law] = {
    "parscale": Law(
        "loss",
        ("parameters", "streams"),
        ("E", "A", "alpha", "k"),
        _parscale,
        lambda theta, centre: np.column_stack(
            [np.exp(theta[:, 0]), _scale(theta, 1, centre[0]), np.exp(theta[:, 2:])]
        ),
        _grid(FLOORS, TERMS, ALPHAS, tuple(np.log([0.1, 0.5]))),
        (0, 1),
        "Chen et al. 2025",
    ),
    "kaplan-parameters": Law(
        "loss",
        ("parameters",),
        ("N_c", "alpha_N"),
        lambda theta, x: _term(theta, 0, x[:, 0]),
        lambda theta, centre: np.column_stack([_scale(theta, 0, centre[0]), np.exp(theta[:, 1])]),
        _grid((0.0,), ALPHAS),
        (0,),
        "Kaplan et al. 2020",
    ),
    "kaplan": Law(
        "loss",
        ("parameters", "tokens"),
        ("N_c", "alpha_N", "D_c", "alpha_D"),
        _kaplan,
        _kaplan_natural,
        _grid(ALPHAS, TERMS, tuple(np.log([0.3, 0.8, 2.0])), TERMS),
        (),
        "Kaplan et al. 2020",
    ),
    "kaplan-steps": Law(
        "loss",
        ("parameters", "steps"),
        ("N_c", "alpha_N", "S_c", "alpha_S"),
        lambda theta, x: np.log(_two(theta, x)),
        lambda theta, centre: np.column_stack(
            [
                *(_scale(theta, 0, centre[0]), np.exp(theta[:, 1])),
                *(_scale(theta, 2, centre[1]), np.exp(theta[:, 3])),
            ]
        ),
        _grid(TERMS, ALPHAS, TERMS, ALPHAS),
        (0, 2),
        "Kaplan et al. 2020",
    ),
    "chinchilla": Law(
        "loss",
        ("parameters", "tokens"),
        ("E", "A", "alpha", "B", "beta"),
        lambda theta, x: np.log(np.exp(theta[:, :1]) + _two(theta, x, 1)),
        _chinchilla_natural,
        _grid(FLOORS, TERMS, ALPHAS, TERMS, ALPHAS),
        (0, 1, 3),
        "Hoffmann et al. 2022",
    ),
    "critical-batch": Law(
        "steps",
        ("batch",),
        ("S_min", "B_crit"),
        lambda theta, x: theta[:, :1] + np.log1p(np.exp(theta[:, 1:] - x[:, 0])),
        lambda theta, centre: np.exp(theta + np.array([0.0, centre[0]])),
        _grid(TERMS, (-2.0, 0.0, 2.0)),
        (0,),
        "McCandlish et al. 2018; Kaplan et al. 2020",
    ),
    "batch-of-loss": Law(
        "critical_batch",
        ("loss",),
        ("B_star", "alpha_B"),
        lambda theta, x: theta[:, :1] - np.exp(theta[:, 1:]) * x[:, 0],
        lambda theta, centre: np.column_stack(
            [np.exp(theta[:, 0] + np.exp(theta[:, 1]) * centre[0]), np.exp(-theta[:, 1])]
        ),
        _grid((0.0,), (0.0, 1.0, 2.0)),
        (0,),
        "Kaplan et al. 2020",
    ),
}
"""By name: parallel streams; parameters alone, with tokens, with steps; the floor and two powers;
(S / S_min - 1)(E / E_min - 1) = 1 with E = S B and B_crit = E_min / S_min; B_star L^(-1/alpha_B).

`streams` of ParScale is ln P, which is not centred: see `centred`.
"""


def centred(law: Law, columns: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Returns the centred logs (R, q) of a law's columns, and the centres (q,).

    The log of the number of streams stays as it is: one stream is where ParScale's law begins.
    """
    x = np.log(np.column_stack([columns[name] for name in law.columns]))
    centre = x.mean(axis=0) * [name != "streams" for name in law.columns]
    return x - centre, centre


def declared(name: str) -> Law:
    """Returns the law of a name.

    Raises:
        InputError: there is none.
    """
    if name not in LAWS:
        known = list(LAWS)
        raise InputError(
            f"law must be one of {', '.join(known)}; got {name!r}{nearest(name, known)}"
        )
    return LAWS[name]
