"""Dawid-Skene: what candidates are worth by judges who err, each in its own way, on shared items.

A unit, one candidate's answer to one item, has a true level that nobody need have seen (Dawid and
Skene 1979). What is assumed: given that level and the unit's difficulty, judges err independently;
a judge errs on all candidates alike; what was judged, and whose truth is known, does not depend on
the truth; and judges tend to be near it, which tells the levels apart. `agreement` checks the first
of these.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import softmax

from ...analysis.curve import Floats
from ...data.errors import InputError
from ...data.judgments import MISSING, Grades, Ints
from ..whitened import unmixed, walk
from .agreement import agreement, doubts
from .patterns import Patterns, patterns
from .standing import Standing, summary

ETA, TAU, FLOOR = 5.0, 1.0, 0.5
"""A row of a confusion is Dirichlet: FLOOR each, and ETA shared by exp(-|levels apart| / TAU)."""
SPREAD = 0.5
"""The scale of the half-normal prior of sigma, the sd of log difficulty."""
NODES = 5
CHAINS, DRAWS = 32, 1024
STEEP = 3.0
"""Log sigmas beyond this, where no draw ever stays, would overflow."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The log posterior of theta (p,): logits against the last level, and log sigma.

    First those of each candidate's levels, K (M - 1), then those of each judge's confusion, given
    the true level, J M (M - 1), then, where difficulty counts, log sigma. At difficulty x, one of
    the nodes of Gauss and Hermite, confusions are tempered: softmax(exp(sigma x) log theta).
    """

    found: Patterns
    alpha: Floats
    difficulty: bool = True

    @property
    def size(self) -> int:
        """The number of parameters, p."""
        k, j, m = self.found.shape
        return (k + j * m) * (m - 1) + self.difficulty

    @property
    def start(self) -> Floats:
        """A theta (p,) to climb from: confusions at their prior mean."""
        k, j, m = self.found.shape
        near = np.log(self.alpha[:, :-1] / self.alpha[:, -1:])
        sigma = np.full(int(self.difficulty), np.log(SPREAD / 2))
        return np.concatenate([np.zeros(k * (m - 1)), np.tile(near.ravel(), j), sigma])

    @property
    def nodes(self) -> tuple[Floats, Floats]:
        """The difficulties (Q,) that a unit may have, and the share of units at each."""
        at, weight = np.polynomial.hermite_e.hermegauss(NODES if self.difficulty else 1)
        return at, weight / weight.sum()

    def parts(self, theta: Floats) -> tuple[Floats, Floats, Floats]:
        """Returns log levels (T, K, M), log confusions (T, J, M, M) and sigma (T,) of theta."""
        k, j, m = self.found.shape
        logits = theta[:, : (k + j * m) * (m - 1)].reshape(len(theta), -1, m - 1)
        logits = np.concatenate([logits, np.zeros_like(logits[:, :, :1])], axis=2)
        logs = logits - _log_sum(logits, 2)
        sigma = np.exp(np.minimum(theta[:, -1], STEEP)) if self.difficulty else np.zeros(len(theta))
        return logs[:, :k], logs[:, k:].reshape(-1, j, m, m), sigma

    def density(self, theta: Floats) -> tuple[Floats, Floats]:
        """Returns the log posterior (T,) of theta (T, p), and its gradient (T, p).

        The Jacobian of the logits is the product of the chances, so that of a Dirichlet is
        sum alpha log p; that of log sigma is sigma.
        """
        levels, confusion, sigma = self.parts(theta)
        value, in_levels, in_confusion, in_sigma = self.likelihood(levels, confusion, sigma)
        value = value + levels.sum(axis=(1, 2)) + (self.alpha * confusion).sum(axis=(1, 2, 3))
        each = [_to_logits(levels, in_levels + 1), _to_logits(confusion, in_confusion + self.alpha)]
        if self.difficulty:
            value = value + theta[:, -1] - 0.5 * (sigma / SPREAD) ** 2
            each.append((1 + sigma * in_sigma - (sigma / SPREAD) ** 2)[:, None])
        return value, np.concatenate(each, axis=1)

    def likelihood(
        self, levels: Floats, confusion: Floats, sigma: Floats
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Returns the log likelihood (T,), and its slopes in the three parts."""
        f, (at, shares) = self.found, self.nodes
        k, j, m = f.shape
        power = np.exp(sigma[:, None] * at)
        graded = power[:, :, None, None, None] * confusion[:, None]
        graded = graded - _log_sum(graded, 4)
        each = np.ascontiguousarray(graded.transpose(2, 4, 0, 1, 3)).reshape(j * m, -1)
        said = f.levels.reshape(len(f.levels), j * m)
        by_node = (said @ each).reshape(len(said), *graded.shape[:2], m)
        by_node += np.log(shares)[:, None]
        by_level = _log_sum(by_node, 2)[:, :, 0]
        mixed = levels.transpose(1, 0, 2)[f.candidate] + by_level[f.pattern] + self._truth()
        total = _log_sum(mixed, 2)
        chance = f.times[:, None, None] * np.exp(mixed - total)
        in_levels = _added(chance, f.candidate, k).transpose(1, 0, 2)
        node = (
            np.exp(by_node - by_level[:, :, None])
            * _added(chance, f.pattern, len(said))[:, :, None]
        )
        slope = (said.T @ node.reshape(len(said), -1)).reshape(j, m, *graded.shape[:2], m)
        slope = slope.transpose(2, 3, 0, 4, 1)
        slope = slope - np.exp(graded) * slope.sum(axis=4, keepdims=True)
        in_power = (slope * confusion[:, None]).sum(axis=(2, 3, 4))
        in_confusion = (power[:, :, None, None, None] * slope).sum(axis=1)
        return (
            f.times @ total[:, :, 0],
            in_levels,
            in_confusion,
            (in_power * power * at).sum(axis=1),
        )

    def _truth(self) -> Floats:
        """Zero (R, 1, M) where a level may be the true one, else -inf."""
        gold = self.found.gold[:, None]
        may = (gold == MISSING) | (gold == np.arange(self.found.shape[2]))
        return np.where(may, 0.0, -np.inf)[:, None]


