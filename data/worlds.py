"""Worlds whose truth is known: how hard the problems are, how a verifier errs, where votes go."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, digamma, expit, log_expit

from .errors import InputError, nearest

Floats = NDArray[np.float64]

_Z = np.linspace(-10, 10, 2001)
_MASS = np.exp(-(_Z**2) / 2) / np.exp(-(_Z**2) / 2).sum()


@dataclass(frozen=True, slots=True)
class Beta:
    """Success rates p ~ Beta(a, b)."""

    a: float
    b: float

    @property
    def centre(self) -> float:
        """The mean of logit p."""
        return float(digamma(self.a) - digamma(self.b))

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Returns (size,) success rates."""
        return rng.beta(self.a, self.b, size)

    def coverage(self, k: ArrayLike) -> Floats:
        """Returns E[1 - (1 - p)^k] = 1 - B(a, b + k) / B(a, b), in the shape of k."""
        k = np.asarray(k, float)
        return np.asarray(-np.expm1(betaln(self.a, self.b + k) - betaln(self.a, self.b)))


@dataclass(frozen=True, slots=True)
class LogitNormal:
    """Success rates with logit p ~ Normal(mean, sd)."""

    mean: float
    sd: float

    @property
    def centre(self) -> float:
        """The mean of logit p."""
        return self.mean

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Returns (size,) success rates."""
        return np.asarray(expit(rng.normal(self.mean, self.sd, size)))

    def coverage(self, k: ArrayLike) -> Floats:
        """Returns E[1 - (1 - p)^k] in the shape of k, by the trapezoid rule in logit p.

        The integrand is smooth and dies at both ends, where that rule converges geometrically.
        """
        log_fail = log_expit(-(self.mean + self.sd * _Z))
        return np.asarray(-np.expm1(np.asarray(k, float)[..., None] * log_fail) @ _MASS)


@dataclass(frozen=True, slots=True)
class Bimodal:
    """Success rates from two kinds of problems: a share `easy_share` is easy, the rest is hard."""

    easy_share: float
    easy: Beta
    hard: Beta

    @property
    def centre(self) -> float:
        """The mean of logit p."""
        return self.easy_share * self.easy.centre + (1 - self.easy_share) * self.hard.centre

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Returns (size,) success rates."""
        easy = rng.random(size) < self.easy_share
        return np.where(easy, self.easy.draw(rng, size), self.hard.draw(rng, size))

    def coverage(self, k: ArrayLike) -> Floats:
        """Returns E[1 - (1 - p)^k] in the shape of k."""
        easy, hard = self.easy.coverage(k), self.hard.coverage(k)
        return self.easy_share * easy + (1 - self.easy_share) * hard


Difficulty: TypeAlias = Beta | LogitNormal | Bimodal


def _check_share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise InputError(f"{name} must satisfy 0 <= {name} < 1; got {value}")


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate that moves with difficulty: logit rate = intercept + slope (x - centre) + sd N(0, 1).

    x is logit p of the problem and centre the mean of x in the world, so a negative slope makes
    the rate higher on harder problems.
    """

    intercept: float
    slope: float
    sd: float


@dataclass(frozen=True, slots=True)
class Verifier:
    """How a verifier errs: `tpr` among right samples, `fpr` among wrong ones.

    `correlation` is that of two verdicts on one sample: the sample's own rate of acceptance is
    Beta(rate s, (1 - rate) s) with s = (1 - correlation) / correlation.
    """

    tpr: Rate
    fpr: Rate
    correlation: float

    def __post_init__(self) -> None:
        _check_share("correlation", self.correlation)


@dataclass(frozen=True, slots=True)
class Answers:
    """Where wrong samples go: `unparsable` of them nowhere, the others to `wrong` classes.

    Their shares are Dirichlet(concentration, ...); in a share `attractors` of the problems one
    wrong class first takes `pull` of the whole, and wins the vote where p is low enough.
    """

    wrong: int
    concentration: float
    attractors: float
    pull: float
    unparsable: float

    def __post_init__(self) -> None:
        for name in ("attractors", "pull", "unparsable"):
            _check_share(name, getattr(self, name))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Lengths in tokens, lognormal; `slope` (x - centre) moves the mean log length of a sample.

    x is logit p, so a negative slope makes harder problems longer.
    """

    prompt: int
    sample: float
    slope: float
    sample_sd: float
    verdict: float
    verdict_sd: float


