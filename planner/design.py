"""design: how many problems and samples a log needs before it can say what is wanted."""

from dataclasses import dataclass
from math import isfinite, sqrt

from ..analysis.curve import MASS, Json, number
from ..data.errors import InputError
from .least import FEWEST, START, Simulate, Trial, least, power_short, width_short
from .pilot import Pilot, simulator
from .wanted import Want, wanted

STEP = 4
"""Samples a problem are tried at 1, 4, 16, ..."""
MOST_PROBLEMS, MOST_SAMPLES = 10_000, 256
SLACK = 0.05
"""A value may miss what is wanted by its error, and by no more than this share of it."""
LIMITS = {"problems": 100_000, "samples": 100_000}
LOGS = {"forecast": 8, "coverage": 100, "separate": 400}
"""Simulated logs behind each answer; a quarter of them lead the way there."""


@dataclass(frozen=True, slots=True)
class Choice:
    """So many problems with so many samples each, and what logs of that size come to.

    `value` is the expected half-width, or the power, with its Monte Carlo standard `error`;
    `share` of the logs come to what is wanted, and `held` of their intervals hold the truth (NaN
    for a power). `reached` says whether `value` is what is wanted, within its error, and the
    intervals hold the truth as often as they promise, within three of theirs.
    """

    problems: int
    samples: int
    cost: float
    value: float
    error: float
    share: float
    held: float
    reached: bool

    @property
    def total(self) -> int:
        """The samples of the whole log, of each model."""
        return self.problems * self.samples

    def json(self, measure: str) -> Json:
        """Returns the choice, with `value` under its own name."""
        return {
            "problems": self.problems,
            "samples": self.samples,
            "total": self.total,
            "cost": self.cost,
            measure: self.value,
            "error": self.error,
            "share": self.share,
            "held": number(self.held),
            "reached": self.reached,
        }


@dataclass(frozen=True, slots=True)
class Design:
    """For every number of samples the fewest problems that do, and the cheapest of these.

    `cost` counts samples, and what a problem costs before its first one. `cheapest` is None where
    nothing within the bounds does.
    """

    want: Want
    mass: float
    choices: tuple[Choice, ...]
    cheapest: Choice | None
    doubts: tuple[str, ...]
    seed: int

    def json(self) -> Json:
        """Returns the contract's shape."""
        want, measure = self.want, self.want.measure
        asked = {"quantity": want.quantity, "k": want.k, measure: want.value, "mass": self.mass}
        return {
            "want": asked,
            "choices": [choice.json(measure) for choice in self.choices],
            "cheapest": self.cheapest and self.cheapest.json(measure),
            "doubts": list(self.doubts),
            "seed": self.seed,
        }


def design(
    pilot: Pilot,
    want: str | Want,
    *,
    prior: tuple[float, float] | None = None,
    mass: float = MASS,
    most_problems: int = MOST_PROBLEMS,
    most_samples: int = MOST_SAMPLES,
    per_problem: float = 0.0,
    logs: int | None = None,
    seed: int = 0,
) -> Design:
    """Says how many problems x samples must be logged, by simulating logs and fitting them.

    Args:
        pilot: a small log of the same kind: one group for an interval, two on the same problems
            (in one trace or in two) for `separate`.
        want: `forecast@K:H`, an interval for coverage at K on new problems with half-width H (half
            the distance of its ends); `coverage@K:H`, the same within the log; `separate:POWER` or
            `separate@K:POWER`, the chance that the interval of the difference of two models in
            pass@K excludes 0.
        prior: instead of a pilot, a and b of Beta-distributed solve rates.
        mass: of the interval.
        most_problems: bound on the problems.
        most_samples: bound on the samples a problem, tried at 1, 4, 16, ... (and at K).
        per_problem: what a problem costs before its first sample, in samples.
        logs: simulated at each answer; when None 8 for a forecast, 100 for coverage, 400 for a
            power.
        seed: of the simulation.

    Raises:
        InputError: a want of no known form, a bound out of range, or a pilot that does not fit.
    """
    asked = wanted(want) if isinstance(want, str) else want
    size = LOGS[asked.quantity] if logs is None else logs
    _check(asked, mass, most_problems, most_samples, per_problem, size)
    simulate, doubts = simulator(pilot, asked, prior, mass, seed)
    short = (
        power_short(asked.value, mass, size)
        if asked.measure == "power"
        else width_short(asked.value)
    )
    choices: list[Choice] = []
    for samples in _ladder(asked, most_samples):
        # More samples need fewer problems, so the search goes on from where it was.
        start = min([START, *(choice.problems for choice in choices)])
        problems, trial = least(simulate(samples), short, most_problems, size, start)
        choices.append(_choice(asked, mass, (problems, samples), per_problem, trial))
        doubts += _found(asked, mass, choices[-1], trial, most_problems, simulate(samples))
    reached = [choice for choice in choices if choice.reached]
    cheapest = min(reached, key=lambda c: c.cost) if reached else None
    return Design(asked, mass, tuple(choices), cheapest, tuple(dict.fromkeys(doubts)), seed)