def _log_sum(x: Floats, axis: int) -> Floats:
    """The log of the sum of exp(x), its axis kept; scipy's costs more than a small density."""
    top = x.max(axis=axis, keepdims=True)
    return np.asarray(top + np.log(np.exp(x - top).sum(axis=axis, keepdims=True)))


def _to_logits(logs: Floats, slope: Floats) -> Floats:
    """The slope (T, n (M - 1)) in logits, of that in log chances (T, ..., M)."""
    pulled = slope - np.exp(logs) * slope.sum(axis=-1, keepdims=True)
    return np.asarray(pulled[..., :-1].reshape(len(logs), -1))


def _added(values: Floats, where: Ints, size: int) -> Floats:
    """Values (R, T, M) added up where they belong (R,): (size, T, M)."""
    rows = csr_array((np.ones(len(where)), (where, np.arange(len(where)))), (size, len(where)))
    return np.asarray(rows @ values.reshape(len(where), -1)).reshape(size, *values.shape[1:])


def concentration(levels: int, eta: float = ETA, tau: float = TAU) -> Floats:
    """Returns the Dirichlet's parameters (M, M): a row for each true level."""
    apart = np.abs(np.subtract.outer(np.arange(levels), np.arange(levels)))
    return FLOOR + eta * softmax(-apart / tau, axis=1)


def dawid_skene(
    grades: Grades,
    rng: np.random.Generator,
    *,
    eta: float = ETA,
    tau: float = TAU,
    difficulty: bool = True,
    draws: int = DRAWS,
) -> Standing:
    """Ranks candidates by the mean worth of their true levels, on new items like these.

    Args:
        grades: levels by item, judge and candidate; those that are missing are left out.
        rng: of the draws.
        eta: how much a judge is held to be near the truth before it has graded: as that many units.
        tau: how many levels apart it is then held to err.
        difficulty: let units differ in how far all judges err on them.
        draws: of the posterior, rounded up to whole steps of all chains.

    Raises:
        InputError: items are not named, a unit has two true levels, no grade is known, or eta or
            tau is not positive.
    """
    for name, value in (("eta", eta), ("tau", tau)):
        if not value > 0:
            raise InputError(f"{name} must satisfy {name} > 0; got {value:g}")
    found = patterns(grades)
    model = Model(found, concentration(grades.levels, eta, tau), difficulty)
    walked = walk(model.density, model.start, rng, chains=CHAINS, kept=max(4, -(-draws // CHAINS)))
    levels, confusion, sigma = model.parts(walked.theta)
    at, shares = model.nodes
    power = np.exp(sigma[:, None] * at)[:, :, None, None, None]
    graded = softmax(power * confusion[:, None], axis=4)
    pairs = agreement(found, np.exp(levels), graded, shares)
    right = np.einsum("tm,tqjmm,q->jt", np.exp(levels).mean(axis=1), graded, shares)
    more = {f"{judge} right": summary(x) for judge, x in zip(found.judges, right, strict=False)}
    return Standing(
        assumption="Dawid-Skene, "
        + ("units differ in difficulty" if difficulty else "units alike"),
        candidates=found.candidates,
        worlds=summary(np.exp(levels) @ np.asarray(grades.values)),
        more=more | ({"difficulty": summary(sigma)} if difficulty else {}),
        doubts=(*unmixed(walked.r_hat), *_thin(found), *doubts(pairs)),
    )


def _thin(found: Patterns) -> list[str]:
    """Candidates that nobody graded, and a judge that nobody checks."""
    said = []
    if never := [n for k, n in enumerate(found.candidates) if k not in found.candidate]:
        said.append(f"never graded: {', '.join(never[:3])}; their worth is the prior's")
    graded = found.levels.sum(axis=2) > 0
    checked = (found.gold != MISSING) | (graded.sum(axis=1) > 1)[found.pattern]
    if not checked.any():
        said.append("no item has two judges or a known truth: how judges err, only the prior says")
    return said
