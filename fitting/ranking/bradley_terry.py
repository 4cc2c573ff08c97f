"""Bradley-Terry with ties and an order effect: strengths from pairs, as a posterior."""

from dataclasses import dataclass

import numpy as np

from ...analysis.curve import Floats
from ...analysis.worlds import WORLDS, problem_worlds
from ...data.errors import InputError, nearest
from ...data.judgments import Pairs
from ..newton import maximise
from ..whitened import unmixed, walk
from .battles import Battles, apart, battles, onto
from .links import LINKS, Tie
from .standing import Standing, summary
from .strengths import curvature, log_prior, precision

SPREAD, TIE_CENTRE = 1.0, -0.7
"""Prior sd of the order effect (logits), and of the log tie parameter around its centre."""
FEWEST = 10
"""Items that can be drawn again; fewer hardly differ from draw to draw."""
DRAWS, CHECKED, NORMAL = 1000, 16, 0.9
"""Draws of a normal posterior; a posterior is called normal where CHECKED draws of its normal
shape are worth a share NORMAL of that by their importance weights, and battles are PLENTY."""
PLENTY = 1000.0
"""Information on each strength, in battles times p (1 - p), from which its skewness, about one over
the root, does not show."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The log posterior of theta (p,): the C strengths, the tie parameter, the order effect.

    The last two keep their prior where the link has no ties, or the order does not matter.
    """

    found: Battles
    tie: Tie
    order: bool

    @property
    def size(self) -> int:
        """The number of parameters, p."""
        return self.found.size + 2

    def density(self, theta: Floats) -> tuple[Floats, Floats]:
        """Returns the log posterior (T,) of theta (T, p), and its gradient (T, p)."""
        return self._look(theta, self.found.times)[:2]

    def newton(
        self, theta: Floats, times: Floats, centre: Floats | float = 0.0
    ) -> tuple[Floats, Floats, Floats]:
        """Returns also the Hessian (T, p, p), for `times` (E, 3) or (T, E, 3).

        The prior is moved by `centre` (T, p).
        """
        f, c = self.found, self.found.size
        value, gradient, gap, tie = self._look(theta, times, centre)
        twice, mixed, both = LINKS[self.tie].bends(times, gap, tie)
        hessian = np.zeros((len(theta), self.size, self.size))
        across = onto(twice, f.left * c + f.right, c * c).reshape(-1, c, c)
        hessian[:, :c, :c] = curvature((theta - centre)[:, :c]) - across - across.transpose(0, 2, 1)
        diagonal = np.arange(c)
        hessian[:, diagonal, diagonal] += onto(twice, f.left, c) + onto(twice, f.right, c)
        hessian[:, :c, c] = hessian[:, c, :c] = onto(mixed, f.left, c) - onto(mixed, f.right, c)
        hessian[:, c, c] = both.sum(axis=1) - SPREAD**-2
        hessian[:, c + 1, c + 1] = -(SPREAD**-2)
        if self.order:
            slope = onto(twice, f.left, c) - onto(twice, f.right, c)
            hessian[:, :c, c + 1] = hessian[:, c + 1, :c] = slope
            hessian[:, c + 1, c + 1] += twice.sum(axis=1)
            hessian[:, c, c + 1] = hessian[:, c + 1, c] = mixed.sum(axis=1)
        return value, gradient, hessian

    def _look(
        self, theta: Floats, times: Floats, centre: Floats | float = 0.0
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Log posterior and gradient, and the gap and tie parameter (T, E) of each kind."""
        f, c = self.found, self.found.size
        gap = theta[:, f.left] - theta[:, f.right] + self.order * theta[:, [c + 1]]
        tie = theta[:, [c]]
        said, in_gap, in_tie = LINKS[self.tie].slopes(times, gap, tie)
        from_prior = theta - centre
        prior, slope = log_prior(from_prior[:, :c])
        away = (from_prior[:, c:] - (TIE_CENTRE, 0.0)) / SPREAD
        strengths = slope + onto(in_gap, f.left, c) - onto(in_gap, f.right, c)
        others = np.stack([in_tie.sum(axis=1), self.order * in_gap.sum(axis=1)], axis=1)
        gradient = np.concatenate([strengths, others - away / SPREAD], axis=1)
        return prior + said.sum(axis=1) - 0.5 * (away**2).sum(axis=1), gradient, gap, tie


def bradley_terry(
    pairs: Pairs,
    rng: np.random.Generator,
    *,
    tie: Tie = "davidson",
    order: bool = False,
    clustered: bool | None = None,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Standing:
    """Ranks candidates by their strengths, in logits, centred on their mean.

    The posterior takes battles as independent. Where an item was judged more than once they are
    not, and the worlds are fits to the items drawn again (Newton and Raftery 1994).

    Args:
        pairs: the battles; those whose winner is missing are left out.
        rng: of the draws.
        tie: how ties come about: `davidson`, `rao-kupper`, or `none`: ties are left out.
        order: estimate how much the left place is favoured.
        clustered: draw the items again; where some item was judged more than once, when None.
        worlds: of the items drawn again.
        seed: of the items drawn again.

    Raises:
        InputError: no battle, an unknown `tie`, or items to draw again where there are none.
    """
    if tie not in LINKS:
        known: list[str] = [*LINKS]
        raise InputError(f"tie must be one of {', '.join(known)}; got {tie!r}{nearest(tie, known)}")
    found = battles(pairs, order=order, ties=tie != "none")
    model = Model(found, tie, order)
    items = 0 if found.item is None else int(found.item.max()) + 1
    again = items >= FEWEST if clustered is None else clustered
    theta, doubts = _redrawn(model, worlds, seed) if again else _drawn(model, rng)
    c = found.size
    strengths = theta[:, :c] - theta[:, :c].mean(axis=1, keepdims=True)
    more = {} if tie == "none" else {"tie": np.exp(theta[:, c])}
    return Standing(
        assumption=_said(tie, order, again),
        candidates=found.candidates,
        worlds=strengths,
        more=more | ({"order effect": theta[:, c + 1]} if order else {}),
        doubts=(*doubts, *alone(found), *(_few(items) if 0 < items < FEWEST else ())),
    )


def _few(items: int) -> tuple[str, ...]:
    return (
        f"only {items} items with several battles: too few to draw again, so battles are taken as"
        " independent, which is too sure where an item favours a candidate",
    )


def _said(tie: Tie, order: bool, again: bool) -> str:
    ties = {"davidson": "Davidson ties", "rao-kupper": "Rao-Kupper ties", "none": "ties left out"}
    told = ["Bradley-Terry", ties[tie], "an order effect" if order else "no order effect"]
    return ", ".join([*told, "items drawn again" if again else "battles independent"])


def _redrawn(model: Model, worlds: int, seed: int) -> tuple[Floats, list[str]]:
    """Modes (1 + W, p) of the posterior in worlds of items.

    Each world also draws the centre of the prior, or what the battles do not tell would look
    certain: strengths against an order effect, say, when sides never change.
    """
    if model.found.item is None:
        raise InputError("items can be drawn again only where one has more than one battle")
    items, c = int(model.found.item.max()) + 1, model.found.size
    names = [f"{i:09d}" for i in range(items)]
    times = model.found.weighted(items * problem_worlds(names, seed, worlds))
    start = np.r_[_rough(model.found), TIE_CENTRE, 0.0]
    mode = maximise(lambda theta, _: model.newton(theta, model.found.times), start, 1)
    spread = np.full(model.size, SPREAD)
    spread[:c] = 1 / np.sqrt(precision(mode[:, :c])[0, 0])
    centre = spread * np.random.default_rng([seed, 9]).standard_normal((len(times), model.size))
    centre[:, :c] -= centre[:, :c].mean(axis=1, keepdims=True)
    centre[0] = 0.0

    def derivatives(theta: Floats, rows: slice) -> tuple[Floats, Floats, Floats]:
        return model.newton(theta, times[rows], centre[rows])

    few = [f"only {items} items: their draws again say little"] if items < 20 else []
    return maximise(derivatives, mode[0], len(times)), few


def _drawn(model: Model, rng: np.random.Generator) -> tuple[Floats, list[str]]:
    """Draws (1 + T, p), of the normal shape at the mode where it is the posterior, else walked."""
    start = np.r_[_rough(model.found), TIE_CENTRE, 0.0]
    mode = maximise(lambda theta, _: model.newton(theta, model.found.times), start, 1)[0]
    information = -model.newton(mode[None], model.found.times)[2][0]
    if information.diagonal()[: model.found.size].min() < PLENTY:
        return _walked(model, mode, rng)
    root = np.linalg.cholesky(information)
    normal = rng.standard_normal((DRAWS, model.size))
    theta = mode + normal @ np.linalg.inv(root)
    off = model.density(theta[:CHECKED])[0] + 0.5 * (normal[:CHECKED] ** 2).sum(axis=1)
    weight = np.exp(off - off.max())
    if weight.sum() ** 2 >= NORMAL * CHECKED * (weight**2).sum():
        return np.vstack([mode, theta]), []
    return _walked(model, mode, rng)


def _walked(model: Model, mode: Floats, rng: np.random.Generator) -> tuple[Floats, list[str]]:
    walked = walk(model.density, mode, rng)
    return summary(walked.theta), [*unmixed(walked.r_hat)]


def _rough(found: Battles) -> Floats:
    """Strengths (C,) to climb from: the log odds of what each won of its battles, less the mean."""
    won, level, lost = found.times.T
    gained = np.bincount(found.left, won + level / 2, found.size)
    gained += np.bincount(found.right, lost + level / 2, found.size)
    times = found.times.sum(axis=1)
    fought = np.bincount(found.left, times, found.size) + np.bincount(
        found.right, times, found.size
    )
    odds = np.log((gained + 1) / (fought - gained + 1))
    return np.asarray(1.3 * (odds - odds.mean()))


def alone(found: Battles) -> list[str]:
    """Returns the doubt that battles do not link all candidates, where that is so."""
    parts = apart(found)
    if len(parts) == 1:
        return []
    smallest = min(parts, key=len)
    return [
        f"no battle links {', '.join(smallest[:3])}{' ...' if len(smallest) > 3 else ''} with the"
        f" others ({len(parts)} parts): between the parts only the prior speaks"
    ]
