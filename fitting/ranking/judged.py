"""Bradley-Terry where judges differ: in sharpness, in what the left place is worth, in ties."""

from dataclasses import dataclass, replace

import numpy as np

from ...analysis.curve import Floats
from ...data.errors import InputError
from ...data.judgments import Pairs
from ..whitened import unmixed, walk
from .battles import Battles, battles, onto
from .bradley_terry import SPREAD, TIE_CENTRE, alone
from .links import LINKS, Tie
from .standing import Standing, summary
from .strengths import log_prior

OWN = 0.5
"""Prior sd of what is a judge's own: log sharpness, order effect, tie parameter."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The log posterior of theta (p,): C strengths, tie, order effect, then J of each of a judge's.

    A judge's own are the log sharpness, by which differences of strengths are multiplied, and what
    is added to the order effect and to the tie parameter: each less its mean over judges, so that
    what all judges share stands in one place.
    """

    found: Battles
    tie: Tie

    @property
    def size(self) -> int:
        """The number of parameters, p."""
        return self.found.size + 2 + 3 * self.found.judges

    def density(self, theta: Floats) -> tuple[Floats, Floats]:
        """Returns the log posterior (T,) of theta (T, p), and its gradient (T, p)."""
        f, c = self.found, self.found.size
        own = centred(theta[:, c + 2 :].reshape(len(theta), 3, f.judges))[:, :, f.judge]
        apart, sharp = theta[:, f.left] - theta[:, f.right], np.exp(own[:, 0])
        gap = sharp * apart + theta[:, [c + 1]] + own[:, 1]
        tie = theta[:, [c]] + own[:, 2]
        said, in_gap, in_tie = LINKS[self.tie].slopes(f.times, gap, tie)
        strengths = onto(sharp * in_gap, f.left, c) - onto(sharp * in_gap, f.right, c)
        shared = np.stack([in_tie.sum(axis=1), in_gap.sum(axis=1)], axis=1)
        each = [
            centred(onto(x, f.judge, f.judges)) for x in (in_gap * sharp * apart, in_gap, in_tie)
        ]
        prior, slope = log_prior(theta[:, :c])
        centre = np.r_[TIE_CENTRE, np.zeros(self.size - c - 1)]
        spread = np.r_[SPREAD, SPREAD, np.full(self.size - c - 2, OWN)]
        away = (theta[:, c:] - centre) / spread
        slopes = np.concatenate([shared, *each], axis=1) - away / spread
        total = said.sum(axis=1) + prior - 0.5 * (away**2).sum(axis=1)
        return total, np.concatenate([slope + strengths, slopes], axis=1)


def centred(values: Floats) -> Floats:
    """Returns values (..., J) less their mean over judges."""
    return np.asarray(values - values.mean(axis=-1, keepdims=True))


def judged(pairs: Pairs, rng: np.random.Generator, *, tie: Tie = "davidson") -> Standing:
    """Ranks candidates by strengths in logits of a judge of average sharpness, centred.

    Battles count as independent; judges are drawn from a population of judges.

    Raises:
        InputError: no judge is named, or no battle is left.
    """
    if pairs.judge is None:
        raise InputError("judges can differ only where battles name their judge")
    who, judge = np.unique(pairs.judge, return_inverse=True)
    found = battles(replace(pairs, judge=judge), order=True, ties=tie != "none", judged=True)
    model = Model(found, tie)
    start = np.zeros(model.size)
    start[found.size] = TIE_CENTRE
    walked = walk(model.density, start, rng)
    theta = summary(walked.theta)
    c, known = found.size, pairs.origin.judges
    names = [known[j] if j < len(known) else str(j) for j in who.tolist()]
    own = centred(theta[:, c + 2 :].reshape(len(theta), 3, found.judges))
    sharp, order = np.exp(own[:, 0]), theta[:, [c + 1]] + own[:, 1]
    each = {f"sharpness of {n}": s for n, s in zip(names, sharp.T, strict=True)}
    each |= {f"order effect of {n}": s for n, s in zip(names, order.T, strict=True)}
    return Standing(
        assumption="Bradley-Terry, judges differ, battles independent",
        candidates=found.candidates,
        worlds=theta[:, :c] - theta[:, :c].mean(axis=1, keepdims=True),
        more=each,
        doubts=(*unmixed(walked.r_hat), *alone(found)),
    )