def _check(
    want: Want,
    mass: float,
    most_problems: int,
    most_samples: int,
    per_problem: float,
    logs: int,
) -> None:
    if not 0 < mass < 1:
        raise InputError(f"mass must lie strictly between 0 and 1; got {mass:g}")
    if not FEWEST <= most_problems <= LIMITS["problems"]:
        raise InputError(
            f"the most problems must lie between {FEWEST} and {LIMITS['problems']:,};"
            f" got {most_problems:,}"
        )
    if not 1 <= most_samples <= LIMITS["samples"]:
        raise InputError(
            f"the most samples must lie between 1 and {LIMITS['samples']:,}; got {most_samples:,}"
        )
    if want.fewest_samples > most_samples:
        raise InputError(
            f"{want.quantity} at k needs k samples a problem, and at most {most_samples:,} are"
            f" allowed; got k={want.k:,}"
        )
    if not (isfinite(per_problem) and per_problem >= 0):
        raise InputError(f"the cost per problem must be finite and >= 0; got {per_problem:g}")
    if not 2 <= logs <= 100_000:
        raise InputError(f"logs must satisfy 2 <= logs <= 100,000; got {logs}")


def _ladder(want: Want, most: int) -> list[int]:
    """The samples a problem to try: powers of STEP, and the fewest that will do."""
    fewest = want.fewest_samples
    powers = [STEP**i for i in range(32) if STEP**i <= most]
    return sorted({fewest, *(n for n in powers if n >= fewest)})


def _choice(
    want: Want, mass: float, size: tuple[int, int], per_problem: float, trial: Trial
) -> Choice:
    problems, samples = size
    if want.measure == "half_width":
        share, short = trial.values <= want.value, trial.mean - want.value
    else:
        share, short = trial.values > 0, want.value - trial.mean
    return Choice(
        problems,
        samples,
        problems * (samples + per_problem),
        trial.mean,
        trial.error,
        float(share.mean()),
        float(trial.held.mean()),
        short <= min(trial.error, SLACK * want.value) and not _misses(trial, mass),
    )


def _misses(trial: Trial, mass: float) -> bool:
    """Whether intervals hold their truth less often than chance allows; a NaN does not."""
    error = sqrt(mass * (1 - mass) / len(trial.held))
    return bool(trial.held.mean() < mass - 3 * error)


def _found(
    want: Want, mass: float, made: Choice, trial: Trial, most: int, simulate: Simulate
) -> list[str]:
    """What to doubt about one choice: it is out of reach, or narrow where it should not be."""
    if made.reached:
        return []
    where = f"with {made.samples} samples a problem"
    if _misses(trial, mass):
        return [
            f"{where} the {mass:.0%} intervals hold the truth in {made.held:.0%} of the simulated"
            " logs: what is narrow there is not to be trusted, and no choice"
        ]
    told = (
        f"{where} {made.problems:,} problems reach a {want.name} of {made.value:.3f}"
        f" +- {made.error:.3f}"
    )
    if made.problems < most:
        return [f"{told}, and the search ended there: simulate more logs than {len(trial.values)}"]
    if want.measure == "half_width":
        floor = _floor(trial, simulate, made.problems)
        if floor > want.value:
            return [
                f"{told}, and no number of them gets far below {min(floor, made.value):.3f}: the"
                " rest is the choice of curve, which only more samples a problem narrow"
            ]
    return [f"{told}: more problems than were allowed would be needed"]


def _floor(trial: Trial, simulate: Simulate, problems: int) -> float:
    """The half-width f at endless problems, from w^2 = f^2 + s^2 / P at two sizes of a few logs."""
    few = trial.values[: max(len(trial.values) // 4, 2)]
    before = simulate(max(problems // STEP, FEWEST), len(few)).mean
    return sqrt(max((STEP * float(few.mean()) ** 2 - before**2) / (STEP - 1), 0.0))