@dataclass(frozen=True, slots=True)
class Levels:
    """The level that a log shows: logit p plus `noise` N(0, 1), cut at falling `cuts`."""

    noise: float
    cuts: tuple[float, ...]
    names: tuple[str, ...]


VERIFIER = Verifier(tpr=Rate(2.0, 0.1, 0.5), fpr=Rate(-2.0, -0.25, 0.5), correlation=0.3)
ANSWERS = Answers(wrong=8, concentration=0.5, attractors=0.25, pull=0.7, unparsable=0.03)
TOKENS = Tokens(prompt=120, sample=6.2, slope=-0.15, sample_sd=0.4, verdict=5.0, verdict_sd=0.3)
LEVELS = Levels(noise=0.5, cuts=(1.0, -2.0), names=("1-easy", "2-medium", "3-hard"))


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a synthetic log is drawn from; the seed draws the problems and the samples.

    A share `impossible` of the problems has p = 0; the rest follow `difficulty`.
    """

    name: str
    purpose: str
    difficulty: Difficulty
    impossible: float = 0.0
    verifier: Verifier = VERIFIER
    answers: Answers = ANSWERS
    tokens: Tokens = TOKENS
    levels: Levels | None = None

    def __post_init__(self) -> None:
        _check_share("impossible", self.impossible)

    def coverage(self, k: ArrayLike) -> Floats:
        """Returns coverage at k for new problems, in the shape of k: exact or by quadrature."""
        return (1 - self.impossible) * self.difficulty.coverage(k)


def _flaws(name: str, purpose: str, mean: float, intercept: float) -> World:
    """A world of verifiers.md 1.4: logit p ~ N(mean, 2.2), FPR falling as problems get easier."""
    verifier = Verifier(Rate(2.0, 0.1, 0.5), Rate(intercept, -0.35, 1.0), correlation=0.3)
    return World(name, purpose, LogitNormal(mean, 2.2), verifier=verifier)


_ALL = (
    World(
        "mixed",
        "planning: a useful verifier, levels that show, votes that some wrong answers win",
        LogitNormal(-0.5, 2.5),
        impossible=0.05,
        levels=LEVELS,
    ),
    World("beta", "forecasts: a power law of exponent .35", Beta(0.35, 1.0)),
    World("beta-hard", "forecasts: most problems very hard", Beta(0.2, 3.0)),
    World("logit-normal", "forecasts: no power law in the tail", LogitNormal(-3.0, 3.0)),
    World(
        "bimodal",
        "forecasts: a plateau, and a second rise hundreds of samples later",
        Bimodal(0.5, Beta(6.0, 2.0), Beta(1.5, 300.0)),
    ),
    World("impossible", "forecasts: a ceiling at .75", Beta(0.35, 1.0), impossible=0.25),
    _flaws("weak", "ceilings: a weak solver, most accepted samples wrong", -3.5, -3.0),
    _flaws("mid", "ceilings: a solver right half the time", 0.0, -2.0),
    _flaws("strong", "ceilings: a strong solver", 2.0, -3.0),
)

WORLDS: dict[str, World] = {world.name: world for world in _ALL}
"""The named worlds. Their constants are frozen: a number measured in one stays true of it."""


def find(world: World | str) -> World:
    """Returns the world of that name; a World is its own.

    Raises:
        InputError: no world has the name.
    """
    if isinstance(world, World):
        return world
    if world not in WORLDS:
        raise InputError(
            f"world must be one of {', '.join(WORLDS)}; got {world!r}{nearest(world, list(WORLDS))}"
        )
    return WORLDS[world]
