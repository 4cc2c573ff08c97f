"""Policy: a plan as data, and the one pure step that carries it out, `decide(state) -> action`.

What needs computing beforehand (tables, thresholds) is in the policy, so that whoever draws the
samples needs nothing else. States may be arrays: the planner decides for a whole log at once with
the function that a sampler calls after every sample.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError, nearest

DRAW, ANSWER, GIVE_UP, WAIT = range(4)
"""Draw another sample; stop and answer; stop without an answer; wait for the others' next round."""
ACTIONS = ("draw", "answer", "give up", "wait")

Answer = Literal["majority", "best", "accepted"]
"""What is submitted: the most frequent answer, the sample of highest score, the first accepted."""
Actions = NDArray[np.int64]
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule by its `kind`, its settings (numbers and lists of them), and what it submits."""

    kind: str
    answer: Answer
    settings: Settings

    def json(self) -> dict[str, object]:
        """Returns the policy as data."""
        return {"kind": self.kind, "answer": self.answer, **self.settings}


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What is known of a problem after `drawn` samples; every field a number, or arrays alike.

    `lead` and `second` are the votes for the two most frequent answers, `run` how many samples on
    end gave the last one, `accepted` how many a single verdict each accepted. Of the scores `best`,
    `mean` and `sd` (with n - 1). `round` is that of all problems, counted from 1, `quota` how many
    samples this problem may take.
    """

    drawn: ArrayLike
    lead: ArrayLike = 0
    second: ArrayLike = 0
    run: ArrayLike = 0
    accepted: ArrayLike = 0
    best: ArrayLike = -np.inf
    mean: ArrayLike = 0.0
    sd: ArrayLike = 0.0
    round: ArrayLike = np.inf
    quota: ArrayLike = np.inf


def decide(policy: Policy, state: State) -> Actions:
    """Returns what to do next, one of DRAW, ANSWER, GIVE_UP and WAIT, for each state."""
    return np.asarray(RULES[policy.kind](policy.settings, state), dtype=np.int64)


def policy(told: Mapping[str, Any]) -> Policy:
    """Reads a policy from JSON.

    Raises:
        InputError: no such kind or answer, or a setting that is missing.
    """
    kind, answer = str(told.get("kind")), told.get("answer")
    if kind not in RULES:
        known = list(RULES)
        raise InputError(f"no policy {kind!r} ({', '.join(known)}){nearest(kind, known)}")
    if answer not in ("majority", "best", "accepted"):
        raise InputError(f"a policy answers by majority, best or accepted; got {answer!r}")
    settings = {name: told[name] for name in told if name not in ("kind", "answer")}
    made = Policy(kind, answer, settings)
    try:
        decide(made, State(1))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"policy {kind!r}: {error} is missing or no number") from error
    return made


def _fixed(told: Settings, now: State) -> ArrayLike:
    return np.where(np.greater_equal(now.drawn, told["cap"]), ANSWER, DRAW)


def _accept_first(told: Settings, now: State) -> ArrayLike:
    return _accepted(now, np.greater_equal(now.drawn, told["cap"]))


def _elimination(told: Settings, now: State) -> ArrayLike:
    """One attempt a round on every problem that is not yet accepted."""
    action = _accepted(now, np.greater_equal(now.drawn, told["cap"]))
    waits = (action == DRAW) & np.greater_equal(now.drawn, now.round)
    return np.where(waits, WAIT, action)


def _rolling(_: Settings, now: State) -> ArrayLike:
    """A quota for each problem, to which whatever the problems before left over was added."""
    return _accepted(now, np.greater_equal(now.drawn, now.quota))


def _posterior(told: Settings, now: State) -> ArrayLike:
    """As many rejections as the posterior says are worth it."""
    return _accepted(now, np.greater_equal(now.drawn, told["stop"]))


def _accepted(now: State, tired: NDArray[np.bool_]) -> Actions:
    done = np.greater(now.accepted, 0)
    return np.where(done, ANSWER, np.where(tired, GIVE_UP, DRAW))


def _consistency(told: Settings, now: State) -> ArrayLike:
    """Until the lead over the second answer is as large as the table asks."""
    needed = np.asarray(told["lead"])
    second = np.minimum(np.asarray(now.second, dtype=np.int64), len(needed) - 1)
    return _enough(told, now, np.greater_equal(now.lead, needed[second]))


def _window(told: Settings, now: State) -> ArrayLike:
    """Until a whole window of samples agrees; windows follow each other."""
    width = int(told["window"])
    whole = np.equal(np.mod(now.drawn, width), 0) & np.greater(now.drawn, 0)
    return _enough(told, now, whole & np.greater_equal(now.run, width))


def _beacon(told: Settings, now: State) -> ArrayLike:
    """Until a further score is not expected to beat the best by what a sample costs."""
    table, step = np.asarray(told["index"], dtype=float), float(told["step"])
    drawn = np.asarray(now.drawn, dtype=np.int64)
    sigma = np.asarray(now.sd) * np.sqrt((drawn + 1) / np.maximum(drawn, 1))
    above = np.where(np.isfinite(now.best), np.asarray(now.best) - np.asarray(now.mean), 0.0)
    z = np.divide(above, sigma, out=np.zeros(np.shape(sigma)), where=sigma > 0) / step
    row = np.clip(drawn - int(told["first"]), 0, len(table) - 1)
    left = np.clip(z.astype(np.int64), 0, table.shape[1] - 2)
    part = np.clip(z - left, 0.0, 1.0)
    index = (1 - part) * table[row, left] + part * table[row, left + 1]
    settled = np.greater_equal(drawn, int(told["first"])) & (index * sigma <= told["cost"])
    return _enough(told, now, settled)


def _threshold(told: Settings, now: State) -> ArrayLike:
    """Until a score reaches a threshold."""
    return _enough(told, now, np.greater_equal(now.best, told["threshold"]))


def _enough(told: Settings, now: State, settled: NDArray[np.bool_]) -> Actions:
    return np.where(settled | np.greater_equal(now.drawn, told["cap"]), ANSWER, DRAW)


RULES: dict[str, Callable[[Settings, State], ArrayLike]] = {
    "fixed": _fixed,
    "accept-first": _accept_first,
    "elimination": _elimination,
    "rolling-quota": _rolling,
    "posterior": _posterior,
    "adaptive-consistency": _consistency,
    "early-stopping": _window,
    "beacon": _beacon,
    "conformal": _threshold,
}
"""The kinds of policies, by their steps."""


@dataclass(slots=True)
class Attempt:
    """One problem as a sampler goes through it: what was drawn, in turn, and the state it gives."""

    answers: list[object] = field(default_factory=list)
    accepts: list[bool] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    def add(self, answer: object = None, accepts: bool = False, score: float = np.nan) -> None:
        """Adds a sample: its answer (None if it gave none), its verdict, its score."""
        self.answers.append(answer)
        self.accepts.append(accepts)
        self.scores.append(score)

    def state(self, round: float = np.inf, quota: float = np.inf) -> State:
        """Returns what a policy looks at."""
        given = [a for a in self.answers if a is not None]
        votes = [*sorted((given.count(a) for a in set(given)), reverse=True), 0, 0]
        run = 0
        for answer in reversed(self.answers):
            if answer is None or answer != self.answers[-1]:
                break
            run += 1
        known = [s for s in self.scores if np.isfinite(s)]
        return State(
            len(self.answers), votes[0], votes[1], run, sum(self.accepts),
            max(known, default=-np.inf), float(np.mean(known)) if known else 0.0,
            float(np.std(known, ddof=1)) if len(known) > 1 else 0.0, round, quota,
        )  # fmt: skip
